/** Workers in processes of their own, killed at any moment: the run ends, nothing that was committed is done again, and no more messages are sent than there are calls. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { endRecordSchema, resultRecordSchema } from "../../../lib/schema/records.ts";
import { createFsStore } from "../../../lib/store/fs.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { keysOf, readRecord } from "../../../lib/store/records.ts";
import { type RedisServer, startRedis } from "./redis.ts";

const ITEMS = 45;
/** read, plan, the items, join. */
const CALLS = ITEMS + 3;
const KILLS = 6;
const WITHIN_MS = 60_000;

const keys = runKeys("default", "run-1");
const executionSchema = z.object({ call: z.string(), at: z.number() });

let folder: string;
let store: ObjectStore;
let server: RedisServer;
let workers: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "celery-"));
  store = createFsStore({ root: join(folder, "store") });
  server = await startRedis();
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) await kill(worker);
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(submits = false): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "worker.mjs");
  const args = [script, server.url, join(folder, "store"), String(ITEMS), ...(submits ? ["run-1"] : [])];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  workers.push(worker);
  await new Promise<void>((resolve, reject) => {
    worker.stdout?.once("data", () => resolve());
    worker.once("exit", (code) => reject(new Error(`The worker ended with ${code} before it was ready.`)));
  });
  return worker;
}

async function kill(worker: ChildProcess): Promise<void> {
  worker.kill("SIGKILL");
  while (worker.exitCode === null && worker.signalCode === null) await sleep(5);
}

const executions = () => {
  const lines = readFileSync(join(folder, "executions"), "utf8").trim().split("\n");
  return lines.map((line) => executionSchema.parse(JSON.parse(line)));
};

async function untilEnded(): Promise<void> {
  const until = Date.now() + WITHIN_MS;
  while (!(await readRecord(store, keys.end, endRecordSchema))) {
    if (Date.now() > until) throw new Error(`The run didn't end within ${WITHIN_MS} ms.`);
    await sleep(50);
  }
}

async function expectWhole(): Promise<void> {
  expect(await readRecord(store, keys.end, endRecordSchema)).toMatchObject({ status: "completed" });
  expect(await keysOf(store, keys.results)).toHaveLength(CALLS);
  const join = await readRecord(store, keys.result("map/join"), resultRecordSchema);
  expect(join?.output).toEqual(Array.from({ length: ITEMS }, (_, item) => `map/${String(item).padStart(4, "0")}`));
}

/** How often Redis put something into a list since it started. */
async function pushes(): Promise<{ sent: number; broughtBack: number }> {
  const statistics = await server.redis.info("commandstats");
  const calls = (command: string) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(statistics)?.[1] ?? 0);
  return { sent: calls("lpush"), broughtBack: calls("rpush") };
}

describe("workers of the engine celery", () => {
  it(`send one message for each of ${CALLS} calls, and one for the run, when nothing goes wrong`, async () => {
    await start(true);
    await start();
    await untilEnded();
    await expectWhole();
    expect(executions().length).toBe(CALLS);
    expect(await pushes()).toEqual({ sent: CALLS + 1, broughtBack: 0 });
  });

  it(`end the run although ${KILLS} of them are killed, and do nothing again that was committed`, async () => {
    const survivor = await start(true);
    for (let round = 0; round < KILLS; round++) {
      const victim = await start();
      const before = executions().length;
      // Somewhere in the middle of calls, wherever that is this time.
      while (executions().length < before + 3 && !(await readRecord(store, keys.end, endRecordSchema))) await sleep(5);
      await kill(victim);
    }
    await kill(survivor);
    await start();
    await untilEnded();
    await expectWhole();
    const committedAt = new Map<string, number>();
    for (const { call } of executions()) committedAt.set(call, (await readRecord(store, keys.result(call), resultRecordSchema))?.at ?? 0);
    expect(executions().filter(({ call, at }) => at > (committedAt.get(call) ?? 0))).toEqual([]);
    const { sent, broughtBack } = await pushes();
    // A call that lost its worker is asked for again until its claim is free.
    expect(broughtBack).toBeGreaterThan(0);
    expect(sent).toBeLessThan(10 * CALLS);
  });
});
