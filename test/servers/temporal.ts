/** A Temporal server of the test's own, on a free port: the development server, set up so that timers are exact and tenants take turns. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "@temporalio/client";
import { freePort, installedServer } from "./installed.ts";

const READY_MS = 30_000;

/** Without these a timer is late by up to a second, a task waits for the next look at its queue, and priority and fairness count for nothing. */
const DYNAMIC = {
  "history.timerProcessorMaxTimeShift": '"1ms"',
  "history.transferProcessorMaxPollRPS": "200",
  "history.timerProcessorMaxPollRPS": "200",
  "matching.enableFairness": "true",
  "matching.numTaskqueueReadPartitions": "1",
  "matching.numTaskqueueWritePartitions": "1",
};

export interface TemporalServer {
  address: string;
  /** One that no other test of this server has. */
  newNamespace(): string;
  /** SIGKILL; what it had written to its file stays. */
  kill(): Promise<void>;
  /** On the same port, with the same file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Namespaces that are made later are known only after seconds. */
const NAMESPACES = Array.from({ length: 40 }, (_, index) => `test-${index}`);

/** Starts a server; a durable one keeps everything in a file. Fails, saying what to install, where there is none. */
export async function startTemporal({ isDurable = false } = {}): Promise<TemporalServer> {
  const program = installedServer("temporal");
  const folder = await mkdtemp(join(tmpdir(), "temporal-"));
  const port = await freePort();
  const file = isDurable ? join(folder, "temporal.db") : undefined;
  let server = await startOn(program, port, folder, file);
  const free = [...NAMESPACES];
  const end = async (signal: NodeJS.Signals) => {
    server.kill(signal);
    while (server.exitCode === null && server.signalCode === null) await sleep(10);
  };
  return {
    address: `127.0.0.1:${port}`,
    newNamespace() {
      const namespace = free.shift();
      if (namespace === undefined) throw new Error("The server has no more namespaces; start it with more.");
      return namespace;
    },
    kill: () => end("SIGKILL"),
    async restart() {
      server = await startOn(program, port, folder, file);
    },
    async stop() {
      await end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOn(program: string, port: number, folder: string, file: string | undefined) {
  const dynamic = Object.entries(DYNAMIC).flatMap(([name, value]) => ["--dynamic-config-value", `${name}=${value}`]);
  const where = ["--headless", "--ip", "127.0.0.1", "--port", String(port), "--log-level", "error", ...(file ? ["--db-filename", file] : [])];
  const namespaces = NAMESPACES.flatMap((name) => ["--namespace", name]);
  const server = spawn(program, ["server", "start-dev", ...where, ...dynamic, ...namespaces], {
    stdio: "ignore",
    env: { PATH: process.env.PATH, HOME: folder, TEMPORAL_VERSION_CHECK_DISABLED: "1" },
  });
  const ended = new Promise<never>((_, reject) => {
    server.once("error", reject);
    server.once("exit", (code, signal) => reject(new Error(`The Temporal server ended with ${code ?? signal}.`)));
  });
  ended.catch(() => undefined);
  await Promise.race([untilReady(`127.0.0.1:${port}`), ended]).catch((error: unknown) => {
    server.kill("SIGKILL");
    throw error;
  });
  return server;
}

/** Until the namespace can be asked for, which comes after the port is open. */
async function untilReady(address: string): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    const connection = Connection.lazy({ address, connectTimeout: 1_000 });
    try {
      await connection.withDeadline(Date.now() + 1_000, () => connection.workflowService.describeNamespace({ namespace: "default" }));
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    } finally {
      await connection.close();
    }
  }
}
