/** The walk over a run's stages, and what is said to Hatchet: pure, and the same each time it is played. */
import { describe, expect, it } from "vitest";
import { childKey, dispatchOf, inputOf, optionsOf, outputOf, readCallInput, readOutcome, rootExpression } from "../../../lib/engine/hatchet/names.ts";
import { rememberShapes } from "../../../lib/engine/hatchet/shapes.ts";
import { callsOfStage, isLastOf, partOf, type WalkTools, walkStages } from "../../../lib/engine/hatchet/walk.ts";
import type { CallPolicy, Outcome, PipelineShape, StageShape } from "../../../lib/schema/pipeline.ts";

const policy: CallPolicy = { timeoutMs: 1_000, maxAttempts: 2, delay: { form: "doubling", rateLimitedBaseMs: 1, serverStepMs: 1, maxMs: 10 } };
const task = (id: string, ...after: string[]): StageShape => ({ id, kind: "task", after, policy });
const graph = (id: string, onError: "fail" | "collect", ...after: string[]): StageShape => ({ id, kind: "graph", after, policy, item: { policy, onError } });
const shapeOf = (...stages: StageShape[]): PipelineShape => ({ name: "p", version: 1, stages });

/** Tools that answer from a script, in the order in which their calls are let go on, and write down what is asked for. */
function scripted(outcomes: Record<string, readonly Outcome[]>) {
  const asked: string[] = [];
  const open = new Map<string, (outcome: Outcome) => void>();
  let most = 0;
  const tools: WalkTools = {
    call(call, round, label) {
      const key = childKey(call.key, round);
      asked.push(label === undefined ? key : `${key} ${label}`);
      return new Promise((resolve) => {
        open.set(key, resolve);
        most = Math.max(most, open.size);
      });
    },
    async sleep(ms, label) {
      asked.push(`sleep ${ms}: ${label}`);
    },
  };
  /** Lets the calls of these keys end, one after the other. */
  const letGo = async (...keys: string[]) => {
    for (const key of keys) {
      const [call = "", round = "1"] = key.split(" try ");
      open.get(key)?.(outcomes[call]?.[Number(round) - 1] ?? { is: "done" });
      open.delete(key);
      await new Promise(setImmediate);
    }
  };
  return { tools, asked, letGo, open, most: () => most };
}

describe("a walk", () => {
  const plan: Outcome = { is: "done", items: { count: 4, edges: [[0, 3]], labels: ["total", "", "date", "sum"] } };

  it("starts an item as soon as what it waits for is done, and the join last", async () => {
    const { tools, asked, letGo } = scripted({ "map/plan": [plan] });
    const end = walkStages(tools, shapeOf(graph("map", "collect")));
    await letGo("map/plan", "map/0000", "map/0001", "map/0002", "map/0003", "map/join");
    expect(asked).toEqual(["map/plan", "map/0000 total", "map/0001 ", "map/0002 date", "map/0003 sum", "map/join"]);
    expect(await end).toEqual({ is: "finished" });
  });

  it("asks for the same in the same order when it is played again with the same order of outcomes", async () => {
    const order = ["map/plan", "map/0002", "map/0000", "map/0003", "map/0001", "map/join"];
    const played = await Promise.all(
      [1, 2].map(async () => {
        const { tools, asked, letGo } = scripted({ "map/plan": [plan] });
        const end = walkStages(tools, shapeOf(graph("map", "collect")));
        await letGo(...order);
        return [await end, asked];
      }),
    );
    expect(played[0]).toEqual(played[1]);
  });

  it("sleeps and asks again, under another key", async () => {
    const again: Outcome = { is: "again", afterMs: 1_500, why: "retry", reason: "slow down" };
    const { tools, asked, letGo } = scripted({ read: [again, { is: "done" }] });
    const end = walkStages(tools, shapeOf(task("read")));
    await letGo("read", "read try 2");
    expect(asked).toEqual(["read", "sleep 1500: read: slow down", "read try 2"]);
    expect(await end).toEqual({ is: "finished" });
  });

  it.each(["cancelled", "superseded"] as const)("ends at once when a call is %s", async (is) => {
    const { tools, letGo, open } = scripted({ "map/plan": [plan], "map/0001": [{ is }] });
    const end = walkStages(tools, shapeOf(graph("map", "collect")));
    await letGo("map/plan", "map/0001");
    expect(await end).toEqual({ is });
    expect([...open.keys()]).toEqual(["map/0000", "map/0002"]);
  });

  it("fails with the call whose policy is to fail", async () => {
    const { tools, letGo } = scripted({ "map/plan": [plan], "map/0001": [{ is: "failed", code: "document_broken" }] });
    const end = walkStages(tools, shapeOf(graph("map", "fail")));
    await letGo("map/plan", "map/0001");
    expect(await end).toEqual({ is: "failed", call: "map/0001", code: "document_broken" });
  });

  it("has no more calls in flight than it may", async () => {
    const { tools, letGo, most, open } = scripted({ "map/plan": [{ is: "done", items: { count: 20, edges: [] } }] });
    const end = walkStages(tools, shapeOf(graph("map", "collect")), 3);
    await letGo("map/plan");
    while (open.size > 0) await letGo(...open.keys());
    expect(await end).toEqual({ is: "finished" });
    expect(most()).toBe(3);
  });
});

