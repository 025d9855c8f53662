/** Asking a service over HTTP with bounds: on time, on the size of its answer, and on where it may send us. Addresses come from the configuration alone. */
import type { z } from "zod";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import { type Asked, boundedMessage, complaintOf, formError, networkReason, retryAfterMs, statusError, unreachable } from "./http-errors.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_ANSWER_BYTES = 64 * 1024 ** 2;
const COMPLAINT_BYTES = 64 * 1024;

/** A service as the configuration describes it. */
export interface Service {
  /** Who is named in errors, such as "qdrant". */
  source: string;
  /** The address before every path. */
  baseUrl: string;
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
  /** Taken out of messages; "" where there is none. */
  secret: string;
  /** What to check when the key is refused: the name of the environment variable. */
  keyHint: string;
  /** What performs the requests; the global `fetch` when not given. */
  fetch?: typeof fetch;
}

/** One request. `json` becomes the body; `body` is sent as it is. */
export interface ServiceRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  json?: unknown;
  body?: Uint8Array | FormData;
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
  timeoutMs?: number;
  maximumBytes?: number;
  /** Statuses besides 2xx that are answers and no failures. */
  accept?: readonly number[];
}

/** An answer while it is read. */
export interface ServiceAnswer {
  status: number;
  headers: Headers;
  /** Throws when the service sends more than was allowed, or breaks off. */
  body: AsyncIterable<Uint8Array>;
}

/** Who is asked, for messages. Throws PermanentError "invalid_configuration" for an address that is none. */
export function askedOf({ source, baseUrl, keyHint }: Pick<Service, "source" | "baseUrl" | "keyHint">): Asked {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new PermanentError("invalid_configuration", `The address of ${source} must be an http or https URL without user and password.`);
  }
  return { source, host: url.host, keyHint };
}

/**
 * Asks and has the answer read by `read`, all within the time allowed; redirects are not followed.
 * Throws RetryableError for 408, 409, 425, 429, 5xx, network trouble and silence, PermanentError for other statuses, and the signal's reason when aborted.
 */
export async function ask<T>(service: Service, request: ServiceRequest, read: (answer: ServiceAnswer) => Promise<T>): Promise<T> {
  const asked = askedOf(service);
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, maximumBytes = DEFAULT_ANSWER_BYTES } = request;
  signal.throwIfAborted();
  // A run's signal lives long, so nothing may stay on it.
  const own = new AbortController();
  const abort = () => own.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const late = setTimeout(() => own.abort(unreachable(asked, `it took longer than ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    const response = await (service.fetch ?? fetch)(addressOf(service.baseUrl, request), {
      method: request.method,
      redirect: "manual",
      signal: own.signal,
      headers: { ...service.headers, ...(request.json === undefined ? {} : { "content-type": "application/json" }), ...request.headers },
      ...bodyOf(request),
    });
    if (response.ok || request.accept?.includes(response.status)) {
      return await read({ status: response.status, headers: response.headers, body: bounded(response.body, maximumBytes, asked) });
    }
    throw statusError(asked, response.status, await complaint(response, asked, service.secret), retryAfterMs(response.headers, Date.now()));
  } catch (error) {
    if (own.signal.aborted) throw own.signal.reason;
    if (error instanceof RetryableError || error instanceof PermanentError) throw error;
    throw unreachable(asked, networkReason(error), error);
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", abort);
    // What wasn't read is not waited for.
    own.abort();
  }
}

/** Asks for JSON of a form. HTML, another form and an error inside a success are typed errors that say what was there instead; half an answer is worth another try. */
export async function askJson<Schema extends z.ZodType>(service: Service, request: ServiceRequest, schema: Schema): Promise<z.infer<Schema>> {
  return ask(service, request, async ({ body }) => parseAnswer(service, await textOf(body), schema));
}

/** As askJson, and undefined where the service answers 404: what was asked about isn't there. */
export async function askJsonOrNone<Schema extends z.ZodType>(service: Service, request: ServiceRequest, schema: Schema): Promise<z.infer<Schema> | undefined> {
  return ask(service, { ...request, accept: [404] }, async ({ status, body }) => {
    const text = await textOf(body);
    return status === 404 ? undefined : parseAnswer(service, text, schema);
  });
}

/** The text of an answer as JSON of a form; see askJson. */
export function parseAnswer<Schema extends z.ZodType>(service: Service, text: string, schema: Schema): z.infer<Schema> {
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    throw formError(askedOf(service), text, service.secret);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw formError(askedOf(service), value, service.secret, parsed.error.issues[0]?.path.join("/"));
}

/** All of a bounded answer as text. */
export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.from(await bytesOf(body)).toString("utf8");
}

/** All of a bounded answer. */
export async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

/** A `fetch` for a service's own SDK: no redirects, and no more than so many bytes of an answer. */
export function boundedFetch(service: Pick<Service, "source" | "baseUrl" | "keyHint">, maximumBytes = DEFAULT_ANSWER_BYTES): typeof fetch {
  const asked = askedOf(service);
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    if (response.body === null) return response;
    const stream = ReadableStream.from(bounded(response.body, maximumBytes, asked));
    return new Response(stream, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

async function* bounded(body: ReadableStream<Uint8Array> | null, maximumBytes: number, { source, host }: Asked): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.byteLength;
    if (bytes > maximumBytes)
      throw new PermanentError("adapter_failed", `${source} at ${host} sent more than ${maximumBytes} bytes, which no answer of it should have.`);
    yield part;
  }
}

function addressOf(baseUrl: string, { path, query = {} }: ServiceRequest): string {
  const url = new URL(`${baseUrl.replace(/\/+$/, "")}${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url.href;
}

function bodyOf({ json, body }: ServiceRequest): { body?: string | Uint8Array<ArrayBuffer> | FormData } {
  if (json !== undefined) return { body: JSON.stringify(json) };
  if (body === undefined) return {};
  return { body: body instanceof FormData ? body : new Uint8Array(body) };
}

/** What a refusal says, as far as it is worth reading. */
async function complaint(response: Response, asked: Asked, secret: string): Promise<string> {
  if (response.status >= 300 && response.status < 400) return "";
  const text = await textOf(bounded(response.body, COMPLAINT_BYTES, asked)).catch(() => "");
  if (/^\s*</.test(text)) return "a web page, not JSON";
  try {
    return boundedMessage(complaintOf(JSON.parse(text)) ?? "", secret);
  } catch {
    return boundedMessage(text, secret);
  }
}
