/** The chat model of OpenAI and of any compatible service (Azure, vLLM, Ollama, llama.cpp, gateways), over chat completions. */
import type OpenAI from "openai";
import { z } from "zod";
import { PermanentError } from "../../schema/errors.ts";
import type { Json } from "../../schema/json.ts";
import type { Usage } from "../../schema/result.ts";
import type { AdapterContext, ChatModel, ChatRequest } from "../contract.ts";
import { ask, boundedFetch, type Service } from "../http.ts";
import { boundedMessage, formError } from "../http-errors.ts";
import { errorOf, readFailure, type ServiceFailure, SOURCE } from "./openai-errors.ts";
import { contextTokensOf, costOf } from "./prices.ts";

const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** The call's own timeout and the run's cancellation come with the signal; this is the longest that a timer can count. */
const NO_TIMEOUT_MS = 2_147_483_647;

const CHECK_TIMEOUT_MS = 5_000;

/** Which model at which service. */
export interface OpenAiOptions {
  /** The adapter instance's name in requests. */
  instance: string;
  model: string;
  /** Never part of a record, a message or a ledger key. Servers that want none take any word. */
  apiKey: string;
  /** What to check when the key is refused: the name of its environment variable. */
  keyHint?: string;
  /** The address before `/chat/completions`; OpenAI's own when not given. */
  baseUrl?: string;
  /** How many tokens the model reads at once; by default what is known of the model, else 4,096. */
  contextTokens?: number;
  /** What performs the HTTP requests; the global `fetch` when not given. */
  fetch?: typeof fetch;
}

/** How a request is put. A service that refuses a parameter gets the next plainer form. */
interface Form {
  temperature: boolean;
  format: "json_schema" | "json_object" | "none";
}

/** What is kept of a reply: enough to judge it again when it comes from the ledger. */
const replySchema = z.object({ content: z.string(), finish: z.string(), refusal: z.string() });
type Reply = z.infer<typeof replySchema>;

const completionSchema = z.object({
  choices: z
    .array(z.object({ finish_reason: z.string().nullish(), message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }) }))
    .min(1),
  usage: z
    .object({
      prompt_tokens: z.number().nullish(),
      completion_tokens: z.number().nullish(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
});

/** The next plainer form after a refusal that names a parameter we can do without; undefined when the refusal is about something else. */
export function plainerForm(form: Form, failure: Pick<ServiceFailure, "status" | "message" | "parameter">): Form | undefined {
  if (failure.status !== 400 && failure.status !== 422) return undefined;
  const words = `${failure.parameter ?? ""} ${failure.message}`.toLowerCase();
  if (form.temperature && words.includes("temperature")) return { ...form, temperature: false };
  if (!/response.?format|json.?schema|json.?object|schema|grammar/.test(words)) return undefined;
  if (form.format === "json_schema") return { ...form, format: "json_object" };
  return form.format === "json_object" ? { ...form, format: "none" } : undefined;
}

function completionBody(model: string, request: ChatRequest, form: Form): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const { name, schema } = request.schema;
  const system =
    form.format === "json_schema"
      ? request.system
      : `${request.system}\n\nAnswer with one JSON object and nothing else. It must satisfy this JSON Schema:\n${JSON.stringify(schema)}`;
  return {
    model,
    messages: [
      { role: "system", content: system },
      { role: "user", content: request.user },
    ],
    ...(form.temperature ? { temperature: 0 } : {}),
    ...(form.format === "json_schema" ? { response_format: { type: "json_schema", json_schema: { name, schema: { ...schema }, strict: true } } } : {}),
    ...(form.format === "json_object" ? { response_format: { type: "json_object" } } : {}),
  };
}

function usageOf(model: string, usage: z.infer<typeof completionSchema>["usage"]): Usage {
  const inputTokens = usage?.prompt_tokens ?? 0;
  const outputTokens = usage?.completion_tokens ?? 0;
  const cost = costOf(model, { inputTokens, outputTokens, cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0 });
  return { input_tokens: inputTokens, output_tokens: outputTokens, ...(cost === undefined ? {} : { cost_usd: cost }) };
}

/** The text of a reply. Refusals, cut-off and empty answers throw: they were paid for, so they are judged after the ledger has them. */
function textOf(reply: Reply, model: string, secret: string): string {
  if (reply.refusal !== "")
    throw new PermanentError("adapter_refused", `The model ${JSON.stringify(model)} refused to answer: ${boundedMessage(reply.refusal, secret)}`);
  if (reply.finish === "content_filter")
    throw new PermanentError("adapter_refused", `The content filter of ${SOURCE} stopped the answer of ${JSON.stringify(model)}.`);
  if (reply.finish === "length") throw new PermanentError("answer_invalid", `The answer of ${JSON.stringify(model)} was cut off at the model's output limit.`);
  if (reply.content.trim() === "") throw new PermanentError("answer_invalid", `The model ${JSON.stringify(model)} gave an empty answer.`);
  return reply.content;
}

