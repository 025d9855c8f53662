import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createAdapters } from "../../lib/adapters/catalog.ts";
import { createRateLimit, type RateClock, withRateLimit } from "../../lib/adapters/rate-limit.ts";
import type { Paid } from "../../lib/pipeline/paid.ts";
import { startModelServer } from "../support/model-server.ts";

/** A clock that only moves while somebody sleeps. */
function sleepingClock(): RateClock & { at: number } {
  const clock = {
    at: 0,
    now: () => clock.at,
    async sleep(ms: number, signal: AbortSignal | undefined) {
      // Whoever may begin does so before time goes on.
      await setImmediate();
      signal?.throwIfAborted();
      clock.at += ms;
    },
  };
  return clock;
}

const never = new AbortController().signal;
/** A ledger that knows nothing yet. */
const paid: Paid = async (_key, _request, perform) => (await perform()).answer;

describe("a limit of requests a minute", () => {
  it("lets no more begin within any 60 seconds, in their order", async () => {
    const clock = sleepingClock();
    const limit = createRateLimit({ requestsPerMinute: 3 }, clock);
    const begun: [number, number][] = [];
    await Promise.all(Array.from({ length: 8 }, (_, index) => limit?.(async () => void begun.push([index, clock.at]), never)));
    expect(begun).toEqual([0, 0, 0, 60_000, 60_000, 60_000, 120_000, 120_000].map((at, index) => [index, at]));
  });

  it("takes nothing from anybody when one gives up waiting", async () => {
    const clock = sleepingClock();
    const limit = createRateLimit({ requestsPerMinute: 1 }, clock);
    const gone = new AbortController();
    gone.abort(new Error("cancelled"));
    await limit?.(async () => undefined, never);
    await expect(limit?.(async () => undefined, gone.signal)).rejects.toThrow("cancelled");
    expect(await limit?.(async () => clock.at, never)).toBe(60_000);
  });
});

describe("a limit of requests at once", () => {
  it("holds for what is asked, not for what the ledger has", async () => {
    const limit = createRateLimit({ requestsAtOnce: 1 });
    if (limit === undefined) throw new Error("no limit");
    const performed: string[] = [];
    const ledger: Paid = async (key, _request, perform) => (key === "known" ? Promise.reject(new Error("looked up")) : (await perform()).answer);
    const context = withRateLimit(limit, { paid: ledger, signal: never });
    let finish: () => void = () => undefined;
    const busy = context.paid("first", null, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      performed.push("first");
      return { answer: null, usage: { input_tokens: 0, output_tokens: 0 }, model: "m" };
    });
    const next = context.paid("second", null, async () => {
      performed.push("second");
      return { answer: null, usage: { input_tokens: 0, output_tokens: 0 }, model: "m" };
    });
    await expect(context.paid("known", null, () => Promise.reject(new Error("asked")))).rejects.toThrow("looked up");
    finish();
    await Promise.all([busy, next]);
    expect(performed).toEqual(["first", "second"]);
  });

  it("is a setting of an adapter instance", async () => {
    let open = 0;
    let most = 0;
    const model = await startModelServer({
      answer: () => "{}",
      fault() {
        open++;
        most = Math.max(most, open);
        return { delayMs: 20 };
      },
    });
    const settings = { kind: "openai", instance: "m", model: "m", baseUrl: model.url, requestsAtOnce: 2 } as const;
    const nobody = () => {
      throw new Error("nobody asks");
    };
    const adapters = createAdapters({
      find: (() => settings) as never,
      secret: () => undefined,
      indexes: nobody,
      reading: { deadlineMs: 1, memoryLimitMb: 1 },
    });
    const llm = adapters.llm("m");
    if (llm.kind !== "chat") throw new Error("no model");
    const counted: Paid = (key, body, perform) =>
      paid(key, body, () =>
        perform().finally(() => {
          open--;
        }),
      );
    const request = { system: "s", user: "u", schema: { name: "answer", schema: {} } };
    const asked = Array.from({ length: 6 }, (_, index) => llm.chat(`answer/${index}`, request, { paid: counted, signal: never }));
    await Promise.all(asked);
    expect(most).toBe(2);
    await model.close();
  });
});

it("nothing is limited where nothing is said", () => {
  expect(createRateLimit({})).toBeUndefined();
});
