/** The HTTP interface with Celery's broker behind it, on a real Redis. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { encodeTask, resultKey } from "../../lib/engine/celery/protocol.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { jsonOf, openWorld, REQUEST, untilEnded, type World } from "./support.ts";

let redis: RedisServer;
let world: World;
beforeEach(async () => {
  redis = await startRedis();
  world = await openWorld({ TASK_QUEUE_BACKEND: "celery", CELERY_BROKER_URL: redis.url, PROMPT_STUDIO_TENANT: "acme" });
});
afterEach(async () => {
  await world.close();
  await redis.stop();
});

it("workers do a run that came in over HTTP", async () => {
  const worker = await world.service.startWorker();
  expect((await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" })).status).toBe(202);
  expect(await untilEnded(world, "run-1")).toMatchObject({ status: "completed", engine: "celery" });
  expect(await jsonOf(await world.ask("/v1/runs/run-1/result"))).toMatchObject({ outputs: { total: { value: "1,249.50" } } });
  await worker.stop(5_000);
});

it("a queued run is cancelled, and no worker begins it", async () => {
  await world.post({ ...REQUEST, run_id: "run-1", file_path: "a.txt" });
  expect(await jsonOf(await world.ask("/v1/runs/run-1/cancel", { method: "POST" }))).toMatchObject({ status: "cancelled" });
  const worker = await world.service.startWorker();
  await world.post({ ...REQUEST, run_id: "run-2", file_path: "a.txt" });
  expect(await untilEnded(world, "run-2")).toMatchObject({ status: "completed" });
  expect((await world.written()).filter((key) => key.includes("/runs/run-1/claims/"))).toEqual([]);
  await worker.stop(5_000);
});

it("a task of another application has its document in the folder of files, gets its result, and learns what is wrong with its request", {
  timeout: 60_000,
}, async () => {
  const worker = await world.service.startWorker();
  const kwargs = { ...REQUEST, run_id: "by-task", document: "a.txt" };
  const send = (id: string, more: object) =>
    redis.redis.lpush("celery", encodeTask({ id, name: "prompt_studio.run", kwargs: { ...kwargs, ...more }, queue: "celery", priority: 0, origin: "test" }));
  const resultOf = async (id: string): Promise<{ status: string; result: unknown }> => {
    for (;;) {
      const text = await redis.redis.get(resultKey(id));
      const result = text === null ? undefined : JSON.parse(text);
      if (result && result.status !== "STARTED") return result;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await send("right", {});
  await send("outside", { run_id: "outside", document: "../globex/secret.txt" });
  expect(await resultOf("right")).toMatchObject({ status: "SUCCESS", result: { run_id: "by-task", outputs: { total: { value: "1,249.50" } } } });
  const refused = await resultOf("outside");
  expect([refused.status, JSON.stringify(refused.result)]).toEqual(["FAILURE", expect.stringContaining("/file_path leads out of the folder")]);
  await worker.stop(5_000);
});
