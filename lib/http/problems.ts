/** Errors as RFC 9457 problems: a status, a code that stays the same, what to mend and where. */
import { type ErrorCode, messageOf, PermanentError, RetryableError } from "../schema/errors.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 422,
  invalid_configuration: 500,
  not_supported: 422,
  unknown_adapter: 422,
  limit_exceeded: 413,
  run_conflict: 409,
  run_not_found: 404,
  document_unreadable: 422,
  document_empty: 422,
  document_broken: 422,
  document_encrypted: 422,
  document_password_wrong: 422,
  document_mislabelled: 415,
  document_without_text: 422,
  document_too_slow: 422,
  document_too_large: 413,
  adapter_failed: 502,
  adapter_rate_limited: 503,
  adapter_unreachable: 502,
  adapter_refused: 502,
  answer_invalid: 502,
  call_timed_out: 504,
  call_poisoned: 500,
  dependency_failed: 500,
  pipeline_version_unsupported: 409,
  store_unavailable: 503,
  store_unsupported: 500,
  malformed_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  request_too_slow: 408,
  run_not_ended: 409,
  run_ended: 409,
  engine_unavailable: 503,
  internal: 500,
};

const AGAIN_SECONDS = 2;
const UNAVAILABLE_SECONDS = 10;

/** The body of a problem. `errors` name what is wrong in the request, by RFC 6901 pointer. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ErrorCode;
  request_id: string;
  documentation: string;
  errors?: readonly { pointer: string; message: string }[];
}

/** The code of anything thrown; what nobody meant to throw is "internal". */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof PermanentError || error instanceof RetryableError ? error.code : "internal";
}

/** The problem of anything thrown. Of our own mistakes a caller learns only the request's id, by which the log has the rest. */
export function problemOf(error: unknown, request: { path: string; requestId: string }): ProblemDocument {
  const code = codeOf(error);
  const errors = error instanceof PermanentError ? error.problems : [];
  return {
    type: `urn:prompt-studio:error:${code}`,
    title: titleOf(code),
    status: STATUS[code],
    detail: code === "internal" ? `Something went wrong here. Report the request id ${request.requestId}.` : messageOf(error),
    instance: request.path,
    code,
    request_id: request.requestId,
    documentation: `docs/errors.md#${code}`,
    ...(errors.length > 0 ? { errors: errors.map(({ pointer, message }) => ({ pointer, message })) } : {}),
  };
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The answer with a problem. */
export function problemResponse(problem: ProblemDocument, headers: Record<string, string> = {}): Response {
  const again = problem.status === 503 ? UNAVAILABLE_SECONDS : problem.code === "run_not_ended" ? AGAIN_SECONDS : undefined;
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      ...(again === undefined ? {} : { "retry-after": String(again) }),
      ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="prompt-studio"' } : {}),
      ...headers,
    },
  });
}
