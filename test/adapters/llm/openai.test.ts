import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { AdapterContext, ChatRequest } from "../../../lib/adapters/contract.ts";
import { boundedMessage, retryAfterMs } from "../../../lib/adapters/http-errors.ts";
import { createOpenAiModel } from "../../../lib/adapters/llm/openai.ts";
import { contextTokensOf, costOf, DEFAULT_CONTEXT_TOKENS } from "../../../lib/adapters/llm/prices.ts";
import { PermanentError, RetryableError } from "../../../lib/schema/errors.ts";
import type { Json } from "../../../lib/schema/json.ts";
import type { Usage } from "../../../lib/schema/result.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { type Fault, type ModelServer, type ModelServerOptions, startModelServer } from "../../support/model-server.ts";

const KEY = "sk-test-0123456789";
const REQUEST: ChatRequest = {
  system: "Be exact.",
  user: "What is it?",
  schema: { name: "answer", schema: { type: "object", properties: {}, required: [], additionalProperties: false } },
};

interface Paid {
  key: string;
  request: Json;
  usage: Usage;
  model: string;
}

function contextWith(ledger: Paid[] = [], signal: AbortSignal = new AbortController().signal): AdapterContext {
  return {
    signal,
    async paid(key, request, perform) {
      const { answer, usage, model } = await perform();
      ledger.push({ key, request, usage, model });
      return answer;
    },
  };
}

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(options: ModelServerOptions): Promise<ModelServer> {
  server = await startModelServer(options);
  return server;
}

function modelAt(url: string, name = "gpt-4o-mini") {
  return createOpenAiModel({ instance: "llm-main", model: name, apiKey: KEY, baseUrl: url });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function failWith(fault: Fault): Promise<{ error: unknown; requests: number }> {
  const { url, requests } = await serve({ answer: () => "{}", fault: () => fault });
  const error = await failureOf(modelAt(url).chat("answer/1", REQUEST, contextWith()));
  return { error, requests: requests.length };
}

describe("a request", () => {
  it("asks for the schema, deterministically, and returns the text", async () => {
    const { url, requests } = await serve({ answer: () => '{"a":1}' });
    expect(await modelAt(url).chat("answer/1", REQUEST, contextWith())).toBe('{"a":1}');
    expect(requests[0]?.body).toMatchObject({
      model: "gpt-4o-mini",
      temperature: 0,
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: REQUEST.schema.schema } },
      messages: [
        { role: "system", content: "Be exact." },
        { role: "user", content: "What is it?" },
      ],
    });
    expect(requests[0]?.authorization).toBe(`Bearer ${KEY}`);
  });

  it("goes through the ledger with usage and cost, and without key or address", async () => {
    const { url } = await serve({ answer: () => "x".repeat(400) });
    const ledger: Paid[] = [];
    await modelAt(url).chat("answer/2", REQUEST, contextWith(ledger));
    expect(ledger).toHaveLength(1);
    expect(ledger[0]).toMatchObject({ key: "answer/2", model: "gpt-4o-mini", usage: { input_tokens: 5, output_tokens: 100, cost_usd: 0.00006075 } });
    expect(ledger[0]?.request).toEqual({ instance: "llm-main", model: "gpt-4o-mini", ...REQUEST });
  });

  it("is not sent when the ledger has the answer", async () => {
    const { url, requests } = await serve({ answer: () => "fresh" });
    const stored = { content: "stored", finish: "stop", refusal: "" };
    const context = { ...contextWith(), paid: async () => stored } as unknown as AdapterContext;
    expect(await modelAt(url).chat("answer/1", REQUEST, context)).toBe("stored");
    expect(requests).toHaveLength(0);
  });

  it("leaves the temperature out where it is refused, and remembers that", async () => {
    const { url, requests } = await serve({
      answer: () => "{}",
      fault: ({ body }) =>
        "temperature" in body
          ? { status: 400, message: "Unsupported value: 'temperature' does not support 0 with this model.", param: "temperature" }
          : undefined,
    });
    const model = modelAt(url, "o9");
    await model.chat("answer/1", REQUEST, contextWith());
    await model.chat("answer/2", REQUEST, contextWith());
    expect(requests.map(({ body }) => "temperature" in body)).toEqual([true, false, false]);
  });

  it("falls back to json_object, then to plain text, with the schema in words", async () => {
    const { url, requests } = await serve({
      answer: () => "{}",
      fault: ({ body }) => ("response_format" in body ? { status: 400, message: "response_format is not supported" } : undefined),
    });
    await modelAt(url).chat("answer/1", REQUEST, contextWith());
    expect(requests.map(({ body }) => /"type":"json_[a-z]+"/.exec(JSON.stringify(body))?.[0])).toEqual([
      '"type":"json_schema"',
      '"type":"json_object"',
      undefined,
    ]);
    expect(requests[1]?.system).toContain('"additionalProperties":false');
    expect(requests[2]?.system).toContain('"additionalProperties":false');
  });
});

