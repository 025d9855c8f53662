// The engine celery: Redis with a log that is synced before each answer.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
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
