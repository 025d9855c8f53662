/** Workers and servers that are killed without warning: every run ends, and nothing that was committed is done again. */
import { expect } from "vitest";
import { endRecordSchema, resultRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { readRecord } from "../../../lib/store/records.ts";
import { pause, until } from "./bench.ts";
import { openWorkers, type Workers } from "./children.ts";
import type { EngineTest, EngineUnderTest } from "./subject.ts";

/** A call of each stage, and of each kind. */
const HELD = ["read", "map/plan", "map/0001", "map/join", "tell"];
const ITEMS = 30;
/** read, plan, the items, join, tell. */
const callsOf = (items: number) => items + 4;
const AT_ONCE = 8;
const RECOVERY_MS = 150_000;

async function withWorkers(under: EngineUnderTest, work: (workers: Workers) => Promise<void>): Promise<void> {
  if (under.workers === undefined) throw new Error(`The test of the engine ${under.name} doesn't say how its workers are started.`);
  const workers = await openWorkers(under.name, await under.workers.open(), AT_ONCE);
  try {
    await work(workers);
  } finally {
    await workers.close();
  }
}

const hasEnded = async ({ store }: Workers, runId: string) => (await readRecord(store, runKeys("default", runId).end, endRecordSchema)) !== undefined;

async function expectWhole({ store, committed }: Workers, runId: string, items: number): Promise<void> {
  expect(await readRecord(store, runKeys("default", runId).end, endRecordSchema)).toMatchObject({ status: "completed" });
  expect(await committed(runId)).toHaveLength(callsOf(items));
  const joined = await readRecord(store, runKeys("default", runId).result("map/join"), resultRecordSchema);
  expect(joined?.output).toEqual(Array.from({ length: items }, (_, item) => `map/${String(item).padStart(4, "0")}`));
}

export const workerTests: readonly EngineTest[] = [
  {
    name: "ends every run whose worker was killed, in whatever stage it was",
    timeoutMs: RECOVERY_MS + 30_000,
    run: ({ under }) =>
      withWorkers(under, async (workers) => {
        const first = await workers.start();
        for (const call of HELD) first.submit(`held-in-${call.replace("/", "-")}`, { items: 3, holdIn: call });
        const isHeld = (call: string) => workers.executions().some((begun) => begun.call === call && begun.runId === `held-in-${call.replace("/", "-")}`);
        await until("A call in each stage", () => HELD.every(isHeld), 60_000);
        await first.kill();
        workers.release();
        await workers.start();
        for (const call of HELD) {
          const runId = `held-in-${call.replace("/", "-")}`;
          await until(`The end of ${runId}`, () => hasEnded(workers, runId), RECOVERY_MS);
          await expectWhole(workers, runId, 3);
          expect(workers.executions().filter((begun) => begun.runId === runId && begun.call === call)).toHaveLength(2);
        }
        expect(await workers.repeated()).toEqual([]);
      }),
  },
  {
    name: "ends a run although its worker is killed again and again, and does nothing again that was committed",
    timeoutMs: 3 * RECOVERY_MS,
    run: ({ under }) =>
      withWorkers(under, async (workers) => {
        const kills = under.workers?.kills ?? 3;
        let worker = await workers.start();
        worker.submit("run-1", { items: ITEMS });
        for (let kill = 1; kill <= kills; kill++) {
          const enough = (callsOf(ITEMS) * kill) / (kills + 1);
          await until(`${enough} calls`, async () => (await workers.committed("run-1")).length >= enough, RECOVERY_MS);
          await worker.kill();
          worker = await workers.start();
        }
        await until("The end of the run", () => hasEnded(workers, "run-1"), RECOVERY_MS);
        await expectWhole(workers, "run-1", ITEMS);
        expect(await workers.repeated()).toEqual([]);
        expect(workers.executions().length).toBeLessThanOrEqual(callsOf(ITEMS) + kills * AT_ONCE);
      }),
  },
  {
    name: "goes on with a run when the engine's server was killed and is back",
    timeoutMs: RECOVERY_MS + 30_000,
    without: ({ capabilities, lacks }) => (capabilities.server === "durable" ? lacks?.server : "it declares no server"),
    run: ({ under }) =>
      withWorkers(under, async (workers) => {
        const { server } = under;
        if (server === undefined) throw new Error(`The test of the engine ${under.name} doesn't say how its server is killed.`);
        const worker = await workers.start();
        worker.submit("run-1", { items: ITEMS, ms: 200 });
        await until("A few calls", async () => (await workers.committed("run-1")).length >= 5, 60_000);
        await server.kill();
        await pause(500);
        await server.restart();
        await until("The end of the run", () => hasEnded(workers, "run-1"), RECOVERY_MS);
        await expectWhole(workers, "run-1", ITEMS);
        expect(await workers.repeated()).toEqual([]);
      }),
  },
];
