/** Moving a run from engine to engine while its calls are running: each call is done and paid for once. */
import { afterEach, expect, it } from "vitest";
import { readOwner } from "../../lib/engine/end.ts";
import { createEngine } from "../../lib/own-pipelines.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { startInngestServer } from "../support/inngest-server.ts";
import { AT_ONCE, gated } from "./gated.ts";
import { travel } from "./journey.ts";

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

it("embedded to Inngest and back, under running calls: each is done once, and the run at Inngest ends quietly", async () => {
  const gate = gated();
  const { pipeline, resources } = gate;
  const server = await startInngestServer();
  closes.push(server.stop);
  const store = createMemoryStore();
  const env = { INNGEST_DEV: server.url, TASK_QUEUE_FALLBACK: "inngest" };
  const engine = await createEngine({ store, pipelines: [pipeline], resources, source: { env: { ...env, PROMPT_STUDIO_PORT: "0" } } });
  closes.push(engine.close);
  const worker = await engine.work();
  await travel(engine, gate, store, ["inngest", "embedded"]);
  while (server.executor.runs.some(({ status }) => status === "Running")) await new Promise((resolve) => setTimeout(resolve, 20));
  // Its running calls end there, and what it sees then is that another has the run, or already that the run has ended.
  expect(server.executor.runs).toMatchObject([{ status: "Completed", output: { run_id: "run-1", status: expect.stringMatching(/^(superseded|finished)$/) } }]);
  await worker.stop(1_000);
});

it("to where it is already, nothing happens; to an engine that doesn't answer, it goes on where it was; to none of ours, that is said", async () => {
  const { pipeline, resources, running, end } = gated();
  const store = createMemoryStore();
  const env = { INNGEST_DEV: "http://127.0.0.1:1", TASK_QUEUE_FALLBACK: "inngest", PROMPT_STUDIO_PORT: "0" };
  const engine = await createEngine({ store, pipelines: [pipeline], resources, source: { env } });
  closes.push(engine.close);
  const worker = await engine.work();
  await engine.submit(pipeline, { request: {}, runId: "run-1" });
  await running(0, 1, 2);
  await engine.move("run-1", "embedded");
  expect(await readOwner(store, "default", "run-1")).toMatchObject({ engine: "embedded", n: 1 });
  await expect(engine.move("run-1", "inngest")).rejects.toMatchObject({ code: "engine_unavailable", message: expect.stringContaining("embedded goes on") });
  expect(await readOwner(store, "default", "run-1")).toMatchObject({ engine: "embedded", n: 3 });
  await expect(engine.move("run-1", "celery")).rejects.toThrow('This process has no engine "celery"; it has embedded, inngest.');
  end(0, 1, 2);
  await running(3, 4, 5);
  end(3, 4, 5);
  expect(await engine.ended("run-1")).toMatchObject({ status: "completed" });
  expect(resources.begun).toHaveLength(2 * AT_ONCE);
  await worker.stop(1_000);
});

it("by a process that does no work, to embedded: a worker that has that engine adopts it at once", async () => {
  const { pipeline, resources, running, end } = gated();
  const store = createMemoryStore();
  const worker = await createEngine({ engine: "embedded", store, pipelines: [pipeline], resources });
  closes.push(worker.close);
  const working = await worker.work();
  const away = { engine: "inngest", source: { env: { INNGEST_DEV: "http://127.0.0.1:1" } } };
  const submitter = await createEngine({ ...away, store, pipelines: [pipeline], resources });
  await submitter.submit(pipeline, { request: {}, runId: "run-1" });
  await submitter.close();
  const mover = await createEngine({ engine: "embedded", store, pipelines: [pipeline], resources });
  expect(await mover.move("run-1", "embedded")).toMatchObject({ engine: "embedded", status: "queued" });
  await mover.close();
  await running(0, 1, 2);
  end(0, 1, 2);
  await running(3, 4, 5);
  end(3, 4, 5);
  expect(await worker.ended("run-1")).toMatchObject({ status: "completed" });
  expect(await readOwner(store, "default", "run-1")).toMatchObject({ engine: "embedded", n: 3 });
  await working.stop(1_000);
});
