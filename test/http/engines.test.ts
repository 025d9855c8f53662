/** The HTTP interface with the engines that it hands runs to: one that calls back, and one that is away. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { readOwner } from "../../lib/engine/end.ts";
import { type EngineChoice, routeOf } from "../../lib/engine/route.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { startInngestServer } from "../support/inngest-server.ts";
import { jsonOf, KEYS, openWorld, REQUEST, untilEnded } from "./support.ts";

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

/** An Inngest at an address, which calls the app of the world that `open` gives it. */
async function startInngest() {
  const server = await startInngestServer();
  closes.push(server.stop);
  return {
    ...server,
    async open(env: Record<string, string> = {}, store?: ObjectStore) {
      const world = await openWorld({ TASK_QUEUE_BACKEND: "ingest", INNGEST_DEV: server.url, PROMPT_STUDIO_TENANT: "acme", ...env }, store);
      closes.push(world.close);
      await server.call(world.service.app.fetch);
      return world;
    },
  };
}

it("Inngest does a run that came in over HTTP, through its address in the same app", async () => {
  const { open, executor } = await startInngest();
  const world = await open();
  expect((await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" })).status).toBe(202);
  expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "inngest" });
  expect(await jsonOf(await world.ask("/v1/runs/run-1/result"))).toMatchObject({ outputs: { total: { value: "1,249.50" } } });
  expect(executor.runs.map(({ event }) => event.data)).toMatchObject([{ tenant: "acme", run_id: "run-1", n: 1 }]);
});

it("an event alone starts a run of a document in the tenant's folder, and a bad one says why", async () => {
  const { open, executor } = await startInngest();
  const world = await open();
  executor.send({ name: "prompt-studio/requested", data: { ...REQUEST, run_id: "by-event", file_path: "a.txt" } });
  executor.send({ name: "prompt-studio/requested", data: { ...REQUEST, run_id: "outside", file_path: "../globex/secret.txt" } });
  while (executor.runs.some(({ status }) => status === "Queued" || status === "Running")) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await jsonOf(await world.ask("/v1/runs/by-event"))).toMatchObject({ status: "completed", engine: "inngest" });
  const refused = executor.runs.find(({ event }) => event.data.run_id === "outside");
  expect([refused?.status, JSON.stringify(refused?.output)]).toEqual(["Failed", expect.stringContaining("/file_path leads out of the folder")]);
});

it("an engine that can't be reached gives way to the next one, which does the same run", async () => {
  const world = await openWorld({ TASK_QUEUE_BACKEND: "inngest", INNGEST_DEV: "http://127.0.0.1:1", TASK_QUEUE_FALLBACK: "embedded" });
  closes.push(world.close);
  const worker = await world.service.startWorker();
  expect((await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" })).status).toBe(202);
  expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "embedded" });
  expect(await readOwner(world.store, "acme", "run-1")).toMatchObject({ engine: "embedded", n: 2 });
  await worker.stop(5_000);
});

