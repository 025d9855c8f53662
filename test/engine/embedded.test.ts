import { describe, expect, it } from "vitest";
import type { Dispatch } from "../../lib/engine/contract.ts";
import { writeEnd } from "../../lib/engine/end.ts";
import { workOff } from "../../lib/engine/work-off.ts";
import type { Pipeline } from "../../lib/pipeline/define.ts";
import { paperPolicy } from "../../lib/pipeline/policies.ts";
import { RetryableError } from "../../lib/schema/errors.ts";
import type { ItemGraph } from "../../lib/schema/pipeline.ts";
import { attemptRecordSchema, endRecordSchema, resultRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { type Piece, readAndMap } from "../support/pipeline.ts";
import { accept, createWorld, startProcess, type World } from "../support/world.ts";

interface Watched {
  started: { run: string; call: string; at: number }[];
  running: number;
  most: number;
}

const watched = (): Watched => ({ started: [], running: 0, most: 0 });

/** Every piece takes a second of simulated time unless `takes` says otherwise; less than nothing is a failure. */
function twoStages(world: World, graph: ItemGraph, seen: Watched, takes: (call: string) => number = () => 1_000): Pipeline<undefined> {
  const piece: Piece = async (context, call) => {
    seen.started.push({ run: context.runId, call, at: world.time.now() });
    seen.running++;
    seen.most = Math.max(seen.most, seen.running);
    await world.time.clock().sleep(takes(call), context.signal);
    seen.running--;
    if (takes(call) < 0) throw new RetryableError("adapter_failed", "it fails");
  };
  return readAndMap({ piece, graph, policy: paperPolicy(60, 2) });
}

async function statusOf(world: World, runId: string, tenant = "default") {
  return (await readRecord(world.store, runKeys(tenant, runId).end, endRecordSchema))?.status;
}

describe("the embedded engine", () => {
  it("works a run off eagerly: a slow item doesn't delay what is ready", async () => {
    const world = createWorld();
    const seen = watched();
    const pipeline = twoStages(world, { count: 3, edges: [[0, 2]] }, seen, (call) => (call === "map 1" ? 100_000 : 1_000));
    const { engine, host } = await startProcess(world, [pipeline], undefined);
    const { dispatch } = await accept(world, pipeline, { runId: "run-1", process: host.lease.id });
    await engine.submit([dispatch]);
    await engine.work();
    await world.time.until(engine.settled(dispatch));
    expect(await statusOf(world, "run-1")).toBe("completed");
    expect(seen.started.map(({ call }) => call)).toEqual(["read", "map 0", "map 1", "map 2"]);
    const at = (call: string) => seen.started.find((entry) => entry.call === call)?.at ?? 0;
    expect(at("map 2") - at("map 0")).toBeLessThan(2_000);
  });

  it("offers the dependents of a failed item, which are skipped, and the join sees both", async () => {
    const world = createWorld();
    const pipeline = twoStages(
      world,
      {
        count: 3,
        edges: [
          [0, 1],
          [1, 2],
        ],
        tolerant: [2],
      },
      watched(),
      (call) => (call === "map 0" ? -1 : 10),
    );
    const { engine } = await startProcess(world, [pipeline], undefined);
    const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
    await engine.submit([dispatch]);
    await engine.work();
    await world.time.until(engine.settled(dispatch));
    const join = await readRecord(world.store, runKeys("default", "run-1").result("map/join"), resultRecordSchema);
    expect(join?.output).toEqual(["adapter_failed", "dependency_failed", "map 2"]);
  });

  it("takes 1,000 submits at once and finishes them all, never above its concurrency", async () => {
    const world = createWorld();
    const seen = watched();
    const pipeline = twoStages(world, { count: 2, edges: [] }, seen, () => 10);
    const { engine } = await startProcess(world, [pipeline], undefined, { concurrency: 16, perTenant: 16 });
    const dispatches = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => (await accept(world, pipeline, { runId: `run-${index}` })).dispatch),
    );
    expect(await engine.submit([...dispatches, ...dispatches.slice(0, 10)])).toHaveLength(1_010);
    await engine.work();
    await world.time.until(Promise.all(dispatches.map((dispatch) => engine.settled(dispatch))));
    expect(seen.started).toHaveLength(3_000);
    expect(seen.most).toBeLessThanOrEqual(16);
    expect(await keysOf(world.store, "active/")).toEqual([]);
  });

  it("lets tenants take turns, caps each, and within one the higher priority goes first", async () => {
    const world = createWorld();
    const seen = watched();
    const pipeline = twoStages(world, { count: 0, edges: [] }, seen, () => 1_000);
    const { engine } = await startProcess(world, [pipeline], undefined, { concurrency: 4, perTenant: 2 });
    const dispatches: Dispatch[] = [];
    for (let index = 0; index < 20; index++) dispatches.push((await accept(world, pipeline, { runId: `big-${index}`, tenant: "big" })).dispatch);
    dispatches.push({ ...(await accept(world, pipeline, { runId: "big-urgent", tenant: "big" })).dispatch, priority: 5 });
    for (let index = 0; index < 3; index++) dispatches.push((await accept(world, pipeline, { runId: `small-${index}`, tenant: "small" })).dispatch);
    await engine.submit(dispatches);
    await engine.work();
    await world.time.until(Promise.all(dispatches.map((dispatch) => engine.settled(dispatch))));
    const order = seen.started.map(({ run }) => run);
    expect(order.slice(0, 8).filter((run) => run.startsWith("small"))).toHaveLength(3);
    expect(order.slice(0, 2)).toContain("big-urgent");
    const start = seen.started[0]?.at ?? 0;
    expect(seen.started.filter(({ run, at }) => run.startsWith("big") && at === start).length).toBeLessThanOrEqual(2);
  });

  it("goes on from what other processes committed, and several on one store do every call once", async () => {
    const world = createWorld();
    const seen = watched();
    const pipeline = twoStages(
      world,
      { count: 30, edges: Array.from({ length: 29 }, (_, item) => [item, item + 1] as [number, number]).filter(([item]) => item % 3 !== 0) },
      seen,
      () => 500,
    );
    const first = await startProcess(world, [pipeline], undefined, { concurrency: 3 });
    const second = await startProcess(world, [pipeline], undefined, { concurrency: 3, skewMs: 400_000 });
    const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
    for (const { engine } of [first, second]) {
      await engine.submit([dispatch]);
      await engine.work();
    }
    await world.time.until(Promise.all([first.engine.settled(dispatch), second.engine.settled(dispatch)]));
    expect(seen.started.map(({ call }) => call).sort()).toEqual([...new Set(seen.started.map(({ call }) => call))].sort());
    expect(seen.started).toHaveLength(31);
    expect(await statusOf(world, "run-1")).toBe("completed");
  });

  it("rejects when the store fails, and the run goes on when it is worked on again", async () => {
    const world = createWorld();
    const pipeline = twoStages(world, { count: 1, edges: [] }, watched(), () => 10);
    let broken = true;
    const { engine } = await startProcess(world, [pipeline], undefined, {
      faults: (operation, key) => (broken && operation === "putIfAbsent" && key.includes("/results/read") ? "before" : undefined),
    });
    const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
    await engine.submit([dispatch]);
    await engine.work();
    await expect(world.time.until(engine.settled(dispatch))).rejects.toThrow("injected");
    broken = false;
    await engine.submit([dispatch]);
    await world.time.until(engine.settled(dispatch));
    expect(await statusOf(world, "run-1")).toBe("completed");
  });

  it("stops gracefully: no new call starts, and stop waits for the running one", async () => {
    const world = createWorld();
    const seen = watched();
    const pipeline = twoStages(world, { count: 3, edges: [] }, seen, () => 5_000);
    const { engine } = await startProcess(world, [pipeline], undefined);
    const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
    await engine.submit([dispatch]);
    const worker = await engine.work();
    await world.time.advance(1_000);
    expect(await engine.inspect(dispatch)).toBe("running");
    await world.time.until(worker.stop(60_000));
    expect(seen.started.map(({ call }) => call)).toEqual(["read"]);
    expect(await engine.inspect(dispatch)).toBe("queued");
  });

  it("takes no turn for a run that ended while its calls were running: others go on", async () => {
    const world = createWorld();
    const seen = watched();
    const graph: ItemGraph = { count: 4, edges: [] };
    const takes = (call: string) => (call === "map 0" ? 10 : 5_000);
    const pipeline = twoStages(world, graph, seen, takes);
    let broken = "run-0";
    const { engine } = await startProcess(world, [pipeline], undefined, {
      perTenant: 2,
      concurrency: 2,
      faults: (operation, key) => (operation === "putIfAbsent" && key.endsWith(`${broken}/results/map/0000`) ? "before" : undefined),
    });
    await engine.work();
    for (let round = 0; round < 4; round++) {
      broken = `run-${round}`;
      const { dispatch } = await accept(world, pipeline, { runId: broken });
      await engine.submit([dispatch]);
      // Its other item is still running when this is known, and is done later.
      await expect(world.time.until(engine.settled(dispatch))).rejects.toThrow("injected");
      await world.time.advance(10_000);
    }
    seen.most = 0;
    const { dispatch } = await accept(world, pipeline, { runId: "last" });
    await engine.submit([dispatch]);
    await world.time.until(engine.settled(dispatch));
    expect(await statusOf(world, "last")).toBe("completed");
    expect(seen.most).toBe(2);
  });

  it("works for as long as one of its workers does", async () => {
    const world = createWorld();
    const pipeline = twoStages(world, { count: 2, edges: [] }, watched());
    const { engine } = await startProcess(world, [pipeline], undefined);
    const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
    const first = await engine.work();
    await engine.work();
    await engine.submit([dispatch]);
    await world.time.until(first.stop(60_000));
    await world.time.until(first.stop(60_000));
    await world.time.until(engine.settled(dispatch));
    expect(await statusOf(world, "run-1")).toBe("completed");
  });

  it("leaves aborted attempts when its process is shut down, starts nothing more, and the next process goes on at once", async () => {
    const world = createWorld();
    const seen = watched();
    const pipeline = twoStages(world, { count: 3, edges: [] }, seen, () => 30_000);
    const first = await startProcess(world, [pipeline], undefined, { concurrency: 2 });
    const { dispatch } = await accept(world, pipeline, { runId: "run-1", process: first.host.lease.id });
    await first.engine.submit([dispatch]);
    const worker = await first.engine.work();
    await world.time.advance(45_000);
    first.shutdown();
    await world.time.advance(3_000);
    await world.time.until(worker.stop(60_000));
    await first.engine.close();
    await first.host.lease.stop();
    const keys = runKeys("default", "run-1");
    expect(seen.started.map(({ call }) => call)).toEqual(["read", "map 0", "map 1"]);
    expect(await keysOf(world.store, keys.allClaims)).toHaveLength(4);
    const attempts = await keysOf(world.store, keys.allAttempts);
    expect(attempts).toEqual([keys.attempt("map/0000", 1), keys.attempt("map/0001", 1)]);
    for (const key of attempts)
      expect(await readRecord(world.store, key, attemptRecordSchema)).toMatchObject({ is: "aborted", delayMs: 0, reason: "shutdown" });
    const second = await startProcess(world, [pipeline], undefined);
    const begun = world.time.now();
    await second.engine.work();
    const ended = workOff(second.host, second.engine, { tenant: "default", runId: "run-1" });
    await world.time.advance(500);
    const goneOn = seen.started.slice(3);
    expect(goneOn.map(({ call }) => call).sort()).toEqual(["map 0", "map 1", "map 2"]);
    expect(goneOn.filter(({ at }) => at - begun >= 500)).toEqual([]);
    await world.time.until(ended);
    expect(await readRecord(world.store, keys.result("map/0000"), resultRecordSchema)).toMatchObject({ is: "done", attempts: 1 });
  });

  it("ends the waits of a run that is over, so that no timer outlives it", async () => {
    const world = createWorld();
    const pipeline = twoStages(world, { count: 2, edges: [] }, watched(), (call) => (call === "map 0" ? -1 : 10));
    const { engine, host } = await startProcess(world, [pipeline], undefined);
    const { dispatch } = await accept(world, pipeline, { runId: "run-1" });
    await engine.submit([dispatch]);
    const worker = await engine.work();
    await world.time.advance(5_000);
    // "map 0" waits half a minute for its second attempt now.
    await worker.stop(0);
    await engine.close();
    await world.time.until(host.lease.stop());
    expect(world.time.open()).toBe(0);
  });

  it("doesn't wait out the delay of a run that was cancelled elsewhere", async () => {
    const world = createWorld();
    const pipeline = twoStages(world, { count: 1, edges: [] }, watched(), (call) => (call === "map 0" ? -1 : 10));
    const { engine, host } = await startProcess(world, [pipeline], undefined);
    await accept(world, pipeline, { runId: "run-1", process: host.lease.id });
    await engine.work();
    const working = workOff(host, engine, { tenant: "default", runId: "run-1" });
    await world.time.advance(5_000);
    await writeEnd(world.store, "default", "run-1", { v: 1, status: "cancelled", at: 0 });
    const cancelledAt = world.time.now();
    await world.time.until(working);
    expect(world.time.now() - cancelledAt).toBeLessThanOrEqual(2_000);
    expect(await keysOf(world.store, "outbox/")).toEqual([]);
  });
});
