/** One run through all five engines, those that have a server on a real one, Inngest on the executor. */
import { afterEach, expect, it } from "vitest";
import type { EngineName } from "../../lib/engine/contract.ts";
import { createEngine } from "../../lib/own-pipelines.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { startHatchet } from "../servers/hatchet.ts";
import { startRedis } from "../servers/redis.ts";
import { startTemporal } from "../servers/temporal.ts";
import { startInngestServer } from "../support/inngest-server.ts";
import { gated } from "./gated.ts";
import { travel } from "./journey.ts";

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

/** What is started is stopped after the test, the last first. */
async function started<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  closes.push(() => server.stop());
  return server;
}

it("a run goes on from engine to engine under running calls: each is done and paid for once", async () => {
  const stops: EngineName[] = ["celery", "temporal", "hatchet", "inngest", "embedded"];
  const [redis, temporal, hatchet, inngest] = [
    await started(startRedis()),
    await started(startTemporal()),
    await started(startHatchet()),
    await started(startInngestServer()),
  ];
  const env = {
    TASK_QUEUE_FALLBACK: "celery,temporal,hatchet,inngest",
    CELERY_BROKER_URL: redis.url,
    TEMPORAL_ADDRESS: temporal.address,
    HATCHET_CLIENT_TOKEN: hatchet.token,
    HATCHET_CLIENT_HOST_PORT: hatchet.hostPort,
    HATCHET_CLIENT_API_URL: hatchet.apiUrl,
    HATCHET_CLIENT_TLS_STRATEGY: "none",
    INNGEST_DEV: inngest.url,
    PROMPT_STUDIO_PORT: "0",
  };
  const gate = gated(stops.length);
  const store = createMemoryStore();
  const engine = await createEngine({ store, pipelines: [gate.pipeline], resources: gate.resources, source: { env } });
  closes.push(engine.close);
  const worker = await engine.work();
  await travel(engine, gate, store, stops);
  expect(gate.resources.paid).toHaveLength(15);
  await worker.stop(1_000);
});