it("without another engine the run is accepted all the same, kept, and can be cancelled", async () => {
  const world = await openWorld({ TASK_QUEUE_BACKEND: "inngest", INNGEST_DEV: "http://127.0.0.1:1" });
  closes.push(world.close);
  expect((await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" })).status).toBe(202);
  expect(await jsonOf(await world.ask("/v1/runs/run-1"))).toMatchObject({ status: "queued", engine: "inngest" });
  expect(await jsonOf(await world.ask("/v1/runs/run-1/cancel", { method: "POST" }))).toMatchObject({ status: "cancelled" });
});

it("unsigned calls at the engine's address do nothing where keys are set", async () => {
  const keys = { INNGEST_EVENT_KEY: "event-key", INNGEST_SIGNING_KEY: "signkey-test-aabbccddeeff00112233445566778899" };
  const world = await openWorld({ TASK_QUEUE_BACKEND: "inngest", ...keys });
  closes.push(world.close);
  const event = { name: "prompt-studio/requested", data: { ...REQUEST, run_id: "forged", file_path: "a.txt" }, ts: 1 };
  const forged = JSON.stringify({ event, events: [event], steps: {}, ctx: { run_id: "x", attempt: 0, stack: { stack: [], current: 0 } }, version: 1 });
  for (const signature of [undefined, `t=${Math.round(Date.now() / 1000)}&s=${"0".repeat(64)}`]) {
    const headers: Record<string, string> = { "content-type": "application/json", ...(signature === undefined ? {} : { "x-inngest-signature": signature }) };
    const response = await world.service.app.request("/api/inngest?fnId=prompt-studio-prompt-studio&stepId=step", { method: "POST", body: forged, headers });
    expect(response.status).toBe(401);
  }
  expect(await world.written()).toEqual([]);
});

describe("a split", () => {
  const env = { TASK_QUEUE_BACKEND: "embedded", TASK_QUEUE_SPLIT: "inngest:50", TASK_QUEUE_TENANTS: "globex:inngest" };
  const choice: EngineChoice = { engine: "embedded", engineByPipeline: {}, split: [{ engine: "inngest", percent: 50 }], engineByTenant: {}, fallback: [] };
  const predicted = (runId: string) => routeOf(choice, { tenant: "acme", origin: runId, pipeline: "prompt-studio" })[0];

  it("sends each run where its id says, a repeat and a rerun there too, and metrics tell the engines apart", { timeout: 60_000 }, async () => {
    const { open } = await startInngest();
    const world = await open(env);
    const worker = await world.service.startWorker();
    const ids = Array.from({ length: 6 }, (_, number) => `run-${number}`);
    for (const run_id of ids) expect((await world.post({ ...REQUEST, run_id, file_path: "a.txt" })).status).toBe(202);
    const engines = await Promise.all(ids.map(async (runId) => (await untilEnded(world, runId)).engine));
    expect(engines).toEqual(ids.map(predicted));
    expect(new Set(engines)).toEqual(new Set(["embedded", "inngest"]));
    for (const run_id of ids) await world.post({ ...REQUEST, run_id, file_path: "a.txt" });
    expect(await Promise.all(ids.map(async (runId) => (await untilEnded(world, runId)).engine))).toEqual(engines);
    const [first = ""] = ids;
    const elsewhere = Array.from({ length: 50 }, (_, number) => `again-${number}`).find((id) => predicted(id) !== predicted(first)) ?? "";
    await world.service.studio.rerun(first, { newRunId: elsewhere });
    expect(await untilEnded(world, elsewhere)).toMatchObject({ status: "completed", engine: predicted(first) });
    const metrics = async () => (await (await world.ask("/metrics")).text()).split("\n");
    for (const engine of ["embedded", "inngest"] as const) {
      const runs = [...ids, first].filter((id) => predicted(id) === engine).length;
      expect(await metrics()).toContain(`prompt_service_task_started_total{task_name="collate",queue="prompt_llm",engine="${engine}"} ${runs}`);
      // An end is delivered after it is written.
      await vi.waitFor(async () => expect(await metrics()).toContain(`prompt_service_queue_delay_seconds_count{engine="${engine}"} ${runs}`), 5_000);
    }
    await worker.stop(5_000);
  });

  it("leaves what came through an engine with that engine, wherever its id would go", async () => {
    const { open, executor } = await startInngest();
    const world = await open(env);
    const run_id = Array.from({ length: 50 }, (_, number) => `event-${number}`).find((id) => predicted(id) === "embedded") ?? "";
    executor.send({ name: "prompt-studio/requested", data: { ...REQUEST, run_id, file_path: "a.txt" } });
    await vi.waitFor(async () => expect((await world.ask(`/v1/runs/${run_id}`)).status).toBe(200), 10_000);
    expect(await untilEnded(world, run_id)).toMatchObject({ status: "completed", engine: "inngest" });
  });

  it("leaves a tenant's runs with the tenant's engine", async () => {
    const { open } = await startInngest();
    const world = await open(env);
    for (let number = 0; number < 4; number++) {
      const body = JSON.stringify({ ...REQUEST, run_id: `run-${number}`, file_path: "secret.txt" });
      await world.ask("/prompt-studio/process", { method: "POST", key: KEYS.globex, headers: { "content-type": "application/json" }, body });
      expect(await jsonOf(await world.ask(`/v1/runs/run-${number}`, { key: KEYS.globex }))).toMatchObject({ engine: "inngest" });
    }
  });

  it("falls back like everything else: metrics name the engine that did it", async () => {
    const world = await openWorld({ TASK_QUEUE_SPLIT: "inngest:100", INNGEST_DEV: "http://127.0.0.1:1", TASK_QUEUE_FALLBACK: "embedded" });
    closes.push(world.close);
    const worker = await world.service.startWorker();
    await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" });
    expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "embedded" });
    const calls = (await (await world.ask("/metrics")).text()).split("\n").filter((line) => line.startsWith("prompt_service_task_started_total"));
    expect(calls.length).toBeGreaterThan(4);
    expect(calls.filter((line) => !line.includes('engine="embedded"'))).toEqual([]);
    await worker.stop(5_000);
  });
});

