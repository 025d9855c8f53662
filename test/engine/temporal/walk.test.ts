/** What a workflow makes of a run: pure, and played here without Temporal. */
import { describe, expect, it } from "vitest";
import { inputProblem, outcomeForHistory, type Progress, packProgress, unpackProgress } from "../../../lib/engine/temporal/messages.ts";
import { CALLS_OF_A_RUN, type Hands, type WalkEnd, walkRun } from "../../../lib/engine/temporal/walk.ts";
import { paperPolicy } from "../../../lib/pipeline/policies.ts";
import type { ItemGraph, Outcome, PipelineShape } from "../../../lib/schema/pipeline.ts";

const policy = paperPolicy(5, 3);
const SHAPE: PipelineShape = {
  name: "read-and-map",
  version: 1,
  stages: [
    { id: "read", kind: "task", after: [], policy },
    { id: "map", kind: "graph", after: ["read"], policy, item: { policy, onError: "collect" } },
    { id: "end", kind: "task", after: ["map"], policy },
  ],
};
const fresh = (): Progress => ({ shape: SHAPE, journal: new Map(), waiting: new Map() });
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A walk whose calls are answered by hand. */
function play(progress: Progress, isLong = () => false) {
  const open = new Map<string, (outcome: Outcome) => void>();
  const sleeps: { ms: number; why: string; wake(): void }[] = [];
  const started: string[] = [];
  const state: { end?: WalkEnd; now: number } = { now: 1_000 };
  const hands: Hands = {
    call: (call, round, label) =>
      new Promise((resolve) => {
        started.push([call.key, ...(round > 1 ? [`try ${round}`] : []), ...(label ? [label] : [])].join(" "));
        open.set(call.key, resolve);
      }),
    sleep: (ms, why) => new Promise((wake) => sleeps.push({ ms, why, wake })),
    now: () => state.now,
    isLong,
  };
  const walked = walkRun(hands, progress).then((end) => {
    state.end = end;
  });
  return {
    state,
    sleeps,
    started,
    open,
    walked,
    async answer(key: string, outcome: Outcome = { is: "done" }) {
      open.get(key)?.(outcome);
      open.delete(key);
      await settle();
    },
  };
}

async function playToPlan(items: ItemGraph, isLong?: () => boolean) {
  const game = play(fresh(), isLong);
  await game.answer("read");
  await game.answer("map/plan", { is: "done", items });
  game.started.splice(0, 2);
  return game;
}

