/** Own pipelines, and moving under running calls, with Celery's broker on a real Redis. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listen } from "../../lib/http/listen.ts";
import { createEngine } from "../../lib/own-pipelines.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { runExample } from "./examples.ts";
import { gated } from "./gated.ts";
import { travel } from "./journey.ts";

let redis: RedisServer;
let folder: string;
beforeEach(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), "own pipelines "));
});
afterEach(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

it("embedded to Celery and back, under running calls: each is done and paid for once", async () => {
  const gate = gated();
  const { pipeline, resources } = gate;
  const store = createMemoryStore();
  const env = { CELERY_BROKER_URL: redis.url, TASK_QUEUE_FALLBACK: "celery" };
  const engine = await createEngine({ store, pipelines: [pipeline], resources, source: { env } });
  const worker = await engine.work();
  await travel(engine, gate, store, ["celery", "embedded"]);
  await worker.stop(1_000);
  await engine.close();
});

it("the examples give on Celery what they give on embedded", async () => {
  await writeFile(join(folder, "a.txt"), "Total due 5 euros\nDate 1 May\n");
  const told: unknown[] = [];
  const receiver = await listen(
    {
      async fetch(request) {
        told.push(await request.json());
        return new Response("ok");
      },
    },
    { host: "127.0.0.1", port: 0 },
  );
  const env = { TASK_QUEUE_BACKEND: "celery", CELERY_BROKER_URL: redis.url };
  expect(await runExample("count-words", ["celery"], folder, env)).toBe("completed on celery: { words: 9 }");
  const files = [{ name: "a.txt", lines: 3 }];
  expect(await runExample("many-documents", [`${receiver.url}/done`, "a.txt"], folder, env)).toBe(`completed ${JSON.stringify(files)}`);
  expect(told).toMatchObject([{ files }]);
  const index = 'completed {"date":["date"],"due":["total"],"euros":["total"],"may":["date"],"total":["total"]}';
  expect(await runExample("extract-and-index", ["a.txt", "total", "date"], folder, env)).toBe(index);
  await receiver.close(0);
});
