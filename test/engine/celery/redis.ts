/** A Redis server of the test's own, on a free port, without a file. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

export interface RedisServer {
  url: string;
  port: number;
  redis: Redis;
  stop(): Promise<void>;
}

/** Starts a server, on this port or a free one, which `stop` ends. Fails, saying what to install, where there is none. */
export async function startRedis(port?: number): Promise<RedisServer> {
  return startOn(port ?? (await freePort()));
}

async function startOn(port: number): Promise<RedisServer> {
  const server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { stdio: "ignore" });
  const ended = new Promise<never>((_, reject) => {
    server.once("error", () => reject(new Error('There is no redis-server on the PATH; install it, on Debian with "apt-get install redis-server".')));
    server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}.`)));
  });
  ended.catch(() => undefined);
  const redis = new Redis({ host: "127.0.0.1", port, lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on("error", () => undefined);
  await Promise.race([redis.ping(), ended]).catch((error: unknown) => {
    redis.disconnect();
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    redis,
    async stop() {
      redis.disconnect();
      server.kill();
      while (server.exitCode === null && server.signalCode === null) await sleep(10);
    },
  };
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
