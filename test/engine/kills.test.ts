/** A process killed after each single write, of accepting a run and of working on it: what was left is whole, and the next start or sweep ends it. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sweep } from "../../lib/engine/sweep.ts";
import { workOff } from "../../lib/engine/work-off.ts";
import { definePipeline, defineStage, type GraphStage } from "../../lib/pipeline/define.ts";
import { paperPolicy } from "../../lib/pipeline/policies.ts";
import { RetryableError } from "../../lib/schema/errors.ts";
import { endRecordSchema, resultRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { accept, createWorld, startProcess, type World } from "../support/world.ts";

const keys = runKeys("default", "run-1");
const usage = { input_tokens: 1, output_tokens: 1 };
const never = new Promise<never>(() => undefined);

/** The store as a process sees it that dies after its n-th write. */
function dyingAfter(store: ObjectStore, writes: number): ObjectStore & { died(): boolean } {
  let left = writes;
  const write =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      left-- > 0 ? work(...args) : never;
  const read =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      left >= 0 ? work(...args) : never;
  return { ...store, get: read(store.get), put: write(store.put), putIfAbsent: write(store.putIfAbsent), delete: write(store.delete), died: () => left < 0 };
}

/** Reads, fails once on the way, maps two items, one of which fails for good, and joins. */
function pipelineOf(paidFor: string[]) {
  const policy = paperPolicy(10, 2);
  const read = defineStage<undefined, string>({
    id: "read",
    kind: "task",
    after: [],
    policy,
    output: z.string(),
    async run({ paid }) {
      const answer = await paid("answer/1", "question", async () => ({ answer: `answer ${paidFor.push("read")}`, usage, model: "m" }));
      if (paidFor.length === 1 && answer === "answer 1") {
        paidFor.push("failed once");
        throw new RetryableError("adapter_failed", "the first attempt fails", { status: 500 });
      }
      return answer;
    },
  });
  const map: GraphStage<undefined, string[], string> = defineStage<undefined, string[], string>({
    id: "map",
    kind: "graph",
    after: ["read"],
    policy,
    itemPolicy: paperPolicy(10, 1),
    onError: "collect",
    itemOutput: z.string(),
    output: z.array(z.string()),
    plan: async () => ({ count: 3, edges: [[1, 2]] }),
    async work(_, index) {
      if (index === 1) throw new RetryableError("adapter_failed", "it always fails");
      return "value";
    },
    join: async (context) => Promise.all([0, 1, 2].map(async (index) => (await context.item(map, index)).is)),
  });
  return definePipeline({ name: "test", version: 1, stages: [read, map] });
}

async function expectWhole(world: World): Promise<void> {
  expect((await readRecord(world.store, keys.end, endRecordSchema))?.status).toBe("completed");
  expect((await readRecord(world.store, keys.result("map/join"), resultRecordSchema))?.output).toEqual(["done", "failed", "skipped"]);
  expect(await keysOf(world.store, keys.results)).toHaveLength(6);
  expect(await keysOf(world.store, "active/")).toEqual([]);
  expect(await keysOf(world.store, "outbox/")).toEqual([]);
  expect(await keysOf(world.store, "recent/")).toHaveLength(1);
}

