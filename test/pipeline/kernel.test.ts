import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callKey, callOf, failsRun, nextCalls, pipelineEnd } from "../../lib/pipeline/kernel.ts";
import { paperPolicy } from "../../lib/pipeline/policies.ts";
import type { Call, ItemGraph, PipelineShape, Settled, StageShape } from "../../lib/schema/pipeline.ts";

const policy = paperPolicy(1, 3);
const task = (id: string, after: string[] = []): StageShape => ({ id, kind: "task", after, policy });
const graph = (id: string, after: string[] = [], onError: "fail" | "collect" = "collect"): StageShape => ({
  id,
  kind: "graph",
  after,
  policy,
  item: { policy, onError },
});
const shape = (...stages: StageShape[]): PipelineShape => ({ name: "test", version: 1, stages });
const keys = (calls: readonly Call[]) => calls.map(({ key }) => key);
const done: Settled = { is: "done" };

describe("the kernel", () => {
  it("offers the first stage, then what waits for it", () => {
    const pipeline = shape(task("read"), task("write", ["read"]));
    expect(keys(nextCalls(pipeline, new Map()))).toEqual(["read"]);
    expect(keys(nextCalls(pipeline, new Map([["read", done]])))).toEqual(["write"]);
    expect(pipelineEnd(pipeline, new Map([["read", done]]))).toBeUndefined();
    expect(
      pipelineEnd(
        pipeline,
        new Map([
          ["read", done],
          ["write", done],
        ]),
      ),
    ).toEqual({ status: "finished" });
  });

  it("offers an item as soon as its dependencies are settled, whatever its siblings do", () => {
    const items: ItemGraph = { count: 3, edges: [[0, 2]] };
    const journal = new Map<string, Settled>([["map/plan", { is: "done", items }]]);
    expect(keys(nextCalls(shape(graph("map")), journal))).toEqual(["map/0000", "map/0001"]);
    journal.set("map/0000", done);
    expect(keys(nextCalls(shape(graph("map")), journal))).toEqual(["map/0001", "map/0002"]);
  });

  it("goes to the join at once when the plan has no items", () => {
    expect(keys(nextCalls(shape(graph("map")), new Map<string, Settled>([["map/plan", { is: "done", items: { count: 0, edges: [] } }]])))).toEqual([
      "map/join",
    ]);
    expect(keys(nextCalls(shape(graph("map")), new Map<string, Settled>([["map/plan", done]])))).toEqual(["map/join"]);
  });

  it("ends the pipeline on a failed task, plan, join, or item whose stage doesn't collect", () => {
    const failed: Settled = { is: "failed", code: "internal" };
    const end = (key: string) => ({ status: "failed", call: key, code: "internal" });
    expect(pipelineEnd(shape(task("read")), new Map([["read", failed]]))).toEqual(end("read"));
    expect(pipelineEnd(shape(graph("map")), new Map([["map/plan", failed]]))).toEqual(end("map/plan"));
    const planned = new Map<string, Settled>([["map/plan", { is: "done", items: { count: 2, edges: [] } }]]);
    expect(pipelineEnd(shape(graph("map", [], "fail")), new Map([...planned, ["map/0001", failed]]))).toEqual(end("map/0001"));
    expect(nextCalls(shape(graph("map", [], "fail")), new Map([...planned, ["map/0001", failed]]))).toEqual([]);
    expect(pipelineEnd(shape(graph("map")), new Map([...planned, ["map/0001", failed]]))).toBeUndefined();
  });

  it("gives items their own policy, and items without one the stage's", () => {
    const own = paperPolicy(9, 1);
    const stage: StageShape = { ...graph("map"), item: { policy: own, onError: "collect" } };
    expect(callOf(stage, "item", 7)).toEqual({ key: "map/0007", stage: "map", op: "item", item: 7, policy: own });
    expect(callOf(task("map"), "item", 7).policy).toBe(policy);
    expect(failsRun(task("map"), { op: "item" }, { is: "skipped", code: "dependency_failed" })).toBe(true);
  });

  it("does every call once, never before its dependencies, and offers all that is ready (any pipeline, any order, any failures)", () => {
    fc.assert(
      fc.property(anyPipeline, fc.infiniteStream(fc.nat()), fc.infiniteStream(fc.integer({ min: 0, max: 9 })), ({ pipeline, graphs }, choices, luck) => {
        const journal = new Map<string, Settled>();
        const started: string[] = [];
        for (;;) {
          const offered = nextCalls(pipeline, journal);
          expect(offered.map(({ key }) => key).sort()).toEqual(readyByDefinition(pipeline, graphs, journal).sort());
          const call = offered[choices.next().value % Math.max(1, offered.length)];
          if (call === undefined) break;
          started.push(call.key);
          const collects = call.op === "item" && pipeline.stages.find(({ id }) => id === call.stage)?.item?.onError === "collect";
          const items = graphs.get(call.stage);
          journal.set(
            call.key,
            collects && luck.next().value < 3 ? { is: "failed", code: "internal" } : call.op === "plan" && items ? { is: "done", items } : done,
          );
        }
        expect(new Set(started).size).toBe(started.length);
        expect(pipelineEnd(pipeline, journal)).toEqual({ status: "finished" });
        const all = pipeline.stages.flatMap((stage) =>
          stage.kind === "task"
            ? [stage.id]
            : [
                `${stage.id}/plan`,
                `${stage.id}/join`,
                ...Array.from({ length: graphs.get(stage.id)?.count ?? 0 }, (_, item) => callKey(stage.id, "item", item)),
              ],
        );
        expect([...started].sort()).toEqual(all.sort());
      }),
      { numRuns: 150 },
    );
  });
});

