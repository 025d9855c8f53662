// The engine celery: Redis with a log that is synced before each answer.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
import { freePort, startProcess, until } from "./processes.mjs";

/** The visibility timeout of the engine. */
export const detectionMs = 30_000;
export const durable = true;

async function answers(port) {
  const redis = new Redis({ host: "127.0.0.1", port, lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => undefined);
  try {
    return (await redis.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

export async function startServer({ folder }) {
  const port = await freePort();
  const data = join(folder, "redis");
  mkdirSync(data, { recursive: true });
  const start = async () => {
    const durability = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", data];
    const server = startProcess("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...durability]);
    await until(() => {
      if (server.hasEnded()) throw new Error('redis-server doesn\'t start; is it installed? On Debian: "apt-get install redis-server".');
      return answers(port);
    }, "An answer of redis-server");
    return server;
  };
  let server = await start();
  return {
    address: { url: `redis://127.0.0.1:${port}/0` },
    kill: () => server.kill(),
    async restart() {
      server = await start();
    },
    stop: () => server.stop(),
  };
}

export const worker = ({ url }) => ({ variables: { CELERY_BROKER_URL: url }, settings: { celery: { broker: url } } });

export const bareIs = "messages pushed and popped";

/** A list of messages, and as many takers as the product has calls at once; each step sends the next. */
export async function openBare({ server }) {
  const watch = createWatch();
  const connect = () => new Redis(server.address.url);
  const sender = connect();
  const takers = Array.from({ length: CONCURRENCY }, connect);
  let open = true;
  const take = async (redis) => {
    while (open) {
      const popped = await redis.brpop("bare", 1).catch(() => null);
      if (popped === null) continue;
      const { id, stepMs, index } = JSON.parse(popped[1]);
      await doStep(stepMs, index, () => watch.begun(id));
      if (index + 1 === STEPS) watch.ended(id);
      else await redis.lpush("bare", JSON.stringify({ id, stepMs, index: index + 1 }));
    }
  };
  const taking = takers.map(take);
  const start = (runs) => sender.lpush("bare", ...runs.map((run) => JSON.stringify({ ...run, index: 0 })));
  return bareOf(watch, start, async () => {
    open = false;
    for (const redis of [sender, ...takers]) redis.disconnect();
    await Promise.all(taking);
  });
}
