/** Workers in processes of their own, over one store on disk, to be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { EngineName } from "../../../lib/engine/contract.ts";
import { resultRecordSchema } from "../../../lib/schema/records.ts";
import { createFsStore } from "../../../lib/store/fs.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { keysOf, readRecord } from "../../../lib/store/records.ts";
import type { OpenedWorkers, WorkerParts } from "./subject.ts";

const WORKER = join(import.meta.dirname, "worker.mjs");
const helloSchema = z.object({ port: z.int() });
const executionSchema = z.object({ runId: z.string(), call: z.string(), at: z.number() });
type Execution = z.infer<typeof executionSchema>;

/** What worker.mjs is given. */
interface WorkerArguments {
  engine: EngineName;
  /** The store's folder, the file of begun calls, and the file whose existence releases held calls. */
  root: string;
  log: string;
  released: string;
  /** Where it listens; 0 for any. */
  port: number;
  concurrency: number;
  parts: WorkerParts;
}

/** What a run of a worker's pipeline does: so many items, calls of so many milliseconds, one of them held. */
export interface KillableRequest {
  items: number;
  ms?: number;
  holdIn?: string;
}

export interface Workers {
  store: ObjectStore;
  /** Starts one; in the place of an earlier one where it is given. One that ends by itself is started again, as a supervisor does. */
  start(): Promise<{ submit(runId: string, request: KillableRequest): void; kill(): Promise<void> }>;
  /** Calls that were begun, in their order. */
  executions(): Execution[];
  /** The keys of the calls of a run that are committed. */
  committed(runId: string): Promise<string[]>;
  /** Calls that were begun after they had been committed. */
  repeated(): Promise<Execution[]>;
  /** Lets held calls go on. */
  release(): void;
  close(): Promise<void>;
}

/** A folder with a store, and no worker yet. */
export async function openWorkers(engine: EngineName, opened: OpenedWorkers, concurrency = 8): Promise<Workers> {
  const folder = await mkdtemp(join(tmpdir(), `${engine}-workers-`));
  const store = createFsStore({ root: join(folder, "store") });
  const [log, released] = [join(folder, "executions"), join(folder, "released")];
  const running = new Set<ChildProcess>();
  let closing = false;
  writeFileSync(log, "");

  const spawnOne = async (port: number): Promise<{ child: ChildProcess; port: number }> => {
    const given: WorkerArguments = { engine, root: join(folder, "store"), log, released, port, concurrency, parts: opened.parts };
    const child = spawn(process.execPath, [WORKER, JSON.stringify(given)], { stdio: ["pipe", "pipe", "inherit"] });
    running.add(child);
    child.stdin?.on("error", () => undefined);
    const failed = once(child, "exit").then(([code]) => {
      running.delete(child);
      throw new Error(`The worker ended with ${code} before it was ready.`);
    });
    failed.catch(() => undefined);
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), failed]);
    const hello = helloSchema.parse(JSON.parse(String(line)));
    await opened.ready?.(hello.port);
    return { child, port: hello.port };
  };

  /** Where killed workers listened; the next one listens there, for nobody is told of another place. */
  const freePorts: number[] = [];
  const start: Workers["start"] = async () => {
    let killed = false;
    let worker = await spawnOne(freePorts.pop() ?? 0);
    const keepAlive = () => {
      worker.child.once("exit", () => {
        if (killed || closing) return;
        void spawnOne(worker.port).then((next) => {
          worker = next;
          keepAlive();
        });
      });
    };
    keepAlive();
    return {
      submit: (runId, request) => void worker.child.stdin?.write(`${JSON.stringify({ runId, request })}\n`),
      async kill() {
        killed = true;
        await killChild(worker.child);
        freePorts.push(worker.port);
      },
    };
  };

  const executions = () => {
    const lines = readFileSync(log, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => executionSchema.parse(JSON.parse(line)));
  };
  return {
    store,
    start,
    executions,
    async committed(runId) {
      const { results } = runKeys("default", runId);
      return (await keysOf(store, results)).map((key) => key.slice(results.length));
    },
    async repeated() {
      const repeats: Execution[] = [];
      for (const execution of executions()) {
        const result = await readRecord(store, runKeys("default", execution.runId).result(execution.call), resultRecordSchema);
        if (result && execution.at > result.at) repeats.push(execution);
      }
      return repeats;
    },
    release: () => writeFileSync(released, ""),
    async close() {
      closing = true;
      for (const child of running) await killChild(child);
      await opened.close?.();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
