import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createOpenAiEmbedding } from "../../../lib/adapters/embedding/openai.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { embeddingConformance } from "../../conformance/embedding.ts";
import { adapterContext, newLedger } from "../../support/adapter-context.ts";
import { type Seen, startService, type TestService } from "../../support/service.ts";

const KEY = "sk-test-0123456789";
const DIMENSIONS = 8;

const vectorOf = (text: string) => [...createHash("sha256").update(text).digest()].slice(0, DIMENSIONS).map((byte) => Math.fround(byte / 255));

/** Answers as /v1/embeddings is documented: one vector for each input, in any order, each with its index. */
function embeddings(request: Seen) {
  const { input, model } = request.json() as { input: string[]; model: string };
  const data = input.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text) })).reverse();
  return { json: { object: "list", data, model, usage: { prompt_tokens: 3 * input.length, total_tokens: 3 * input.length } } };
}

let service: TestService | undefined;
afterEach(() => service?.close());

const create = (url: string, more = {}) => createOpenAiEmbedding({ instance: "far", model: "m", dimensions: DIMENSIONS, apiKey: KEY, baseUrl: url, ...more });

embeddingConformance({
  name: "openai",
  async setup() {
    const own = await startService(embeddings);
    return { embedding: create(own.url), teardown: own.close };
  },
});

badServiceConformance({ name: "embedding openai", source: "openai", ask: (url, signal) => create(url).embed(["text"], adapterContext(newLedger(), signal)) });

describe("a request", () => {
  it("asks for plain numbers, with the key, and goes through the ledger once", async () => {
    service = await startService(embeddings);
    const ledger = newLedger();
    const first = await create(service.url).embed(["one", "two"], adapterContext(ledger));
    expect(await create(service.url).embed(["one", "two"], adapterContext(ledger))).toEqual(first);
    expect(first).toEqual([Float32Array.from(vectorOf("one")), Float32Array.from(vectorOf("two"))]);
    expect(service.requests.map((request) => request.json())).toEqual([{ model: "m", input: ["one", "two"], encoding_format: "float" }]);
    expect(service.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect([...ledger.entries.values()]).toMatchObject([{ usage: { input_tokens: 6, output_tokens: 0 }, model: "m" }]);
    expect(JSON.stringify([...ledger.entries])).not.toContain(KEY);
  });

  it("holds a batch and no more, and of long texts fewer", async () => {
    service = await startService(embeddings);
    await create(service.url, { batch: 3 }).embed(["a", "b", "c", "d"], adapterContext());
    await create(service.url).embed(
      Array.from({ length: 30 }, () => "word ".repeat(7_900)),
      adapterContext(),
    );
    const counts = service.requests.map((request) => (request.json() as { input: string[] }).input.length);
    expect(counts).toEqual([3, 1, 25, 5]);
  });

  it("asks OpenAI's own models to shorten, and nobody else", async () => {
    const lengths: unknown[] = [];
    const fetcher: typeof fetch = async (_input, init) => {
      const { input, dimensions } = JSON.parse(String(init?.body)) as { input: string[]; dimensions?: number };
      lengths.push(dimensions);
      return Response.json({ data: input.map((_, index) => ({ index, embedding: new Array(dimensions ?? 1536).fill(0.5) })) });
    };
    const own = (dimensions?: number) =>
      createOpenAiEmbedding({ instance: "o", model: "text-embedding-3-small", apiKey: KEY, fetch: fetcher, ...(dimensions ? { dimensions } : {}) });
    expect([own().dimensions, own().model, own(256).model]).toEqual([1536, "text-embedding-3-small-1536", "text-embedding-3-small-256"]);
    await own().embed(["x"], adapterContext());
    await own(256).embed(["x"], adapterContext());
    expect(lengths).toEqual([undefined, 256]);
  });
});

describe("a model", () => {
  it("whose length isn't known has to say it", () => {
    expect(() => createOpenAiEmbedding({ instance: "far", model: "own", apiKey: KEY })).toThrow(/needs "dimensions"/);
  });

  it("whose vectors have another length says which to set", async () => {
    service = await startService(embeddings);
    const failure = create(service.url, { dimensions: 16 }).embed(["x"], adapterContext());
    await expect(failure).rejects.toMatchObject({
      name: "PermanentError",
      message: expect.stringContaining('vectors of 8 numbers, not 16. Set "dimensions" of this embedding to 8'),
    });
  });

  it("that gives another number of vectors is not believed", async () => {
    service = await startService(() => ({ json: { data: [{ index: 0, embedding: vectorOf("x") }] } }));
    await expect(create(service.url).embed(["x", "y"], adapterContext())).rejects.toThrow("1 vectors for 2 texts");
  });
});

describe("a check", () => {
  it("shows a wrong length before a document is worked on", async () => {
    service = await startService(embeddings);
    const { signal } = new AbortController();
    await create(service.url).check?.(signal);
    await expect(create(service.url, { dimensions: 9 }).check?.(signal)).rejects.toThrow("vectors of 8 numbers");
  });
});
