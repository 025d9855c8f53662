/**
 * A worker that goes on by itself while its engine is away. Everything that is true of a run is in the store and every call is claimed, so the runs that the engine has are
 * worked on here under the dispatch that they have, beside other processes that do the same, and beside the engine itself once it is back.
 */
import type { Logger } from "pino";
import { messageOf, PermanentError } from "../schema/errors.ts";
import { runPointerSchema } from "../schema/records.ts";
import { ACTIVE_PREFIX } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { inParallel, keysOf, readRecord } from "../store/records.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch, Doors, EngineName } from "./contract.ts";
import { createEmbeddedEngine } from "./embedded.ts";
import { readOwner } from "./end.ts";

/** Between looks for what there is to do. */
const LOOK_EVERY_MS = 3_000;
/** A look that takes up runs for longer than this begins anew, with what has come since. */
const LOOK_MS = 30_000;
/** Runs in hand for each call that this process may do at once. */
const RUNS_OF_A_CALL = 4;
const PLACE_AGAIN_MS = 100;
/** A run that was in hand for so long, since it is large or waits for its next attempt, keeps no other from being taken up. */
const PLACE_MS = 60_000;
/** An engine that has given nothing for so long since it is back has nothing for this process. */
const NOTHING_GIVEN_MS = 120_000;

export interface StandInOptions {
  /** The engine whose runs are worked on: those of which it is the newest owner. */
  engine: EngineName;
  /** Within the process's own limit of calls at once. */
  doors: Doors;
  store: ObjectStore;
  clock: Clock;
  log: Logger;
  /** Calls at once of this stand-in, and of one tenant. */
  concurrency: number;
  perTenant: number;
  /** Called when a run has ended or goes on elsewhere, so that what is owed goes out without waiting for a sweep. */
  ended(dispatch: Dispatch): Promise<unknown>;
}

/** One for a process, however many workers it has. What it is told may come in any order and more than once. */
export interface StandIn {
  /** The engine can't be reached: its runs are worked on here from now on. */
  away(): void;
  /** The engine can be reached again, which doesn't say that it gives out what it has. */
  back(): void;
  /** The engine has given something out. Runs in hand are worked on to their end, and every run that is left is taken up once more, in case that the engine forgot it. */
  gave(): void;
  /** Takes nothing up any more, and lets running calls end for so long. */
  stop(graceMs: number): Promise<void>;
}

/** Nothing happens before the engine is away for the first time. */
export function createStandIn(options: StandInOptions): StandIn {
  const { clock } = options;
  let wantedUntil = Number.NEGATIVE_INFINITY;
  let shift: Shift | undefined;
  const isWanted = () => clock.monotonic() < wantedUntil;
  return {
    away() {
      wantedUntil = Number.POSITIVE_INFINITY;
      if (shift !== undefined) return;
      const own = startShift(options, isWanted, () => {
        if (shift === own) shift = undefined;
      });
      shift = own;
    },
    back() {
      if (isWanted()) wantedUntil = clock.monotonic() + NOTHING_GIVEN_MS;
    },
    gave() {
      wantedUntil = Number.NEGATIVE_INFINITY;
    },
    async stop(graceMs) {
      wantedUntil = Number.NEGATIVE_INFINITY;
      const last = shift;
      shift = undefined;
      await last?.stop(graceMs);
    },
  };
}

interface Shift {
  stop(graceMs: number): Promise<void>;
}

