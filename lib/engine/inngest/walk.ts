/** The loop over the kernel as Inngest's steps: each call is a step, and what is ready together runs side by side, each followed at once by what waited for it. */
import { callKey, nextCalls, pipelineEnd } from "../../pipeline/kernel.ts";
import type { Call, ItemGraph, Outcome, PipelineShape, Settled } from "../../schema/pipeline.ts";
import type { Dispatch, Doors } from "../contract.ts";
import { LANES, type LaneWork } from "./lanes.ts";
import { callStepName, laneStepName, type StepName, waitStepName } from "./names.ts";

/** A stage with more items than this goes in lanes. */
export const MOST_ITEM_STEPS = 50;
/** Once a run has used so many of Inngest's 1,000 steps, every stage goes in lanes. */
export const MANY_STEPS = 400;

/** What the walk needs of Inngest's step tools. */
export interface StepTools {
  run(step: StepName, work: () => Promise<Outcome>): Promise<Outcome>;
  /** Durations in whole seconds: Inngest knows nothing finer. */
  sleep(step: StepName, ms: number): Promise<void>;
  /** Runs the callback so that each of its steps is followed up as soon as it ends. */
  eagerly<T>(work: () => Promise<T>): Promise<T>;
  /** Runs the callback, whose steps come one after the other with nothing beside them. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** How the run's walk ended. */
export type WalkEnd = { is: "finished" } | { is: "failed"; call: string; code: string } | { is: "cancelled" } | { is: "superseded" };

export interface WalkOptions {
  doors: Doors;
  dispatch: Dispatch;
  shape: PipelineShape;
  /** One round of a lane: works on the lane's items until its time is used. */
  lane(work: LaneWork): Promise<Outcome>;
  /** Does a call, waiting in the process for short delays instead of using more steps. */
  patiently(call: Call): Promise<Outcome>;
}

interface Walk extends WalkOptions {
  tools: StepTools;
  journal: Map<string, Settled>;
  started: Set<string>;
  plans: Map<string, ItemGraph>;
  /** Stages whose items go in lanes, with the lanes that are still open. */
  lanes: Map<string, number>;
  steps: number;
  quiet: WalkEnd | undefined;
}

/** Something that becomes steps: a call, or a lane of a stage. Its key is the first step's id. */
interface Unit {
  key: string;
  work(): Promise<void>;
}

/** Walks a run's pipeline to its end. Deterministic: the order of the steps follows from their results and the order in which these came. */
export async function walkPipeline(tools: StepTools, options: WalkOptions): Promise<WalkEnd> {
  const walk: Walk = { ...options, tools, journal: new Map(), started: new Set(), plans: new Map(), lanes: new Map(), steps: 0, quiet: undefined };
  for (;;) {
    const end = endOf(walk);
    if (end) return end;
    const units = openUnits(walk);
    const [only] = units;
    if (only === undefined) throw new Error(`Nothing of the run "${options.dispatch.runId}" can go on, and it has not ended.`);
    if (units.length === 1) await tools.alone(() => start(walk, only));
    else await tools.eagerly(() => sideBySide(walk, units));
  }
}

/** Starts the units and whatever becomes ready while one of them runs; resolves when at most one unit is left to start and none runs. */
function sideBySide(walk: Walk, first: readonly Unit[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let running = 0;
    const follow = () => {
      running--;
      const units = openUnits(walk);
      if (endOf(walk) || (running === 0 && units.length <= 1)) resolve();
      else startAll(units);
    };
    const startAll = (units: readonly Unit[]) => {
      running += units.length;
      for (const unit of units) start(walk, unit).then(follow, reject);
    };
    startAll(first);
  });
}

function start(walk: Walk, unit: Unit): Promise<void> {
  walk.started.add(unit.key);
  return unit.work();
}

