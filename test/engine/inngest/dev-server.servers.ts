/** The engine on a real Inngest server, wherever INNGEST_DEV names one (http://127.0.0.1:8288): the suite of all engines, and what our executor could be wrong about. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { INNGEST_PATH, openInngest, type PromptStudioOptions } from "../../../functions/prompt-studio.ts";
import type { Dispatch, Engine } from "../../../lib/engine/contract.ts";
import type { Host } from "../../../lib/engine/host.ts";
import { INNGEST_CAPABILITIES } from "../../../lib/engine/inngest/engine.ts";
import { FUNCTION_ID } from "../../../lib/engine/inngest/rest.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { definePipeline, defineStage, Pending } from "../../../lib/pipeline/define.ts";
import type { CallPolicy } from "../../../lib/schema/pipeline.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { exists } from "../../../lib/store/records.ts";
import type { OpenedWorkers } from "../../conformance/engine/subject.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { type HostWorld, intakeOf, startHost } from "../../support/inngest-world.ts";

const server = process.env.INNGEST_DEV ?? "";
const reason = "no Inngest server: set INNGEST_DEV to the URL of a dev server, which is in no package registry";

interface Served {
  app: string;
  engine: Engine;
  stop(): Promise<void>;
}

/** Serves a host's runs to the server. Each time another app: what an earlier one left there must not count against this one's limits. */
async function serveToServer<Resources>(host: Host<Resources>, options: Partial<PromptStudioOptions>): Promise<Served> {
  const app = `prompt-studio-${randomUUID().slice(0, 8)}`;
  const { engine } = openInngest({
    clock: host.clock,
    log: host.log,
    intake: { tenant: "default", accept: () => Promise.reject(new Error("no requests are expected")) },
    concurrency: 8,
    perTenant: 8,
    hostLimitMs: 30_000,
    ...options,
    settings: { id: app, isDev: true, baseUrl: server },
    store: host.store,
    doors: createDoors(host),
  });
  let withdrawn = false;
  const nothing = nothingOf(app);
  const answer = (request: Request) => (withdrawn ? nothing(request) : (engine.fetch?.(request) ?? new Response(null, { status: 404 })));
  const served = createServer(getRequestListener(answer));
  await new Promise<void>((resolve) => served.listen(0, "127.0.0.1", resolve));
  const { port } = served.address() as AddressInfo;
  await sync(port);
  return {
    app,
    engine,
    async stop() {
      // The events of later tests must not start runs here.
      withdrawn = true;
      await sync(port);
      served.closeAllConnections();
      await new Promise((resolve) => served.close(resolve));
      await engine.close();
    },
  };
}

/** An app without functions. */
const nothingOf = (app: string) => serve({ client: new Inngest({ id: app, isDev: true, baseUrl: server }), functions: [] });

/** Tells the server what is served on a port. */
async function sync(port: number): Promise<void> {
  const synced = await fetch(`http://127.0.0.1:${port}${INNGEST_PATH}`, { method: "PUT" });
  if (!synced.ok) throw new Error(`The server did not take the app: ${await synced.text()}`);
}

/** Apps in processes of their own, one after the other on one port. */
function openServerForWorkers(): OpenedWorkers {
  const app = `prompt-studio-${randomUUID().slice(0, 8)}`;
  let last = 0;
  return {
    parts: { settings: { inngest: { id: app, baseUrl: server } } },
    async ready(port) {
      last = port;
      await sync(port);
    },
    async close() {
      const served = createServer(getRequestListener(nothingOf(app)));
      await new Promise<void>((resolve) => served.listen(last, "127.0.0.1", resolve));
      await sync(last);
      served.closeAllConnections();
      await new Promise((resolve) => served.close(resolve));
    },
  };
}

const POLICY: CallPolicy = { timeoutMs: 20_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };

/** "map" over as many items as the run's id ends with; a run called "sleeper" waits for an hour. Tells each item that it does. */
function pipelineOf(did: (runId: string, item: number) => void) {
  const map = defineStage<undefined, string, string>({
    id: "map",
    kind: "graph",
    after: [],
    policy: POLICY,
    itemPolicy: POLICY,
    onError: "collect",
    itemOutput: z.string(),
    output: z.string(),
    async plan({ runId }) {
      if (runId === "sleeper") throw new Pending(3_600_000, null);
      return { count: Number(runId.split("-").at(-1)), edges: [] };
    },
    async work({ runId }, item) {
      did(runId, item);
      return "done";
    },
    join: async () => "joined",
  });
  return definePipeline<undefined>({ name: "server", version: 1, stages: [map] });
}

const answerSchema = z.object({
  data: z.array(z.object({ id: z.string(), app: z.object({ id: z.string() }), function: z.object({ id: z.string() }), status: z.string() })).default([]),
});