/** From the moment that the engine is away until it works again and the runs that were taken up have ended; `over` is called then, or when it is stopped. */
function startShift(options: StandInOptions, isWanted: () => boolean, over: () => void): Shift {
  const { engine, store, clock, log, concurrency } = options;
  const startedAt = clock.monotonic();
  const stopping = new AbortController();
  const { signal } = stopping;
  const deliver = (dispatch: Dispatch) =>
    void options.ended(dispatch).catch((error: unknown) => log.warn({ run: dispatch.runId, reason: messageOf(error) }, "an end waits for the next sweep"));
  const embedded = createEmbeddedEngine({ ...options, ended: deliver });
  const working = embedded.work();
  const inHand = new Map<string, { dispatch: Dispatch; since: number }>();
  /** Up to which dispatch there is nothing to do here for a run. */
  const doneUpTo = new Map<string, number>();
  let taken = 0;
  /** Whether the runs of the store have to be gone through once more. */
  let owed = true;

  const fail = (key: string, error: unknown) => {
    log.warn({ key, reason: messageOf(error) }, "a run can't be worked on by the stand-in");
    // A record that can't be read doesn't get better, a store does.
    if (error instanceof PermanentError) doneUpTo.set(key, Number.POSITIVE_INFINITY);
    else owed = true;
  };
  const find = async (key: string): Promise<Dispatch | undefined> => {
    const pointer = await readRecord(store, key, runPointerSchema);
    if (pointer === undefined) return undefined;
    const owner = await readOwner(store, pointer.tenant, pointer.runId);
    if (owner === undefined || owner.n <= (doneUpTo.get(key) ?? 0)) return undefined;
    if (owner.engine === engine) return { tenant: pointer.tenant, runId: pointer.runId, n: owner.n };
    doneUpTo.set(key, Number.POSITIVE_INFINITY);
    return undefined;
  };
  const takeUp = async (key: string) => {
    try {
      const dispatch = await find(key);
      if (dispatch === undefined || signal.aborted) return;
      taken++;
      inHand.set(key, { dispatch, since: clock.monotonic() });
      await embedded.submit([dispatch]);
      embedded
        .settled(dispatch)
        .then(
          () => doneUpTo.set(key, dispatch.n),
          (error: unknown) => fail(key, error),
        )
        .finally(() => inHand.delete(key));
    } catch (error) {
      fail(key, error);
    }
  };
  /** How many runs may be taken up now; 0 when this process stops. */
  const places = async (): Promise<number> => {
    while (!signal.aborted) {
      const crowd = [...inHand.values()].filter(({ since }) => clock.monotonic() - since < PLACE_MS).length;
      // What is left when the engine works again is its own; only what it forgot waits for this.
      const free = (isWanted() ? concurrency * RUNS_OF_A_CALL : 1) - crowd;
      if (free > 0) return free;
      await clock.sleep(PLACE_AGAIN_MS, signal);
    }
    return 0;
  };
  /** Runs that ended elsewhere may have calls here that would wait an hour for their next attempt. */
  const leaveEnded = async (active: ReadonlySet<string>) => {
    for (const key of doneUpTo.keys()) if (!active.has(key)) doneUpTo.delete(key);
    for (const [key, { dispatch }] of inHand) {
      if (active.has(key)) continue;
      await embedded.cancel(dispatch, "the run has ended");
      deliver(dispatch);
    }
  };
  /** The first look after the engine works again is the last one that takes runs up. */
  const look = async () => {
    const isLast = !isWanted();
    const begun = clock.monotonic();
    const active = await keysOf(store, ACTIVE_PREFIX);
    await leaveEnded(new Set(active));
    if (isLast && !owed) return;
    owed = !isLast;
    const open = inTurns(active, Math.random).filter((key) => !inHand.has(key) && doneUpTo.get(key) !== Number.POSITIVE_INFINITY);
    while (open.length > 0 && (!isWanted() || clock.monotonic() - begun < LOOK_MS)) {
      const next = open.splice(0, await places());
      if (next.length === 0) return;
      await inParallel(next, takeUp);
    }
  };

  const loop = async () => {
    log.warn({ engine }, "the engine is away; this process goes on with its runs");
    while (!signal.aborted && (isWanted() || owed || inHand.size > 0)) {
      await look().catch((error: unknown) => log.warn({ reason: messageOf(error) }, "the stand-in can't look for runs"));
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    over();
    log.info({ engine, runs: taken, seconds: Math.round((clock.monotonic() - startedAt) / 1_000) }, "the stand-in for the engine is over");
  };
  void loop();
  return {
    async stop(graceMs) {
      stopping.abort();
      await (await working).stop(graceMs);
      await embedded.close();
    },
  };
}

/** The order in which a process takes runs up: tenants take turns, and each process begins elsewhere, so that several seldom meet at a call. `random` gives numbers from 0 to 1. */
export function inTurns(keys: readonly string[], random: () => number): string[] {
  const tenants = new Map<string, string[]>();
  for (const key of keys) {
    const tenant = key.slice(0, key.lastIndexOf("/"));
    const own = tenants.get(tenant) ?? [];
    own.push(key);
    tenants.set(tenant, own);
  }
  const turned = rotated([...tenants.values()], random).flatMap((own) => rotated(own, random).map((key, turn) => ({ key, turn })));
  return turned.sort((one, other) => one.turn - other.turn).map(({ key }) => key);
}

function rotated<Entry>(entries: readonly Entry[], random: () => number): Entry[] {
  const first = Math.floor(random() * entries.length);
  return [...entries.slice(first), ...entries.slice(0, first)];
}
