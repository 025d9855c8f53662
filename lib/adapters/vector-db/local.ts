/** The vector database that needs nothing: vectors are a part of the index in the object store, and every one is compared. */
import { searchVectors } from "../../retrieval/dense.ts";
import { type DocumentIndex, headerEnd, indexEnd, openIndex, openVectors } from "../../retrieval/index.ts";
import { indexKey } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import type { VectorDatabase } from "../contract.ts";

/** Opened indexes stay in memory up to this many bytes: every output of a run asks the same few. */
const CACHE_BYTES = 256 * 1024 * 1024;

/** So much is read of an index at first: all but the vectors of most. */
const FIRST_READ_BYTES = 256 * 1024;

/** Indexes in the object store of one tenant. */
export interface IndexStore {
  /** Stores an index unless there is one under this id: the first that is ready wins, and the builders of another continue with it. True when these bytes are it. */
  save(indexId: string, bytes: Uint8Array): Promise<boolean>;
  /** The index without its vectors, or undefined when none is ready. The same object for the same id while it is cached: don't change it. */
  load(indexId: string): Promise<DocumentIndex | undefined>;
  /** The vectors of an index, read when they are first asked for; undefined when none is ready. Cached likewise. */
  vectors(indexId: string): Promise<Float32Array | undefined>;
  has(indexId: string): Promise<boolean>;
  delete(indexId: string): Promise<void>;
}

/** The indexes of a tenant. Keeps the last used ones open, up to 256 MB. */
export function createIndexStore(store: ObjectStore, tenant: string): IndexStore {
  const indexes = createByteCache<DocumentIndex>(CACHE_BYTES / 2);
  const vectors = createByteCache<Float32Array>(CACHE_BYTES / 2);
  const load = (indexId: string) =>
    indexes.get(indexId, async () => {
      const key = indexKey(tenant, indexId);
      const first = await store.get(key, { start: 0, end: FIRST_READ_BYTES });
      if (first === undefined) return undefined;
      const header = await readUpTo(store, key, first, headerEnd(first));
      const bytes = await readUpTo(store, key, header, indexEnd(header));
      return { value: openIndex(bytes), bytes: bytes.byteLength };
    });
  return {
    save: (indexId, bytes) => store.putIfAbsent(indexKey(tenant, indexId), bytes),
    load,
    vectors: (indexId) =>
      vectors.get(indexId, async () => {
        const index = await load(indexId);
        if (index === undefined) return undefined;
        const [start, end] = index.vectorsAt;
        const bytes = start === end ? new Uint8Array() : await store.get(indexKey(tenant, indexId), { start, end });
        return bytes === undefined ? undefined : { value: openVectors(index, bytes), bytes: bytes.byteLength };
      }),
    has: async (indexId) => (await store.get(indexKey(tenant, indexId), { start: 0, end: 1 })) !== undefined,
    delete: async (indexId) => {
      indexes.forget(indexId);
      vectors.forget(indexId);
      await store.delete(indexKey(tenant, indexId));
    },
  };
}

/** An object's bytes up to `end`, of which some are there already. */
async function readUpTo(store: ObjectStore, key: string, known: Uint8Array, end: number): Promise<Uint8Array> {
  if (known.byteLength >= end) return known;
  const rest = await store.get(key, { start: known.byteLength, end });
  return Buffer.concat([known, rest ?? new Uint8Array()]);
}

/** What was opened last stays, up to so many bytes. Who asks for what is being opened waits for it. */
function createByteCache<Value>(mostBytes: number) {
  const opened = new Map<string, { value: Value; bytes: number }>();
  const opening = new Map<string, Promise<{ value: Value; bytes: number } | undefined>>();
  let total = 0;
  const forget = (name: string) => {
    total -= opened.get(name)?.bytes ?? 0;
    opened.delete(name);
  };
  const keep = (name: string, entry: { value: Value; bytes: number }) => {
    forget(name);
    opened.set(name, entry);
    total += entry.bytes;
    for (const oldest of opened.keys()) {
      if (total <= mostBytes || oldest === name) break;
      forget(oldest);
    }
  };
  return {
    forget,
    async get(name: string, open: () => Promise<{ value: Value; bytes: number } | undefined>): Promise<Value | undefined> {
      const known = opened.get(name);
      const waiting = opening.get(name) ?? (known === undefined ? open().finally(() => opening.delete(name)) : undefined);
      if (waiting !== undefined) opening.set(name, waiting);
      const entry = known ?? (await waiting);
      if (entry !== undefined) keep(name, entry);
      return entry?.value;
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
      const [index, vectors] = await Promise.all([indexes.load(indexId), indexes.vectors(indexId)]);
      return index === undefined || vectors === undefined ? [] : searchVectors(index, vectors, vector, topK);
    },
    has: (indexId) => indexes.has(indexId),
    delete: (indexId) => indexes.delete(indexId),
  };
}
