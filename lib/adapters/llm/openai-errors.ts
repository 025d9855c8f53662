/** What a failed request to an OpenAI-compatible service means. Decisions only: nothing here sends anything. */
import { PermanentError, RetryableError } from "../../schema/errors.ts";

/** Who is named in errors and in "waiting 8 s: 429 from openai". */
export const SOURCE = "openai";

/** A service's own words are cut to this many characters. */
const MESSAGE_LIMIT = 300;

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
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** A service's words as they may stand in a message: one line, bounded, the key replaced. */
export function boundedMessage(text: string, secret: string): string {
  const open = secret.length < 4 ? text : text.split(secret).join("[key]");
  const line = open
    .slice(0, MESSAGE_LIMIT * 4)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  return line.length <= MESSAGE_LIMIT ? line : `${line.slice(0, MESSAGE_LIMIT - 1)}…`;
}

/** How long a service asks to wait, in milliseconds from `nowMs`: retry-after-ms, or Retry-After as seconds or as an HTTP date. Undefined when it does not say or says nonsense. */
export function retryAfterMs(headers: { get(name: string): string | null } | undefined, nowMs: number): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return Math.round(milliseconds);
  const wanted = headers?.get("retry-after")?.trim();
  if (!wanted) return undefined;
  const seconds = Number(wanted);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.round(seconds * 1000) : undefined;
  const date = Date.parse(wanted);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** The innermost system error code (ECONNREFUSED) or name behind a network error. */
function networkReason(error: unknown): string {
  let reason = textField(error, "name") ?? "connection failed";
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current !== undefined; depth++) {
    reason = textField(current, "code") ?? reason;
    current = field(current, "cause");
  }
  return reason;
}

/** Reads what the SDK threw. */
export function readFailure(error: unknown, secret: string, nowMs: number): ServiceFailure {
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

function isTemporary(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429;
}

/** The error that a stage sees. Temporary trouble is a RetryableError; what only a person can mend is a PermanentError that says how. */
export function errorOf(failure: ServiceFailure, destination: Destination): PermanentError | RetryableError {
  const { status, message } = failure;
  const { host, model } = destination;
  if (status === undefined) return new RetryableError("adapter_unreachable", `No answer from ${SOURCE} at ${host}: ${message}.`, { source: SOURCE });
  if (status === 401 || status === 403) {
    return new PermanentError(
      "adapter_refused",
      `${SOURCE} at ${host} refused the key (${status}). Check OPENAI_API_KEY, and that it may use the model ${JSON.stringify(model)}.`,
    );
  }
  if (failure.code === "insufficient_quota") {
    return new PermanentError("adapter_refused", `The account at ${host} has no quota left (${status}). Add credit, then rerun from the stage that failed.`);
  }
  const words = message === "" ? "no reason given" : message;
  if (isTemporary(status)) {
    const code = status === 429 ? "adapter_rate_limited" : "adapter_failed";
    return new RetryableError(code, `${status} from ${SOURCE} at ${host}: ${words}`, { status, retryAfterMs: failure.retryAfterMs, source: SOURCE });
  }
  if (status === 404) {
    return new PermanentError("adapter_failed", `${host} knows no model ${JSON.stringify(model)} (404): ${words}. Check the model's name and the base URL.`);
  }
  return new PermanentError("adapter_failed", `${status} from ${SOURCE} at ${host}: ${words}`);
}
