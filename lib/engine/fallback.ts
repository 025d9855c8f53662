/** Handing runs to an engine, and to the next one when it doesn't take them: the same run under the next number, so that whatever the first still does with it is out of date. */
import type { Logger } from "pino";
import { messageOf } from "../schema/errors.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { inParallel } from "../store/records.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch, Engine } from "./contract.ts";
import type { Lease } from "./lease.ts";
import { takeOver } from "./take-over.ts";

/** An engine that says nothing for this long doesn't take the runs, as far as we know. */
const ANSWER_MS = 10_000;

export interface HandOverOptions {
  store: ObjectStore;
  clock: Clock;
  lease: Lease;
  log: Logger;
  /** The first gets the runs, whose newest owner it must be; each next one what those before it didn't take. */
  engines: readonly Engine[];
}

/**
 * Gives the dispatches to the engines and returns those that none of them took: they are kept, and a later sweep offers them again.
 * Never throws for an engine that fails; rejects when the store does.
 */
export async function handOver(options: HandOverOptions, dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
  const { store, clock, lease, log, engines } = options;
  let open = dispatches;
  for (const [index, engine] of engines.entries()) {
    if (open.length === 0) return [];
    if (index > 0) {
      // Whoever wrote the next number first has the run now.
      const mine = await inParallel(open, async ({ tenant, runId, n, priority }) => {
        const dispatch = await takeOver({ store, clock, lease, engine }, tenant, runId, n + 1);
        return dispatch && priority !== undefined ? { ...dispatch, priority } : dispatch;
      });
      open = mine.filter((dispatch) => dispatch !== undefined);
    }
    open = await offer(engine, open, clock, log);
  }
  return open;
}

/** The dispatches that the engine didn't take, offered in portions that it can take at once. */
async function offer(engine: Engine, dispatches: readonly Dispatch[], clock: Clock, log: Logger): Promise<Dispatch[]> {
  const left: Dispatch[] = [];
  const portion = Math.max(1, engine.capabilities.bulk);
  for (let start = 0; start < dispatches.length; start += portion) {
    const part = dispatches.slice(start, start + portion);
    try {
      const answers = await answered(engine, part, clock);
      part.forEach((dispatch, index) => {
        const answer = answers[index];
        if (answer?.is === "accepted") return;
        left.push(dispatch);
        log.warn({ engine: engine.name, tenant: dispatch.tenant, run: dispatch.runId, reason: answer?.message ?? "no answer" }, "engine refused a run");
      });
    } catch (error) {
      left.push(...part);
      log.warn({ engine: engine.name, runs: part.length, reason: messageOf(error) }, "engine didn't take runs");
    }
  }
  return left;
}

async function answered(engine: Engine, part: readonly Dispatch[], clock: Clock) {
  const done = new AbortController();
  const late = clock.sleep(ANSWER_MS, done.signal).then(() => {
    throw new Error(`it gave no answer for ${ANSWER_MS} ms`);
  });
  // After an answer nobody waits for the end of the sleep any more.
  late.catch(() => undefined);
  try {
    return await Promise.race([engine.submit(part), late]);
  } finally {
    done.abort();
  }
}
