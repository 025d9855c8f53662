/** Connections to Redis. ioredis is an optional package, loaded when the first connection is made. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { messageOf, PermanentError } from "../../schema/errors.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const LONGEST_RECONNECT_MS = 2_000;
const RETRIES = 3;
/** A server that is there and doesn't answer. */
const COMMAND_TIMEOUT_MS = 10_000;

/** A Redis URL as Celery takes it: redis:// or rediss://, with Celery's ssl_cert_reqs and ssl_ca_certs. Anything else is PermanentError "invalid_configuration". */
export function parseRedisUrl(text: string, setting: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol)) {
    throw new PermanentError(
      "invalid_configuration",
      `${setting} must be a URL such as redis://localhost:6379/0 or rediss://…; other brokers and result backends (amqp, rpc, db, sentinel) are not supported.`,
    );
  }
  const database = Number(url.pathname.replace(/^\//, "") || "0");
  if (!Number.isInteger(database) || database < 0) {
    throw new PermanentError("invalid_configuration", `${setting} names no database of Redis after the host; give a number, such as redis://localhost:6379/0.`);
  }
  const requirements = url.searchParams.get("ssl_cert_reqs") ?? "required";
  const authorities = url.searchParams.get("ssl_ca_certs");
  const tls = { rejectUnauthorized: !/none/i.test(requirements), ...(authorities ? { ca: readFileSync(authorities) } : {}) };
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(url.port || "6379"),
    db: database,
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    ...(url.protocol === "rediss:" ? { tls } : {}),
  };
}

const failures = new WeakMap<Redis, string>();

/** Why a connection isn't there, as far as it is known: a command's own error only says that it was given up. */
export function lastFailure(redis: Redis): string | undefined {
  return failures.get(redis);
}

/** A connection that comes back by itself; a command fails after three attempts to reconnect. */
export async function connectRedis(url: string, setting: string, log: Logger): Promise<Redis> {
  const options = parseRedisUrl(url, setting);
  const Client = await loadClient();
  const redis = new Client({
    ...options,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: RETRIES,
    retryStrategy: (attempts: number) => Math.min(100 * 2 ** attempts, LONGEST_RECONNECT_MS),
  });
  redis.on("error", (error: unknown) => {
    failures.set(redis, messageOf(error));
    log.warn({ host: options.host, port: options.port, reason: messageOf(error) }, "Redis is unreachable");
  });
  redis.on("ready", () => failures.delete(redis));
  return redis;
}

async function loadClient(): Promise<typeof Redis> {
  try {
    return (await import("ioredis")).Redis;
  } catch (cause) {
    throw new PermanentError("invalid_configuration", 'The engine "celery" needs the package ioredis; install it with "npm install ioredis@5".', { cause });
  }
}

const hashes = new Map<string, string>();

/** Runs a Lua script; its text is sent only once per server. */
export async function runScript(redis: Redis, script: string, args: readonly (string | number)[]): Promise<unknown> {
  const hash = hashes.get(script) ?? createHash("sha1").update(script).digest("hex");
  hashes.set(script, hash);
  try {
    return await redis.evalsha(hash, 0, ...args);
  } catch (error) {
    if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
    return redis.eval(script, 0, ...args);
  }
}
