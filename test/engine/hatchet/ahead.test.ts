/** Calls that begin before Hatchet asks for them: which, and who gets what they answer. */
import { describe, expect, it } from "vitest";
import { createAhead } from "../../../lib/engine/hatchet/ahead.ts";
import { callsAfter } from "../../../lib/engine/hatchet/walk.ts";
import { callOf } from "../../../lib/pipeline/kernel.ts";
import type { CallPolicy, Outcome, PipelineShape, StageShape } from "../../../lib/schema/pipeline.ts";

const policy: CallPolicy = { timeoutMs: 1_000, maxAttempts: 2, delay: { form: "doubling", rateLimitedBaseMs: 1, serverStepMs: 1, maxMs: 10 } };
const task = (id: string, ...after: string[]): StageShape => ({ id, kind: "task", after, policy });
const graph = (id: string, ...after: string[]): StageShape => ({ id, kind: "graph", after, policy, item: { policy, onError: "fail" } });
const shapeOf = (...stages: StageShape[]): PipelineShape => ({ name: "p", version: 1, stages });
const dispatch = { tenant: "a", runId: "run-1", n: 1 };

describe("what may begin after a stage", () => {
  const wide = shapeOf(task("read"), task("left", "read"), task("right", "read"), graph("map", "read"), task("both", "left", "right"), task("apart"));
  const begun = (finished: string[], stage: string) => callsAfter(wide, new Set(finished), stage).map(({ key }) => key);

  it("are the stages of one call that waited for it, and for nothing else", () => {
    expect([begun(["read"], "read"), begun(["read", "left"], "left"), begun(["read", "left", "right"], "right")]).toEqual([["left", "right"], [], ["both"]]);
  });

  it("is nothing after a stage that the run doesn't have", () => {
    expect(begun(["read"], "other")).toEqual([]);
  });
});

describe("a call that was begun ahead", () => {
  const [first, second] = [task("read"), task("tell", "read")];
  const shape = shapeOf(first, second);
  const read = new Set(["read"]);
  const tell = callOf(second, "run");

  /** Calls whose end is told by hand. */
  function open() {
    const ends: { resolve(outcome: Outcome): void; reject(error: Error): void }[] = [];
    let stops = false;
    const ahead = createAhead(
      () => new Promise((resolve, reject) => ends.push({ resolve, reject })),
      () => stops,
    );
    return {
      ahead,
      ends,
      stop() {
        stops = true;
      },
    };
  }

  it("is waited for by the first who asks for it, and only by that", async () => {
    const { ahead, ends } = open();
    ahead.begin(dispatch, shape, read, "read");
    const taken = ahead.take(dispatch, tell);
    expect(ahead.take(dispatch, tell)).toBeUndefined();
    ends[0]?.resolve({ is: "done" });
    expect(await taken).toEqual({ is: "done" });
  });

  it("is of one dispatch, and one call", () => {
    const { ahead } = open();
    ahead.begin(dispatch, shape, read, "read");
    expect([ahead.take({ ...dispatch, n: 2 }, tell), ahead.take({ ...dispatch, tenant: "b" }, tell), ahead.take(dispatch, callOf(first, "run"))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("fails for whom waits, and for nobody else", async () => {
    const { ahead, ends } = open();
    ahead.begin(dispatch, shape, read, "read");
    ahead.begin({ ...dispatch, runId: "run-2" }, shape, read, "read");
    const taken = ahead.take(dispatch, tell);
    for (const { reject } of ends) reject(new Error("The store is away."));
    await expect(taken).rejects.toThrow("The store is away.");
    await ahead.idle();
  });

  it("is waited for by a worker that stops, which begins no others", async () => {
    const { ahead, ends, stop } = open();
    ahead.begin(dispatch, shape, read, "read");
    stop();
    ahead.begin({ ...dispatch, runId: "run-2" }, shape, read, "read");
    let isIdle = false;
    const idle = ahead.idle().then(() => {
      isIdle = true;
    });
    await new Promise(setImmediate);
    expect([ends.length, isIdle]).toEqual([1, false]);
    ends[0]?.resolve({ is: "done" });
    await idle;
  });
});
