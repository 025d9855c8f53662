/**
 * A worker that goes on by itself while its engine is away. Everything that is true of a run is in the store and every call is claimed, so the runs that the engine has are
 * worked on here under the dispatch that they have, beside other processes that do the same, and beside the engine itself once it is back.
 */
import type { Logger } from "pino";
import { messageOf, PermanentError } from "../schema/errors.ts";
import { outageRecordSchema, runPointerSchema } from "../schema/records.ts";
import { ACTIVE_PREFIX, outageKey } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { inParallel, keysOf, readRecord, writeRecord } from "../store/records.ts";
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
/** An engine that can be reached again may not be itself yet: that it gives out tasks doesn't say that it sees dead workers or ended delays. */
const RETURN_MS = 120_000;

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
  /** Called when a run has ended or goes on elsewhere, so that what is owed goes out without waiting for a sweep. Never rejects. */
  ended(dispatch: Dispatch): Promise<unknown>;
}

/** One for a process, however many workers it has. What it is told may come in any order and more than once. */
export interface StandIn {
  /** A worker has started. An outage that ended a moment ago goes on for it, too: those who saw it may all have died. */
  started(): Promise<void>;
  /** The engine can't be reached: its runs are worked on here from now on. */
  away(): void;
  /**
   * The engine can be reached again. Runs are taken up for two minutes more; then those in hand are worked on to their end, and every one that is left is taken up
   * once, in case that the engine forgot it.
   */
  back(): void;
  /** Takes nothing up any more, and lets running calls end for so long. */
  stop(graceMs: number): Promise<void>;
}

