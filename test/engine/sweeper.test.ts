/** The sweeper: what a dead process left goes on without anybody asking. */
import { expect, it } from "vitest";
import { z } from "zod";
import type { Dispatch } from "../../lib/engine/contract.ts";
import { startSweeper } from "../../lib/engine/sweeper.ts";
import { definePipeline, defineStage } from "../../lib/pipeline/define.ts";
import { PAPER_DELAY } from "../../lib/pipeline/policies.ts";
import { endRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { readRecord } from "../../lib/store/records.ts";
import { accept, createWorld, type SimulatedProcess, startProcess, type World } from "../support/world.ts";

const policy = { timeoutMs: 3_600_000, maxAttempts: 2, delay: PAPER_DELAY };

function pipelineOf(world: World) {
  let done = 0;
  const stage = defineStage<undefined, null>({
    id: "read",
    kind: "task",
    after: [],
    policy,
    output: z.null(),
    async run() {
      await world.time.clock().sleep(10_000);
      done++;
      return null;
    },
  });
  return { pipeline: definePipeline<undefined>({ name: "small", version: 1, stages: [stage] }), done: () => done };
}

function sweeperOf({ host, engine }: SimulatedProcess<undefined>) {
  const swept: Dispatch[] = [];
  const delivered: string[] = [];
  const deliveries = [
    async ({ id }: { id: string }) => {
      delivered.push(id);
    },
  ];
  const sweeper = startSweeper({ ...host, engines: [engine], deliveries }, (dispatches) => swept.push(...dispatches));
  return { sweeper, swept, delivered };
}

const endOf = async (world: World, runId: string) => (await readRecord(world.store, runKeys("default", runId).end, endRecordSchema))?.status;

it("takes up at its start what had been left, delivers its end, and stops", async () => {
  const world = createWorld();
  const { pipeline, done } = pipelineOf(world);
  await accept(world, pipeline, { runId: "run-1" });
  const process = await startProcess(world, [pipeline], undefined);
  await process.engine.work();
  const { sweeper, swept, delivered } = sweeperOf(process);
  await world.time.advance(1_000);
  expect(swept).toEqual([{ tenant: "default", runId: "run-1", n: 2 }]);
  await world.time.advance(45_000);
  expect([await endOf(world, "run-1"), done(), delivered]).toEqual(["completed", 1, ["default:run-1:end"]]);
  await sweeper.stop();
  await accept(world, pipeline, { runId: "run-2" });
  await world.time.advance(120_000);
  expect(swept).toHaveLength(1);
});

it("takes up the runs of a process within seconds of its death, and of nobody who lives", async () => {
  const world = createWorld();
  const { pipeline } = pipelineOf(world);
  const [dying, living, worker] = [
    await startProcess(world, [pipeline], undefined),
    await startProcess(world, [pipeline], undefined),
    await startProcess(world, [pipeline], undefined),
  ];
  await worker.engine.work();
  const { swept } = sweeperOf(worker);
  await world.time.advance(31_000);
  for (const [process, runId] of [
    [dying, "left"],
    [living, "kept"],
  ] as const) {
    const { dispatch } = await accept(world, pipeline, { runId, process: process.host.lease.id });
    await process.engine.submit([dispatch]);
  }
  dying.kill();
  // A lease is dead 20 s after it was last renewed; a look comes every 3 s.
  await world.time.advance(24_000);
  expect(swept.map(({ runId }) => runId)).toEqual(["left"]);
  await world.time.advance(120_000);
  expect(swept.map(({ runId }) => runId)).toEqual(["left"]);
  expect([await endOf(world, "left"), await endOf(world, "kept")]).toEqual(["completed", undefined]);
});

it("goes on after a store that failed, also with its own runs, which its engine had dropped", async () => {
  const world = createWorld();
  const { pipeline, done } = pipelineOf(world);
  let isBroken = false;
  const faults = (operation: string) => (isBroken && operation !== "put" ? ("before" as const) : undefined);
  const process = await startProcess(world, [pipeline], undefined, { faults });
  await process.engine.work();
  const { swept } = sweeperOf(process);
  await world.time.advance(1_000);
  const { dispatch } = await accept(world, pipeline, { runId: "run-1", process: process.host.lease.id });
  isBroken = true;
  await process.engine.submit([dispatch]);
  await world.time.until(process.engine.settled(dispatch).catch(() => undefined));
  await world.time.advance(50_000);
  expect(swept).toEqual([]);
  isBroken = false;
  await world.time.advance(120_000);
  expect(swept).toEqual([{ tenant: "default", runId: "run-1", n: 2 }]);
  expect([await endOf(world, "run-1"), done()]).toEqual(["completed", 1]);
});

it("leaves the runs of an engine that it can't ask to that engine's workers for a quarter of an hour", async () => {
  const world = createWorld();
  const { pipeline } = pipelineOf(world);
  const process = await startProcess(world, [pipeline], undefined);
  await process.engine.work();
  const { swept } = sweeperOf(process);
  const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
  const record = { v: 1, engine: "celery", n: 1, process: "elsewhere", at: 0 };
  await world.store.put(runKeys("default", "run-1").owner(dispatch.n), Buffer.from(JSON.stringify(record)));
  await world.time.advance(890_000);
  expect(swept).toEqual([]);
  await world.time.advance(60_000);
  expect(swept.map(({ runId }) => runId)).toEqual(["run-1"]);
});
