/** Error codes and the two errors that a stage or an adapter may throw on purpose. Everything else that is thrown is a bug of ours. */

/** What a person can look up in docs/errors.md; stable across releases. */
export const ERROR_CODES = [
  "invalid_request",
  "invalid_configuration",
  "not_supported",
  "unknown_adapter",
  "limit_exceeded",
  "run_conflict",
  "run_not_found",
  "document_unreadable",
  "document_empty",
  "document_broken",
  "document_encrypted",
  "document_password_wrong",
  "document_mislabelled",
  "document_without_text",
  "document_too_slow",
  "document_too_large",
  "adapter_failed",
  "adapter_rate_limited",
  "adapter_unreachable",
  "adapter_refused",
  "answer_invalid",
  "call_timed_out",
  "call_poisoned",
  "dependency_failed",
  "pipeline_version_unsupported",
  "store_unavailable",
  "store_unsupported",
  "malformed_request",
  "unauthorized",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "unsupported_media_type",
  "request_too_slow",
  "run_not_ended",
  "run_ended",
  "engine_unavailable",
  "internal",
] as const;

/** A code of ERROR_CODES. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One problem of a request: where (RFC 6901 JSON pointer) and what. */
export interface Problem {
  pointer: string;
  message: string;
}

interface Details {
  cause?: unknown;
  problems?: readonly Problem[];
}

/** Trying again can't help: bad input, a broken document, a refused key. Never retried. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.problems = details.problems ?? [];
  }
}

/** Trying again may help: a busy service, a lost connection. `status` is the HTTP status where there was one, `retryAfterMs` what the service asked for, `source` who refused ("openai"). */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  readonly code: ErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly source: string | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    details: { status?: number | undefined; retryAfterMs?: number | undefined; source?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.source = details.source;
  }
}

/** The message of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
