/** A Redis server of the test's own, on a free port of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort, installedServer } from "./installed.ts";

export interface RedisServer {
  url: string;
  port: number;
  redis: Redis;
  /** Without warning. */
  kill(): Promise<void>;
  /** On the same port, with what a durable one had written. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server, on this port or a free one, which `stop` ends. A durable one has a log of its commands (AOF), as Redis keeps it by itself: synced each second. Fails, saying what to install, where there is none. */
export async function startRedis({ port, durable = false }: { port?: number; durable?: boolean } = {}): Promise<RedisServer> {
  const program = installedServer("redis-server");
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const own = port ?? (await freePort());
  const args = ["--port", String(own), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", durable ? "yes" : "no"];
  const redis = new Redis({ host: "127.0.0.1", port: own, lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on("error", () => undefined);
  let server: ChildProcess;
  const start = async () => {
    server = spawn(program, args, { stdio: "ignore" });
    const ended = once(server, "exit").then(([code]) => {
      throw new Error(`redis-server ended with ${code}.`);
    });
    ended.catch(() => undefined);
    await Promise.race([redis.ping(), ended]).catch((error: unknown) => {
      redis.disconnect();
      throw error;
    });
  };
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill(signal);
    await gone;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${own}/0`,
    port: own,
    redis,
    kill: () => end("SIGKILL"),
    restart: start,
    async stop() {
      redis.disconnect();
      await end("SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
