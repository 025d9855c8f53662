/** What every vector database must do. One suite; each database's test calls it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VectorDatabase, VectorRecord, VectorSpace } from "../../lib/adapters/contract.ts";
import { buildIndex, openIndex } from "../../lib/retrieval/index.ts";
import { findPlaces } from "../../lib/retrieval/strategies.ts";
import { sha256 } from "../../lib/schema/json.ts";
import { RETRIEVAL_STRATEGIES } from "../../lib/schema/request.ts";
import { documentOf } from "../retrieval/documents.ts";
import { adapterContext } from "../support/adapter-context.ts";

/** An open database. `store` puts records where `query` finds them, which for a service is `upsert`; `drop` deletes a space from outside, where there are any. */
export interface OpenedDatabase {
  open(space: VectorSpace): VectorDatabase;
  store?(space: VectorSpace, indexId: string, records: readonly VectorRecord[]): Promise<void>;
  drop?(space: VectorSpace): Promise<void>;
  close?(): Promise<void>;
}

const DIMENSIONS = 4;
const MANY = 1_500;
const SPACE: VectorSpace = { tenant: "acme", model: "test-4", dimensions: DIMENSIONS };

const id = (name: string) => sha256(name);
const vector = (...values: number[]) => Float32Array.from(values);
const RECORDS: readonly VectorRecord[] = [
  { chunk: 0, vector: vector(1, 0, 0, 0) },
  { chunk: 1, vector: vector(0.6, 0.8, 0, 0) },
  { chunk: 2, vector: vector(0, 2, 0, 0) },
  { chunk: 3, vector: vector(-1, 0, 0, 0) },
];

/** A document for strategies: each of its pages is a chunk, whose vector counts the words of four topics. */
const TOPICS = ["fee", "harbour", "crew", "weather"];
const topicsOf = (text: string) => Float32Array.from(TOPICS, (topic) => text.toLowerCase().split(topic).length - 1);
const QUESTION = "Which fee does the harbour ask for?";
const MINE = [
  "The crew sleeps on board.",
  "A fee is due in the harbour.",
  "The weather was fair.",
  "The crew paid the fee.",
  "The harbour is closed in bad weather.",
];
/** More pages than the other document has, and each of them a better answer to the question than any of it. */
const THEIRS = Array.from({ length: 12 }, (_, page) => `Secret ${page}: which fee the harbour asks for, harbour fee by harbour fee.`);

function indexed(pages: readonly string[]) {
  const document = documentOf(pages);
  const chunks = document.pages.map(({ number, reading: [start, end] }, index) => ({
    index,
    start,
    end,
    pages: [number, number] as [number, number],
    tokens: 1,
  }));
  const vectors = pages.map(topicsOf);
  const index = openIndex(buildIndex({ document, chunks, embeddingModel: SPACE.model, vectors }));
  return { document, index, records: vectors.map((each, chunk) => ({ chunk, vector: each })) };
}

