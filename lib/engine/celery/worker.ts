/** Takes messages, so many at once, tenants in turn, and keeps them from being given to others while it works on them. */
import type { Logger } from "pino";
import { messageOf } from "../../schema/errors.ts";
import type { Clock } from "../clock.ts";
import type { Worker } from "../contract.ts";
import type { Broker, Held } from "./broker.ts";

/** After a broker that failed. */
const BROKER_FAILED_MS = 1_000;
/** After a store that failed. */
const TRY_AGAIN_MS = 5_000;

export interface WorkerOptions {
  broker: Broker;
  clock: Clock;
  log: Logger;
  concurrency: number;
  perTenant: number;
  visibilityTimeoutMs: number;
  /** How often queues that others write to are looked at when nothing goes on. */
  pollMs: number;
  /** Works on a message to its acknowledgement. */
  handle(held: Held): Promise<void>;
}

export interface CeleryWorker extends Worker {
  /** There may be something to take. */
  wake(): void;
  /** There will be something to take after so many milliseconds. */
  wakeAfter(ms: number): void;
}

/** Starts taking messages. */
export function startWorker(options: WorkerOptions): CeleryWorker {
  const { broker, clock, log, concurrency, perTenant, pollMs, handle } = options;
  const held = new Map<string, Held>();
  const shares = createShares(perTenant);
  const stopping = new AbortController();
  const over = new AbortController();
  const bell = createBell(clock);
  const idle: (() => void)[] = [];
  let sharedFirst = false;

  const work = async (message: Held) => {
    try {
      await handle(message);
    } catch (error) {
      log.error({ reason: messageOf(error) }, "a message failed; it comes back");
      await broker.delay(message.tag, { afterMs: TRY_AGAIN_MS }).catch(() => undefined);
    } finally {
      held.delete(message.tag);
      shares.remove(message.tenant);
      if (held.size === 0) for (const resolve of idle.splice(0)) resolve();
      bell.ring();
    }
  };
  const takeOne = async (): Promise<number> => {
    if (held.size >= concurrency) return pollMs;
    sharedFirst = !sharedFirst;
    const { held: message, nextDueMs } = await broker.take({ full: shares.full(), sharedFirst });
    if (message === undefined) return Math.min(pollMs, nextDueMs ?? pollMs);
    held.set(message.tag, message);
    shares.add(message.tenant);
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
      if (held.size > 0) await Promise.race([new Promise<void>((resolve) => idle.push(resolve)), clock.sleep(graceMs, waited.signal)]);
      waited.abort();
      over.abort();
      await renewing;
      // What it didn't finish is somebody else's now.
      await broker.release([...held.keys()]).catch(() => undefined);
    },
  };
}

/** Says that the messages are worked on, three times within the visibility timeout. */
async function keepHeld({ broker, clock, visibilityTimeoutMs }: WorkerOptions, held: ReadonlyMap<string, Held>, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await clock.sleep(visibilityTimeoutMs / 3, over);
    if (!over.aborted) await broker.renew([...held.keys()]).catch(() => undefined);
  }
}

/** How many messages of each tenant this worker has. Messages without a tenant are requests of others, which have no share. */
function createShares(perTenant: number) {
  const running = new Map<string, number>();
  return {
    add: (tenant: string) => void running.set(tenant, (running.get(tenant) ?? 0) + 1),
    remove(tenant: string) {
      const left = (running.get(tenant) ?? 1) - 1;
      if (left > 0) running.set(tenant, left);
      else running.delete(tenant);
    },
    full: () => [...running].filter(([tenant, count]) => tenant !== "" && count >= perTenant).map(([tenant]) => tenant),
  };
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
