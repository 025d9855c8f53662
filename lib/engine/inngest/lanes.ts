/** Large stages: eight lanes of long steps share the items of a stage, so that a thousand items cost a few dozen of Inngest's steps instead of a thousand. */
import { callKey, callOf, nextCalls } from "../../pipeline/kernel.ts";
import type { Call, ItemGraph, Outcome, PipelineShape, Settled } from "../../schema/pipeline.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors } from "../contract.ts";

export const LANES = 8;
/** How often a lane without work looks for some. */
const LOOK_EVERY_MS = 1_000;
/** A lane that only waits for its own items gives its place away when that takes longer. */
const LONG_WAIT_MS = 10_000;

/** One round of one lane. Items whose index is `lane` modulo 8 are its own: it stays until they are settled, and helps the others while it has nothing to do. */
export interface LaneWork {
  dispatch: Dispatch;
  shape: PipelineShape;
  stage: string;
  graph: ItemGraph;
  lane: number;
}

export interface LaneOptions {
  doors: Doors;
  clock: Clock;
  /** After so long no further call is started; one that runs is finished. */
  budgetMs: number;
  /** The keys of the calls of a stage that have a result. */
  committed(dispatch: Dispatch, stage: string): Promise<readonly string[]>;
}

interface Round extends LaneWork {
  /** The stage alone, its plan settled: what the kernel needs to say which items are ready. */
  alone: PipelineShape;
  journal: Map<string, Settled>;
  /** When items that asked for it may be tried again, by the monotonic clock. */
  waiting: Map<string, number>;
  end: number;
}

/**
 * Works on a stage until the lane's own items are settled ("done"), its time is used or it has long to wait ("again"), the stage failed, or the run is over.
 * Two lanes never do one item: calls are claimed in the store.
 */
export async function workLane(options: LaneOptions, work: LaneWork): Promise<Outcome> {
  const { clock } = options;
  const stages = work.shape.stages.filter(({ id }) => id === work.stage).map((stage) => ({ ...stage, after: [] }));
  const journal = new Map<string, Settled>([[callKey(work.stage, "plan"), { is: "done", items: work.graph }]]);
  const round: Round = { ...work, alone: { ...work.shape, stages }, journal, waiting: new Map(), end: clock.monotonic() + options.budgetMs };
  let looked = Number.NEGATIVE_INFINITY;
  let ready: readonly Call[] = [];
  const findReady = () => {
    ready = nextCalls(round.alone, round.journal).filter(({ op }) => op === "item");
  };
  for (;;) {
    const now = clock.monotonic();
    if (now - looked >= LOOK_EVERY_MS) {
      looked = now;
      const over = await look(options, round);
      if (over) return over;
      findReady();
    }
    let call = choose(round, ready, now);
    // While there are known calls there is no need to look for more: a look costs as much as the stage has items.
    if (call === undefined) {
      findReady();
      call = choose(round, ready, now);
    }
    if (call === undefined && isSettled(round)) return { is: "done" };
    if (now >= round.end) return { is: "again", afterMs: call ? 0 : LOOK_EVERY_MS, why: "busy", reason: "the lane's time is used" };
    if (call === undefined) {
      const wait = ownWait(round, ready, now);
      if (wait > LONG_WAIT_MS) return { is: "again", afterMs: wait, why: "retry", reason: "its items wait" };
      await clock.sleep(Math.min(wait, LOOK_EVERY_MS));
      continue;
    }
    const outcome = await options.doors.invoke(round.dispatch, call);
    const over = note(round, call, outcome, clock.monotonic());
    if (over) return over;
    const { key } = call;
    if (round.journal.has(key)) ready = ready.filter((other) => other.key !== key);
  }
}

/** Does one call, waiting here for delays that fit into the time. */
export async function workPatiently({ doors, clock, budgetMs }: Omit<LaneOptions, "committed">, dispatch: Dispatch, call: Call): Promise<Outcome> {
  const end = clock.monotonic() + budgetMs;
  for (;;) {
    const outcome = await doors.invoke(dispatch, call);
    if (outcome.is !== "again" || clock.monotonic() + outcome.afterMs >= end) return outcome;
    await clock.sleep(outcome.afterMs);
  }
}

/** Takes over what other lanes committed. Gives the lane's outcome when the run or the stage is over. */
async function look(options: LaneOptions, round: Round): Promise<Outcome | undefined> {
  const loaded = await options.doors.load(round.dispatch);
  if (loaded.is !== "ready") return loaded;
  const [stage] = round.alone.stages;
  if (stage === undefined) return { is: "failed", code: "run_not_found" };
  const committed = new Set(await options.committed(round.dispatch, round.stage));
  for (let item = 0; item < round.graph.count; item++) {
    const call = callOf(stage, "item", item);
    if (round.journal.has(call.key) || !committed.has(call.key)) continue;
    // Where failures are collected, it doesn't matter which way an item was settled.
    const outcome = stage.item?.onError === "collect" ? ({ is: "done" } as const) : await options.doors.invoke(round.dispatch, call);
    const over = note(round, call, outcome, options.clock.monotonic());
    if (over) return over;
  }
  return undefined;
}

/** Keeps what became of a call. Gives the lane's outcome when the run or the stage is over. */
function note(round: Round, call: Call, outcome: Outcome, now: number): Outcome | undefined {
  if (outcome.is === "cancelled" || outcome.is === "superseded") return outcome;
  if (outcome.is === "again") {
    round.waiting.set(call.key, now + outcome.afterMs);
    return undefined;
  }
  round.journal.set(call.key, outcome);
  return outcome.is !== "done" && round.alone.stages[0]?.item?.onError !== "collect" ? outcome : undefined;
}

function isOwn({ lane }: Round, { item }: Pick<Call, "item">): boolean {
  return item !== undefined && item % LANES === lane;
}

/** Own items from the front, then those of others from the back, where their lanes come last. */
function choose(round: Round, ready: readonly Call[], now: number): Call | undefined {
  const free = ready.filter(({ key }) => (round.waiting.get(key) ?? 0) <= now);
  return free.find((call) => isOwn(round, call)) ?? free.at(-1);
}

function isSettled(round: Round): boolean {
  for (let item = round.lane; item < round.graph.count; item += LANES) {
    if (!round.journal.has(callKey(round.stage, "item", item))) return false;
  }
  return true;
}

/** Milliseconds until the first of the own items may be tried; short while they wait for other items. */
function ownWait(round: Round, ready: readonly Call[], now: number): number {
  const due = ready.filter((call) => isOwn(round, call)).map(({ key }) => (round.waiting.get(key) ?? now) - now);
  return due.length === 0 ? LOOK_EVERY_MS : Math.max(1, Math.min(...due));
}