describe("the walk of a workflow", () => {
  it("starts an item as soon as what it needs is settled, by its label", async () => {
    const game = await playToPlan({
      count: 3,
      edges: [
        [0, 2],
        [1, 2],
      ],
      labels: ["a", "b", "total"],
    });
    expect(game.started).toEqual(["map/0000 a", "map/0001 b"]);
    await game.answer("map/0000", { is: "failed", code: "x" });
    await game.answer("map/0001");
    expect(game.started.splice(2)).toEqual(["map/0002 total"]);
    await game.answer("map/0002");
    await game.answer("map/join");
    await game.answer("end");
    expect(game.state.end).toEqual({ is: "finished" });
  });

  it("keeps so many calls running and no more, whatever waits", async () => {
    const game = await playToPlan({ count: 500, edges: [] });
    expect(game.started).toHaveLength(CALLS_OF_A_RUN);
    await game.answer("map/0000", { is: "again", afterMs: 60_000, why: "retry" });
    await game.answer("map/0001");
    expect(game.started).toHaveLength(CALLS_OF_A_RUN + 2);
    for (let item = 1; item < 500; item++) await game.answer(`map/${String(item).padStart(4, "0")}`);
    expect(game.open.size).toBe(0);
    game.sleeps[0]?.wake();
    await settle();
    expect(game.started.at(-1)).toBe("map/0000 try 2");
  });

  it("sleeps as long as it was told, and says why", async () => {
    const game = play(fresh());
    await game.answer("read", { is: "again", afterMs: 400, why: "retry", reason: "429 from openai" });
    expect(game.sleeps).toMatchObject([{ ms: 400, why: "read: 429 from openai" }]);
    expect(game.open.size).toBe(0);
  });

  it.each([{ is: "cancelled" }, { is: "superseded" }] as const)("ends at once when a call says $is, whatever runs", async (outcome) => {
    const game = await playToPlan({ count: 3, edges: [] });
    await game.answer("map/0001", outcome);
    expect(game.state.end).toEqual(outcome);
    await game.answer("map/0000");
    expect(game.started).toHaveLength(3);
  });

  it("ends when a stage failed", async () => {
    const game = play(fresh());
    await game.answer("read", { is: "failed", code: "document_encrypted" });
    expect(game.state.end).toEqual({ is: "failed", call: "read", code: "document_encrypted" });
  });

  it("leaves a long history when nothing runs, and goes on in a new one where it was", async () => {
    let isLong = false;
    const game = await playToPlan({ count: 300, edges: [[0, 299]], labels: Array.from({ length: 300 }, (_, item) => `o${item}`) }, () => isLong);
    await game.answer("map/0001", { is: "again", afterMs: 5_000, why: "retry" });
    isLong = true;
    for (const key of [...game.open.keys()]) await game.answer(key);
    expect(game.started).toHaveLength(201);
    const { end } = game.state;
    if (end?.is !== "continued") throw new Error("it went on");
    const next = play(unpackProgress(JSON.parse(JSON.stringify(packProgress(end.progress)))));
    expect(next.started).toHaveLength(99);
    expect(next.started).toContain("map/0299 o299");
    expect(next.sleeps).toMatchObject([{ ms: 5_000 }]);
    for (const key of [...next.open.keys()]) await next.answer(key);
    expect(next.open.size).toBe(0);
    next.sleeps[0]?.wake();
    await settle();
    await next.answer("map/0001");
    await next.answer("map/join");
    await next.answer("end");
    expect(next.state.end).toEqual({ is: "finished" });
  });
});

describe("a workflow's input", () => {
  const dispatch = { tenant: "t", runId: "r", n: 1 };
  it.each([
    [undefined],
    [{}],
    [{ dispatch: { ...dispatch, n: "1" } }],
    [{ dispatch, progress: 1 }],
    [{ dispatch, progress: { shape: {}, journal: [], waiting: [] } }],
  ])("of a stranger is told from ours: %j", (input) => {
    expect(inputProblem(input)).toBeDefined();
  });

  it("of ours has no problem", () => {
    expect(inputProblem({ dispatch })).toBeUndefined();
    expect(inputProblem({ dispatch, progress: packProgress(fresh()) })).toBeUndefined();
  });
});

describe("progress", () => {
  it("forgets the items of stages that are done, and means the same", () => {
    const journal: Progress["journal"] = new Map([
      ["read", { is: "done" }],
      ["map/plan", { is: "done", items: { count: 1, edges: [] } }],
      ["map/0000", { is: "failed", code: "x" }],
      ["map/join", { is: "done" }],
    ]);
    const packed = packProgress({ shape: SHAPE, journal, waiting: new Map() });
    expect(packed.journal).toEqual(["read", "map/plan", "map/join"]);
    expect(play(unpackProgress(packed)).started).toEqual(["end"]);
  });
});

describe("what a history keeps of a plan", () => {
  it("is its graph and its labels, and not what its items are given", () => {
    const items: ItemGraph = { count: 1, edges: [], labels: ["total"], inputs: ["secret"], tolerant: [0] };
    expect(outcomeForHistory({ is: "done", items })).toEqual({ is: "done", items: { count: 1, edges: [], labels: ["total"] } });
  });

  it("is without labels where they would make it too long", () => {
    const items: ItemGraph = { count: 9_999, edges: [], labels: Array.from({ length: 9_999 }, () => "x".repeat(24)) };
    expect(outcomeForHistory({ is: "done", items })).toEqual({ is: "done", items: { count: 9_999, edges: [] } });
  });
});
