import { describe, expect, test } from "vitest";
import { createLocalEmbedding } from "../../lib/adapters/embedding/local.ts";
import { createIndexStore, createLocalVectorDatabase } from "../../lib/adapters/vector-db/local.ts";
import { chunkDocument, chunkText } from "../../lib/document/chunk.ts";
import { searchVectors } from "../../lib/retrieval/dense.ts";
import { buildIndex, indexId, openIndex, openVectors } from "../../lib/retrieval/index.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { documentOf } from "./documents.ts";

const context = {
  paid: () => Promise.reject(new Error("the local adapters must not pay for anything")),
  signal: new AbortController().signal,
};

const PAGES = [
  "The lease begins on 1 March 2021.\n\nThe landlord is Acme Property Ltd of Leeds.",
  "The monthly rent is 1,250 pounds.\n\nRent is paid on the first day of each month.",
  "The deposit is 2,500 pounds.\n\nPets need the written consent of the landlord.",
];

async function indexed(pages: readonly string[] = PAGES, size = 20) {
  const document = documentOf(pages);
  const chunks = chunkDocument(document, { size, overlap: 0 });
  const embedding = createLocalEmbedding();
  const vectors = await embedding.embed(
    chunks.map((chunk) => chunkText(document, chunk)),
    context,
  );
  const bytes = buildIndex({ document, chunks, embeddingModel: embedding.model, vectors });
  const index = openIndex(bytes);
  return { document, chunks, embedding, bytes, index, vectors: openVectors(index, bytes.subarray(...index.vectorsAt)) };
}

/** As much of a store as an index needs. */
function mapStore(): ObjectStore & { objects: Map<string, Uint8Array>; reads: ({ start: number; end: number } | undefined)[] } {
  const objects = new Map<string, Uint8Array>();
  const reads: ({ start: number; end: number } | undefined)[] = [];
  const refuse = () => Promise.reject(new Error("not needed"));
  return {
    name: "memory",
    objects,
    reads,
    get: async (key, range) => {
      reads.push(range);
      return range === undefined ? objects.get(key) : objects.get(key)?.slice(range.start, range.end);
    },
    putIfAbsent: async (key, body) => {
      if (objects.has(key) || !(body instanceof Uint8Array)) return false;
      objects.set(key, body);
      return true;
    },
    delete: async (key) => void objects.delete(key),
    getStream: refuse,
    put: refuse,
    list: async function* () {},
    ageMs: refuse,
    check: refuse,
  };
}

