/** Many runs: repeats, bulk, tenants, priority. */
import { expect } from "vitest";
import type { Dispatch } from "../../../lib/engine/contract.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createRecord, exists, inParallel, keysOf } from "../../../lib/store/records.ts";
import { oneCall } from "../../support/pipeline.ts";
import { pause, pipelineOf, SOON, until } from "./bench.ts";
import type { EngineTest } from "./subject.ts";

const BULK = 1_000;
const CAP = 4;
const SLOTS = 8;
const RUNS_OF_A = 200;
/** Of A's runs may have ended when B's start; one that waits behind A would start after all 200. */
const ENDED_OF_A = 20;

export const queueTests: readonly EngineTest[] = [
  {
    name: "takes a dispatch that is given twice for one, and does nothing for one that is out of date",
    async run({ runOnce, accept, endOf, store }) {
      const started: string[] = [];
      const process = await runOnce(
        async (_, call) => {
          started.push(call);
          await pause(50);
        },
        { count: 2, edges: [] },
      );
      const { dispatch, engine, pipeline } = process;
      await engine.submit([dispatch, dispatch]);
      await endOf(dispatch);
      const moved = await accept(process, pipeline, "moved");
      await createRecord(store, runKeys("default", "moved").owner(2), { v: 1, engine: "embedded", n: 2, process: "another", at: 0 });
      await engine.submit([moved]);
      await pause(500);
      expect([...started].sort()).toEqual(["map 0", "map 1", "read"]);
    },
  },
  {
    name: "takes many runs of several tenants at once and ends them all",
    async run({ start, accept, endOf }) {
      const pipeline = pipelineOf(async () => pause(5), { count: 2, edges: [[0, 1]] });
      const process = await start(pipeline, { concurrency: 6, perTenant: 3 });
      const runs = Array.from({ length: 30 }, (_, index) => accept(process, pipeline, `run-${index}`, { tenant: `tenant-${index % 3}` }));
      const dispatches = await Promise.all(runs);
      expect(await process.engine.submit(dispatches)).toEqual(dispatches.map(() => ({ is: "accepted" })));
      for (const dispatch of dispatches) expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
    },
  },
  {
    name: "takes 1,000 runs in one submit, with an answer each; one that nobody accepted harms none of the others",
    timeoutMs: 330_000,
    async run({ start, accept, endOf, store }) {
      const started: string[] = [];
      const pipeline = oneCall(SOON, async ({ runId }) => started.push(runId));
      const process = await start(pipeline, { concurrency: 50, perTenant: 50 });
      const runIds = Array.from({ length: BULK - 1 }, (_, index) => `run-${index}`);
      const good = await inParallel(runIds, (runId) => accept(process, pipeline, runId));
      const unknown: Dispatch = { tenant: "default", runId: "nobody-accepted-it", n: 1 };
      const answers = await process.engine.submit([...good.slice(0, 500), unknown, ...good.slice(500)]);
      expect(answers).toHaveLength(BULK);
      expect(answers.filter((answer, index) => index !== 500 && answer.is !== "accepted")).toEqual([]);
      await until("The end of all runs", async () => (await keysOf(store, "active/")).length === 0, 300_000);
      expect(await endOf(good[0] ?? unknown)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual([...runIds].sort());
      const { end, results } = runKeys("default", unknown.runId);
      expect([await exists(store, end), ...(await keysOf(store, results))]).toEqual([false]);
    },
  },
  {
    name: "starts 2 runs of one tenant before 20 of another's 200 have ended (4 at once of each, 8 in all)",
    async run({ start, accept, endOf }) {
      let endedOfA = 0;
      const endedAtStartOfB: number[] = [];
      const running = { now: 0, most: 0 };
      const pipeline = oneCall(SOON, async ({ tenant }) => {
        if (tenant === "b") endedAtStartOfB.push(endedOfA);
        if (tenant === "b") return;
        running.most = Math.max(running.most, ++running.now);
        await pause(100);
        running.now--;
        endedOfA++;
      });
      const process = await start(pipeline, { concurrency: SLOTS, perTenant: CAP });
      const of = (tenant: string, count: number) =>
        Promise.all(Array.from({ length: count }, (_, index) => accept(process, pipeline, `run-${index}`, { tenant })));
      const [ofA, ofB] = [await of("a", RUNS_OF_A), await of("b", 2)];
      // In one submit: how long an engine takes to be given 200 runs is not what is asked here.
      await process.engine.submit([...ofA, ...ofB]);
      for (const dispatch of [...ofB, ...ofA]) expect(await endOf(dispatch, 100_000)).toMatchObject({ status: "completed" });
      expect(endedAtStartOfB).toHaveLength(2);
      expect(Math.max(...endedAtStartOfB)).toBeLessThan(ENDED_OF_A);
      expect(running.most).toBeLessThanOrEqual(CAP);
    },
  },
  {
    name: "lets higher priority go first",
    without: ({ capabilities }) => (capabilities.priority ? undefined : "it declares no priority"),
    async run({ start, accept, endOf }) {
      const order: string[] = [];
      const pipeline = pipelineOf(async ({ runId }, call) => {
        if (call === "read") order.push(runId);
        await pause(20);
      });
      const process = await start(pipeline, { concurrency: 1, perTenant: 1 });
      const plain = await Promise.all(Array.from({ length: 6 }, (_, index) => accept(process, pipeline, `plain-${index}`)));
      const urgent = { ...(await accept(process, pipeline, "urgent")), priority: 10 };
      await process.engine.submit([...plain, urgent]);
      for (const dispatch of [...plain, urgent]) await endOf(dispatch);
      expect(order.indexOf("urgent")).toBeLessThanOrEqual(2);
    },
  },
];
