/** The HTTP interface with the engines that it hands runs to: one that calls back, and one that is away. */
import { afterEach, expect, it } from "vitest";
import { readOwner } from "../../lib/engine/end.ts";
import { listen } from "../../lib/http/listen.ts";
import { createInngestExecutor } from "../support/inngest-executor.ts";
import { jsonOf, openWorld, REQUEST, untilEnded, type World } from "./support.ts";

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

/** An Inngest at an address, which calls the app of the world that `open` gives it. */
async function startInngest() {
  let world: World | undefined;
  const executor = createInngestExecutor({ serve: async (request) => (await world?.service.app.fetch(request)) ?? new Response("nobody", { status: 503 }) });
  const server = await listen({ fetch: (request) => executor.fetch(request) }, { host: "127.0.0.1", port: 0 });
  closes.push(() => server.close(0));
  closes.push(async () => executor.stop());
  return {
    url: server.url,
    executor,
    async open(env: Record<string, string> = {}) {
      world = await openWorld({ TASK_QUEUE_BACKEND: "ingest", INNGEST_DEV: server.url, PROMPT_STUDIO_TENANT: "acme", ...env });
      const { close } = world;
      closes.push(close);
      await executor.sync();
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
