/** The vector database that needs nothing: vectors are a part of the index in the object store, and every one is compared. */
import { searchVectors } from "../../retrieval/dense.ts";
import { type DocumentIndex, openIndex } from "../../retrieval/index.ts";
import { indexKey } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import type { VectorDatabase } from "../contract.ts";

/** Opened indexes stay in memory up to this many bytes: every output of a run asks the same few. */
const CACHE_BYTES = 256 * 1024 * 1024;

/** Indexes in the object store of one tenant. */
export interface IndexStore {
  /** Stores an index unless there is one under this id: the first that is ready wins, and the builders of another continue with it. True when these bytes are it. */
  save(indexId: string, bytes: Uint8Array): Promise<boolean>;
  /** The index, or undefined when none is ready. The same object for the same id while it is cached: don't change it. */
  load(indexId: string): Promise<DocumentIndex | undefined>;
  has(indexId: string): Promise<boolean>;
  delete(indexId: string): Promise<void>;
}

/** The indexes of a tenant. Keeps the last used ones open, up to 256 MB. */
export function createIndexStore(store: ObjectStore, tenant: string): IndexStore {
  const cache = new Map<string, { index: DocumentIndex; bytes: number }>();
  let cached = 0;
  const forget = (indexId: string) => {
    cached -= cache.get(indexId)?.bytes ?? 0;
    cache.delete(indexId);
  };
  const remember = (indexId: string, index: DocumentIndex, bytes: number) => {
    forget(indexId);
    cache.set(indexId, { index, bytes });
    cached += bytes;
    for (const oldest of cache.keys()) {
      if (cached <= CACHE_BYTES || oldest === indexId) break;
      forget(oldest);
    }
  };
  return {
    save: (indexId, bytes) => store.putIfAbsent(indexKey(tenant, indexId), bytes),
    load: async (indexId) => {
      const known = cache.get(indexId);
      if (known !== undefined) {
        cache.delete(indexId);
        cache.set(indexId, known);
        return known.index;
      }
      const bytes = await store.get(indexKey(tenant, indexId));
      if (bytes === undefined) return undefined;
      const index = openIndex(bytes);
      remember(indexId, index, bytes.byteLength);
      return index;
    },
    has: async (indexId) => (await store.get(indexKey(tenant, indexId), { start: 0, end: 1 })) !== undefined,
    delete: async (indexId) => {
      forget(indexId);
      await store.delete(indexKey(tenant, indexId));
    },
  };
}

/** The local vector database over a tenant's indexes: the index is stored with its vectors (IndexStore.save), so `upsert` has nothing to do. */
export function createLocalVectorDatabase(indexes: IndexStore, options: { instance?: string } = {}): VectorDatabase {
  return {
    instance: options.instance ?? "local",
    keeps: "index",
    upsert: async () => {},
    query: async (indexId, vector, topK) => {
      const index = await indexes.load(indexId);
      return index === undefined ? [] : searchVectors(index, vector, topK);
    },
    has: (indexId) => indexes.has(indexId),
    delete: (indexId) => indexes.delete(indexId),
  };
}