describe("createLocalEmbedding", () => {
  test("vectors have the declared length, norm 1, and are the same each time", async () => {
    const embedding = createLocalEmbedding();
    const [first, again, empty] = await embedding.embed(["the total amount due", "the total amount due", "the of and"], context);
    expect(first).toHaveLength(embedding.dimensions);
    expect(first?.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
    expect(again).toEqual(first);
    expect(empty?.every((value) => value === 0)).toBe(true);
  });

  test("shared words bring vectors together, in each language by its stems", async () => {
    const cosine = (left: Float32Array, right: Float32Array) => left.reduce((sum, value, place) => sum + value * (right[place] ?? 0), 0);
    const [a, b, c] = await createLocalEmbedding().embed(["monthly rent payments", "the rent is paid monthly", "a red car"], context);
    if (a === undefined || b === undefined || c === undefined) throw new Error("three vectors are due");
    expect(cosine(a, b)).toBeGreaterThan(0.3);
    expect(Math.abs(cosine(a, c))).toBeLessThan(0.1);
    const german = createLocalEmbedding({ language: "de" });
    const [d, e] = await german.embed(["Rechnungen", "die Rechnung"], context);
    expect(d).toEqual(e);
    expect(german.model).not.toBe(createLocalEmbedding().model);
  });
});

describe("index", () => {
  test("what was built is what is opened, byte for byte the same each time", async () => {
    const { bytes, index, chunks, embedding, vectors } = await indexed();
    expect((await indexed()).bytes).toEqual(bytes);
    expect(index.chunks).toEqual(chunks);
    expect(index.embeddingModel).toBe(embedding.model);
    expect(vectors).toHaveLength(chunks.length * embedding.dimensions);
  });

  test("bytes that do not begin at a multiple of four are read as well", async () => {
    const { bytes, index } = await indexed();
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(openIndex(shifted.subarray(1))).toEqual(index);
  });

  test("an index may be without vectors, and of nothing", () => {
    const document = documentOf([""]);
    const index = openIndex(buildIndex({ document, chunks: [], embeddingModel: "elsewhere" }));
    expect(index.chunks).toEqual([]);
    expect(searchVectors(index, new Float32Array(), new Float32Array(3), 3)).toEqual([]);
  });

  test("anything else is refused", async () => {
    const { bytes, document, chunks, index } = await indexed();
    expect(() => openIndex(new Uint8Array([1, 2, 3]))).toThrow(/not a usable index/);
    expect(() => openIndex(bytes.slice(0, index.vectorsAt[0] - 4))).toThrow(/cut off/);
    expect(() => openVectors(index, bytes.slice(index.vectorsAt[0], bytes.length - 4))).toThrow(/cut off/);
    expect(() => openIndex(bytes.slice(0, 40))).toThrow(/cut off/);
    expect(() => buildIndex({ document, chunks, embeddingModel: "m", vectors: [new Float32Array(2)] })).toThrow(/as many vectors/);
  });

  test("its id changes with everything it depends on", () => {
    const identity = { tenant: "a", documentSha256: "b", parser: "c", chunking: { size: 1, overlap: 0 }, embeddingModel: "d" };
    const ids = [
      indexId(identity),
      indexId({ ...identity, tenant: "x" }),
      indexId({ ...identity, documentSha256: "x" }),
      indexId({ ...identity, parser: "x" }),
      indexId({ ...identity, chunking: { size: 2, overlap: 0 } }),
      indexId({ ...identity, chunking: { size: 1, overlap: 1 } }),
      indexId({ ...identity, embeddingModel: "x" }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(indexId({ ...identity })).toBe(ids[0]);
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("createLocalVectorDatabase", () => {
  test("the first index that is ready wins, and each part of it is read once, when it is needed", async () => {
    const { bytes, index, embedding, vectors } = await indexed();
    const store = mapStore();
    const indexes = createIndexStore(store, "Tenant");
    expect(await indexes.has("id")).toBe(false);
    expect(await indexes.load("id")).toBeUndefined();
    expect(await indexes.vectors("id")).toBeUndefined();
    expect(await indexes.save("id", bytes)).toBe(true);
    expect(await indexes.save("id", new Uint8Array(4))).toBe(false);
    expect(await indexes.has("id")).toBe(true);
    expect([...store.objects.keys()]).toEqual(["t/_54enant/indexes/id/ready"]);
    store.reads.length = 0;
    const database = createLocalVectorDatabase(indexes);
    const [query] = await embedding.embed(["deposit in pounds"], context);
    if (query === undefined) throw new Error("a vector is due");
    const matches = await database.query("id", query, 2, context);
    expect(matches).toEqual(searchVectors(index, vectors, query, 2));
    expect(matches).toHaveLength(2);
    expect(await indexes.load("id")).toEqual(index);
    expect(store.reads).toEqual([
      { start: 0, end: 256 * 1024 },
      { start: index.vectorsAt[0], end: bytes.byteLength },
    ]);
    await database.delete("id", context);
    expect(await database.query("id", query, 2, context)).toEqual([]);
  });

  test("an index that is larger than the first read is read on, and its vectors only when asked for", async () => {
    const pages = Array.from({ length: 60 }, (_, page) =>
      Array.from({ length: 60 }, (_, line) => `word${page}x${line} other${page}y${line} third${page}z${line} fourth${page}w${line}`).join("\n\n"),
    );
    const { bytes, index } = await indexed(pages, 40);
    expect(index.vectorsAt[0]).toBeGreaterThan(256 * 1024);
    const store = mapStore();
    const indexes = createIndexStore(store, "t");
    await indexes.save("id", bytes);
    expect(await indexes.load("id")).toEqual(index);
    expect(Math.max(...store.reads.map((range) => range?.end ?? bytes.byteLength))).toBe(index.vectorsAt[0]);
  });

  test("sparse and dense questions are compared alike", () => {
    const chunks = [0, 1, 2].map((index) => ({ index, start: 0, end: 1, pages: [1, 1] as [number, number], tokens: 1 }));
    const dimensions = 10;
    const vectors = Float32Array.from({ length: 30 }, (_, place) => ((place * 7) % 11) - 5);
    const sparse = Float32Array.from({ length: dimensions }, (_, place) => (place === 3 ? 2 : 0));
    const dense = sparse.map((value) => value + 1e-12);
    const [one, other] = [searchVectors({ chunks, dimensions }, vectors, sparse, 3), searchVectors({ chunks, dimensions }, vectors, dense, 3)];
    expect(one.map(({ chunk }) => chunk)).toEqual(other.map(({ chunk }) => chunk));
    for (const [place, { score }] of one.entries()) expect(score).toBeCloseTo(other[place]?.score ?? Number.NaN, 6);
  });
});
