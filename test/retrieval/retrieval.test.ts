import { describe, expect, test } from "vitest";
import { createLocalEmbedding } from "../../lib/adapters/embedding/local.ts";
import { createIndexStore, createLocalVectorDatabase } from "../../lib/adapters/vector-db/local.ts";
import { chunkDocument, chunkText } from "../../lib/document/chunk.ts";
import { searchVectors } from "../../lib/retrieval/dense.ts";
import { buildIndex, indexId, openIndex } from "../../lib/retrieval/index.ts";
import { retrieveSimple } from "../../lib/retrieval/simple.ts";
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
  return { document, chunks, embedding, bytes, index: openIndex(bytes) };
}

/** As much of a store as an index needs. */
function mapStore(): ObjectStore & { objects: Map<string, Uint8Array>; reads: string[] } {
  const objects = new Map<string, Uint8Array>();
  const reads: string[] = [];
  const refuse = () => Promise.reject(new Error("not needed"));
  return {
    name: "memory",
    objects,
    reads,
    get: async (key, range) => {
      reads.push(key);
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
    const { bytes, index, chunks, embedding } = await indexed();
    expect((await indexed()).bytes).toEqual(bytes);
    expect(index.chunks).toEqual(chunks);
    expect(index.embeddingModel).toBe(embedding.model);
    expect(index.vectors).toHaveLength(chunks.length * embedding.dimensions);
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
    expect(retrieveSimple({ index, query: "rent", dense: [], quality: 1 })).toEqual([]);
    expect(searchVectors(index, new Float32Array(3), 3)).toEqual([]);
  });

  test("anything else is refused", async () => {
    const { bytes, document, chunks } = await indexed();
    expect(() => openIndex(new Uint8Array([1, 2, 3]))).toThrow(/not a usable index/);
    expect(() => openIndex(bytes.slice(0, bytes.length - 4))).toThrow(/cut off/);
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
  test("the first index that is ready wins, and is read once", async () => {
    const { bytes, index, embedding } = await indexed();
    const store = mapStore();
    const indexes = createIndexStore(store, "Tenant");
    expect(await indexes.has("id")).toBe(false);
    expect(await indexes.load("id")).toBeUndefined();
    expect(await indexes.save("id", bytes)).toBe(true);
    expect(await indexes.save("id", new Uint8Array(4))).toBe(false);
    expect(await indexes.has("id")).toBe(true);
    expect([...store.objects.keys()]).toEqual(["t/_54enant/indexes/id/ready"]);
    store.reads.length = 0;
    const database = createLocalVectorDatabase(indexes);
    const [query] = await embedding.embed(["deposit in pounds"], context);
    if (query === undefined) throw new Error("a vector is due");
    const matches = await database.query("id", query, 2, context);
    expect(matches).toEqual(searchVectors(index, query, 2));
    expect(matches).toHaveLength(2);
    expect(await indexes.load("id")).toEqual(index);
    expect(store.reads).toHaveLength(1);
    await database.delete("id", context);
    expect(await database.query("id", query, 2, context)).toEqual([]);
  });
});

describe("retrieveSimple", () => {
  test("the chunk that shares the rare words comes first, with its range, score and reason", async () => {
    const { index, document } = await indexed();
    const hits = retrieveSimple({ index, query: "What is the deposit?", dense: [], quality: 0 });
    expect(chunkText(document, { start: hits[0]?.range[0] ?? 0, end: hits[0]?.range[1] ?? 0 })).toContain("deposit is 2,500");
    expect(hits[0]).toMatchObject({ score: 1, reason: expect.stringMatching(/^words \d+\.\d\d \(deposit\)$/) });
  });

  test("at most top-k, three unless given, best first", async () => {
    const { index } = await indexed(PAGES, 12);
    const query = "rent of the landlord on the first of March, deposit and pets";
    const hits = retrieveSimple({ index, query, dense: [], quality: 0 });
    expect(hits).toHaveLength(3);
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((left, right) => right - left));
    expect(retrieveSimple({ index, query, dense: [], quality: 0, topK: 1 })).toEqual(hits.slice(0, 1));
  });

  test("what a chunk's first line says counts twice", async () => {
    const text = ["Some clause\nThe deposit is paid at once.", "The deposit\nSome clause is paid at once.", "Rent\nNothing is said of it."];
    const { index } = await indexed(text, 12);
    expect(retrieveSimple({ index, query: "deposit", dense: [], quality: 0 }).map(({ chunk }) => chunk)).toEqual([1, 0]);
  });

  test("vectors count by the embedding's quality", async () => {
    const { index } = await indexed(PAGES, 12);
    const lexical = retrieveSimple({ index, query: "deposit", dense: [], quality: 0.9 })[0]?.chunk;
    const other = index.chunks.findIndex(({ index: chunk }) => chunk !== lexical);
    const dense = [{ chunk: other, score: 0.8 }];
    const chunksOf = (quality: number) => retrieveSimple({ index, query: "deposit", dense, quality }).map(({ chunk }) => chunk);
    expect(chunksOf(0)).toEqual([lexical]);
    expect(chunksOf(0.5)).toEqual([lexical, other]);
    expect(retrieveSimple({ index, query: "zebra", dense, quality: 0.5 })[0]).toMatchObject({ chunk: other, reason: "vector 0.80" });
  });

  test("where nothing matches, the beginning; where there is one chunk, that", async () => {
    const { index } = await indexed(PAGES, 12);
    expect(retrieveSimple({ index, query: "zebra", dense: [], quality: 0, topK: 2 }).map(({ chunk, score }) => [chunk, score])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    const whole = await indexed(PAGES, 0);
    const hits = retrieveSimple({ index: whole.index, query: "zebra", dense: [], quality: 0 });
    expect(hits).toEqual([{ chunk: 0, range: [0, whole.document.reading.text.length], score: 1, reason: "the whole document is one chunk" }]);
  });
});
