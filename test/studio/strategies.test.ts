/** Retrieval strategies through the whole pipeline: each finds places of its own document only, and what a model answered to search with is asked once, also where another process goes on. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import type { Studio } from "../../lib/client.ts";
import { RETRIEVAL_STRATEGIES } from "../../lib/schema/request.ts";
import { type QdrantDouble, startQdrantDouble } from "../adapters/vector-db/qdrant-double.ts";
import { startModelServer } from "../support/model-server.ts";

let folder: string;
let open: { close(): Promise<unknown> }[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "strategies-"));
  open = [];
});
afterEach(async () => {
  for (const one of open.toReversed()) await one.close();
  await rm(folder, { recursive: true, force: true });
});

const opened = <T extends { close(): Promise<unknown> }>(one: T): T => {
  open.push(one);
  return one;
};
const studioWith = async (llm: string, env: Record<string, string> = {}) =>
  opened(await openStudio({ llm, interactive: true, storeLocation: join(folder, "store"), source: { cwd: folder, env } }));

const QUESTION = "What is the fee of the harbour and who is the pilot?";
const documentOf = (harbour: string, pilot: string, pages: number) =>
  Array.from({ length: pages }, (_, page) =>
    page === pages >> 1
      ? `The fee of the harbour ${harbour} is 120 EUR.\n\nThe pilot of ${harbour} is ${pilot}.`
      : `On day ${page} the harbour ${harbour} saw ${page + 3} vessels, one pilot and no fee at all.`,
  ).join("\n\n");
const outputOf = (strategy: (typeof RETRIEVAL_STRATEGIES)[number]) => ({
  name: strategy,
  prompt: QUESTION,
  type: "text" as const,
  "retrieval-strategy": strategy,
  "chunk-size": 40,
  "chunk-overlap": 0,
});

/** What each strategy found in a run. */
async function placesOf(studio: Studio, document: string, runId: string) {
  await studio.submit({ document: Buffer.from(document), fileName: "harbour.txt", request: { outputs: RETRIEVAL_STRATEGIES.map(outputOf) }, runId });
  expect(await studio.work([runId])).toMatchObject([{ status: "completed" }]);
  const { outputs } = await studio.result(runId);
  return RETRIEVAL_STRATEGIES.map((strategy) => [strategy, outputs[strategy]?.searched] as const);
}

describe("two documents of one tenant", () => {
  it.each(["local", "qdrant"])("are searched apart by every strategy in the vector database %s", async (kind) => {
    const qdrant: QdrantDouble | undefined = kind === "qdrant" ? opened(await startQdrantDouble()) : undefined;
    if (qdrant !== undefined) {
      const adapters = { "vector-db": { house: { kind, url: qdrant.url } } };
      await writeFile(join(folder, "prompt-studio.config.json"), JSON.stringify({ adapters, "vector-db": "house" }));
    }
    const studio = await studioWith("local");
    const [left, right] = [documentOf("Aalborg", "Kristiansen", 9), documentOf("Bergen", "Halvorsen", 24)];
    const alone = await placesOf(studio, left, "alone");
    await placesOf(studio, right, "other");
    expect(await placesOf(studio, left, "beside")).toEqual(alone);
    // The other document is longer, so its places would go past the end of this one.
    const ends = alone.flatMap(([, searched]) => searched?.places.map(({ range: [, end] }) => end) ?? []);
    expect(ends.length).toBeGreaterThan(RETRIEVAL_STRATEGIES.length);
    expect(Math.max(...ends)).toBeLessThanOrEqual(left.length);
    const asked = (qdrant?.requests ?? []).filter(({ path }) => path.endsWith("/points/query")).map((request) => JSON.stringify(request.json().filter));
    expect(new Set(asked).size).toBe(kind === "qdrant" ? 2 : 0);
  });
});

describe("a strategy that asks a model", () => {
  it("asks once: a second process goes on with what the first was answered", async () => {
    let hangs = true;
    let arrived: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const isSearch = (user: string) => user.startsWith("Split the question");
    const model = opened(
      await startModelServer({
        answer: ({ user }) =>
          isSearch(user)
            ? JSON.stringify({ texts: ["the fee of the harbour", "the pilot"] })
            : JSON.stringify({ reasoning: "", found: true, quote: "The pilot of Bergen is Halvorsen.", value: "Halvorsen" }),
        fault: ({ user }) => {
          if (!hangs || isSearch(user)) return undefined;
          arrived();
          return { delayMs: 3_600_000 };
        },
      }),
    );
    const env = { OPENAI_API_KEY: "not-a-key", OPENAI_BASE_URL: model.url };
    const submission = {
      document: Buffer.from(documentOf("Bergen", "Halvorsen", 24)),
      fileName: "harbour.txt",
      request: { outputs: [outputOf("subquestion")] },
    };
    const first = await studioWith("openai:m", env);
    const { runId } = await first.submit(submission);
    const stop = new AbortController();
    const working = first.work([runId], { signal: stop.signal });
    await hanging;
    stop.abort();
    expect(await working).toMatchObject([{ status: "running" }]);
    await first.close();
    hangs = false;
    const second = await studioWith("openai:m", env);
    expect(await second.work([runId])).toMatchObject([{ status: "completed" }]);
    // The split question was asked by the first alone; the answer was asked by both, since the first never got it.
    expect([...model.counts().values()]).toEqual([1, 2]);
    expect(model.answered()).toBe(2);
    const { value, searched } = (await second.result(runId)).outputs.subquestion ?? {};
    expect(value).toBe("Halvorsen");
    expect(searched?.how).toContain('"the fee of the harbour", "the pilot"');
  });
});