describe("a task of a workflow", () => {
  const shape = shapeOf(task("read"), graph("map", "collect", "read"), task("tell", "map"));
  const part = (own: PipelineShape, finished: string[], name: string, isLast = false) =>
    partOf(own, new Set(finished), name, isLast).stages.map(({ id }) => id);

  it("walks the stage of its name once what that waits for is finished", () => {
    expect([part(shape, [], "read"), part(shape, ["read"], "map"), part(shape, ["read", "map"], "tell", true)]).toEqual([["read"], ["map"], ["tell"]]);
  });

  it("walks nothing when the run has no such stage, or that waits for one that the workflow doesn't have", () => {
    const other = shapeOf(task("fetch"), task("read", "fetch"), graph("map", "collect", "read"));
    expect([part(other, [], "gone"), part(other, [], "read"), part(other, [], "map")]).toEqual([[], [], []]);
  });

  it("that is the last walks everything when something is left besides its own stage", () => {
    const other = shapeOf(task("fetch"), task("read", "fetch"), task("tell", "read"));
    expect(part(other, [], "tell", true)).toEqual(["fetch", "read", "tell"]);
    expect(part(shape, ["read", "map", "tell"], "end", true)).toEqual([]);
  });

  it("asks for nothing after the only call of its stage, or the one that joins its items", () => {
    const call = (stage: StageShape, op: "run" | "plan" | "item" | "join") => ({ key: `${stage.id}/${op}`, stage: stage.id, op, policy });
    const [single, many] = [task("read"), graph("map", "collect")];
    const last = [isLastOf(shapeOf(single), call(single, "run")), isLastOf(shapeOf(many), call(many, "join"))];
    const before = [isLastOf(shapeOf(many), call(many, "plan")), isLastOf(shapeOf(many), call(many, "item")), isLastOf(shape, call(task("tell"), "run"))];
    expect([last, before]).toEqual([
      [true, true],
      [false, false, false],
    ]);
  });

  it("shares the limit of a run with the stages that may run beside it", () => {
    const wide = shapeOf(task("read"), graph("left", "collect", "read"), graph("right", "collect", "read"), task("tell", "left", "right"));
    expect(["read", "left", "right", "tell"].map((id) => callsOfStage(wide, id))).toEqual([200, 100, 100, 200]);
  });
});

describe("the shape of a run", () => {
  it("is loaded once, and again only while it can't be read or when many others came after it", async () => {
    const loads: string[] = [];
    let isReady = false;
    const load = rememberShapes(async ({ runId }) => {
      loads.push(runId);
      return isReady ? { is: "ready", shape: shapeOf(task(runId)) } : { is: "cancelled" };
    });
    const ask = async (runId: string) => {
      const loaded = await load({ tenant: "acme", runId, n: 1 });
      return loaded.is === "ready" ? loaded.shape.stages[0]?.id : loaded.is;
    };
    expect(await ask("run-1")).toBe("cancelled");
    isReady = true;
    expect([await ask("run-1"), await ask("run-1"), await ask("run-2")]).toEqual(["run-1", "run-1", "run-2"]);
    expect(loads).toEqual(["run-1", "run-1", "run-2"]);
    for (let other = 0; other < 1_000; other++) await ask(`other-${other}`);
    await ask("run-1");
    expect(loads).toHaveLength(1_004);
  });
});

describe("what is said to Hatchet", () => {
  const dispatch = { tenant: "acme", runId: "run-1", n: 2, priority: 5 };

  it("is who the run is, and what to find it by", () => {
    expect(inputOf(dispatch)).toEqual({ tenant: "acme", run_id: "run-1", n: 2, priority: 5 });
    expect(dispatchOf(inputOf(dispatch))).toEqual(dispatch);
    expect(optionsOf("ns", dispatch)).toEqual({ priority: 3, additionalMetadata: { root: "ns/acme/run-1/2", dispatch: "ns/acme/run-1/2" } });
    expect(rootExpression("ns")).toBe('"ns/" + input.tenant + "/" + input.run_id + "/" + string(int(input.n))');
    expect(
      [undefined, 0, -1, 1].map((priority) => optionsOf("", { tenant: "a", runId: "r", n: 1, ...(priority === undefined ? {} : { priority }) }).priority),
    ).toEqual([2, 2, 1, 3]);
  });

  it("is an outcome without what a plan tells its items", () => {
    const planned: Outcome = { is: "done", items: { count: 1, edges: [], labels: ["total"], inputs: ["text of the document"], tolerant: [0] } };
    expect(outputOf(planned)).toEqual({ outcome: { is: "done", items: { count: 1, edges: [], labels: ["total"] } } });
    expect(readOutcome(outputOf({ is: "failed", code: "internal" }))).toEqual({ is: "failed", code: "internal" });
  });

  it("is read with care: a child that was cancelled has no outcome, and a stranger's input is refused", () => {
    expect([readOutcome({}), readOutcome(undefined), readOutcome({ outcome: { is: "odd" } })]).toEqual([undefined, undefined, undefined]);
    expect(() => readCallInput({ tenant: "acme", run_id: "run-1", n: 1, call: { key: "read" } })).toThrow();
    const call = { key: "map/0001", stage: "map", op: "item" as const, item: 1, policy };
    expect(readCallInput({ ...inputOf(dispatch), call })).toEqual({ dispatch, call });
  });
});
