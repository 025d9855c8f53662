/** Remote control as Celery's pidbox does it: commands come over a channel, answers go to the asker's list. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { messageOf } from "../../schema/errors.ts";
import type { Json } from "../../schema/json.ts";
import { CALL_TASK } from "./calls.ts";
import { type ControlCommand, decodeCommand, encodeReply, PRIORITY_SEPARATOR } from "./protocol.ts";
import { RUN_TASK } from "./requests.ts";

/** An answer that nobody fetched is gone after this. */
const REPLY_SECONDS = 60;
const MOST_TASKS = 1_000;

/** The channel of Celery's remote control in a database of Redis. */
export const controlChannel = (keyPrefix: string, database: number): string => `${keyPrefix}/${database}.celery.pidbox`;

export interface ControlOptions {
  redis: Redis;
  keyPrefix: string;
  hostname: string;
  log: Logger;
  revoke(taskIds: readonly string[]): Promise<void>;
}

/** Does what a message of the channel asks for, and answers when an answer is wanted. Never throws. */
export async function obeyCommand(options: ControlOptions, raw: string): Promise<void> {
  const { redis, keyPrefix, hostname, log } = options;
  const command = decodeCommand(raw, hostname);
  if (command === undefined) return;
  try {
    const reply = await answer(options, command);
    const to = command.reply_to;
    if (!to) return;
    const message = encodeReply({ [hostname]: reply }, to, command.ticket ?? null, randomUUID());
    for (const binding of await redis.smembers(`${keyPrefix}_kombu.binding.${to.exchange}`)) {
      const [routingKey, , queue] = binding.split(PRIORITY_SEPARATOR);
      if (routingKey !== to.routing_key || !queue) continue;
      await redis.lpush(`${keyPrefix}${queue}`, message);
      await redis.expire(`${keyPrefix}${queue}`, REPLY_SECONDS);
    }
  } catch (error) {
    log.error({ method: command.method, reason: messageOf(error) }, "a remote control command failed");
  }
}

async function answer({ revoke }: ControlOptions, { method, arguments: args }: ControlCommand): Promise<Json> {
  if (method === "ping") return { ok: "pong" };
  if (method === "registered") return [RUN_TASK, CALL_TASK];
  if (method === "revoke" || method === "terminate") {
    const given = args?.task_id;
    const ids = (Array.isArray(given) ? given : [given]).filter((id) => typeof id === "string").slice(0, MOST_TASKS);
    await revoke(ids);
    return { ok: `tasks ${ids.join(", ")} flagged as revoked` };
  }
  return { error: `This worker doesn't know the command "${method.slice(0, 100)}".` };
}
