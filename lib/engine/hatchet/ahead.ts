/**
 * Calls that begin before Hatchet asks for them. From the end of a stage until the next one is given out Hatchet takes tens of milliseconds; the process that did the one
 * begins the other in that time, and the next stage's task, which comes to the same worker, only waits for it. When it comes to another worker after all, that finds the
 * call claimed, as it would find any.
 */
import { createRecent } from "../../recent.ts";
import type { Call, Outcome, PipelineShape } from "../../schema/pipeline.ts";
import type { Dispatch } from "../contract.ts";
import { dispatchKey } from "./names.ts";
import { callsAfter } from "./walk.ts";

/** Of calls that nobody came for, so many are remembered. */
const MOST_KNOWN = 1_000;

/** The calls of this worker that were begun ahead. */
export interface Ahead {
  /** Begins what is ready since this stage is finished; `finished` has all that are. */
  begin(dispatch: Dispatch, shape: PipelineShape, finished: ReadonlySet<string>, stage: string): void;
  /** The call if it was begun, once; whoever takes it waits for its end. */
  take(dispatch: Dispatch, call: Call): Promise<Outcome> | undefined;
  /** Resolves when no call that was begun is still going on. */
  idle(): Promise<void>;
}

/** None is begun while `isStopping`. */
export function createAhead(invoke: (dispatch: Dispatch, call: Call) => Promise<Outcome>, isStopping: () => boolean): Ahead {
  const begun = createRecent<string, Promise<Outcome>>(MOST_KNOWN);
  const running = new Set<Promise<Outcome>>();
  const keyOf = (dispatch: Dispatch, { key }: Call) => `${dispatchKey(dispatch)} ${key}`;
  return {
    begin(dispatch, shape, finished, stage) {
      if (isStopping()) return;
      for (const call of callsAfter(shape, finished, stage)) {
        const outcome = invoke(dispatch, call);
        begun.set(keyOf(dispatch, call), outcome);
        running.add(outcome);
        const isOver = () => void running.delete(outcome);
        outcome.then(isOver, isOver);
      }
    },
    take(dispatch, call) {
      const key = keyOf(dispatch, call);
      const outcome = begun.get(key);
      begun.delete(key);
      return outcome;
    },
    async idle() {
      await Promise.allSettled(running);
    },
  };
}