function checkedHost(options: OpenAiOptions): string {
  const address = options.baseUrl ?? DEFAULT_BASE_URL;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new PermanentError("invalid_configuration", `The base URL of ${options.instance} must start with https:// or http://, and usually ends in /v1.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new PermanentError(
      "invalid_configuration",
      `The base URL of ${options.instance} must not hold a user name or password; the key is a setting of its own.`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(options.apiKey)) {
    throw new PermanentError("invalid_configuration", `The key of ${options.instance} is empty or has characters that a key can't have, such as a line break.`);
  }
  return url.host;
}

/**
 * A chat model behind an OpenAI-compatible API. Its requests go through the ledger, so the SDK's own retries are off; answers follow the request's JSON Schema where the service can.
 * The canonical request holds instance, model, messages and schema: not the address, so an answer that was paid for stays good when the service moves.
 * `chat` throws RetryableError for 408, 409, 425, 429, 5xx and network trouble, PermanentError for everything else, and the signal's reason when aborted.
 * Throws PermanentError "invalid_configuration" for an unusable base URL or key.
 */
export function createOpenAiModel(options: OpenAiOptions): ChatModel {
  const { instance, model, apiKey } = options;
  const baseUrl = options.baseUrl ?? DEFAULT_BASE_URL;
  const destination = { host: checkedHost(options), model, keyHint: options.keyHint ?? "OPENAI_API_KEY" };
  const service: Service = {
    source: SOURCE,
    baseUrl,
    secret: apiKey,
    keyHint: destination.keyHint,
    headers: { authorization: `Bearer ${apiKey}` },
    ...(options.fetch ? { fetch: options.fetch } : {}),
  };
  let client: Promise<OpenAI> | undefined;
  // What this service was found to accept, so that only the first request of a process meets a refusal.
  let accepted: Form = { temperature: true, format: "json_schema" };

  async function connect(): Promise<OpenAI> {
    const { default: Client } = await import("openai");
    return new Client({
      apiKey,
      baseURL: baseUrl,
      organization: null,
      project: null,
      adminAPIKey: null,
      webhookSecret: null,
      logLevel: "off",
      maxRetries: 0,
      timeout: NO_TIMEOUT_MS,
      fetch: options.fetch ?? boundedFetch(service),
    });
  }

  async function send(request: ChatRequest, form: Form, signal: AbortSignal): Promise<{ completion: unknown } | { failure: ServiceFailure }> {
    signal.throwIfAborted();
    client ??= connect();
    const { chat } = await client;
    // The SDK never takes its listener off the signal it is given, and a run's signal lives long.
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return { completion: await chat.completions.create(completionBody(model, request, form), { signal: own.signal }) };
    } catch (error) {
      signal.throwIfAborted();
      return { failure: readFailure(error, apiKey, Date.now()) };
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async function perform(request: ChatRequest, signal: AbortSignal): Promise<{ answer: Reply; usage: Usage; model: string }> {
    let form = accepted;
    for (;;) {
      const sent = await send(request, form, signal);
      if ("completion" in sent) {
        accepted = form;
        const completion = completionSchema.safeParse(sent.completion);
        if (!completion.success) {
          throw formError({ ...destination, source: SOURCE }, sent.completion, apiKey, completion.error.issues[0]?.path.join("/"));
        }
        const choice = completion.data.choices[0];
        const answer = { content: choice?.message.content ?? "", finish: choice?.finish_reason ?? "stop", refusal: choice?.message.refusal ?? "" };
        return { answer, usage: usageOf(model, completion.data.usage), model };
      }
      const plainer = plainerForm(form, sent.failure);
      if (!plainer) throw errorOf(sent.failure, destination);
      form = plainer;
    }
  }

  return {
    kind: "chat",
    instance,
    model,
    contextTokens: options.contextTokens ?? contextTokensOf(model),
    async chat(purpose: string, request: ChatRequest, context: AdapterContext): Promise<string> {
      const canonical: Json = { instance, model, system: request.system, user: request.user, schema: request.schema };
      const reply = await context.paid(purpose, canonical, () => perform(request, context.signal));
      return textOf(replySchema.parse(reply), model, apiKey);
    },
    // The list of models costs nothing. Servers that have none answer 404, and are there.
    check: (signal) => ask(service, { method: "GET", path: "/models", signal, timeoutMs: CHECK_TIMEOUT_MS, accept: [404, 405] }, async () => undefined),
  };
}