function endOf(walk: Walk): WalkEnd | undefined {
  if (walk.quiet) return walk.quiet;
  const end = pipelineEnd(walk.shape, walk.journal);
  if (end === undefined) return undefined;
  return end.status === "finished" ? { is: "finished" } : { is: "failed", call: end.call, code: end.code };
}

/** What may start now and has not. */
function openUnits(walk: Walk): Unit[] {
  const units = nextCalls(walk.shape, walk.journal).flatMap((call) => {
    if (call.op !== "item" || !inLanes(walk, call.stage)) return [callUnit(walk, call)];
    return Array.from({ length: Math.min(LANES, walk.plans.get(call.stage)?.count ?? 0) }, (_, lane) => laneUnit(walk, call.stage, lane));
  });
  const open = new Map(units.map((unit) => [unit.key, unit]));
  return [...open.values()].filter(({ key }) => !walk.started.has(key));
}

/** Decided once for each stage, when its first item is ready. */
function inLanes(walk: Walk, stage: string): boolean {
  if (walk.lanes.has(stage)) return (walk.lanes.get(stage) ?? 0) > 0;
  const count = walk.plans.get(stage)?.count ?? 0;
  const many = count > MOST_ITEM_STEPS || walk.steps >= MANY_STEPS;
  walk.lanes.set(stage, many ? Math.min(LANES, count) : 0);
  return many;
}

function callUnit(walk: Walk, call: Call): Unit {
  return {
    key: call.key,
    async work() {
      const label = call.item === undefined ? undefined : walk.plans.get(call.stage)?.labels?.[call.item];
      const outcome = await repeated(walk, call.key, (attempt) => ({
        step: callStepName(call.key, attempt, label),
        work: () => (walk.steps > MANY_STEPS ? walk.patiently(call) : walk.doors.invoke(walk.dispatch, call)),
      }));
      if (outcome.is === "cancelled" || outcome.is === "superseded") walk.quiet ??= outcome;
      else {
        walk.journal.set(call.key, outcome);
        if (call.op === "plan" && outcome.is === "done") walk.plans.set(call.stage, outcome.items ?? { count: 0, edges: [] });
      }
    },
  };
}

function laneUnit(walk: Walk, stage: string, lane: number): Unit {
  const key = `${stage}/lane ${lane + 1}`;
  const graph = walk.plans.get(stage) ?? { count: 0, edges: [] };
  return {
    key,
    async work() {
      const outcome = await repeated(walk, key, (round) => ({
        step: laneStepName(key, round, graph.count),
        work: () => walk.lane({ dispatch: walk.dispatch, shape: walk.shape, stage, graph, lane }),
      }));
      if (outcome.is === "cancelled" || outcome.is === "superseded") walk.quiet ??= outcome;
      else if (outcome.is !== "done") walk.quiet ??= { is: "failed", call: stage, code: outcome.code };
      const open = (walk.lanes.get(stage) ?? 1) - 1;
      walk.lanes.set(stage, open);
      // A lane ends when all of its items are settled; whether well or not matters to nobody but the join, which reads the store.
      if (open === 0) for (let item = 0; item < graph.count; item++) walk.journal.set(callKey(stage, "item", item), { is: "done" });
    },
  };
}

/** Does a step, and again under a new id after each time that it asks for it. */
async function repeated(
  walk: Walk,
  key: string,
  make: (round: number) => { step: StepName; work: () => Promise<Outcome> },
): Promise<Exclude<Outcome, { is: "again" }>> {
  for (let round = 1; ; round++) {
    const { step, work } = make(round);
    walk.steps++;
    const outcome = await walk.tools.run(step, work);
    if (outcome.is !== "again") return outcome;
    if (outcome.afterMs <= 0) continue;
    walk.steps++;
    // Rounded up, for a delay that ends early only asks again.
    await walk.tools.sleep(waitStepName(key, round, outcome.reason), Math.ceil(outcome.afterMs / 1_000) * 1_000);
  }
}
