/** The broker: lists per tenant, the unacked set, the delay set and the memory of what was sent, each operation one script. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Dispatch, EngineView } from "../contract.ts";
import { CALLS_OF_A_RUN, type CallMessage, QUEUE_NAMES, QUEUES, type QueueName, START } from "./calls.ts";
import { runScript } from "./connect.ts";
import { listOf, listsOf } from "./protocol.ts";
import { ACKNOWLEDGE, DELAY, FINISH, HASTEN, PUBLISH, RELEASE, RENEW, TAKE } from "./scripts.ts";

/** What was sent for a dispatch is remembered this long after the last that was heard of it. */
const REMEMBER_RUNNING_S = 30 * 86_400;
const REMEMBER_ENDED_S = 86_400;

const tookSchema = z.union([z.tuple([z.number()]), z.tuple([z.number(), z.string(), z.string(), z.string()])]);

/** A message that this worker holds. `tenant` is "" for one from a queue that others write to. */
export interface Held {
  tag: string;
  tenant: string;
  raw: string;
}

export interface BrokerOptions {
  redis: Redis;
  /** Before every key, as kombu's global_keyprefix. */
  keyPrefix: string;
  visibilityTimeoutMs: number;
  /** Queues that others write to. */
  shared: readonly string[];
  /** Queues of calls that this worker takes from. */
  queues: readonly QueueName[];
}

export interface Broker {
  /** The next message, whose tenant is not among `full`; `nextDueMs` says when a delayed one comes back. */
  take(options: { full: readonly string[]; sharedFirst: boolean }): Promise<{ held: Held | undefined; nextDueMs: number | undefined }>;
  /** Sends each of the messages once per dispatch, at most as many as have room beside what is open, and acknowledges, all in one step. */
  publish(dispatch: Dispatch, messages: readonly CallMessage[], done?: { tag: string; call: string }): Promise<void>;
  /** Which of the calls were sent before, and how many are open. */
  sent(dispatch: Dispatch, names: readonly string[]): Promise<{ sent: boolean[]; open: number }>;
  /** Ends a dispatch; true for the first who does. */
  finish(dispatch: Dispatch, how: "@ended" | "@cancelled", tag?: string): Promise<boolean>;
  acknowledge(tag: string): Promise<void>;
  /** Brings the message back later. */
  delay(tag: string, when: { afterMs: number } | { at: number }): Promise<void>;
  /** Makes due what others sent for later under these task ids. */
  hasten(taskIds: readonly string[]): Promise<void>;
  renew(tags: readonly string[]): Promise<void>;
  release(tags: readonly string[]): Promise<void>;
  inspect(dispatch: Dispatch): Promise<EngineView | undefined>;
}

/** The channel on which workers hear that there is work. */
export const wakeChannel = (keyPrefix: string): string => `${keyPrefix}prompt-studio.wake`;

/** A broker over one connection. */
export function createBroker({ redis, keyPrefix, visibilityTimeoutMs, shared, queues }: BrokerOptions): Broker {
  const run = (script: string, ...args: (string | number)[]) => runScript(redis, script, [keyPrefix, ...args]);
  const sharedLists = listsInOrder(shared).map((list) => `${keyPrefix}${list}`);
  const ownLists = ownListsInOrder().flatMap(([queue, suffix]) => [queue, suffix, queues.includes(queue) ? "1" : "0"]);
  const runKey = (dispatch: Dispatch, what: "sent" | "open") => `${keyPrefix}prompt-studio.run:${dispatchName(dispatch)}:${what}`;
  return {
    async take({ full, sharedFirst }) {
      const tag = randomUUID();
      const counted = [sharedLists.length, ...sharedLists, ownLists.length / 3, ...ownLists];
      const took = tookSchema.parse(await run(TAKE, tag, visibilityTimeoutMs, sharedFirst ? "1" : "0", ...counted, ...full));
      const nextDueMs = took[0] < 0 ? undefined : took[0];
      return { nextDueMs, held: took.length === 1 ? undefined : { tag, tenant: took[1], raw: took[3] } };
    },
    async publish(dispatch, messages, done) {
      const flat = messages.flatMap(({ name, tenant, list, raw }) => [name, tenant, list, raw]);
      await run(PUBLISH, done?.tag ?? "", dispatchName(dispatch), done?.call ?? "", CALLS_OF_A_RUN, REMEMBER_RUNNING_S, ...flat);
    },
    async sent(dispatch, names) {
      const [known, open] = await Promise.all([
        names.length === 0 ? [] : redis.smismember(runKey(dispatch, "sent"), ...names),
        redis.scard(runKey(dispatch, "open")),
      ]);
      return { sent: known.map((is) => is === 1), open };
    },
    finish: async (dispatch, how, tag) => (await run(FINISH, tag ?? "", dispatchName(dispatch), how, REMEMBER_ENDED_S)) === 1,
    async acknowledge(tag) {
      await run(ACKNOWLEDGE, tag);
    },
    async delay(tag, when) {
      await ("at" in when ? run(DELAY, tag, "", when.at) : run(DELAY, tag, Math.max(0, when.afterMs), ""));
    },
    async hasten(taskIds) {
      if (taskIds.length > 0) await run(HASTEN, ...taskIds);
    },
    async renew(tags) {
      if (tags.length > 0) await run(RENEW, ...tags);
    },
    async release(tags) {
      if (tags.length > 0) await run(RELEASE, ...tags);
    },
    async inspect(dispatch) {
      const [known, marks, open, first] = await Promise.all([
        redis.exists(runKey(dispatch, "sent")),
        redis.smismember(runKey(dispatch, "sent"), "@ended", "@cancelled"),
        redis.scard(runKey(dispatch, "open")),
        redis.sismember(runKey(dispatch, "open"), START),
      ]);
      return viewOf({ known: known === 1, ended: marks[0] === 1, cancelled: marks[1] === 1, open, first: first === 1 });
    },
  };
}

/** What the broker's memory says of a dispatch. One that has no message anywhere and no end has been lost, and counts as ended: the sweeper gives it a new one. */
export function viewOf(memory: { known: boolean; ended: boolean; cancelled: boolean; open: number; first: boolean }): EngineView | undefined {
  if (!memory.known) return undefined;
  if (memory.cancelled) return "cancelled";
  if (memory.ended || memory.open === 0) return "ended";
  return memory.first ? "queued" : "running";
}

function dispatchName({ tenant, runId, n }: Dispatch): string {
  return `${tenant}:${runId}:${n}`;
}

/** kombu's order: each priority over all queues. */
function listsInOrder(queues: readonly string[]): string[] {
  const lists = queues.map(listsOf);
  return (lists[0] ?? []).flatMap((_, step) => lists.flatMap((list) => list[step] ?? []));
}

/** Runs with a higher priority over all queues, then the queues in their order, then runs with a lower one. */
function ownListsInOrder(): [QueueName, string][] {
  const suffix = (queue: QueueName, priority: number): [QueueName, string] => [queue, listOf("", priority)];
  const of = (priority: (queue: QueueName) => number) => QUEUE_NAMES.map((queue) => suffix(queue, priority(queue)));
  return [...of(() => 0), ...of((queue) => QUEUES[queue]), ...of(() => 9)];
}
