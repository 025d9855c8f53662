/** A scripted OpenAI-compatible chat service on this machine: deterministic answers, a journal of what it was asked, and faults on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalJson, type Json } from "../../lib/schema/json.ts";

/** What a chat request holds that scripts and tests look at. `body` is the whole of it. */
export interface ModelRequest {
  /** Counts from 0 in the order of arrival. */
  sequence: number;
  model: string;
  system: string;
  user: string;
  body: { readonly [key: string]: Json };
  authorization: string | undefined;
}

/**
 * How an answer is found, by prompt: a pattern (without the g flag) looked for in the request's document text; its first group (or the whole match) is the value.
 * Null: the document never says.
 */
export type ScriptedAnswers = Readonly<Record<string, RegExp | null>>;

/** A fault instead of an answer. `drop` closes the connection: before any byte, or after half of the answer. */
export type Fault =
  | { status: number; retryAfter?: string; message?: string; code?: string; param?: string }
  | { drop: "before" | "half" }
  | { delayMs: number };

export interface ModelServerOptions {
  /** By prompt, or a function that gives the reply's content (or a whole choice). */
  answer: ScriptedAnswers | ((request: ModelRequest) => string | { content: string | null; finish_reason?: string; refusal?: string });
  latencyMs?: number;
  /** Asked before each answer; undefined: answer. */
  fault?: (request: ModelRequest) => Fault | undefined;
}

export interface ModelServer {
  /** The base URL, ending in /v1. */
  url: string;
  /** Every request that arrived, in order. */
  requests: readonly ModelRequest[];
  /** How often each distinct body arrived, by its canonical JSON. */
  counts(): ReadonlyMap<string, number>;
  /** How many requests were answered with status 200, in full. */
  answered(): number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

function record(value: unknown): { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
}

function messageText(body: { readonly [key: string]: Json }, role: string): string {
  const messages = Array.isArray(body.messages) ? body.messages.map(record) : [];
  return messages
    .filter((message) => message.role === role)
    .map((message) => String(message.content ?? ""))
    .join("\n");
}

async function readRequest(incoming: IncomingMessage, sequence: number): Promise<ModelRequest> {
  const parts: Uint8Array[] = [];
  for await (const part of incoming) parts.push(part);
  const body = record(JSON.parse(Buffer.concat(parts).toString("utf8")));
  return {
    sequence,
    body,
    model: String(body.model),
    system: messageText(body, "system"),
    user: messageText(body, "user"),
    authorization: incoming.headers.authorization,
  };
}

/** The scripted answer to the prompt that the request holds, with the line it stands on as quote. */
function scriptedContent(answers: ScriptedAnswers, user: string): string {
  const prompt = Object.keys(answers)
    .filter((candidate) => user.includes(candidate))
    .sort((left, right) => right.length - left.length)[0];
  const pattern = prompt === undefined ? null : answers[prompt];
  const text = /<(document-[0-9a-f]+)>\n([\s\S]*)\n<\/\1>/.exec(user)?.[2] ?? user;
  const match = pattern ? pattern.exec(text) : null;
  if (!match) return JSON.stringify({ reasoning: "Not in the text.", found: false, quote: "", value: null });
  const start = text.lastIndexOf("\n", match.index) + 1;
  const end = text.indexOf("\n", match.index + match[0].length);
  const quote = text.slice(start, end < 0 ? undefined : end).trim();
  return JSON.stringify({ reasoning: "It stands in this line.", found: true, quote, value: match[1] ?? match[0] });
}

function completion(request: ModelRequest, answer: ModelServerOptions["answer"]): string {
  const given = typeof answer === "function" ? answer(request) : scriptedContent(answer, request.user);
  const choice = typeof given === "string" ? { content: given } : given;
  const prompt = Math.ceil((request.system.length + request.user.length) / 4);
  const completed = Math.ceil((choice.content ?? "").length / 4);
  return JSON.stringify({
    id: `chatcmpl-${request.sequence}`,
    object: "chat.completion",
    created: 0,
    model: request.model,
    choices: [
      {
        index: 0,
        finish_reason: "finish_reason" in choice ? choice.finish_reason : "stop",
        message: { role: "assistant", content: choice.content, refusal: "refusal" in choice ? choice.refusal : null },
      },
    ],
    usage: { prompt_tokens: prompt, completion_tokens: completed, total_tokens: prompt + completed },
  });
}

/** Sends a fault; true when the request is thereby over. */
async function sendFault(fault: Fault, response: ServerResponse): Promise<boolean> {
  if ("delayMs" in fault) {
    await sleep(fault.delayMs);
    return response.destroyed;
  }
  if ("drop" in fault) {
    if (fault.drop === "half") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      await new Promise((resolve) => response.write('{"id":"chatcmpl', resolve));
    }
    response.destroy();
    return true;
  }
  response.writeHead(fault.status, { "content-type": "application/json", ...(fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter }) });
  response.end(
    JSON.stringify({ error: { message: fault.message ?? "scripted fault", type: "scripted", code: fault.code ?? null, param: fault.param ?? null } }),
  );
  return true;
}

/** Starts a service on a free port of 127.0.0.1. Close it by its handle. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  let sequence = 0;
  let answered = 0;

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, sequence++);
    requests.push(request);
    if (options.latencyMs) await sleep(options.latencyMs);
    const fault = options.fault?.(request);
    if ((fault && (await sendFault(fault, response))) || response.destroyed) return;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(completion(request, options.answer), () => {
      answered++;
    });
  }

  const server = createServer((incoming, response) => {
    respond(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: String(error) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the model server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    counts() {
      const counted = new Map<string, number>();
      for (const { body } of requests) counted.set(canonicalJson(body), (counted.get(canonicalJson(body)) ?? 0) + 1);
      return counted;
    },
    answered: () => answered,
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
