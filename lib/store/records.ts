/** Records over an object store: JSON in, JSON out, checked by their schemas. */
import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { PermanentError } from "../schema/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/** Reads a record; undefined when there is none. A record that its schema refuses is a PermanentError "internal": somebody else wrote there. */
export async function readRecord<Schema extends z.ZodType>(store: ObjectStore, key: string, schema: Schema): Promise<z.infer<Schema> | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  if (!parsed.success)
    throw new PermanentError("internal", `The record "${key}" doesn't have its form; was it written by a newer version?`, { cause: parsed.error });
  return parsed.data;
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
