/** The broker: lists per tenant, the unacked set, the delay set and the memory of what was sent, each operation one script. */
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Dispatch, EngineView } from "../contract.ts";
import { CALLS_OF_A_RUN, type CallMessage, type CallTask, QUEUE_NAMES, QUEUES, type QueueName, START } from "./calls.ts";
import { runScript } from "./connect.ts";
import { listOf, listsOf } from "./protocol.ts";
import { ACKNOWLEDGE, DELAY, FINISH, HASTEN, PUBLISH, RELEASE, RENEW, SETTLE, TAKE } from "./scripts.ts";

/** What was sent for a dispatch is remembered this long after the last that was heard of it. */
const REMEMBER_RUNNING_S = 30 * 86_400;
const REMEMBER_ENDED_S = 86_400;

const tookSchema = z.union([z.tuple([z.number()]), z.tuple([z.number(), z.string(), z.string(), z.string()])]);
const WHAT = ["done", "over", "behind", "room", "last", "forgot"] as const;
const settledSchema = z.tuple([z.enum(WHAT), z.string(), z.number(), z.number(), z.array(z.string()), z.array(z.string()), z.union([z.tuple([]), tookSchema])]);

/** A message that this worker holds. `tenant` is "" for one from a queue that others write to. */
export interface Held {
  tag: string;
  tenant: string;
  raw: string;
  /** What it says, where this worker has just sent it. */
  task?: CallTask | undefined;
}

/** What to take: no message of a tenant that is among `full`. The tag is the next message's; asked for twice, it is given the same message. */
export interface Taking {
  tag: string;
  full: readonly string[];
  sharedFirst: boolean;
}

/** That a call is settled, and what follows from all that its worker knows. */
export interface Settlement {
  call: string;
  /** Of its message. */
  tag: string;
  messages: readonly CallMessage[];
  /** There is more to send than the messages. */
  hasMore: boolean;
  /** The `place` that was answered last, or "". */
  heard: string;
  /** Calls that its worker knows to be settled although it hasn't heard of them, because it settles them itself at this time. */
  settling: readonly string[];
  /** The store says that nothing is left to send. */
  mayLeave: boolean;
}

/** What came of a settlement. All but "done" and "over" (the dispatch has ended) left its message where it is, and want another: SETTLE in scripts.ts says why. */
export interface Settling {
  what: (typeof WHAT)[number];
  place: string;
  /** Calls that have a message now. */
  open: number;
  /** So many of the messages have been sent by now, by whomever. */
  sent: number;
  /** Settled calls that were not heard of yet. */
  unheard: readonly string[];
  /** With "room" for more messages: the calls that have one now. */
  sentByOthers: readonly string[];
  held: Held | undefined;
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
  /** The next message; `nextDueMs` says when a delayed one comes back. */
  take(taking: Taking): Promise<{ held: Held | undefined; nextDueMs: number | undefined }>;
  /** Sends each of the messages once per dispatch, at most as many as have room beside what is open. */
  publish(dispatch: Dispatch, messages: readonly CallMessage[]): Promise<void>;
  /** Says that a call is settled, sends what may run now, acknowledges and takes the next message, all in one step. */
  settle(dispatch: Dispatch, settlement: Settlement, taking: Taking | undefined): Promise<Settling>;
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
  const lists = [visibilityTimeoutMs, sharedLists.length, ...sharedLists, ownLists.length / 3, ...ownLists];
  const takingOf = ({ tag, full, sharedFirst }: Taking) => [tag, sharedFirst ? "1" : "0", ...lists, ...full];
  const runOf = (dispatch: Dispatch) => [dispatchName(dispatch), CALLS_OF_A_RUN, REMEMBER_RUNNING_S];
  const flat = (messages: readonly CallMessage[]) => messages.flatMap(({ name, tenant, list, raw }) => [name, tenant, list, raw]);
  return {
    async take(taking) {
      const took = tookSchema.parse(await run(TAKE, ...takingOf(taking)));
      return { nextDueMs: took[0] < 0 ? undefined : took[0], held: heldOf(taking.tag, took) };
    },
    async publish(dispatch, messages) {
      await run(PUBLISH, ...runOf(dispatch), ...flat(messages));
    },
    async settle(dispatch, { call, tag, messages, hasMore, heard, settling, mayLeave }, taking) {
      const about = [call, tag, heard, hasMore ? "1" : "0", mayLeave ? "1" : "0", settling.length, ...settling, messages.length, ...flat(messages)];
      const answer = await run(SETTLE, ...runOf(dispatch), ...about, ...(taking ? takingOf(taking) : [""]));
      const [what, place, open, sent, unheard, sentByOthers, took] = settledSchema.parse(answer);
      const held = taking && heldOf(taking.tag, took);
      return { what, place, open, sent, unheard, sentByOthers, held: held && { ...held, task: messages.find(({ raw }) => raw === held.raw)?.task } };
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

function heldOf(tag: string, took: [] | z.infer<typeof tookSchema>): Held | undefined {
  return took.length === 4 ? { tag, tenant: took[1], raw: took[3] } : undefined;
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