describe("a submit killed after any of its writes", () => {
  const accepting = { writes: 0 };

  it("makes five writes", async () => {
    const world = createWorld();
    await accept(world, pipelineOf([]), { runId: "run-1" });
    accepting.writes = world.puts.length;
    expect(world.puts.map((key) => key.split("/")[key.startsWith("t/") ? 2 : 0])).toEqual(["artifacts", "active", "runs", "runs", "recent"]);
  });

  it.each([0, 1, 2, 3, 4])("after %i writes, is healed by a repeat", async (writes) => {
    const world = createWorld();
    const pipeline = pipelineOf([]);
    const store = dyingAfter(world.store, writes);
    void accept({ ...world, store }, pipeline, { runId: "run-1" });
    await world.time.advance(5_000);
    expect(store.died()).toBe(true);
    const { dispatch, existing, run } = await accept(world, pipeline, { runId: "run-1" });
    expect(existing).toBe(writes > 2);
    expect(dispatch.n).toBe(1);
    for (const key of [run.document.key, keys.active, keys.request, keys.owner(1)]) expect(await world.store.get(key), key).toBeDefined();
    expect(await keysOf(world.store, "recent/")).toHaveLength(1);
    const { host, engine } = await startProcess(world, [pipeline], undefined);
    await engine.work();
    await world.time.until(workOff(host, engine, { tenant: "default", runId: "run-1" }));
    await expectWhole(world);
  });

  it.each([2, 3, 4])(
    "after %i writes and never repeated, is done or cleared away by the sweeper, and not before it can be known to be dead",
    async (writes) => {
      const world = createWorld();
      const pipeline = pipelineOf([]);
      void accept({ ...world, store: dyingAfter(world.store, writes) }, pipeline, { runId: "run-1" });
      await world.time.advance(5_000);
      const { host, engine } = await startProcess(world, [pipeline], undefined);
      await engine.work();
      const look = () => world.time.until(sweep({ ...host, engines: [engine], deliveries: [] }));
      const first = await look();
      expect(first).toEqual(writes < 4 ? [] : [{ tenant: "default", runId: "run-1", n: 2 }]);
      await world.time.advance(3_700_000);
      await look();
      await world.time.advance(600_000);
      await look();
      expect(await keysOf(world.store, "active/")).toEqual([]);
      const status = (await readRecord(world.store, keys.end, endRecordSchema))?.status;
      expect(status).toBe(writes === 2 ? undefined : "completed");
    },
  );

  it("is listed even when it was cancelled before its submit was repeated", async () => {
    const world = createWorld();
    const pipeline = pipelineOf([]);
    void accept({ ...world, store: dyingAfter(world.store, 3) }, pipeline, { runId: "run-1" });
    await world.time.advance(5_000);
    await world.store.put(keys.end, Buffer.from(JSON.stringify({ v: 1, status: "cancelled", at: 0 })));
    await accept(world, pipeline, { runId: "run-1" });
    expect(await keysOf(world.store, "recent/")).toHaveLength(1);
    expect(await keysOf(world.store, "active/")).toEqual([]);
  });
});

describe("work killed after any of its writes", () => {
  it("is ended by the next start, with each answer paid for once", { timeout: 60_000 }, async () => {
    let writes = 0;
    for (let round = 0, isOver = false; !isOver; round++) {
      writes = Math.floor(round / 2);
      const world = createWorld();
      const paidFor: string[] = [];
      const pipeline = pipelineOf(paidFor);
      let left = Number.POSITIVE_INFINITY;
      const first = await startProcess(world, [pipeline], undefined, {
        // The write takes place, and its writer never learns of it.
        faults: (operation, key) => {
          if (!operation.startsWith("get") && !operation.startsWith("list") && operation !== "ageMs" && !key.startsWith("processes/") && left-- === 0)
            first.kill();
          return undefined;
        },
      });
      await accept(world, pipeline, { runId: "run-1", process: first.host.lease.id });
      left = writes;
      await first.engine.work();
      const ended = workOff(first.host, first.engine, { tenant: "default", runId: "run-1" });
      await world.time.until(Promise.race([ended, world.time.clock().sleep(300_000)]));
      isOver = !first.isDead();
      // With and without a repeated submit.
      if (round % 2 === 0) await accept(world, pipeline, { runId: "run-1" });
      const second = await startProcess(world, [pipeline], undefined);
      await second.engine.work();
      await world.time.until(workOff(second.host, second.engine, { tenant: "default", runId: "run-1" }));
      await expectWhole(world);
      // The answer reached the store before anything could die, or died with its request in flight.
      expect(paidFor.filter((entry) => entry === "read").length, `killed after ${writes} writes`).toBeLessThanOrEqual(1);
    }
    // Claims, attempts, results, the paid answer, the marker, the end, and what is deleted.
    expect(writes).toBeGreaterThan(15);
  });
});
