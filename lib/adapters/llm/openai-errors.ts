/** What a failed request to an OpenAI-compatible service means. Decisions only: nothing here sends anything. */
import { PermanentError, RetryableError } from "../../schema/errors.ts";
import { boundedMessage, field, networkReason, retryAfterMs, statusError, textField } from "../http-errors.ts";

/** Who is named in errors and in "waiting 8 s: 429 from openai". */
export const SOURCE = "openai";

/** What is known of a failed request: an HTTP status when there was an answer at all. */
export interface ServiceFailure {
  status: number | undefined;
  /** The service's words, bounded and without the key. */
  message: string;
  code: string | undefined;
  parameter: string | undefined;
  retryAfterMs: number | undefined;
}

/** Where a request went, for messages. */
export interface Destination {
  host: string;
  model: string;
  /** What to check when the key is refused. */
  keyHint: string;
}

/** Reads what the SDK threw. What we threw ourselves inside of it is thrown again. */
export function readFailure(error: unknown, secret: string, nowMs: number): ServiceFailure {
  for (let current: unknown = error, depth = 0; depth < 5 && current !== undefined; depth++) {
    if (current instanceof PermanentError || current instanceof RetryableError) throw current;
    current = field(current, "cause");
  }
  const status = field(error, "status");
  if (typeof status !== "number") {
    const message = error instanceof SyntaxError ? "the answer was not JSON" : networkReason(error);
    return { status: undefined, message: boundedMessage(message, secret), code: undefined, parameter: undefined, retryAfterMs: undefined };
  }
  const headers = field(error, "headers");
  const body = field(error, "error");
  return {
    status,
    message: boundedMessage(textField(body, "message") ?? textField(error, "message") ?? "", secret),
    code: textField(error, "code"),
    parameter: textField(error, "param"),
    retryAfterMs: retryAfterMs(headers instanceof Headers ? headers : undefined, nowMs),
  };
}

/** The error that a stage sees. Temporary trouble is a RetryableError; what only a person can mend is a PermanentError that says how. */
export function errorOf(failure: ServiceFailure, destination: Destination): PermanentError | RetryableError {
  const { status, message } = failure;
  const { host, model, keyHint } = destination;
  if (status === undefined) return new RetryableError("adapter_unreachable", `No answer from ${SOURCE} at ${host}: ${message}.`, { source: SOURCE });
  if (status === 401 || status === 403) {
    return new PermanentError(
      "adapter_refused",
      `${SOURCE} at ${host} refused the key (${status}). Check ${keyHint}, and that it may use the model ${JSON.stringify(model)}.`,
    );
  }
  if (failure.code === "insufficient_quota") {
    return new PermanentError("adapter_refused", `The account at ${host} has no quota left (${status}). Add credit, then rerun from the stage that failed.`);
  }
  if (status === 404) {
    const words = message === "" ? "no reason given" : message;
    return new PermanentError("adapter_failed", `${host} knows no model ${JSON.stringify(model)} (404): ${words}. Check the model's name and the base URL.`);
  }
  return statusError({ source: SOURCE, host, keyHint }, status, message, failure.retryAfterMs);
}
