import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definePipeline, defineStage, withPolicies } from "../../lib/pipeline/define.ts";
import { dependenciesOf, itemGraphProblem } from "../../lib/pipeline/item-graph.ts";
import { paperPolicy } from "../../lib/pipeline/policies.ts";
import { pipelineShapeSchema } from "../../lib/schema/pipeline.ts";

const policy = paperPolicy(10, 4);
const task = (id: string, after: string[] = []) => defineStage<undefined, string>({ id, kind: "task", after, policy, output: z.string(), run: async () => "" });
const graph = defineStage<undefined, string, string>({
  id: "map",
  kind: "graph",
  after: ["read"],
  policy,
  itemPolicy: paperPolicy(30, 2),
  onError: "collect",
  itemOutput: z.string(),
  output: z.string(),
  plan: async () => ({ count: 0, edges: [] }),
  work: async () => "",
  join: async () => "",
});

describe("a pipeline", () => {
  it("is data that survives JSON, with each stage's policies", () => {
    const { shape, stages } = definePipeline({ name: "test", version: 3, stages: [task("read"), graph] });
    expect(pipelineShapeSchema.parse(JSON.parse(JSON.stringify(shape)))).toEqual(shape);
    expect(shape.stages).toEqual([
      { id: "read", kind: "task", after: [], policy },
      { id: "map", kind: "graph", after: ["read"], policy, item: { policy: paperPolicy(30, 2), onError: "collect" } },
    ]);
    expect([...stages.keys()]).toEqual(["read", "map"]);
  });

  it("refuses a stage that waits for a later one, and two of one name", () => {
    expect(() => definePipeline({ name: "test", version: 1, stages: [graph, task("read")] })).toThrow(/"map" waits for "read"/);
    expect(() => definePipeline({ name: "test", version: 1, stages: [task("read"), task("read")] })).toThrow(/Two stages are called "read"/);
  });

  it("takes other policies without changing the first one", () => {
    const first = definePipeline({ name: "test", version: 1, stages: [task("read"), graph] });
    const before = structuredClone(first.shape);
    const changed = withPolicies(first, (stage, known) => ({ ...known, maxAttempts: stage === "map" ? 9 : known.maxAttempts }));
    expect(changed.shape.stages.map((stage) => [stage.policy.maxAttempts, stage.item?.policy.maxAttempts])).toEqual([
      [4, undefined],
      [9, 9],
    ]);
    expect(changed.stages.get("map")?.stage).toBe(graph);
    expect(first.shape).toEqual(before);
  });
});

describe("an item graph", () => {
  it.each([
    [{ count: 0, edges: [] }, undefined],
    [
      {
        count: 3,
        edges: [
          [0, 1],
          [0, 1],
          [1, 2],
        ],
      },
      undefined,
    ],
    [{ count: 2, edges: [[0, 0]] }, "its items wait for each other in a cycle"],
    [
      {
        count: 3,
        edges: [
          [0, 1],
          [1, 2],
          [2, 1],
        ],
      },
      "its items wait for each other in a cycle",
    ],
    [{ count: 2, edges: [[0, 2]] }, "edge 0 to 2 names an item beyond 1"],
  ] as [Parameters<typeof itemGraphProblem>[0], string | undefined][])("%j", (items, problem) => {
    expect(itemGraphProblem(items)).toBe(problem);
  });

  it("knows what each item waits for", () => {
    const items = {
      count: 4,
      edges: [
        [0, 2],
        [1, 2],
        [2, 3],
      ] as [number, number][],
    };
    expect([0, 1, 2, 3, 9].map((item) => dependenciesOf(items, item))).toEqual([[], [], [0, 1], [2], []]);
  });
});
