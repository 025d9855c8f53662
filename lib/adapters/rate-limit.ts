/** So many requests to a service a minute, and so many at once, from this process. Other processes have limits of their own: nothing here counts across machines. */
import { setTimeout as sleep } from "node:timers/promises";
import { createSlots, type Slots } from "../slots.ts";
import type { AdapterContext } from "./contract.ts";

/** What a service may be asked. Without an entry there is no limit. */
export interface RateLimitSettings {
  requestsPerMinute?: number | undefined;
  requestsAtOnce?: number | undefined;
}

/** Milliseconds since any moment, and a wait that an abort ends with its reason. */
export interface RateClock {
  now(): number;
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

const MINUTE_MS = 60_000;
const REAL: RateClock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).then(undefined, () => signal?.throwIfAborted()),
};

/** Lets work begin when no limit is against it, first come, first served; in no 60 seconds do more begin than allowed. Undefined where nothing is limited. */
export function createRateLimit({ requestsPerMinute, requestsAtOnce }: RateLimitSettings, clock: RateClock = REAL): Slots | undefined {
  if (requestsPerMinute === undefined && requestsAtOnce === undefined) return undefined;
  const slots: Slots = requestsAtOnce === undefined ? (work) => work() : createSlots(requestsAtOnce);
  // One at a time decides when it may begin, so that none overtakes.
  const line = createSlots(1);
  const begun: number[] = [];
  const begin = async (signal: AbortSignal | undefined) => {
    if (requestsPerMinute === undefined) return;
    const earlier = begun[begun.length - requestsPerMinute];
    if (earlier !== undefined) await clock.sleep(Math.max(0, earlier + MINUTE_MS - clock.now()), signal);
    begun.push(clock.now());
    begun.splice(0, begun.length - requestsPerMinute);
  };
  return (work, signal) =>
    slots(async () => {
      await line(() => begin(signal), signal);
      return work();
    }, signal);
}

/** A context whose requests wait for the limit, of those whose key is `limited`. What the ledger has already is no request. */
export function withRateLimit<Context extends Pick<AdapterContext, "paid" | "signal">>(
  limit: Slots,
  context: Context,
  limited: (key: string) => boolean = () => true,
): Context {
  return { ...context, paid: (key, request, perform) => context.paid(key, request, limited(key) ? () => limit(perform, context.signal) : perform) };
}
