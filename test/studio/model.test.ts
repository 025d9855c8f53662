/** The studio with a model over HTTP: what it waits for is shown, what it used is told, a cancel stops it, and nothing that answered is asked again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import type { LiveEvent, Studio } from "../../lib/client.ts";
import { type Fault, type ModelRequest, type ModelServer, startModelServer } from "../support/model-server.ts";

const DOCUMENT = Buffer.from("Invoice number: A-77\nTotal due: 120.00 EUR\nCustomer: Halvorsen Ltd\n");
const request = {
  outputs: [
    { name: "number", prompt: "What is the invoice number?", type: "text" as const },
    { name: "total", prompt: "What is the total due?", type: "number" as const },
    { name: "customer", prompt: "Who is the customer of {{number}}?", type: "text" as const },
  ],
};
const answer = {
  "What is the invoice number?": /Invoice number: (\S+)/,
  "What is the total due?": /Total due: ([\d.]+)/,
  "Who is the customer of": /Customer: (.+)/,
};

let folder: string;
let open: { close(): Promise<void> }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "model-"));
  open = [];
});

afterEach(async () => {
  for (const one of open) await one.close();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function startModel(fault: (request: ModelRequest) => Fault | undefined): Promise<ModelServer> {
  const model = await startModelServer({ answer, fault });
  vi.stubEnv("OPENAI_API_KEY", "not-a-key");
  vi.stubEnv("OPENAI_BASE_URL", model.url);
  open.push(model);
  return model;
}

async function newStudio(): Promise<Studio> {
  const studio = await openStudio({ llm: "openai:gpt-4.1-mini", storeLocation: folder, interactive: true });
  open.unshift(studio);
  return studio;
}

const submission = { document: DOCUMENT, fileName: "note.txt", request };

describe("a run with a model", () => {
  it.each([
    ["what the model asked for", { status: 429, retryAfter: "1" }, 1_000, "429 from openai"],
    ["two seconds after a fault of its own", { status: 500 }, 2_000, "500 from openai"],
  ])("waits for %s, says why, and tells what was used", async (_, fault, afterMs, reason) => {
    const faults: Fault[] = [fault];
    const model = await startModel(({ user }) => (user.includes("total due?") ? faults.shift() : undefined));
    const studio = await newStudio();
    const { runId } = await studio.submit(submission);
    const events: LiveEvent[] = [];
    const views = await studio.work([runId], { observe: (event) => events.push(event) });
    expect(views).toMatchObject([{ status: "completed" }]);
    expect(events.filter(({ type }) => type === "call-wait")).toMatchObject([
      { stage: "agentic-extract", call: "agentic-extract/0001", label: "total", afterMs, reason },
    ]);
    const { outputs, usage } = await studio.result(runId);
    expect(Object.values(outputs).map(({ value, attempts }) => [value, attempts])).toEqual([
      ["A-77", 1],
      [120, 2],
      ["Halvorsen Ltd", 1],
    ]);
    expect(model.requests).toHaveLength(4);
    expect(model.answered()).toBe(3);
    const tokens = Object.values(outputs).reduce((sum, output) => sum + output.usage.input_tokens, 0);
    expect(tokens).toBeGreaterThan(0);
    expect(usage.input_tokens).toBe(tokens);
    expect(usage.by_stage["agentic-extract"]?.input_tokens).toBe(tokens);
    expect(usage.by_model).toEqual({ "gpt-4.1-mini": usage.by_stage["agentic-extract"] });
    expect(usage.cost_usd).toBeCloseTo((usage.input_tokens * 0.4 + usage.output_tokens * 1.6) / 1e6, 9);
    expect(views[0]?.usage).toEqual({ input_tokens: tokens, output_tokens: usage.output_tokens, cost_usd: usage.cost_usd });
    const told = events.flatMap((event) => (event.type === "call-end" ? [event.usage.input_tokens] : []));
    expect(told.reduce((sum, used) => sum + used, 0)).toBe(tokens);
  });

  it("that is cancelled elsewhere stops while the model hangs, and tells what it had used", async () => {
    let arrived: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await startModel(({ user }) => {
      if (!user.includes("total due?")) return undefined;
      arrived();
      return { delayMs: 3_600_000 };
    });
    const [studio, other] = [await newStudio(), await newStudio()];
    const { runId } = await studio.submit(submission);
    const working = studio.work([runId]);
    await hangs;
    while ((await other.get(runId)).usage.input_tokens === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await other.cancel(runId, "enough")).toMatchObject({ status: "cancelled" });
    // The model answers in an hour only: this test ends because the call was stopped.
    expect(await working).toMatchObject([{ status: "cancelled" }]);
    const result = await other.result(runId);
    expect(result).toMatchObject({ status: "cancelled", outputs: {}, issues: [{ message: "enough" }] });
    expect(result.usage.input_tokens).toBeGreaterThan(0);
  });

  it("that refuses the key fails each output once, and the run says so", async () => {
    const model = await startModel(() => ({ status: 401, message: "no such key" }));
    const studio = await newStudio();
    const { runId } = await studio.submit(submission);
    expect(await studio.work([runId])).toMatchObject([{ status: "completed_with_issues" }]);
    expect(model.requests).toHaveLength(2);
    const { outputs } = await studio.result(runId);
    expect(Object.values(outputs).map(({ status }) => status)).toEqual(["failed", "failed", "skipped"]);
  });

  it("that is stopped goes on in another studio, and asks no answered question again", async () => {
    let release = false;
    let arrived: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const model = await startModel(({ user }) => {
      if (release || !user.includes("customer of")) return undefined;
      arrived();
      return { delayMs: 3_600_000 };
    });
    const studio = await newStudio();
    const { runId } = await studio.submit(submission);
    const stop = new AbortController();
    const working = studio.work([runId], { signal: stop.signal });
    await hangs;
    stop.abort();
    expect(await working).toMatchObject([{ status: "running" }]);
    await studio.close();
    release = true;
    const next = await newStudio();
    expect(await next.submit(submission)).toMatchObject({ runId, existing: true });
    expect(await next.work([runId])).toMatchObject([{ status: "completed" }]);
    expect([...model.counts().values()].sort()).toEqual([1, 1, 2]);
    expect(model.answered()).toBe(3);
    expect((await next.result(runId)).outputs.customer?.attempts).toBe(1);
  });
});
