/**
 * Inngest's own server ("inngest start") over a Redis with a log and a SQLite file, on free ports. It is in no package registry: whoever has built or downloaded one
 * says where its program is.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./installed.ts";
import { type RedisServer, startRedis } from "./redis.ts";

const READY_MS = 30_000;
const START_AGAIN_MS = 1_000;

/** A server with the keys that it takes. */
export interface InngestProgram {
  url: string;
  eventKey: string;
  signingKey: string;
  /** Where its queue and the state of its runs are. */
  redis: Pick<RedisServer, "kill" | "restart">;
  /** Ends the server at once, as a crash would; Redis goes on. */
  kill(): Promise<void>;
  /** On the same ports, with what it had in Redis and in its file. Resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Redis and the server, which tries a request that failed again after so many seconds. */
export async function startInngest(program: string, retrySeconds: number): Promise<InngestProgram> {
  const redis = await startRedis({ durable: true });
  const folder = await mkdtemp(join(tmpdir(), "inngest-"));
  const [eventKey, signingKey] = [randomBytes(16).toString("hex"), randomBytes(32).toString("hex")];
  const [port, gateway, gatewayGrpc, executorGrpc] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}/`;
  const keys = ["--event-key", eventKey, "--signing-key", signingKey];
  // These three listen on every interface, whatever the host is.
  const others = ["--connect-gateway-port", gateway, "--connect-gateway-grpc-port", gatewayGrpc, "--connect-executor-grpc-port", executorGrpc].map(String);
  const state = ["--redis-uri", redis.url, "--sqlite-dir", folder, "--retry-interval", String(retrySeconds)];
  const args = ["start", "--no-ui", "--host", "127.0.0.1", "--port", String(port), ...keys, ...others, ...state];
  const env = { PATH: process.env.PATH, HOME: folder, DO_NOT_TRACK: "1", INNGEST_NO_UPDATE_NOTIFIER: "1", LOG_LEVEL: "error" };
  let server: ChildProcess;
  let isWanted = true;
  const start = async () => {
    isWanted = true;
    const own = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    server = own;
    // It ends by itself when its Redis is gone, as it does anywhere: whoever runs it starts it again.
    own.once("exit", () => {
      setTimeout(() => {
        if (isWanted && server === own) start().catch(() => undefined);
      }, START_AGAIN_MS);
    });
    await untilReady(own, url);
  };
  const end = async () => {
    isWanted = false;
    // There may be no such program.
    if (server.pid === undefined) return;
    server.kill("SIGKILL");
    while (server.exitCode === null && server.signalCode === null) await sleep(10);
  };
  const stop = async () => {
    await end();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, eventKey, signingKey, redis, kill: end, restart: start, stop };
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  let said = "";
  server.stderr?.on("data", (part) => {
    said = `${said}${part}`.slice(-4_000);
  });
  let failure: Error | undefined;
  server.once("error", (error) => {
    failure = error;
  });
  const until = Date.now() + READY_MS;
  for (;;) {
    const answer = await fetch(new URL("/health", url)).catch(() => undefined);
    if (answer?.ok) return;
    if (failure) throw failure;
    if (server.exitCode !== null || server.signalCode !== null) throw new Error(`Inngest's server ended with ${server.exitCode ?? server.signalCode}: ${said}`);
    if (Date.now() > until) throw new Error(`Inngest's server was not ready after ${READY_MS} ms: ${said}`);
    await sleep(50);
  }
}