/** The states of the function's runs that an event started in an app. */
async function statesOf(app: string, event: string | undefined): Promise<readonly string[]> {
  const response = await fetch(new URL(`/v2/events/${event}/runs`, server));
  const { data } = answerSchema.parse(await response.json());
  return data.filter((run) => run.app.id === app && run.function.id === FUNCTION_ID).map(({ status }) => status);
}

/** Presses "Cancel" for the app's runs of a run. */
async function stopOnServer(app: string, runId: string): Promise<void> {
  const response = await fetch(new URL("/v2/runs?limit=100", server));
  const { data } = answerSchema.parse(await response.json());
  for (const run of data.filter((each) => each.app.id === app)) {
    const stopped = await fetch(new URL(`/v2/runs/${run.id}/cancel`, server), { method: "POST" });
    if (!stopped.ok) throw new Error(`The server did not cancel ${runId}: ${await stopped.text()}`);
  }
}

async function until(look: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const last = Date.now() + withinMs;
  while (!(await look())) {
    if (Date.now() > last) throw new Error(`It did not happen within ${withinMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

if (server === "") {
  console.warn(`Skipped: the engine inngest on a real server (${reason}).`);
  describe("the engine inngest on a real server", () => {
    it.skip(reason, () => undefined);
  });
} else {
  engineConformance({
    name: "inngest",
    on: "a dev server",
    capabilities: INNGEST_CAPABILITIES,
    lacks: { server: "the dev server keeps its runs in memory" },
    workers: { open: openServerForWorkers },
    async start(host, options) {
      const served = await serveToServer(host, options);
      return { ...served, stopInEngine: ({ runId }) => stopOnServer(served.app, runId) };
    },
  });

  describe("the engine inngest on a real server", () => {
    const stops: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
    });
    const start = async (did: (runId: string, item: number) => void = () => undefined): Promise<HostWorld & Served> => {
      const world = await startHost(pipelineOf(did));
      const served = await serveToServer(world.host, { intake: intakeOf(world) });
      stops.push(world.stopHost, served.stop);
      return { ...world, ...served };
    };
    const send = (data: Record<string, unknown>) => new Inngest({ id: "sender", isDev: true, baseUrl: server }).send({ name: "prompt-studio/requested", data });
    const hasEnded = ({ store }: HostWorld, { tenant, runId }: Dispatch) => exists(store, runKeys(tenant, runId).end);

    it("runs a dispatch once, under whatever event ids it comes, and the next dispatch again", async () => {
      const world = await start();
      const dispatch = await world.accept("run-2");
      const sent = { tenant: dispatch.tenant, run_id: dispatch.runId };
      const first = await send({ ...sent, n: 1 });
      await until(() => hasEnded(world, dispatch));
      const [again, next] = [await send({ ...sent, n: 1 }), await send({ ...sent, n: 2 })];
      // The store has the end before the server hears of it.
      for (const { ids } of [first, next]) await until(async () => (await statesOf(world.app, ids[0])).includes("COMPLETED"));
      expect(await statesOf(world.app, first.ids[0])).toEqual(["COMPLETED"]);
      expect(await statesOf(world.app, again.ids[0])).toEqual([]);
    });

    it("fails every event without a run id, and starts a run from one with a whole request", async () => {
      const world = await start();
      const outputs = [{ name: "total", prompt: "What is the total?" }];
      const bad = [await send({ outputs }), await send({ outputs })];
      const good = await send({ run_id: "event-3", outputs });
      await until(() => hasEnded(world, { tenant: "default", runId: "event-3", n: 1 }));
      await until(async () => (await statesOf(world.app, good.ids[0])).includes("COMPLETED"));
      expect(await world.engine.inspect({ tenant: "default", runId: "event-3", n: 1 })).toBe("ended");
      for (const { ids } of bad) await until(async () => (await statesOf(world.app, ids[0])).includes("FAILED"));
    });

    it.each(["the engine", "somebody else"])("inspects and cancels a run that sleeps, whose event %s sent", async (sender) => {
      const world = await start();
      const dispatch = { tenant: "default", runId: "sleeper", n: 1 };
      if (sender === "the engine") await world.engine.submit([await world.accept("sleeper")]);
      else await send({ run_id: "sleeper", outputs: [{ name: "total", prompt: "What is the total?" }] });
      const views: unknown[] = [];
      await until(async () => views.push(await world.engine.inspect(dispatch)) > 20);
      expect(views.filter((view) => view !== undefined && view !== "queued" && view !== "running")).toEqual([]);
      expect(views.at(-1)).toBe("running");
      await world.engine.cancel(dispatch, "enough");
      await until(async () => (await world.engine.inspect(dispatch)) === "cancelled");
    });

    it.each([50, 120, 600])("does each of %i items once", async (count) => {
      const done: number[] = [];
      const world = await start((_, item) => done.push(item));
      const dispatch = await world.accept(`items-${count}`);
      await world.engine.submit([dispatch]);
      await until(() => hasEnded(world, dispatch), 90_000);
      expect(done.toSorted((left, right) => left - right)).toEqual(Array.from({ length: count }, (_, item) => item));
    });
  });
}
