/**
 * What a run had when this process met it. A claim may be lost with the power of its machine, or left behind when a store was copied, and then its call looks as if nobody had
 * begun it. Whoever lives now has begun after that, so whatever such a claim led to was there when it met the run: one look for all calls of a run tells them from those that
 * nobody has begun.
 */
import { createRecent } from "../recent.ts";
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { keysOf } from "../store/records.ts";
import type { Dispatch } from "./contract.ts";

/** Runs whose look is remembered; another is looked at again. */
const MOST_RUNS = 500;

/** The looks of a process. */
export interface Earlier {
  /** Whether the call had a result or an attempt when this process met its run. */
  has(dispatch: Pick<Dispatch, "tenant" | "runId">, call: string): Promise<boolean>;
}

/** Looks of one process. A look that fails serves only those who wait for it. */
export function createEarlier(store: ObjectStore): Earlier {
  const looks = createRecent<string, Promise<ReadonlySet<string>>>(MOST_RUNS);
  return {
    async has({ tenant, runId }, call) {
      const id = `${tenant}:${runId}`;
      const known = looks.get(id);
      if (known) return (await known).has(call);
      const look = callsOf(store, tenant, runId);
      looks.set(id, look);
      look.catch(() => {
        if (looks.get(id) === look) looks.delete(id);
      });
      return (await look).has(call);
    },
  };
}

async function callsOf(store: ObjectStore, tenant: string, runId: string): Promise<ReadonlySet<string>> {
  const { results, allAttempts } = runKeys(tenant, runId);
  const [committed, attempted] = await Promise.all([keysOf(store, results), keysOf(store, allAttempts)]);
  const calls = attempted.map((key) => key.slice(allAttempts.length, key.lastIndexOf("/")));
  return new Set([...committed.map((key) => key.slice(results.length)), ...calls]);
}