/** What is ready, straight from the words of the contract. */
function readyByDefinition(pipeline: PipelineShape, graphs: ReadonlyMap<string, ItemGraph>, journal: ReadonlyMap<string, Settled>): string[] {
  const lastOf = (stage: StageShape) => (stage.kind === "task" ? stage.id : `${stage.id}/join`);
  const stageById = new Map(pipeline.stages.map((stage) => [stage.id, stage]));
  const ready: string[] = [];
  for (const stage of pipeline.stages) {
    const open = stage.after.every((id) => journal.has(lastOf(stageById.get(id) ?? stage)));
    if (!open) continue;
    const items = graphs.get(stage.id) ?? { count: 0, edges: [] };
    const itemKeys = Array.from({ length: items.count }, (_, item) => callKey(stage.id, "item", item));
    const candidates =
      stage.kind === "task"
        ? [stage.id]
        : !journal.has(`${stage.id}/plan`)
          ? [`${stage.id}/plan`]
          : itemKeys.every((key) => journal.has(key))
            ? [`${stage.id}/join`]
            : itemKeys.filter((_, item) =>
                items.edges.every(([dependency, dependent]) => dependent !== item || journal.has(callKey(stage.id, "item", dependency))),
              );
    ready.push(...candidates.filter((key) => !journal.has(key)));
  }
  return ready;
}

const anyGraph: fc.Arbitrary<ItemGraph> = fc
  .record({ count: fc.integer({ min: 0, max: 8 }), pairs: fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 12 }) })
  .map(({ count, pairs }) => ({ count, edges: pairs.filter(([left, right]) => left < right && right < count) }));

const anyPipeline = fc
  .array(fc.record({ kind: fc.constantFrom("task" as const, "graph" as const), waits: fc.array(fc.nat(5), { maxLength: 2 }), items: anyGraph }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((stages) => {
    const graphs = new Map<string, ItemGraph>();
    const built = stages.map(({ kind, waits, items }, index) => {
      const id = `stage-${index}`;
      if (kind === "graph") graphs.set(id, items);
      const after = [...new Set(waits.filter((other) => other < index).map((other) => `stage-${other}`))];
      return kind === "task" ? task(id, after) : graph(id, after);
    });
    return { pipeline: shape(...built), graphs };
  });