/** Nothing happens while the engine is there. */
export function createStandIn(options: StandInOptions): StandIn {
  const { engine, store, clock, log } = options;
  const key = outageKey(engine);
  let wantedUntil = Number.NEGATIVE_INFINITY;
  let shift: Shift | undefined;
  const isWanted = () => clock.monotonic() < wantedUntil;
  const workUntil = (until: number) => {
    wantedUntil = until;
    if (shift !== undefined) return;
    const own = startShift(options, isWanted, () => {
      if (shift === own) shift = undefined;
    });
    shift = own;
  };
  /** One note after the other, in the order of what happened. */
  let noted = Promise.resolve();
  const note = (isOver: boolean) => {
    noted = noted
      .then(() => writeRecord(store, key, { v: 1, isOver }))
      .catch((error: unknown) => log.warn({ engine, reason: messageOf(error) }, "workers that start now are not told of the outage"));
  };
  return {
    async started() {
      try {
        const outage = await readRecord(store, key, outageRecordSchema);
        if (outage === undefined) return;
        const left = outage.isOver ? RETURN_MS - ((await store.ageMs(key)) ?? RETURN_MS) : RETURN_MS;
        // Another worker of this process may have seen more by now.
        if (left <= 0 || isWanted()) return;
        if (!outage.isOver) note(true);
        workUntil(clock.monotonic() + left);
      } catch (error) {
        log.warn({ engine, reason: messageOf(error) }, "whether the engine was away can't be read");
      }
    },
    away() {
      if (wantedUntil !== Number.POSITIVE_INFINITY) note(false);
      workUntil(Number.POSITIVE_INFINITY);
    },
    back() {
      if (wantedUntil !== Number.POSITIVE_INFINITY) return;
      note(true);
      workUntil(clock.monotonic() + RETURN_MS);
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

/** From the moment that the engine is away until runs are no longer wanted and those that were taken up have ended; `over` is called then, or when it is stopped. */
function startShift(options: StandInOptions, isWanted: () => boolean, over: () => void): Shift {
  const { engine, store, clock, log, concurrency } = options;
  const startedAt = clock.monotonic();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Whether the runs of the store have to be gone through once more. */
  let owed = true;
  const hand = openHand(options, signal, () => {
    owed = true;
  });
  /** How many runs may be taken up now; 0 when this process stops. */
  const places = async (): Promise<number> => {
    while (!signal.aborted) {
      // What is left in the end is the engine's own; only what it forgot waits for this.
      const free = (isWanted() ? concurrency * RUNS_OF_A_CALL : 1) - hand.crowd();
      if (free > 0) return free;
      await clock.sleep(PLACE_AGAIN_MS, signal);
    }
    return 0;
  };
  /** The first look after runs are no longer wanted is the last one that takes them up. */
  const look = async () => {
    const isLast = !isWanted();
    const begun = clock.monotonic();
    const active = await keysOf(store, ACTIVE_PREFIX);
    await hand.keep(new Set(active));
    if (isLast && !owed) return;
    owed = !isLast;
    const open = inTurns(active, Math.random).filter(hand.isOpen);
    while (open.length > 0 && (!isWanted() || clock.monotonic() - begun < LOOK_MS)) {
      const next = open.splice(0, await places());
      if (next.length === 0) return;
      await inParallel(next, hand.takeUp);
    }
  };
  const loop = async () => {
    log.warn({ engine }, "the engine is or was away; this process goes on with its runs");
    while (!signal.aborted && (isWanted() || owed || hand.size() > 0)) {
      await look().catch((error: unknown) => log.warn({ reason: messageOf(error) }, "the stand-in can't look for runs"));
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    over();
    log.info({ engine, runs: hand.taken(), seconds: Math.round((clock.monotonic() - startedAt) / 1_000) }, "the stand-in for the engine is over");
  };
  void loop();
  return {
    async stop(graceMs) {
      stopping.abort();
      await hand.stop(graceMs);
    },
  };
}

/** The runs that a shift works on, by their keys in the list of active runs. */
interface Hand {
  size(): number;
  /** Those of them that keep others from being taken up. */
  crowd(): number;
  /** How many there have been. */
  taken(): number;
  /** Whether the run may be one to take up. */
  isOpen(key: string): boolean;
  /** Takes the run up if it is the engine's and there is something to do for it. */
  takeUp(key: string): Promise<void>;
  /** Forgets everything but these runs. */
  keep(active: ReadonlySet<string>): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/** `failed` is called when the store failed for a run, which has to be taken up again. */
function openHand(options: StandInOptions, signal: AbortSignal, failed: () => void): Hand {
  const { engine, store, clock, log } = options;
  const ended = (dispatch: Dispatch) => void options.ended(dispatch);
  const embedded = createEmbeddedEngine({ ...options, ended });
  const working = embedded.work();
  const inHand = new Map<string, { dispatch: Dispatch; since: number }>();
  /** Up to which dispatch there is nothing to do here for a run; infinity for those of other engines. */
  const doneUpTo = new Map<string, number>();
  let taken = 0;

  const fail = (key: string, error: unknown) => {
    log.warn({ key, reason: messageOf(error) }, "the stand-in can't work on a run");
    // A record that doesn't have its form stays as it is; whatever else is wrong with a store may pass.
    if (error instanceof PermanentError && error.code === "internal") doneUpTo.set(key, Number.POSITIVE_INFINITY);
    else failed();
  };
  const find = async (key: string): Promise<Dispatch | undefined> => {
    const pointer = await readRecord(store, key, runPointerSchema);
    if (pointer === undefined) return undefined;
    const { tenant, runId } = pointer;
    const owner = await readOwner(store, tenant, runId);
    // Somebody is still submitting it, or it was given to nobody since it was worked on here.
    if (owner === undefined || owner.n <= (doneUpTo.get(key) ?? 0)) return undefined;
    if (owner.engine === engine) return { tenant, runId, n: owner.n };
    doneUpTo.set(key, Number.POSITIVE_INFINITY);
    return undefined;
  };
  const workOn = async (key: string, dispatch: Dispatch) => {
    try {
      await embedded.settled(dispatch);
      doneUpTo.set(key, dispatch.n);
    } catch (error) {
      fail(key, error);
    } finally {
      inHand.delete(key);
    }
  };

  return {
    size: () => inHand.size,
    crowd: () => [...inHand.values()].filter(({ since }) => clock.monotonic() - since < PLACE_MS).length,
    taken: () => taken,
    isOpen: (key) => !inHand.has(key) && doneUpTo.get(key) !== Number.POSITIVE_INFINITY,
    async takeUp(key) {
      try {
        const dispatch = await find(key);
        if (dispatch === undefined || signal.aborted) return;
        taken++;
        inHand.set(key, { dispatch, since: clock.monotonic() });
        await embedded.submit([dispatch]);
        void workOn(key, dispatch);
      } catch (error) {
        fail(key, error);
      }
    },
    async keep(active) {
      for (const key of doneUpTo.keys()) if (!active.has(key)) doneUpTo.delete(key);
      for (const [key, { dispatch }] of inHand) {
        if (active.has(key)) continue;
        // It was ended elsewhere, and has calls here that might wait an hour for their next attempt.
        await embedded.cancel(dispatch, "the run has ended");
        ended(dispatch);
      }
    },
    async stop(graceMs) {
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