/** Runs the suite against one database. */
export function vectorDatabaseConformance(subject: { name: string; setup: () => Promise<OpenedDatabase> }): void {
  describe(`vector database: ${subject.name}`, () => {
    let opened: OpenedDatabase;
    beforeAll(async () => {
      opened = await subject.setup();
    });
    afterAll(() => opened?.close?.());
    const context = adapterContext();
    const store = async (indexId: string, records: readonly VectorRecord[], space = SPACE) => {
      if (opened.store) await opened.store(space, indexId, records);
      else await opened.open(space).upsert(indexId, records, context);
    };
    const query = (indexId: string, wanted: Float32Array, topK = 10, space = SPACE) => opened.open(space).query(indexId, wanted, topK, context);

    it("finds the nearest, best first, with their cosine, and at most so many", async () => {
      await store(id("nearest"), RECORDS);
      const found = await query(id("nearest"), vector(2, 0, 0, 0));
      expect(found.map(({ chunk }) => chunk)).toEqual([0, 1, 2, 3]);
      for (const [position, cosine] of [1, 0.6, 0, -1].entries()) expect(found[position]?.score).toBeCloseTo(cosine, 3);
      expect((await query(id("nearest"), vector(0, 1, 0, 0), 2)).map(({ chunk }) => chunk)).toEqual([2, 1]);
    });

    it("gives equal scores in the order of the document", async () => {
      await store(
        id("equal"),
        [5, 2, 9, 0].map((chunk) => ({ chunk, vector: vector(0, 0, 1, 0) })),
      );
      expect((await query(id("equal"), vector(0, 0, 1, 0), 4)).map(({ chunk }) => chunk)).toEqual([0, 2, 5, 9]);
    });

    it("storing again changes nothing", async () => {
      await store(id("again"), RECORDS);
      await store(id("again"), RECORDS);
      expect(await query(id("again"), vector(1, 0, 0, 0))).toHaveLength(RECORDS.length);
    });

    it("never answers with another document", async () => {
      await store(id("mine"), [{ chunk: 0, vector: vector(0, 0, 0, 1) }]);
      await store(id("theirs"), [
        { chunk: 0, vector: vector(1, 0, 0, 0) },
        { chunk: 7, vector: vector(1, 0, 0, 0) },
      ]);
      const found = await query(id("mine"), vector(1, 0, 0, 0));
      expect(found.map(({ chunk }) => chunk)).toEqual([0]);
      expect(found[0]?.score).toBeCloseTo(0, 3);
      expect(await query(id("nobody's"), vector(1, 0, 0, 0))).toEqual([]);
    });

    it.each(RETRIEVAL_STRATEGIES)("lets the strategy %s see one document only, whatever the other holds", async (strategy) => {
      const { document, index, records } = indexed(MINE);
      const [own, other] = [id(`own/${strategy}`), id(`other/${strategy}`)];
      const seen: number[] = [];
      const nearest = async (texts: readonly string[]) => {
        const found = await Promise.all(texts.map((text) => query(own, topicsOf(text), 100)));
        seen.push(...found.flat().map(({ chunk }) => chunk));
        return found;
      };
      const find = () => findPlaces(strategy, { index, document, topK: 3, quality: 1, nearest }, QUESTION);
      await store(own, records);
      const alone = await find();
      await store(other, indexed(THEIRS).records);
      expect(await find()).toEqual(alone);
      expect(alone.hits.length).toBeGreaterThan(0);
      // Only "keyword_table" asks for no vectors.
      expect([...new Set(seen)].sort()).toEqual(strategy === "keyword_table" ? [] : records.map(({ chunk }) => chunk));
    });

    it("keeps tenants and embeddings apart, also where the document is the same", async () => {
      const otherTenant = { ...SPACE, tenant: "other" };
      // In the store the embedding is part of the document's index id.
      const others = opened.store ? [otherTenant] : [otherTenant, { ...SPACE, model: "other-4" }];
      for (const [position, space] of others.entries()) await store(id("shared"), [{ chunk: position + 1, vector: vector(1, 0, 0, 0) }], space);
      await store(id("shared"), [{ chunk: 0, vector: vector(1, 0, 0, 0) }]);
      for (const [position, space] of [SPACE, ...others].entries()) {
        expect((await query(id("shared"), vector(1, 0, 0, 0), 1, space)).map(({ chunk }) => chunk)).toEqual([position]);
      }
    });

    it("holds many", async () => {
      const angle = (chunk: number) => (chunk / MANY) * Math.PI;
      await store(
        id("many"),
        Array.from({ length: MANY }, (_, chunk) => ({ chunk, vector: vector(Math.cos(angle(chunk)), Math.sin(angle(chunk)), 0, 0) })),
      );
      const found = await query(id("many"), vector(Math.cos(angle(777)), Math.sin(angle(777)), 0, 0), 3);
      expect(found[0]?.chunk).toBe(777);
      expect(found.map(({ chunk }) => chunk).sort()).toEqual([776, 777, 778]);
      expect(await opened.open(SPACE).has(id("many"), MANY, context)).toBe(true);
    });

    it("says whether a document is all there, and forgets it when told to", async () => {
      const database = opened.open(SPACE);
      expect(await database.has(id("gone"), 4, context)).toBe(false);
      await store(id("gone"), RECORDS);
      await store(id("stays"), RECORDS);
      expect(await database.has(id("gone"), 4, context)).toBe(true);
      await database.delete(id("gone"), context);
      await database.delete(id("gone"), context);
      expect(await query(id("gone"), vector(1, 0, 0, 0))).toEqual([]);
      expect(await database.has(id("gone"), 4, context)).toBe(false);
      expect(await query(id("stays"), vector(1, 0, 0, 0))).toHaveLength(4);
    });

    it("takes a vector that points nowhere, and finds nothing near it", async () => {
      await store(id("nowhere"), [
        { chunk: 0, vector: vector(0, 0, 0, 0) },
        { chunk: 1, vector: vector(1, 0, 0, 0) },
      ]);
      const found = await query(id("nowhere"), vector(1, 0, 0, 0));
      expect(found[0]).toMatchObject({ chunk: 1 });
      expect(found.every(({ score }) => Number.isFinite(score))).toBe(true);
      expect((await query(id("nowhere"), vector(0, 0, 0, 0))).every(({ score }) => score === 0)).toBe(true);
    });

    it("passes its own check", async () => {
      await opened.open(SPACE).check?.(new AbortController().signal);
    });

    describe("as a service", () => {
      it("refuses vectors of another length before anything is written", async () => {
        const database = opened.open(SPACE);
        if (database.keeps === "index") return expect(await query(id("nearest"), vector(1, 0, 0))).toEqual([]);
        const mixed = [RECORDS[0] ?? { chunk: 0, vector: vector() }, { chunk: 1, vector: vector(1, 0, 0) }];
        const wanted = { name: "PermanentError", code: "adapter_failed", message: expect.stringContaining("vectors of 3 numbers, and those of test-4 have 4") };
        await expect(database.upsert(id("mixed"), mixed, context)).rejects.toMatchObject(wanted);
        await expect(database.query(id("mixed"), vector(1, 0, 0), 3, context)).rejects.toMatchObject(wanted);
        expect(await query(id("mixed"), vector(1, 0, 0, 0))).toEqual([]);
      });

      it("that lost a collection says so, or finds nothing; and it can be stored again", async () => {
        if (!opened.drop) return expect(opened.open(SPACE).keeps).toBe("index");
        const space = { ...SPACE, model: "dropped-4" };
        await store(id("dropped"), RECORDS, space);
        expect(await query(id("dropped"), vector(1, 0, 0, 0), 10, space)).toHaveLength(4);
        await opened.drop(space);
        const failure = await query(id("dropped"), vector(1, 0, 0, 0), 10, space).catch((error: unknown) => error);
        if (Array.isArray(failure)) expect(failure).toEqual([]);
        else
          expect(failure).toMatchObject({
            name: "PermanentError",
            code: "adapter_failed",
            message: expect.stringMatching(/is gone: .*Rerun from chunk-embed/),
          });
        expect(await opened.open(space).has(id("dropped"), 4, context)).toBe(false);
        await opened.open(space).delete(id("dropped"), context);
        await store(id("dropped"), RECORDS, space);
        expect(await query(id("dropped"), vector(1, 0, 0, 0), 10, space)).toHaveLength(4);
      });
    });
  });
}
