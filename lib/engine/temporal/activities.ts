/** The activities: the two doors, kept alive by heartbeats, with this process's shares of its tenants. */
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors } from "../contract.ts";
import { createTurns } from "../turns.ts";
import { type Activities, outcomeForHistory } from "./messages.ts";

/** Temporal takes a call for dead after 30 s; the SDK sends every third or so of these. */
const HEARTBEAT_EVERY_MS = 3_000;
/** A call that got no turn for this long goes back to Temporal, where another process may take it. */
const LONGEST_TURN_MS = 60_000;
const NO_TURN_AGAIN_MS = 1_000;

export interface ActivityParts {
  doors: Doors;
  clock: Clock;
  /** Calls at once in this process, and of one tenant. */
  concurrency: number;
  perTenant: number;
  /** Tells Temporal that the activity of the calling context is alive. */
  heartbeat(): void;
  /** Aborts when this process can't wait for its activities any longer; they fail, and others do them. */
  over: AbortSignal;
}

/** Rejects when the store fails, or when the process gives up; Temporal then tries again, here or elsewhere. */
export function createActivities(parts: ActivityParts): Activities {
  const { doors, over } = parts;
  const shares = createShares(parts);
  return {
    load: (dispatch) => alive(parts, () => doors.load(dispatch)),
    call: (dispatch, call) =>
      alive(parts, async () => {
        const outcome = await shares(dispatch, () => doors.invoke(dispatch, call));
        if (outcome !== undefined) return outcomeForHistory(outcome);
        over.throwIfAborted();
        return { is: "again", afterMs: NO_TURN_AGAIN_MS, why: "busy", reason: "a process had no room for the tenant" };
      }),
  };
}

/** The context of an activity is found by where its code was called from, so the beat starts here. */
async function alive<T>({ clock, heartbeat, over }: ActivityParts, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  // An activity that has just started is alive, and each beat is a request and a write of the server: short calls need none.
  const beat = async () => {
    await clock.sleep(HEARTBEAT_EVERY_MS, done.signal);
    while (!done.signal.aborted) {
      heartbeat();
      await clock.sleep(HEARTBEAT_EVERY_MS, done.signal);
    }
  };
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => reject(over.reason);
    if (over.aborted) giveUp();
    over.addEventListener("abort", giveUp, { once: true });
  });
  void beat();
  try {
    return await Promise.race([work(), givenUp]);
  } finally {
    done.abort();
    over.removeEventListener("abort", giveUp);
  }
}

/** Does work in its tenant's turn; undefined when that didn't come in time. */
function createShares({ clock, concurrency, perTenant, over }: ActivityParts) {
  const turns = createTurns(perTenant);
  const waiting = new Map<string, () => void>();
  let busy = 0;
  let offers = 0;
  const pump = () => {
    while (busy < concurrency) {
      const id = turns.take();
      if (id === undefined) return;
      busy++;
      waiting.get(id)?.();
      waiting.delete(id);
    }
  };
  return async <T>({ tenant, priority = 0 }: Dispatch, work: () => Promise<T>): Promise<T | undefined> => {
    const id = String(offers++);
    const came = new AbortController();
    waiting.set(id, () => came.abort());
    turns.offer(id, tenant, priority);
    pump();
    if (waiting.has(id)) await clock.sleep(LONGEST_TURN_MS, AbortSignal.any([came.signal, over]));
    if (waiting.delete(id)) {
      turns.remove(id);
      return undefined;
    }
    try {
      return await work();
    } finally {
      busy--;
      turns.release(tenant);
      pump();
    }
  };
}
