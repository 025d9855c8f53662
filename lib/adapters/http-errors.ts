/** What a service's answer means when it isn't the wanted one. Decisions only: nothing here sends anything. */
import { PermanentError, RetryableError } from "../schema/errors.ts";

/** A service's own words are cut to this many characters. */
const MESSAGE_LIMIT = 300;
/** Words that say that a failure passes, in an answer whose status doesn't. */
const PASSING = /rate.?limit|too many requests|overloaded|temporar|try again|timed? ?out|unavailable|busy/i;

/** Who was asked: the name for messages and for "waiting 8 s: 429 from qdrant", the host, and the setting to look at when it refuses the key. */
export interface Asked {
  source: string;
  host: string;
  keyHint: string;
}

/** A property of what may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A property that is a text with something in it. */
export function textField(value: unknown, name: string): string | undefined {
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

/** Whether a status may be another one soon. */
export function isTemporary(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429;
}

/** The innermost system error code (ECONNREFUSED) or name behind a network error. */
export function networkReason(error: unknown): string {
  let reason = textField(error, "name") ?? "connection failed";
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current !== undefined; depth++) {
    reason = textField(current, "code") ?? reason;
    current = field(current, "cause");
  }
  return reason;
}

/** What a service says is wrong, in any of the forms that are usual: {error}, {error: {message}}, {message}, {detail}, {status: {error}}. Undefined where it says nothing of the kind. */
export function complaintOf(body: unknown): string | undefined {
  const error = field(body, "error");
  const detail = field(body, "detail");
  const first = Array.isArray(detail) ? detail[0] : detail;
  const candidates = [
    textField(error, "message"),
    textField(body, "message"),
    textField(body, "error_message"),
    typeof error === "string" && error !== "" ? error : undefined,
    textField(field(body, "status"), "error"),
    textField(first, "msg"),
    textField(first, "message"),
    typeof first === "string" && first !== "" ? first : undefined,
  ];
  return candidates.find((candidate) => candidate !== undefined);
}

/** The error for an answer with a status that is no success. `words` are the service's, bounded. Temporary trouble is a RetryableError; what only a person can mend is a PermanentError that says how. */
export function statusError(asked: Asked, status: number, words: string, wantedMs: number | undefined): PermanentError | RetryableError {
  const { source, host, keyHint } = asked;
  const said = words === "" ? "no reason given" : words;
  if (status >= 300 && status < 400) {
    return new PermanentError(
      "adapter_failed",
      `${source} at ${host} answered with a redirect (${status}), which is not followed. Set the address that it really has in its settings.`,
    );
  }
  if (status === 401 || status === 403)
    return new PermanentError("adapter_refused", `${source} at ${host} refused the key (${status}): ${said}. Check ${keyHint}.`);
  if (status === 402)
    return new PermanentError(
      "adapter_refused",
      `The account at ${host} can't pay for this (402): ${said}. Add credit, then rerun from the stage that failed.`,
    );
  if (isTemporary(status)) {
    const code = status === 429 ? "adapter_rate_limited" : "adapter_failed";
    return new RetryableError(code, `${status} from ${source} at ${host}: ${said}`, { status, retryAfterMs: wantedMs, source });
  }
  const hint = status === 404 ? " Check the address in its settings." : "";
  return new PermanentError("adapter_failed", `${status} from ${source} at ${host}: ${said}.${hint}`);
}

/** The error for an answer with a good status that doesn't have its form: `value` is what came, parsed where it could be, else its text. `where` is the first place that is wrong. */
export function formError(asked: Asked, value: unknown, secret: string, where = ""): PermanentError | RetryableError {
  const { source, host } = asked;
  if (typeof value === "string" && /^\s*</.test(value))
    return new PermanentError("adapter_failed", `${source} at ${host} answered with a web page, not with JSON. Check its address in the settings.`);
  if (typeof value === "string")
    return new RetryableError(
      "adapter_failed",
      `The answer from ${source} at ${host} is ${value.trim() === "" ? "empty" : "not JSON, or only the half of it"}.`,
      { source },
    );
  const words = complaintOf(value);
  if (words !== undefined) return complaintError(asked, boundedMessage(words, secret));
  const place = where === "" ? "" : ` (at ${where})`;
  return new PermanentError(
    "adapter_failed",
    `The answer from ${source} at ${host} doesn't have the form that this service documents${place}. Check its address and version.`,
  );
}

/** The error for an answer with status 200 that says that something failed. */
function complaintError({ source, host }: Asked, words: string): PermanentError | RetryableError {
  const message = `${source} at ${host} answered with 200, and with an error inside: ${words}`;
  return PASSING.test(words) ? new RetryableError("adapter_failed", message, { source }) : new PermanentError("adapter_failed", message);
}

/** The error for no answer at all. */
export function unreachable({ source, host }: Asked, reason: string, cause?: unknown): RetryableError {
  return new RetryableError("adapter_unreachable", `No answer from ${source} at ${host}: ${reason}.`, { source, cause });
}
