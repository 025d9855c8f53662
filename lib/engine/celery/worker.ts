/** Takes messages, so many at once, tenants in turn, and keeps them from being given to others while it works on them. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../../schema/errors.ts";
import type { Clock } from "../clock.ts";
import type { Worker } from "../contract.ts";
import type { TakeAlong } from "./advance.ts";
import type { Broker, Held, Taking } from "./broker.ts";
import { createShares, type Share } from "./shares.ts";

/** After a broker that failed. */
const BROKER_FAILED_MS = 1_000;
/** After a store that failed. */
const TRY_AGAIN_MS = 5_000;
const NOTHING = { held: undefined, nextDueMs: undefined };

export interface WorkerOptions {
  broker: Broker;
  clock: Clock;
  log: Logger;
  concurrency: number;
  perTenant: number;
  visibilityTimeoutMs: number;
  /** How often queues that others write to are looked at when nothing goes on. */
  pollMs: number;
  /** Works on a message to its acknowledgement; returns the message that was taken along with it, if any. */
  handle(held: Held, takeAlong: TakeAlong): Promise<Held | undefined>;
}

export interface CeleryWorker extends Worker {
  /** There may be something to take. */
  wake(): void;
  /** There will be something to take after so many milliseconds. */
  wakeAfter(ms: number): void;
}

/** Starts taking messages. */
export function startWorker(options: WorkerOptions): CeleryWorker {
  const { broker, clock, log, concurrency, pollMs, handle } = options;
  const stopping = new AbortController();
  const over = new AbortController();
  const bell = createBell(clock);
  const hands = createHands(options, stopping.signal, bell.ring);
  const { held } = hands;

  const workOn = async (message: Held): Promise<Held | undefined> => {
    try {
      return await handle(message, hands.takeAlong(message));
    } catch (error) {
      log.error({ reason: messageOf(error) }, "a message failed; it comes back");
      await broker.delay(message.tag, { afterMs: TRY_AGAIN_MS }).catch(() => undefined);
    } finally {
      hands.drop(message);
    }
  };
  const work = async (first: Held) => {
    let message: Held | undefined = first;
    while (message && !stopping.signal.aborted) message = await workOn(message);
    if (message) {
      await broker.release([message.tag]).catch(() => undefined);
      hands.drop(message);
    }
    bell.ring();
  };
  const takeOne = async (): Promise<number> => {
    if (held.size >= concurrency) return pollMs;
    const { held: message, nextDueMs } = await hands.take();
    if (message === undefined) return Math.min(pollMs, nextDueMs ?? pollMs);
    void work(message);
    return 0;
  };
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const waitMs = await takeOne().catch((error: unknown) => {
        log.error({ reason: messageOf(error) }, "the Celery broker failed");
        return BROKER_FAILED_MS;
      });
      if (waitMs > 0 && !stopping.signal.aborted) await bell.wait(waitMs);
    }
  };
  const looping = loop();
  const renewing = keepHeld(options, held, over.signal);
  return {
    wake: bell.ring,
    wakeAfter(ms) {
      if (ms <= pollMs) void clock.sleep(ms, stopping.signal).then(bell.ring);
    },
    async stop(graceMs) {
      if (stopping.signal.aborted) return;
      stopping.abort();
      bell.ring();
      await looping;
      const waited = new AbortController();
      await Promise.race([hands.empty(), clock.sleep(graceMs, waited.signal)]);
      waited.abort();
      over.abort();
      await renewing;
      // What it didn't finish is somebody else's now.
      await broker.release([...held.keys()]).catch(() => undefined);
    },
  };
}

/** What a worker holds, and its ways to take more: beside that, or in the place of a message that ends. `wanted` is called when a take that had to leave some tenants may be repeated. */
function createHands({ broker, perTenant }: WorkerOptions, stopping: AbortSignal, wanted: () => void) {
  const held = new Map<string, Held>();
  const shares = createShares(perTenant);
  const waiting: (() => void)[] = [];
  let sharedFirst = false;
  let isWanted = false;

  const takeBy = async <Answer extends { held: Held | undefined }>(
    share: Share | undefined,
    tag: string,
    ask: (taking: Taking | undefined) => Promise<Answer>,
  ): Promise<Answer> => {
    if (share === undefined) return ask(undefined);
    sharedFirst = !sharedFirst;
    let brought: Held | undefined;
    try {
      const answer = await ask({ tag, full: share.full, sharedFirst });
      brought = answer.held;
      return answer;
    } finally {
      if (brought) held.set(brought.tag, brought);
      share.end(brought?.tenant);
    }
  };
  return {
    held: held as ReadonlyMap<string, Held>,
    take() {
      const share = stopping.aborted ? undefined : shares.begin();
      isWanted = share === undefined || share.isTight;
      return takeBy(share, randomUUID(), async (taking) => (taking ? broker.take(taking) : NOTHING));
    },
    takeAlong(ending: Held): TakeAlong {
      // However often it asks, it is for one message.
      const tag = randomUUID();
      return async (settle) => {
        try {
          return await takeBy(stopping.aborted ? undefined : shares.begin(ending.tenant), tag, settle);
        } finally {
          if (isWanted) wanted();
        }
      };
    },
    drop({ tag, tenant }: Held) {
      held.delete(tag);
      shares.remove(tenant);
      if (held.size === 0) for (const resolve of waiting.splice(0)) resolve();
    },
    /** Resolves when nothing is held. */
    empty: () => (held.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
  };
}

/** Says that the messages are worked on, three times within the visibility timeout. */
async function keepHeld({ broker, clock, visibilityTimeoutMs }: WorkerOptions, held: ReadonlyMap<string, Held>, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await clock.sleep(visibilityTimeoutMs / 3, over);
    if (!over.aborted) await broker.renew([...held.keys()]).catch(() => undefined);
  }
}

/** Wakes one waiter; a ring while nobody waits ends the next wait at once. */
function createBell(clock: Clock) {
  let rung = false;
  let waiting: AbortController | undefined;
  return {
    ring() {
      rung = true;
      waiting?.abort();
    },
    async wait(ms: number) {
      if (!rung) {
        waiting = new AbortController();
        await clock.sleep(ms, waiting.signal);
        waiting = undefined;
      }
      rung = false;
    },
  };
}
