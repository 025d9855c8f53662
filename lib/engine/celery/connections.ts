/** What an engine of this process holds open: one connection for commands, one for the result backend, and one that listens while a worker runs. */
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { messageOf, PermanentError, RetryableError } from "../../schema/errors.ts";
import type { Clock } from "../clock.ts";
import { once } from "../once.ts";
import { type Broker, createBroker, wakeChannel } from "./broker.ts";
import { QUEUE_NAMES, type QueueName } from "./calls.ts";
import { connectRedis, lastFailure, parseRedisUrl } from "./connect.ts";
import { controlChannel } from "./control.ts";
import type { Revocations } from "./requests.ts";
import { createResults, type Results } from "./results.ts";

const REVOKED_REMEMBERED_MS = 3 * 3_600_000;

export interface ConnectionOptions {
  brokerUrl: string;
  resultBackend: string;
  keyPrefix: string;
  visibilityTimeoutMs: number;
  queues: readonly QueueName[];
  requestQueues?: readonly string[] | undefined;
  clock: Clock;
  log: Logger;
}

export interface Connected {
  redis: Redis;
  broker: Broker;
  results: Results;
  revocations: Revocations;
}

export interface Connections {
  /** Connects when it is first asked; rejects only when ioredis is missing. */
  connected(): Promise<Connected>;
  /** Hears the broker's wake calls and Celery's remote control, from now on and after every reconnection. Rejects when the broker can't be reached. */
  listen(heard: { wake(): void; command(raw: string): void }): Promise<void>;
  close(): void;
}

/** Checks the URLs at once and connects later. */
export function createConnections(options: ConnectionOptions): Connections {
  const { brokerUrl, resultBackend, keyPrefix, visibilityTimeoutMs, queues, requestQueues = [...QUEUE_NAMES, "celery"], clock, log } = options;
  const { host, port, db } = parseRedisUrl(brokerUrl, "CELERY_BROKER_URL");
  parseRedisUrl(resultBackend, "CELERY_RESULT_BACKEND");
  const open = new Set<Redis>();
  const connect = async (url: string, setting: string) => {
    const redis = await connectRedis(url, setting, log);
    open.add(redis);
    return redis;
  };
  const connected = once(async (): Promise<Connected> => {
    const redis = await connect(brokerUrl, "CELERY_BROKER_URL");
    const backend = resultBackend === brokerUrl ? redis : await connect(resultBackend, "CELERY_RESULT_BACKEND");
    return {
      redis,
      broker: createBroker({ redis, keyPrefix, visibilityTimeoutMs, shared: requestQueues, queues }),
      results: createResults(backend, keyPrefix, clock.wall),
      revocations: createRevocations(redis, keyPrefix, clock.wall),
    };
  });
  let listening: Promise<void> | undefined;
  const subscribe = async ({ wake, command }: Parameters<Connections["listen"]>[0]) => {
    const subscriber = await connect(brokerUrl, "CELERY_BROKER_URL");
    subscriber.on("message", (channel: string, message: string) => (channel === wakeChannel(keyPrefix) ? wake() : command(message)));
    try {
      await subscriber.subscribe(wakeChannel(keyPrefix), controlChannel(keyPrefix, db));
    } catch (error) {
      subscriber.disconnect();
      open.delete(subscriber);
      throw unreachable(`${host}:${port}`, error, subscriber);
    }
  };
  return {
    connected,
    listen(heard) {
      listening ??= subscribe(heard).catch((error: unknown) => {
        listening = undefined;
        throw error;
      });
      return listening;
    },
    close() {
      for (const redis of open) redis.disconnect();
      open.clear();
    },
  };
}

/** The error of a broker that can't be reached over this connection. */
export function unreachable(where: string, cause: unknown, redis: Redis): Error {
  if (cause instanceof PermanentError) return cause;
  const reason = (lastFailure(redis) ?? messageOf(cause)).replace(/\.$/, "");
  const message = `The Celery broker at ${where} can't be reached: ${reason}. Is it running, and is CELERY_BROKER_URL right? rediss:// is for a server that speaks TLS.`;
  return new RetryableError("adapter_unreachable", message, { cause });
}

function createRevocations(redis: Redis, keyPrefix: string, now: () => number): Revocations {
  const key = `${keyPrefix}prompt-studio.revoked`;
  return {
    async add(taskIds) {
      await redis.zremrangebyscore(key, "-inf", now() - REVOKED_REMEMBERED_MS);
      for (const id of taskIds) await redis.zadd(key, now(), id);
    },
    has: async (taskId) => (await redis.zscore(key, taskId)) !== null,
  };
}
