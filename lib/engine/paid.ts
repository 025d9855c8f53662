/** The ledger: a paid answer is written down before it is used, and one that is written down is never paid for again by its run. */
import type { PaidEntry } from "../pipeline/define.ts";
import type { Paid } from "../pipeline/paid.ts";
import { canonicalJson, type Json, sha256 } from "../schema/json.ts";
import { paidRecordSchema } from "../schema/records.ts";
import type { Usage } from "../schema/result.ts";
import { sumUsage } from "../schema/usage.ts";
import type { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { createRecord, keysOf, readRecord } from "../store/records.ts";

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
  const paid: Paid = async <T extends Json>(key: string, request: Json, perform: () => Promise<{ answer: T; usage: Usage; model: string }>): Promise<T> => {
    const place = keys.paid(call, sha256(canonicalJson({ key, request })));
    let record = await readRecord(store, place, paidRecordSchema);
    if (record === undefined) {
      admit();
      const { answer, usage, model } = await perform();
      const own = { v: 1 as const, key, model, answer: answer as Json, usage, at: now() };
      record = (await createRecord(store, place, own)) ? paidRecordSchema.parse(own) : await readRecord(store, place, paidRecordSchema);
      if (record === undefined) throw new Error(`The paid answer "${place}" was written and is gone.`);
    }
    used.set(place, record.usage);
    return record.answer as T;
  };
  return { paid, usage: () => sumUsage([...used.values()]) };
}

/** Every paid answer of a run. */
export async function readLedger(store: ObjectStore, keys: ReturnType<typeof runKeys>): Promise<PaidEntry[]> {
  const entries: PaidEntry[] = [];
  for (const key of await keysOf(store, keys.allPaid)) {
    const record = await readRecord(store, key, paidRecordSchema);
    const call = key.slice(keys.allPaid.length, key.lastIndexOf("/"));
    if (record) entries.push({ stage: call.split("/")[0] ?? call, call, model: record.model, usage: record.usage });
  }
  return entries;
}
