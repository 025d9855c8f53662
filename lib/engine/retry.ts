/** Whether and when a failed call is tried again. Pure. */
import { messageOf, PermanentError, RetryableError } from "../schema/errors.ts";
import type { CallPolicy, DelayPolicy } from "../schema/pipeline.ts";

/** A failure as it is recorded. `reason` is short and for people: "429 from openai". */
export interface Failure {
  code: string;
  message: string;
  reason: string;
  retryable: boolean;
  rateLimited: boolean;
  retryAfterMs: number | undefined;
}

const LONGEST_MESSAGE = 2_000;

/** Reads what a handler threw. What nobody threw on purpose may be a passing fault of the machine, so it is retried like one. */
export function failureOf(error: unknown): Failure {
  const message = messageOf(error).slice(0, LONGEST_MESSAGE);
  if (error instanceof PermanentError) return { code: error.code, message, reason: error.code, retryable: false, rateLimited: false, retryAfterMs: undefined };
  if (!(error instanceof RetryableError))
    return { code: "internal", message, reason: "unexpected error", retryable: true, rateLimited: false, retryAfterMs: undefined };
  const status = error.status;
  const retryable = status === undefined || status >= 500 || [408, 425, 429].includes(status);
  const what = status === undefined ? error.code.replaceAll("_", " ") : String(status);
  return {
    code: error.code,
    message,
    reason: error.source ? `${what} from ${error.source}` : what,
    retryable,
    rateLimited: status === 429 || status === 503,
    retryAfterMs: error.retryAfterMs,
  };
}

/**
 * The delay before the next attempt, or undefined when there is none. `failures` counts this one.
 * "paper": 2^(failures-1) x rateLimitedBase after 429 and 503, failures x serverStep otherwise. "doubling": rateLimitedBase doubled each time, whatever failed.
 * What the service asked for (Retry-After) wins; maxMs caps the rest.
 */
export function nextDelay(failure: Failure, failures: number, policy: CallPolicy): number | undefined {
  if (!failure.retryable || failures >= policy.maxAttempts) return undefined;
  return failure.retryAfterMs ?? Math.min(policy.delay.maxMs, curve(failure, failures, policy.delay));
}

function curve(failure: Failure, failures: number, delay: DelayPolicy): number {
  const doubled = 2 ** Math.min(failures - 1, 30) * delay.rateLimitedBaseMs;
  return delay.form === "doubling" || failure.rateLimited ? doubled : failures * delay.serverStepMs;
}
