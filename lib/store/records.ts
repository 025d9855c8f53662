/** Records over an object store: JSON in, JSON out, checked by their schemas. */
import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { PermanentError } from "../schema/errors.ts";
import type { ObjectStore } from "./object-store.ts";

const AT_ONCE = 16;

/** Reads a record; undefined when there is none. A record that its schema refuses is a PermanentError "internal": somebody else wrote there. */
export async function readRecord<Schema extends z.ZodType>(store: ObjectStore, key: string, schema: Schema): Promise<z.infer<Schema> | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(bytes));
  if (!parsed.success)
    throw new PermanentError("internal", `The record "${key}" doesn't have its form; was it written by a newer version?`, { cause: parsed.error });
  return parsed.data;
}

/** JSON.parse, but undefined, which no schema accepts, for what is none: its own error would quote the record. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Does the work for each entry, sixteen at a time, and gives the answers in the order of the entries. Enough for a distant store, and no store is flooded. */
export async function inParallel<Entry, Answer>(entries: readonly Entry[], work: (entry: Entry) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const open = entries.entries();
  const workOn = async () => {
    for (const [position, entry] of open) answers[position] = await work(entry);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, entries.length) }, workOn));
  return answers;
}

/** The records under these keys, in their order; keys without one are left out. */
export async function readRecords<Schema extends z.ZodType>(store: ObjectStore, keys: readonly string[], schema: Schema): Promise<[string, z.infer<Schema>][]> {
  const found = await inParallel(keys, async (key): Promise<[string, z.infer<Schema> | undefined]> => [key, await readRecord(store, key, schema)]);
  return found.flatMap(([key, record]): [string, z.infer<Schema>][] => (record === undefined ? [] : [[key, record]]));
}

/** Whether there is an object, without reading all of it. */
export async function exists(store: ObjectStore, key: string): Promise<boolean> {
  return (await store.get(key, { start: 0, end: 1 })) !== undefined;
}

/** Writes a record unless there is one; true for the one winner. */
export function createRecord<Entry extends { v: 1 }>(store: ObjectStore, key: string, record: Entry): Promise<boolean> {
  return store.putIfAbsent(key, Buffer.from(JSON.stringify({ ...record, nonce: randomUUID() })));
}

/** Writes or replaces a record. */
export function writeRecord<Entry extends { v: 1 }>(store: ObjectStore, key: string, record: Entry): Promise<void> {
  return store.put(key, Buffer.from(JSON.stringify(record)));
}

/** All keys below a prefix, ascending. */
export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys;
}

/** The highest key below a prefix. */
export async function lastKey(store: ObjectStore, prefix: string): Promise<string | undefined> {
  return (await keysOf(store, prefix)).at(-1);
}