describe("another TASK_QUEUE_BACKEND at the next start", () => {
  /** Accepts a run that nothing works on, and goes away. Then the store's clock goes on. */
  const left = async (env: Record<string, string>) => {
    let later = 0;
    const store = createMemoryStore({ now: () => Date.now() + later });
    const before = await openWorld({ INNGEST_DEV: "http://127.0.0.1:1", ...env }, store);
    expect((await before.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" })).status).toBe(202);
    await before.close();
    return {
      store,
      wait(ms: number) {
        later += ms;
      },
    };
  };

  it("from Inngest to embedded finishes the runs that were accepted before", async () => {
    const { store, wait } = await left({ TASK_QUEUE_BACKEND: "inngest" });
    const world = await openWorld({ TASK_QUEUE_BACKEND: "embedded" }, store);
    closes.push(world.close);
    wait(901_000);
    const worker = await world.service.startWorker();
    expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "embedded" });
    await worker.stop(5_000);
  });

  it("from embedded to Inngest finishes them too", async () => {
    const { store, wait } = await left({ TASK_QUEUE_BACKEND: "embedded" });
    const { open } = await startInngest();
    wait(61_000);
    const world = await open({}, store);
    const worker = await world.service.startWorker();
    expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "inngest" });
    await worker.stop(5_000);
  });
});

describe("moving over HTTP", () => {
  const move = (body: unknown, key?: string) => ({ method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), ...(key ? { key } : {}) });

  it("gives a run to another engine of the process, which does it", async () => {
    const { open } = await startInngest();
    const world = await open({ TASK_QUEUE_BACKEND: "embedded", TASK_QUEUE_FALLBACK: "inngest" });
    await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" });
    const moved = await world.ask("/v1/runs/run-1/move", move({ engine: "inngest" }));
    expect([moved.status, (await jsonOf(moved)).engine]).toEqual([200, "inngest"]);
    expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "inngest" });
    const late = await world.ask("/v1/runs/run-1/move", move({ engine: "embedded" }));
    expect([late.status, (await jsonOf(late)).code]).toEqual([409, "run_ended"]);
  });

  it("says what is wrong with what it was asked", async () => {
    const world = await openWorld({ INNGEST_DEV: "http://127.0.0.1:1", TASK_QUEUE_FALLBACK: "inngest" });
    closes.push(world.close);
    await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" });
    for (const [asked, status, code] of [
      [move({ engine: "celery" }), 422, "invalid_request"],
      [move({ to: "inngest" }), 422, "invalid_request"],
      [move("{"), 400, "malformed_request"],
      [move({ engine: "inngest" }, KEYS.globex), 404, "run_not_found"],
      [move({ engine: "inngest" }), 503, "engine_unavailable"],
    ] as const) {
      const response = await world.ask("/v1/runs/run-1/move", asked);
      expect([response.status, (await jsonOf(response)).code]).toEqual([status, code]);
    }
    expect(await jsonOf(await world.ask("/v1/runs/run-1"))).toMatchObject({ status: "queued", engine: "embedded" });
    expect((await world.ask("/v1/runs/run-1/move")).status).toBe(405);
  });
});
