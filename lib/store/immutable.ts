/** Records that never change once they exist (requests, results) are read and parsed once per process. */
import type { z } from "zod";
import { createRecent } from "../recent.ts";
import type { ObjectStore } from "./object-store.ts";
import { readRecord } from "./records.ts";

const ENTRIES = 2_000;

/** Reads a record that never changes; the same object comes back while it is remembered, so callers must not write into it. */
export type ImmutableReader = <Schema extends z.ZodType>(key: string, schema: Schema) => Promise<z.infer<Schema> | undefined>;

/** A reader that remembers the 2,000 records read last. What doesn't exist is asked for again. */
export function createImmutableReader(store: ObjectStore): ImmutableReader {
  const remembered = createRecent<string, unknown>(ENTRIES);
  return async (key, schema) => {
    const known = remembered.get(key) ?? (await readRecord(store, key, schema));
    if (known === undefined) return undefined;
    remembered.set(key, known);
    return known as Awaited<ReturnType<typeof readRecord<typeof schema>>>;
  };
}
