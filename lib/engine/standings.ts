/** Whether runs still go on, looked at once for all calls of a process that begin at about the same time: those of a stage with a thousand items are a thousand reads fewer. */
import { createRecent } from "../recent.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch } from "./contract.ts";
import { readStanding, type Standing } from "./end.ts";

/** A look serves what begins this long after it. A call that began just before a cancel runs as well, and both are told of it by the cancel watch. */
const SHARED_MS = 50;
const MOST_LOOKS = 1_000;

/** The last looks of a process. */
export interface Standings {
  /** Why nothing of this dispatch may start any more, as of 50 ms ago at most. */
  read(dispatch: Dispatch): Promise<Standing | undefined>;
  /** This process has ended the run: what it begins now is to see that. */
  forget(dispatch: Dispatch): void;
}

/** Looks of one process. A look that fails serves only those who wait for it. */
export function createStandings(store: ObjectStore, clock: Clock): Standings {
  const looks = createRecent<string, { at: number; standing: Promise<Standing | undefined> }>(MOST_LOOKS);
  return {
    read(dispatch) {
      const id = idOf(dispatch);
      const now = clock.monotonic();
      const known = looks.get(id);
      if (known !== undefined && now - known.at < SHARED_MS) return known.standing;
      const look = { at: now, standing: readStanding(store, dispatch, clock.wall()) };
      look.standing.catch(() => {
        if (looks.get(id) === look) looks.delete(id);
      });
      looks.set(id, look);
      return look.standing;
    },
    forget: (dispatch) => looks.delete(idOf(dispatch)),
  };
}

function idOf({ tenant, runId, n }: Dispatch): string {
  return `${tenant}:${runId}:${n}`;
}
