/** The activities: the two doors, kept alive by heartbeats, with this process's shares of its tenants. */
import type { Clock } from "../clock.ts";
import type { Doors } from "../contract.ts";
import { createTenantSlots, NO_TURN } from "../tenant-slots.ts";
import { type Activities, outcomeForHistory } from "./messages.ts";

/** Temporal takes a call for dead after 30 s; the SDK sends every third or so of these. */
const HEARTBEAT_EVERY_MS = 3_000;
/** A call that got no turn for this long goes back to Temporal, where another process may take it. */
const LONGEST_TURN_MS = 60_000;

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
  const inSlot = createTenantSlots(parts);
  return {
    load: (dispatch) => alive(parts, () => doors.load(dispatch)),
    call: (dispatch, call) =>
      alive(parts, async () => {
        const outcome = await inSlot(dispatch, () => doors.invoke(dispatch, call), LONGEST_TURN_MS, over);
        if (outcome !== undefined) return outcomeForHistory(outcome);
        over.throwIfAborted();
        return NO_TURN;
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