describe("a failure", () => {
  it.each([429, 500, 503, 408, 425])("of status %i may be tried again, by us and not by the SDK", async (status) => {
    const { error, requests } = await failWith({ status, retryAfter: "7", message: `slow down, ${KEY}` });
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ status, retryAfterMs: 7000, source: "openai" });
    expect(String(error)).toContain("slow down, [key]");
    expect(requests).toBe(1);
  });

  it.each([
    [401, "adapter_refused", "OPENAI_API_KEY"],
    [403, "adapter_refused", "OPENAI_API_KEY"],
    [404, "adapter_failed", "Check the model's name"],
    [400, "adapter_failed", "400 from openai"],
    [422, "adapter_failed", "422 from openai"],
  ])("of status %i is final", async (status, code, words) => {
    const { error, requests } = await failWith({ status, message: `the key ${KEY} is bad` });
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({ code });
    expect(String(error)).toContain(words);
    expect(String(error)).not.toContain(KEY);
    expect(requests).toBe(1);
  });

  it("because the account is out of credit is final, though its status is 429", async () => {
    const { error } = await failWith({ status: 429, code: "insufficient_quota" });
    expect(error).toBeInstanceOf(PermanentError);
  });

  it.each(["before", "half"] as const)("by a lost connection (%s) may be tried again", async (drop) => {
    const { error } = await failWith({ drop });
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: "adapter_unreachable", status: undefined, source: "openai" });
  });

  it("because nobody listens names address and reason", async () => {
    const { url, close } = await startModelServer({ answer: () => "{}" });
    await close();
    const error = await failureOf(modelAt(url).chat("answer/1", REQUEST, contextWith()));
    expect(error).toBeInstanceOf(RetryableError);
    expect(String(error)).toContain("ECONNREFUSED");
  });

  it("because the address serves a web page says so", async () => {
    const page = createServer((_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>hello</p>"));
    await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
    const address = page.address();
    const error = await failureOf(modelAt(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`).chat("answer/1", REQUEST, contextWith()));
    await new Promise((resolve) => page.close(resolve));
    expect(String(error)).toContain("answered with a web page");
  });

  it.each([
    [{ content: null, refusal: "I can't help with that." }, "adapter_refused", "I can't help"],
    [{ content: "{", finish_reason: "length" }, "answer_invalid", "cut off"],
    [{ content: "", finish_reason: "content_filter" }, "adapter_refused", "content filter"],
    [{ content: " " }, "answer_invalid", "empty"],
  ])("of the answer itself is typed, after it was paid: %j", async (choice, code, words) => {
    const { url } = await serve({ answer: () => choice });
    const ledger: Paid[] = [];
    const error = await failureOf(modelAt(url).chat("answer/1", REQUEST, contextWith(ledger)));
    expect(error).toMatchObject({ name: "PermanentError", code });
    expect(String(error)).toContain(words);
    expect(ledger).toHaveLength(1);
  });
});

describe("an abort", () => {
  it("throws the signal's reason while waiting", async () => {
    const controller = new AbortController();
    const reason = new Error("the run was cancelled");
    const { url } = await serve({
      answer: () => "{}",
      fault: () => {
        controller.abort(reason);
        return { delayMs: 5 };
      },
    });
    expect(await failureOf(modelAt(url).chat("answer/1", REQUEST, contextWith([], controller.signal)))).toBe(reason);
  });

  it("is listened for only while a request runs", async () => {
    const { signal } = new AbortController();
    const { url } = await serve({ answer: () => "{}" });
    await modelAt(url).chat("answer/1", REQUEST, contextWith([], signal));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("before the request sends nothing", async () => {
    const { url, requests } = await serve({ answer: () => "{}" });
    const reason = new Error("too late");
    expect(await failureOf(modelAt(url).chat("answer/1", REQUEST, contextWith([], AbortSignal.abort(reason))))).toBe(reason);
    expect(requests).toHaveLength(0);
  });
});

describe("the configuration", () => {
  it.each([["ftp://host/v1"], ["not an address"], ["https://user:secret@host/v1"]])("refuses the base URL %s", (baseUrl) => {
    expect(() => modelAt(baseUrl)).toThrow(PermanentError);
  });

  it("refuses a key with a line break without showing it", () => {
    expect(() => createOpenAiModel({ instance: "llm-main", model: "m", apiKey: "abc\ndef" })).toThrow(/^(?!.*abc).*llm-main/s);
  });

  it("takes the context size from the option, the table, the default", () => {
    expect(createOpenAiModel({ instance: "a", model: "gpt-4o", apiKey: "k", contextTokens: 9 }).contextTokens).toBe(9);
    expect(createOpenAiModel({ instance: "a", model: "gpt-4o", apiKey: "k" }).contextTokens).toBe(128_000);
    expect(contextTokensOf("llama-of-the-week")).toBe(DEFAULT_CONTEXT_TOKENS);
  });
});

describe("pure parts", () => {
  it("reads Retry-After as seconds, date and milliseconds", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const wait = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now);
    expect(wait({ "retry-after": "1.5" })).toBe(1500);
    expect(wait({ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" })).toBe(9000);
    expect(wait({ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" })).toBe(0);
    expect(wait({ "retry-after-ms": "250", "retry-after": "1" })).toBe(250);
    expect(wait({ "retry-after": "soon" })).toBeUndefined();
    expect(wait({ "retry-after": "-3" })).toBeUndefined();
    expect(wait({})).toBeUndefined();
  });

  it("knows prices by family, not by prefix", () => {
    const tokens = { inputTokens: 1_000_000, cachedTokens: 0, outputTokens: 1_000_000 };
    expect(costOf("gpt-4o-2024-08-06", tokens)).toBe(12.5);
    expect(costOf("openai/gpt-4o", tokens)).toBe(12.5);
    expect(costOf("gpt-4o", { ...tokens, cachedTokens: 1_000_000 })).toBe(11.25);
    expect(costOf("gpt-4o-audio-preview", tokens)).toBeUndefined();
    expect(costOf("fields/constructor", tokens)).toBeUndefined();
  });

  it("bounds a service's words to one line", () => {
    const bounded = boundedMessage(`first\u0000\nsecond\u202e ${"x".repeat(5000)}`, "k");
    expect(bounded).toHaveLength(300);
    expect(bounded.startsWith("first second x")).toBe(true);
  });
});

badServiceConformance({
  name: "language model openai",
  source: "openai",
  ask: (url, signal) => modelAt(url).chat("answer/1", REQUEST, contextWith([], signal)),
});
