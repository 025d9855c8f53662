/** The studio with services around it: read by one, embedded by another, searched by a third; and what is left when one of them forgets. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import type { LiveEvent, Studio } from "../../lib/client.ts";
import { type QdrantDouble, startQdrantDouble } from "../adapters/vector-db/qdrant-double.ts";
import { startJobs } from "../adapters/x2text/jobs-double.ts";
import { type Seen, startService, type TestService } from "../support/service.ts";

const DIMENSIONS = 16;
const LINES = Array.from({ length: 160 }, (_, line) => `Paragraph ${line} speaks about matter number ${line} and nothing else at all.`);
const TEXT = [...LINES.slice(0, 80), "", "Invoice number: A-77", "", ...LINES.slice(80)].join("\n\n");

const vectorOf = (text: string) => [...createHash("sha256").update(text).digest()].slice(0, DIMENSIONS).map((byte) => byte / 255);
const embeddings = (request: Seen) => ({
  json: { data: (request.json() as { input: string[] }).input.map((text, index) => ({ index, embedding: vectorOf(text) })), usage: { prompt_tokens: 1 } },
});

/** LlamaParse with one page of text, no places. */
const startReader = () =>
  startJobs((request, jobs) => {
    if (request.path.endsWith("/upload")) return jobs.submit((id) => ({ json: { id, status: "PENDING" } }));
    if (request.path.endsWith("/result/json")) return { json: { pages: [{ page: 1, text: TEXT, items: [] }] } };
    const id = request.path.split("/").at(-1) ?? "";
    return { json: { id, status: jobs.stateOf(id) === "working" ? "PENDING" : "SUCCESS" } };
  });

let folder: string;
let embedder: TestService;
let reader: Awaited<ReturnType<typeof startReader>>;
let qdrant: QdrantDouble;
let studio: Studio;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "services-"));
  [embedder, reader, qdrant] = [await startService(embeddings), await startReader(), await startQdrantDouble()];
  const adapters = {
    embedding: { far: { kind: "openai", model: "m", dimensions: DIMENSIONS, baseUrl: embedder.url, batch: 8, quality: 0.05 } },
    "vector-db": { house: { kind: "qdrant", url: qdrant.url } },
    x2text: { parse: { kind: "llamaparse", baseUrl: reader.url, apiKeyEnv: "PARSE_KEY" } },
  };
  await writeFile(join(folder, "prompt-studio.config.json"), JSON.stringify({ adapters, embedding: "far", "vector-db": "house", x2text: "parse" }));
  studio = await openStudio({
    llm: "local",
    interactive: true,
    storeLocation: join(folder, "store"),
    source: { cwd: folder, env: { PARSE_KEY: "parse-key-1" } },
  });
});
afterEach(async () => {
  await studio.close();
  await Promise.all([embedder.close(), reader.close(), qdrant.close()]);
  await rm(folder, { recursive: true, force: true });
});

const request = { outputs: [{ name: "number", prompt: "What is the invoice number?", type: "text" as const, "chunk-size": 100, "chunk-overlap": 0 }] };
const run = async (runId: string, events: LiveEvent[] = []) => {
  await studio.submit({ document: Buffer.from("%PDF-1.7 whatever"), fileName: "a.pdf", request, runId });
  const [view] = await studio.work([runId], { observe: (event) => events.push(event) });
  expect(view?.status).toMatch(/^completed/);
  return (await studio.result(runId)).outputs.number;
};
const pointsIn = ({ collections }: QdrantDouble) => [...collections.values()].reduce((sum, { points }) => sum + points.size, 0);

describe("a run with services", () => {
  it("waits for its reader, embeds in batches that are calls of their own, and finds what it looks for", async () => {
    reader.script.polls = 1;
    const events: LiveEvent[] = [];
    expect(await run("first", events)).toMatchObject({ value: "A-77" });
    expect(reader.submissions()).toBe(1);
    expect(events.some((event) => event.type === "call-end" && event.stage === "extract-text" && event.outcome === "failed")).toBe(false);
    const batches = events.filter((event) => event.type === "call-start" && event.label?.startsWith("chunks "));
    const chunks = pointsIn(qdrant);
    expect(batches.length).toBe(Math.ceil(chunks / 8));
    expect(chunks).toBeGreaterThan(8);
    expect(embedder.requests.every((each) => each.json().encoding_format === "float")).toBe(true);
  });

  it("embeds a document once, and again where its collection was deleted", async () => {
    await run("first");
    const [asked, stored] = [embedder.requests.length, pointsIn(qdrant)];
    await run("second");
    // Only the question.
    expect(embedder.requests.length).toBe(asked + 1);
    qdrant.collections.clear();
    expect(await run("third")).toMatchObject({ value: "A-77" });
    expect(pointsIn(qdrant)).toBe(stored);
  });
});
