/** The lease of this process: one object, renewed while the process lives, by which others know that its claims are live. */

import { processRecordSchema } from "../schema/records.ts";
import { processKey } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { readRecord, writeRecord } from "../store/records.ts";
import type { Clock } from "./clock.ts";
import { type Identity, isGone } from "./identity.ts";

const RENEW_EVERY_MS = 5_000;
const CHECK_EVERY_MS = 1_000;
/** Without a good renewal for this long a process stops itself, well before others may think it dead. */
const FENCED_AFTER_MS = 12_000;
/** A lease of this age is dead. */
const DEAD_AFTER_MS = 20_000;

/** This process's sign of life, on which all its claims rest. */
export interface Lease {
  readonly id: string;
  /** Renews now unless the last good renewal is younger than 5 s; to be awaited before any claim. */
  ensureFresh(): Promise<void>;
  /** True from 12 s after the start of the last good renewal on: this process may neither commit failures nor pay. */
  isFenced(): boolean;
  /** Calls back once when this process becomes fenced; returns how to stop listening. */
  onFenced(listener: () => void): () => void;
  /** Whether the process with this id can't be working any more. */
  isDead(processId: string): Promise<boolean>;
  /** Marks the lease ended, so that nobody waits for it. */
  stop(): Promise<void>;
}

/** Starts a lease. Renewals go on in the background until `stop`. */
export async function startLease(store: ObjectStore, clock: Clock, identity: Identity): Promise<Lease> {
  const listeners = new Set<() => void>();
  const stopped = new AbortController();
  let good = { wall: Number.NEGATIVE_INFINITY, monotonic: Number.NEGATIVE_INFINITY };
  const sinceGood = () => Math.max(clock.wall() - good.wall, clock.monotonic() - good.monotonic);
  const isFenced = () => sinceGood() >= FENCED_AFTER_MS;

  const renewals = new Set<Promise<void>>();
  const write = (ended: boolean) => writeRecord(store, processKey(identity.id), { v: 1, ...identity, ended });
  const renewOnce = async () => {
    const begun = { wall: clock.wall(), monotonic: clock.monotonic() };
    await write(false);
    if (begun.monotonic > good.monotonic) good = begun;
  };
  const renew = () => {
    const renewal = renewOnce().finally(() => renewals.delete(renewal));
    renewals.add(renewal);
    return renewal;
  };

  const watch = async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(CHECK_EVERY_MS, stopped.signal);
      if (stopped.signal.aborted) return;
      // A renewal that hangs or fails must not keep the fence from being seen.
      if (sinceGood() >= RENEW_EVERY_MS) void renew().catch(() => undefined);
      if (isFenced()) for (const listener of [...listeners]) listener();
    }
  };

  await renew();
  void watch();
  return {
    id: identity.id,
    isFenced,
    async ensureFresh() {
      if (sinceGood() >= RENEW_EVERY_MS) await renew();
    },
    onFenced(listener) {
      const once = () => {
        listeners.delete(once);
        listener();
      };
      listeners.add(once);
      return () => listeners.delete(once);
    },
    async isDead(processId) {
      if (processId === identity.id) return stopped.signal.aborted;
      const record = await readRecord(store, processKey(processId), processRecordSchema);
      if (record === undefined || record.ended || isGone(record, identity)) return true;
      const age = await store.ageMs(processKey(processId));
      return age === undefined || age > DEAD_AFTER_MS;
    },
    async stop() {
      stopped.abort();
      // A renewal that arrives after the end would bring the lease to life again.
      await Promise.allSettled(renewals);
      await write(true);
    },
  };
}
