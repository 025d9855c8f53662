import { describe, expect, it } from "vitest";
import { failureOf, nextDelay } from "../../lib/engine/retry.ts";
import { INTERACTIVE_DELAY, PAPER_DELAY } from "../../lib/pipeline/policies.ts";
import { PermanentError, RetryableError } from "../../lib/schema/errors.ts";
import type { DelayPolicy } from "../../lib/schema/pipeline.ts";

const policy = (delay: DelayPolicy, maxAttempts = 10) => ({ timeoutMs: 1, maxAttempts, delay });
const status = (code: number, retryAfterMs?: number) => new RetryableError("adapter_failed", "it failed", { status: code, retryAfterMs, source: "openai" });

/** The delays after the first, second, … failure. */
function delays(error: unknown, delay: DelayPolicy, count = 4): (number | undefined)[] {
  return Array.from({ length: count }, (_, index) => nextDelay(failureOf(error), index + 1, policy(delay)));
}

describe("the delay before a retry", () => {
  it.each([
    ["429", status(429), [60_000, 120_000, 240_000, 480_000]],
    ["503", status(503), [60_000, 120_000, 240_000, 480_000]],
    ["500", status(500), [30_000, 60_000, 90_000, 120_000]],
    ["502", status(502), [30_000, 60_000, 90_000, 120_000]],
    ["408", status(408), [30_000, 60_000, 90_000, 120_000]],
    ["425", status(425), [30_000, 60_000, 90_000, 120_000]],
    ["a lost connection", new RetryableError("adapter_unreachable", "reset"), [30_000, 60_000, 90_000, 120_000]],
    ["a timeout", new RetryableError("call_timed_out", "too long"), [30_000, 60_000, 90_000, 120_000]],
    ["what nobody threw on purpose", new TypeError("a bug"), [30_000, 60_000, 90_000, 120_000]],
    ["what is no error", "a string", [30_000, 60_000, 90_000, 120_000]],
    ["400", status(400), [undefined, undefined, undefined, undefined]],
    ["401", status(401), [undefined, undefined, undefined, undefined]],
    ["404", status(404), [undefined, undefined, undefined, undefined]],
    ["422", status(422), [undefined, undefined, undefined, undefined]],
    ["a permanent error", new PermanentError("document_broken", "no"), [undefined, undefined, undefined, undefined]],
    ["429 with Retry-After", status(429, 7_000), [7_000, 7_000, 7_000, 7_000]],
    ["500 with Retry-After of a day", status(500, 86_400_000), [86_400_000, 86_400_000, 86_400_000, 86_400_000]],
  ])("after %s is the paper's", (_, error, expected) => {
    expect(delays(error, PAPER_DELAY)).toEqual(expected);
  });

  it("never exceeds the policy's maximum by itself", () => {
    expect(nextDelay(failureOf(status(429)), 9, policy(PAPER_DELAY))).toBe(3_600_000);
    expect(nextDelay(failureOf(status(429)), 5_000, policy(PAPER_DELAY, 10_000))).toBe(3_600_000);
  });

  it("doubles from 2 s to 60 s for a person who waits, whatever failed", () => {
    for (const error of [status(429), status(500), new TypeError("a bug")])
      expect(delays(error, INTERACTIVE_DELAY, 7)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it("is none after the last attempt", () => {
    expect(nextDelay(failureOf(status(429)), 3, policy(PAPER_DELAY, 4))).toBe(240_000);
    expect(nextDelay(failureOf(status(429)), 4, policy(PAPER_DELAY, 4))).toBeUndefined();
    expect(nextDelay(failureOf(status(429, 5)), 1, policy(PAPER_DELAY, 1))).toBeUndefined();
  });
});

describe("a failure in words", () => {
  it.each([
    [status(429), "429 from openai"],
    [new RetryableError("adapter_unreachable", "reset", { source: "openai" }), "adapter unreachable from openai"],
    [new RetryableError("call_timed_out", "too long"), "call timed out"],
    [new PermanentError("document_broken", "no"), "document_broken"],
    [new Error("a bug"), "unexpected error"],
  ])("names who and what (%#)", (error, reason) => {
    expect(failureOf(error).reason).toBe(reason);
  });

  it("keeps a bounded message", () => {
    expect(failureOf(new Error("x".repeat(1_000_000))).message).toHaveLength(2_000);
  });
});
