/** A run between processes, versions and engines: whoever works on it, every call happens once. */
import { expect } from "vitest";
import type { Dispatch } from "../../../lib/engine/contract.ts";
import { sweep } from "../../../lib/engine/sweep.ts";
import { takeOver } from "../../../lib/engine/take-over.ts";
import type { ItemGraph, PipelineShape } from "../../../lib/schema/pipeline.ts";
import { endRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createRecord, keysOf, readRecord } from "../../../lib/store/records.ts";
import { type Bench, pause, pipelineOf, type Started, until } from "./bench.ts";
import type { EngineTest } from "./subject.ts";

/** A run is asked about when it has been with its engine for longer than a minute. */
const OLD_ENOUGH_MS = 61_000;
const ITEMS = 12;
const GRAPH: ItemGraph = { count: ITEMS, edges: [[0, ITEMS - 1]] };
const EVERY_CALL = ["read", ...Array.from({ length: ITEMS }, (_, index) => `map ${index}`)].sort();

/** A pipeline that tells its calls, each of which takes so long. */
function slowly(ms: number) {
  const started: string[] = [];
  const pipeline = pipelineOf(async (_, call) => {
    started.push(call);
    await pause(ms);
  }, GRAPH);
  return { started, pipeline };
}

const sweepWith = ({ host, engine }: Started) => sweep({ ...host, engines: [engine], deliveries: [] });

async function moveTo(process: Started, { tenant, runId, n }: Dispatch): Promise<Dispatch> {
  const next = await takeOver({ ...process.host, engine: process.engine }, tenant, runId, n + 1);
  if (next === undefined) throw new Error(`The run ${runId} has another owner ${n + 1}.`);
  await process.engine.submit([next]);
  return next;
}

async function committed({ store }: Bench, { tenant, runId }: Dispatch): Promise<number> {
  return (await keysOf(store, runKeys(tenant, runId).results)).length;
}

export const moveTests: readonly EngineTest[] = [
  {
    name: "goes on from what is committed, and several workers on one store do every call once",
    async run({ start, accept, endOf, store }) {
      const { started, pipeline } = slowly(30);
      const [first, second] = [await start(pipeline, { concurrency: 2, perTenant: 2 }), await start(pipeline, { concurrency: 2, perTenant: 2 })];
      const dispatch = await accept(first, pipeline, "run-1");
      const usage = { input_tokens: 0, output_tokens: 0 };
      const done = { v: 1 as const, is: "done", at: 0, claim: 1, attempts: 1, durationMs: 1, output: "read", usage };
      await createRecord(store, runKeys("default", "run-1").result("read"), done);
      await Promise.all([first.engine.submit([dispatch]), second.engine.submit([dispatch])]);
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual(EVERY_CALL.filter((call) => call !== "read"));
    },
  },
  {
    name: "shares a run with the embedded engine, when both have it, and every call is done once",
    async run({ start, accept, endOf }) {
      const { started, pipeline } = slowly(50);
      const [own, other] = [await start(pipeline, { concurrency: 2, perTenant: 2 }), await start(pipeline, { concurrency: 2, perTenant: 2, embedded: true })];
      const dispatch = await accept(own, pipeline, "run-1");
      await Promise.all([own.engine.submit([dispatch]), other.engine.submit([dispatch])]);
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual(EVERY_CALL);
    },
  },
  {
    name: "gives a run to the embedded engine and takes it back while it runs; every call is done once",
    async run(bench) {
      const { started, pipeline } = slowly(150);
      const own = await bench.start(pipeline, { concurrency: 1, perTenant: 1 });
      const other = await bench.start(pipeline, { concurrency: 1, perTenant: 1, embedded: true });
      const first = await bench.accept(own, pipeline, "run-1");
      await own.engine.submit([first]);
      await until("A few calls", async () => (await committed(bench, first)) >= 4);
      const second = await moveTo(other, first);
      const before = await committed(bench, second);
      await until("A few more calls", async () => (await committed(bench, second)) >= before + 3);
      const third = await moveTo(own, second);
      expect(await bench.endOf(third)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual(EVERY_CALL);
      // What the engine still had of the first dispatch ends by itself.
      await until("The end of the first dispatch", async () => !["queued", "running"].includes((await own.engine.inspect(first)) ?? ""));
    },
  },
  {
    name: "gets a run whose submit was lost from the sweeper",
    async run({ start, accept, endOf, age }) {
      const { started, pipeline } = slowly(5);
      const process = await start(pipeline);
      const lost = await accept(process, pipeline, "run-1", { process: "a process that is gone" });
      age(OLD_ENOUGH_MS);
      expect(await sweepWith(process)).toEqual([{ ...lost, n: 2 }]);
      expect(await endOf(lost)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual(EVERY_CALL);
    },
  },
  {
    name: "keeps a run of a newer version for newer workers, and does nothing with it",
    async run({ start, accept, cancel, store }) {
      const { started, pipeline } = slowly(5);
      const process = await start(pipeline);
      const newer: PipelineShape = { ...pipeline.shape, version: pipeline.shape.version + 1 };
      const dispatch = await accept(process, pipeline, "run-1", { shape: newer });
      expect(await process.engine.submit([dispatch])).toEqual([{ is: "accepted" }]);
      await pause(1_500);
      expect(started).toEqual([]);
      expect(await keysOf(store, runKeys("default", "run-1").allClaims)).toEqual([]);
      expect(await readRecord(store, runKeys("default", "run-1").end, endRecordSchema)).toBeUndefined();
      await cancel(process.engine, dispatch);
    },
  },
  {
    name: "fails a run of which this version has dropped a stage",
    async run({ start, accept, endOf }) {
      const { started, pipeline } = slowly(5);
      const process = await start(pipeline);
      const [read, ...rest] = pipeline.shape.stages;
      if (read === undefined) throw new Error("The pipeline has no stage.");
      const shape: PipelineShape = { ...pipeline.shape, stages: [{ ...read, id: "dropped" }, { ...read, after: ["dropped"] }, ...rest] };
      const dispatch = await accept(process, pipeline, "run-1", { shape });
      await process.engine.submit([dispatch]);
      expect(await endOf(dispatch)).toMatchObject({ status: "failed", call: "dropped", code: "pipeline_version_unsupported" });
      expect(started).toEqual([]);
    },
  },
  {
    name: "ends a run that was stopped in the engine's own interface as cancelled",
    without: ({ capabilities, lacks }) => (capabilities.ownCancel ? lacks?.ownCancel : "it declares no interface of its own"),
    async run({ start, accept, age, store }) {
      let running = false;
      const pipeline = pipelineOf(({ signal }) => {
        running = true;
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      });
      const process = await start(pipeline);
      const dispatch = await accept(process, pipeline, "run-1");
      await process.engine.submit([dispatch]);
      await until("The call", () => running);
      await process.stopInEngine?.(dispatch);
      age(OLD_ENOUGH_MS);
      const end = () => readRecord(store, runKeys("default", "run-1").end, endRecordSchema);
      const swept = async () => {
        await sweepWith(process);
        return (await end()) !== undefined;
      };
      await until("The end of the run", swept);
      expect(await end()).toMatchObject({ status: "cancelled" });
    },
  },
];
