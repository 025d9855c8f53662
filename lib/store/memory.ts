/** The object store of tests, and of runs that nobody wants to keep: objects in this process's memory. */
import { checkKey, checkPrefix, checkRange, collect } from "./body.ts";
import type { ObjectStore } from "./object-store.ts";

/** What a test may set. */
export interface MemoryStoreOptions {
  /** The store's clock, milliseconds. Date.now unless given. */
  now?: () => number;
}

interface Stored {
  bytes: Uint8Array;
  writtenMs: number;
}

/** An empty store that ends with the process. Bytes are copied on the way in and out, so nobody can change an object by changing an array. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  const now = options.now ?? Date.now;
  const objects = new Map<string, Stored>();
  // The keys below each folder, so that a list costs what it lists.
  const folders = new Map<string, Set<string>>();
  const store = (key: string, bytes: Uint8Array): void => {
    objects.set(key, { bytes, writtenMs: now() });
    for (const folder of foldersOf(key)) {
      const keys = folders.get(folder);
      if (keys) keys.add(key);
      else folders.set(folder, new Set([key]));
    }
  };

  return {
    name: "memory",
    async get(key, range) {
      checkKey(key);
      checkRange(range);
      return objects.get(key)?.bytes.slice(range?.start, range?.end);
    },
    async getStream(key) {
      checkKey(key);
      const found = objects.get(key);
      return found && once(found.bytes.slice());
    },
    async putIfAbsent(key, body) {
      checkKey(key);
      const bytes = (await collect(body)).slice();
      const existing = objects.get(key);
      if (existing) return Buffer.compare(existing.bytes, bytes) === 0;
      store(key, bytes);
      return true;
    },
    async put(key, body) {
      checkKey(key);
      store(key, (await collect(body)).slice());
    },
    async *list(prefix, after) {
      checkPrefix(prefix);
      const below = folders.get(prefix.slice(0, prefix.lastIndexOf("/") + 1)) ?? [];
      for (const key of [...below].filter((candidate) => candidate.startsWith(prefix)).sort()) {
        if (after === undefined || key > after) yield key;
      }
    },
    async delete(key) {
      checkKey(key);
      objects.delete(key);
      for (const folder of foldersOf(key)) {
        const keys = folders.get(folder);
        keys?.delete(key);
        if (keys?.size === 0) folders.delete(folder);
      }
    },
    async ageMs(key) {
      checkKey(key);
      const found = objects.get(key);
      return found && Math.max(0, now() - found.writtenMs);
    },
    async check() {},
  };
}

/** "a/b/c" lies below "", "a/" and "a/b/". */
function foldersOf(key: string): string[] {
  const segments = key.split("/");
  return segments.map((_, depth) => segments.slice(0, depth).join("/") + (depth === 0 ? "" : "/"));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
