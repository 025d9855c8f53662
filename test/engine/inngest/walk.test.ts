/** The walk over the kernel by itself, with steps that are done at once. */
import { describe, expect, it } from "vitest";
import type { Doors } from "../../../lib/engine/contract.ts";
import { MANY_STEPS, type StepTools, walkPipeline } from "../../../lib/engine/inngest/walk.ts";
import type { Call, CallPolicy, Outcome, StageShape } from "../../../lib/schema/pipeline.ts";

const POLICY: CallPolicy = { timeoutMs: 1_000, maxAttempts: 1, delay: { form: "doubling", rateLimitedBaseMs: 1, serverStepMs: 1, maxMs: 1 } };
const DISPATCH = { tenant: "default", runId: "run-1", n: 1 };

/** Graph stages after one another, each of `items` items. */
function graphStages(count: number): StageShape[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `stage-${index}`,
    kind: "graph",
    after: index === 0 ? [] : [`stage-${index - 1}`],
    policy: POLICY,
    item: { policy: POLICY, onError: "fail" },
  }));
}

interface Walked {
  steps: string[];
  sleeps: number[];
  eager: number;
  invoked: string[];
  end: unknown;
}

async function walk(stages: StageShape[], invoke: (call: Call) => Outcome, lane: Outcome = { is: "done" }): Promise<Walked> {
  const walked: Walked = { steps: [], sleeps: [], eager: 0, invoked: [], end: undefined };
  const tools: StepTools = {
    run: async ({ id }, work) => {
      walked.steps.push(id);
      return work();
    },
    sleep: async (_, ms) => {
      walked.sleeps.push(ms);
    },
    eagerly: (work) => {
      walked.eager++;
      return work();
    },
    alone: (work) => work(),
  };
  const doors: Doors = {
    load: () => Promise.reject(new Error("the walk has the shape already")),
    invoke: async (_, call) => {
      walked.invoked.push(call.key);
      return invoke(call);
    },
  };
  const patiently = async (call: Call) => ({ ...invoke(call) });
  walked.end = await walkPipeline(tools, { doors, dispatch: DISPATCH, shape: { name: "walk", version: 1, stages }, lane: async () => lane, patiently });
  return walked;
}

const planOf =
  (count: number) =>
  ({ op }: Call): Outcome =>
    op === "plan" ? { is: "done", items: { count, edges: [] } } : { is: "done" };

describe("the walk", () => {
  it("gives each of 50 items a step, and 51 items eight lanes", async () => {
    const fifty = await walk(graphStages(1), planOf(50));
    expect(fifty.steps).toHaveLength(52);
    expect(fifty.steps).toContain("stage-0/0049");
    const more = await walk(graphStages(1), planOf(51));
    expect(more.steps).toEqual(["stage-0/plan", ...Array.from({ length: 8 }, (_, lane) => `stage-0/lane ${lane + 1}`), "stage-0/join"]);
    expect(more.invoked).toEqual(["stage-0/plan", "stage-0/join"]);
  });

  it("goes in lanes once a run has used many steps, whatever the stage's size", async () => {
    const { steps, end } = await walk(graphStages(12), planOf(40));
    expect(end).toEqual({ is: "finished" });
    const first = steps.findIndex((id) => id.includes("lane"));
    expect(first).toBeGreaterThanOrEqual(MANY_STEPS);
    expect(steps.slice(first).filter((id) => /\/\d{4}$/.test(id))).toEqual([]);
    expect(steps.length).toBeLessThan(MANY_STEPS + 150);
  });

  it("plans nothing for calls that stand alone", async () => {
    expect((await walk(graphStages(3), planOf(1))).eager).toBe(0);
    expect((await walk(graphStages(3), planOf(2))).eager).toBe(3);
  });

  it("sleeps whole seconds, rounded up, under new ids", async () => {
    let asked = 0;
    const { steps, sleeps } = await walk(graphStages(1), (call) => {
      if (call.op === "join" && ++asked < 3) return { is: "again", afterMs: 1_001, why: "retry" };
      return planOf(0)(call);
    });
    expect(sleeps).toEqual([2_000, 2_000]);
    expect(steps).toEqual(["stage-0/plan", "stage-0/join", "stage-0/join try 2", "stage-0/join try 3"]);
  });

  it.each(["cancelled", "superseded"] as const)("ends quietly when a call or a lane says %s", async (is) => {
    const call = await walk(graphStages(2), (offered) => (offered.op === "item" ? { is } : planOf(3)(offered)));
    expect(call.end).toEqual({ is });
    const lane = await walk(graphStages(2), planOf(60), { is });
    expect(lane.end).toEqual({ is });
    expect(lane.steps.some((id) => id.startsWith("stage-1"))).toBe(false);
  });

  it("ends with the call that failed the run", async () => {
    const walked = await walk(graphStages(2), (call) => (call.key === "stage-0/0001" ? { is: "failed", code: "answer_invalid" } : planOf(3)(call)));
    expect(walked.end).toEqual({ is: "failed", call: "stage-0/0001", code: "answer_invalid" });
    expect(walked.steps.some((id) => id.startsWith("stage-1"))).toBe(false);
  });
});
