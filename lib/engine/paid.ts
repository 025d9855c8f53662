/** The ledger: a paid answer is written down before it is used, and one that is written down is never paid for again by its run. */
import type { PaidEntry } from "../pipeline/define.ts";
import type { Paid } from "../pipeline/paid.ts";
import { canonicalJson, type Json, sha256 } from "../schema/json.ts";
import { type PaidRecord, paidRecordSchema } from "../schema/records.ts";
import type { Usage } from "../schema/result.ts";
import { sumUsage } from "../schema/usage.ts";
import type { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { createRecord, keysOf, readRecord, readRecords } from "../store/records.ts";

interface LedgerOptions {
  store: ObjectStore;
  keys: ReturnType<typeof runKeys>;
  call: string;
  now(): number;
  /** Throws when this process may not start paid requests any more (its lease is lost, the call was aborted). */
  admit(): void;
}

/** The ledger of one call, and the sum of what its answers cost, paid now or earlier. Returns what the store holds, also to the loser of a race. */
export function openLedger({ store, keys, call, now, admit }: LedgerOptions): { paid: Paid; usage(): Usage } {
  const used = new Map<string, Usage>();
  const open = new Map<string, Promise<PaidRecord>>();
  const lookUp = async (place: string, key: string, perform: Parameters<Paid>[2]): Promise<PaidRecord> => {
    const stored = await readRecord(store, place, paidRecordSchema);
    if (stored) return stored;
    admit();
    const { answer, usage, model } = await perform();
    const own = { v: 1 as const, key, model, answer, usage, at: now() };
    const standing = (await createRecord(store, place, own)) ? paidRecordSchema.parse(own) : await readRecord(store, place, paidRecordSchema);
    if (standing === undefined) throw new Error(`The paid answer "${place}" was written and is gone.`);
    return standing;
  };
  const paid: Paid = async <T extends Json>(key: string, request: Json, perform: () => Promise<{ answer: T; usage: Usage; model: string }>): Promise<T> => {
    const place = keys.paid(call, sha256(canonicalJson({ key, request })));
    // Who asks the same while it is being answered waits for that answer.
    const asked = open.get(place) ?? lookUp(place, key, perform).finally(() => open.delete(place));
    open.set(place, asked);
    const { answer, usage } = await asked;
    used.set(place, usage);
    return answer as T;
  };
  return { paid, usage: () => sumUsage([...used.values()]) };
}

/** Every paid answer of a run. */
export async function readLedger(store: ObjectStore, keys: ReturnType<typeof runKeys>): Promise<PaidEntry[]> {
  const records = await readRecords(store, await keysOf(store, keys.allPaid), paidRecordSchema);
  return records.map(([key, { model, usage }]) => {
    const call = key.slice(keys.allPaid.length, key.lastIndexOf("/"));
    return { stage: call.split("/")[0] ?? call, call, model, usage };
  });
}
