/** What the claims and attempts of a call allow, for any history that a store can hold. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admit, type CallHistory } from "../../lib/engine/history.ts";
import type { AttemptRecord, ClaimRecord } from "../../lib/schema/records.ts";

const TIMEOUT_MS = 600_000;

interface Past {
  alone: boolean;
  attempt: { is: AttemptRecord["is"]; delayMs: number; state: number } | undefined;
}

const pastArbitrary: fc.Arbitrary<Past[]> = fc.array(
  fc.record({
    alone: fc.boolean(),
    attempt: fc.option(
      fc.record({ is: fc.constantFrom("failed" as const, "pending" as const, "aborted" as const), delayMs: fc.nat(100_000), state: fc.nat(9) }),
      { nil: undefined },
    ),
  }),
  { maxLength: 20 },
);

function historyOf(past: readonly Past[], newest: { dead: boolean; ageMs: number; final: boolean }): CallHistory {
  const claims = new Map<number, ClaimRecord>(past.map(({ alone }, index) => [index + 1, { v: 1, process: "p", dispatch: 1, alone, at: 0 }]));
  const attempts = new Map<number, AttemptRecord>();
  for (const [index, { attempt }] of past.entries()) {
    const final = newest.final && index === past.length - 1 && attempt?.is === "failed";
    if (attempt) attempts.set(index + 1, { v: 1, is: attempt.is, at: 0, delayMs: attempt.delayMs, final, code: "adapter_failed", state: attempt.state });
  }
  const last = past.at(-1);
  return {
    claims,
    attempts,
    newestClaim: last && !last.attempt ? { dead: newest.dead, ageMs: newest.ageMs } : undefined,
    newestAttemptAgeMs: last?.attempt ? newest.ageMs : undefined,
  };
}

describe("admission", () => {
  it("follows from the numbered claims alone, whatever happened before", () => {
    const newestArbitrary = fc.record({ dead: fc.boolean(), ageMs: fc.nat(1_000_000), final: fc.boolean() });
    fc.assert(
      fc.property(pastArbitrary, newestArbitrary, (past, newest) => {
        const admission = admit(historyOf(past, newest), TIMEOUT_MS);
        const last = past.at(-1);
        const failures = past.filter(({ attempt }) => attempt?.is === "failed").length;
        const crashes = past.filter(({ attempt }) => !attempt);
        const isLive = last !== undefined && !last.attempt && !newest.dead && newest.ageMs <= TIMEOUT_MS + 60_000;
        const waits = last?.attempt !== undefined && newest.ageMs < last.attempt.delayMs;
        const isGivenUp = newest.final && last?.attempt?.is === "failed";
        if (isGivenUp) expect(admission).toMatchObject({ is: "failed", code: "adapter_failed", failures });
        else if (isLive) expect(admission).toMatchObject({ is: "again", why: "busy" });
        else if (waits)
          expect(admission).toMatchObject({
            is: "again",
            why: last.attempt?.is === "pending" ? "pending" : "retry",
            afterMs: (last.attempt?.delayMs ?? 0) - newest.ageMs,
          });
        else if (crashes.filter(({ alone }) => alone).length >= 10) expect(admission).toMatchObject({ is: "failed", code: "call_poisoned" });
        else {
          const state = past.findLast(({ attempt }) => attempt?.is === "pending")?.attempt?.state;
          expect(admission).toEqual({ is: "claim", n: past.length + 1, alone: crashes.length >= 3, failures, state });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("begins with the first claim", () => {
    expect(admit(historyOf([], { dead: false, ageMs: 0, final: false }), TIMEOUT_MS)).toEqual({
      is: "claim",
      n: 1,
      alone: false,
      failures: 0,
      state: undefined,
    });
  });
});
