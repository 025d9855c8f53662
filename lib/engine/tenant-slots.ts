/** The calls that this process does at once, shared between tenants: each call waits for its tenant's turn, for so long and no longer. */
import type { Outcome } from "../schema/pipeline.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch } from "./contract.ts";
import { createTurns } from "./turns.ts";

/** Does work in its tenant's turn; undefined when that didn't come within `longestMs`, or before `over` aborted. */
export type TenantSlots = <T>(dispatch: Dispatch, work: () => Promise<T>, longestMs: number, over?: AbortSignal) => Promise<T | undefined>;

export interface TenantSlotOptions {
  clock: Clock;
  /** At once in this process, and of one tenant. */
  concurrency: number;
  perTenant: number;
}

/** What a call answers that got no turn: it goes back to its engine, where another process may take it. */
export const NO_TURN: Outcome = { is: "again", afterMs: 1_000, why: "busy", reason: "a process had no room for the tenant" };

/** So many at once, whose turn it is going round between tenants. */
export function createTenantSlots({ clock, concurrency, perTenant }: TenantSlotOptions): TenantSlots {
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
  return async ({ tenant, priority = 0 }, work, longestMs, over) => {
    const id = String(offers++);
    const came = new AbortController();
    waiting.set(id, () => came.abort());
    turns.offer(id, tenant, priority);
    pump();
    if (waiting.has(id)) await clock.sleep(longestMs, over ? AbortSignal.any([came.signal, over]) : came.signal);
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
