/** The paper's policies, as defaults. */
import type { CallPolicy, DelayPolicy } from "../schema/pipeline.ts";

/** After 429 and 503 2^n x 60 s, after other passing faults n x 30 s, never more than an hour. */
export const PAPER_DELAY: DelayPolicy = { form: "paper", rateLimitedBaseMs: 60_000, serverStepMs: 30_000, maxMs: 3_600_000 };

/** For a person who waits: 2 s, doubled up to 60 s. */
export const INTERACTIVE_DELAY: DelayPolicy = { form: "doubling", rateLimitedBaseMs: 2_000, serverStepMs: 2_000, maxMs: 60_000 };

/** A policy of so many minutes and attempts with the paper's delays. */
export function paperPolicy(minutes: number, maxAttempts: number): CallPolicy {
  return { timeoutMs: minutes * 60_000, maxAttempts, delay: PAPER_DELAY };
}
