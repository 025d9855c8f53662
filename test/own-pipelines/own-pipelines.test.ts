/** `prompt-studio/engine`: what one who has pipelines of his own is promised. */
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createEngine, definePipeline, defineStage, type EngineOptions, PermanentError, type PipelineEngine, paperPolicy } from "../../lib/own-pipelines.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";

const policy = paperPolicy(1, 2);
const shout = defineStage<undefined, string>({
  id: "shout",
  kind: "task",
  after: [],
  policy,
  output: z.string(),
  async run({ request, document, artifacts }) {
    const { word } = z.object({ word: z.string() }).parse(request);
    if (word === "bad") throw new PermanentError("document_broken", "It is a bad word.");
    return `${word.toUpperCase()} ${document.fileName} ${Buffer.from(await artifacts.get(document))}`;
  },
});
const shouting = definePipeline<undefined>({ name: "shouting", version: 1, request: z.object({ word: z.string() }), stages: [shout] });
const other = definePipeline<undefined>({ name: "order-check", version: 1, stages: [shout] });

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

async function open(options: Partial<EngineOptions<undefined>> = {}, env: Record<string, string> = {}): Promise<PipelineEngine> {
  const engine = await createEngine<undefined>({ store: "memory:", pipelines: [shouting, other], resources: undefined, source: { env }, ...options });
  closes.push(engine.close);
  return engine;
}

describe("a run of an own pipeline", () => {
  it("has its request, and its document or the request as one, and gives its result", async () => {
    const engine = await open();
    const worker = await engine.work();
    const { runId } = await engine.submit(shouting, { request: { word: "hi" } });
    expect(await engine.ended(runId)).toMatchObject({ status: "completed", engine: "embedded", fileName: "request.json" });
    expect(await engine.result(runId, shout)).toBe('HI request.json {"word":"hi"}');
    const document = { bytes: Buffer.from("text"), fileName: "a.txt" };
    await engine.submit(shouting, { request: { word: "hi" }, document, runId: "mine" });
    await engine.ended("mine");
    expect(await engine.result("mine", shout)).toBe("HI a.txt text");
    expect((await engine.events("mine")).map(({ type }) => type)).toEqual(["run-start", "stage-start", "stage-end", "run-end"]);
    await worker.stop(1_000);
  });

  it("is one run however often it is submitted; another one under its id is a conflict", async () => {
    const engine = await open();
    const first = await engine.submit(shouting, { request: { word: "hi" } });
    expect(first.existing).toBe(false);
    expect(await engine.submit(shouting, { request: { word: "hi" } })).toEqual({ ...first, existing: true });
    expect((await engine.submit(other, { request: { word: "hi" } })).runId).not.toBe(first.runId);
    await expect(engine.submit(shouting, { request: { word: "ho" }, runId: first.runId })).rejects.toMatchObject({ code: "run_conflict" });
    await expect(engine.submit(other, { request: { word: "hi" }, runId: first.runId })).rejects.toMatchObject({ code: "run_conflict" });
  });

  it("is refused with what is wrong, before anything is written", async () => {
    const store = createMemoryStore();
    const engine = await open({ store });
    await expect(engine.submit(shouting, { request: { word: 7 } })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("/word"),
    });
    const unknown = definePipeline<undefined>({ name: "unknown", version: 1, stages: [shout] });
    await expect(engine.submit(unknown, { request: {} })).rejects.toThrow('This engine doesn\'t have the pipeline "unknown"; it has shouting, order-check.');
    await expect(engine.submit(shouting, { request: { word: "x" }, runId: "a b" })).rejects.toMatchObject({ code: "invalid_request" });
    const keys: string[] = [];
    for await (const key of store.list("")) if (!key.startsWith("processes/")) keys.push(key);
    expect(keys).toEqual([]);
  });

  it("that isn't done, or failed, says so instead of a result, and can be cancelled", async () => {
    const engine = await open();
    await engine.submit(shouting, { request: { word: "bad" }, runId: "bad" });
    await expect(engine.result("bad", shout)).rejects.toMatchObject({ code: "run_not_ended" });
    await engine.submit(shouting, { request: { word: "x" }, runId: "cancelled" });
    expect(await engine.cancel("cancelled", "enough")).toMatchObject({ status: "cancelled" });
    const worker = await engine.work();
    expect(await engine.ended("bad")).toMatchObject({ status: "failed", error: { stage: "shout", code: "document_broken" } });
    await expect(engine.result("bad", shout)).rejects.toThrow("It is a bad word.");
    await expect(engine.move("bad", "embedded")).rejects.toMatchObject({ code: "run_ended" });
    await worker.stop(1_000);
  });

  it("is nobody else's", async () => {
    const engine = await open({ tenant: "acme" });
    const { runId } = await engine.submit(shouting, { request: { word: "x" } });
    const globex = engine.forTenant("globex");
    for (const asked of [globex.view(runId), globex.cancel(runId, "x"), globex.move(runId, "embedded"), globex.ended(runId), globex.result(runId, shout)]) {
      await expect(asked).rejects.toMatchObject({ code: "run_not_found" });
    }
    expect((await globex.submit(shouting, { request: { word: "x" } })).existing).toBe(false);
  });

  it("is waited for until the wait is given up", async () => {
    const engine = await open();
    const { runId } = await engine.submit(shouting, { request: { word: "x" } });
    const waiting = new AbortController();
    const ended = engine.ended(runId, { signal: waiting.signal });
    waiting.abort(new Error("no time"));
    await expect(ended).rejects.toThrow("no time");
  });
});

describe("the engine of own pipelines", () => {
  it("is refused with a wrong name, two pipelines of one name, or missing settings", async () => {
    await expect(open({ engine: "kafka" })).rejects.toThrow('the engine "kafka" is unknown; use embedded');
    await expect(open({ pipelines: [shouting, shouting] })).rejects.toThrow('Two pipelines are called "shouting".');
    await expect(open({ engine: "celery" })).rejects.toThrow("CELERY_BROKER_URL");
  });

  it("may be another one for a pipeline, by its variable", async () => {
    const env = { TASK_QUEUE_BACKEND_ORDER_CHECK: "inngest", INNGEST_DEV: "http://127.0.0.1:1" };
    const engine = await open({}, env);
    const runs = [await engine.submit(shouting, { request: { word: "x" } }), await engine.submit(other, { request: { word: "x" } })];
    expect(await Promise.all(runs.map(async ({ runId }) => (await engine.view(runId)).engine))).toEqual(["embedded", "inngest"]);
    await expect(open({}, { TASK_QUEUE_BACKEND_ORDERCHECK: "inngest" })).rejects.toThrow("TASK_QUEUE_BACKEND_SHOUTING, TASK_QUEUE_BACKEND_ORDER_CHECK");
  });
});
