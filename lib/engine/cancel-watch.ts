/** One look a second per run for a cancel record, however many of its calls run in this process. */
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Clock } from "./clock.ts";

const LOOK_EVERY_MS = 1_000;

/** Tells calls that their run was cancelled. */
export interface CancelWatch {
  /** Calls back once when the run is cancelled; returns how to stop listening. */
  listen(tenant: string, runId: string, cancelled: () => void): () => void;
}

/** Watches only while somebody listens. A store that fails a look is looked at again. */
export function createCancelWatch(store: ObjectStore, clock: Clock): CancelWatch {
  const watched = new Map<string, { listeners: Set<() => void>; stop: AbortController }>();
  const look = async (key: string, listeners: Set<() => void>, signal: AbortSignal) => {
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      const found = signal.aborted ? undefined : await store.get(key).catch(() => undefined);
      if (!found) continue;
      // Whoever comes from now on gets a watch that still looks.
      if (watched.get(key)?.listeners === listeners) watched.delete(key);
      for (const listener of [...listeners]) listener();
      return;
    }
  };
  return {
    listen(tenant, runId, cancelled) {
      const key = runKeys(tenant, runId).cancel;
      let entry = watched.get(key);
      if (entry === undefined) {
        entry = { listeners: new Set(), stop: new AbortController() };
        watched.set(key, entry);
        void look(key, entry.listeners, entry.stop.signal);
      }
      const { listeners, stop } = entry;
      listeners.add(cancelled);
      return () => {
        listeners.delete(cancelled);
        if (listeners.size > 0) return;
        stop.abort();
        if (watched.get(key)?.listeners === listeners) watched.delete(key);
      };
    },
  };
}
