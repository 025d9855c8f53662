/** The loop over the kernel as it runs inside a workflow. Deterministic: it knows no time and no chance but what it is handed, so that a history can be replayed. */
import { callKey, nextCalls, pipelineEnd } from "../../pipeline/kernel.ts";
import type { Call, Outcome } from "../../schema/pipeline.ts";
import type { Progress } from "./messages.ts";

/** At most so many calls of a run at once. */
export const CALLS_OF_A_RUN = 200;

/** What the walk is handed by Temporal. */
export interface Hands {
  /** Does a call; `round` counts from 1 how often it was tried in this history. */
  call(call: Call, round: number, label: string | undefined): Promise<Outcome>;
  sleep(ms: number, why: string): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether the history is so long that the run has to go on in a new one. */
  isLong(): boolean;
}

/** How a walk ended. "continued": no call is running, and the rest is for a new history. */
export type WalkEnd =
  | { is: "finished" }
  | { is: "failed"; call: string; code: string }
  | { is: "cancelled" }
  | { is: "superseded" }
  | { is: "continued"; progress: Progress };

interface Walk extends Progress {
  hands: Hands;
  running: Set<string>;
  rounds: Map<string, number>;
  /** Calls that may run now, as of the last look. */
  ready: Call[];
  /** Something happened after which the kernel must be asked, whatever is still ready. */
  isStale: boolean;
  end: WalkEnd | undefined;
}

/** Walks a run to its end. Rejects when a call or a sleep rejects, which is when the workflow was cancelled. */
export function walkRun(hands: Hands, progress: Progress): Promise<WalkEnd> {
  const walk: Walk = { ...progress, hands, running: new Set(), rounds: new Map(), ready: [], isStale: true, end: undefined };
  return new Promise((resolve, reject) => {
    let isOver = false;
    const advance = () => {
      if (isOver) return;
      walk.end ??= look(walk);
      isOver = walk.end !== undefined;
      if (walk.end) resolve(walk.end);
      else for (const call of takeReady(walk)) doCall(walk, call, rest).then(advance, reject);
    };
    const rest = (key: string, due: number, why: string) => {
      walk.waiting.set(key, due);
      endWait(walk, key, due, why).then(advance, reject);
    };
    for (const [key, due] of [...walk.waiting]) rest(key, due, "since an earlier history");
    advance();
  });
}

/** Asks the kernel what there is to do. While known calls wait for room there is no need to: asking costs as much as the run has items. */
function look(walk: Walk): WalkEnd | undefined {
  const { shape, journal, waiting, running, hands } = walk;
  if (walk.isStale || walk.ready.length === 0) {
    walk.isStale = false;
    const next = nextCalls(shape, journal);
    const end = next.length === 0 ? pipelineEnd(shape, journal) : undefined;
    if (end) return end.status === "finished" ? { is: "finished" } : { is: "failed", call: end.call, code: end.code };
    walk.ready = next.filter(({ key }) => !running.has(key) && !waiting.has(key));
  }
  return hands.isLong() && running.size === 0 ? { is: "continued", progress: { shape, journal, waiting } } : undefined;
}

/** A long history starts nothing more, so that it can end. */
function takeReady(walk: Walk): Call[] {
  if (walk.hands.isLong()) return [];
  const calls = walk.ready.splice(0, CALLS_OF_A_RUN - walk.running.size);
  for (const { key } of calls) walk.running.add(key);
  return calls;
}

async function doCall(walk: Walk, call: Call, rest: (key: string, due: number, why: string) => void): Promise<void> {
  const round = (walk.rounds.get(call.key) ?? 0) + 1;
  walk.rounds.set(call.key, round);
  const outcome = await walk.hands.call(call, round, labelOf(walk, call));
  walk.running.delete(call.key);
  if (outcome.is === "again") return rest(call.key, walk.hands.now() + outcome.afterMs, outcome.reason ?? outcome.why);
  if (outcome.is === "cancelled" || outcome.is === "superseded") {
    walk.end ??= { is: outcome.is };
    return;
  }
  walk.journal.set(call.key, outcome);
  if (outcome.is !== "done") walk.isStale = true;
}

async function endWait(walk: Walk, key: string, due: number, why: string): Promise<void> {
  await walk.hands.sleep(Math.max(1, due - walk.hands.now()), `${key}: ${why}`);
  walk.waiting.delete(key);
  walk.isStale = true;
}

function labelOf({ journal }: Walk, { stage, item }: Call): string | undefined {
  const planned = journal.get(callKey(stage, "plan"));
  return item !== undefined && planned?.is === "done" ? planned.items?.labels?.[item] : undefined;
}
