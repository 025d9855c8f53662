/** Embeddings of OpenAI and of any compatible service, over /embeddings. */
import { z } from "zod";
import { countTokens } from "../../document/tokens.ts";
import { PermanentError } from "../../schema/errors.ts";
import type { AdapterContext, EmbeddingAdapter } from "../contract.ts";
import { ask, askJson, type Service } from "../http.ts";
import { costOfEmbedding, embeddingDimensions } from "./models.ts";

const DEFAULT_BASE_URL = "https://api.openai.com/v1";
const DEFAULT_BATCH = 128;
/** OpenAI takes 300,000 tokens in one request; its tokens are counted a little otherwise here than there. */
const REQUEST_TOKENS = 200_000;
/** The longest text of OpenAI's models is 8,191 tokens. What is longer is embedded by its beginning. */
const TEXT_TOKENS = 8_000;
/** Sentence embeddings find what shares no words, so their neighbours count as much as shared words. */
const DEFAULT_QUALITY = 1;
const CHECK_TIMEOUT_MS = 10_000;

/** Which model at which service. */
export interface OpenAiEmbeddingOptions {
  /** The adapter instance's name in requests. */
  instance: string;
  model: string;
  /** Never part of a record, a message or a ledger key; "" for a service without keys. */
  apiKey: string;
  /** What to check when the key is refused: the name of its environment variable. */
  keyHint?: string;
  /** The address before `/embeddings`; OpenAI's own when not given. */
  baseUrl?: string;
  /** The length of a vector. It has to be given for a model that isn't OpenAI's; where it is less than the full length of one of those, the service is asked to shorten. */
  dimensions?: number;
  /** How far its neighbours can be trusted against shared words, 0 to 1. */
  quality?: number;
  /** How many texts one request takes. */
  batch?: number;
  /** What performs the HTTP requests; the global `fetch` when not given. */
  fetch?: typeof fetch;
}

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()) })),
  usage: z.object({ prompt_tokens: z.number() }).nullish(),
});

/** What is kept of an answer: all vectors one after the other, as 32-bit numbers in base 64, which is a fifth of their JSON. */
const keptSchema = z.object({ vectors: z.string() });

/**
 * An embedding behind an OpenAI-compatible API. Requests go through the ledger, are never repeated by themselves, and always ask for plain numbers: a compatible service that ignores a wish for base 64 would be misread.
 * `embed` throws as lib/adapters/http.ts says; vectors of another number or length than expected are a PermanentError that names both.
 * Throws PermanentError "invalid_configuration" for a model whose length isn't known and isn't given.
 */
export function createOpenAiEmbedding(options: OpenAiEmbeddingOptions): EmbeddingAdapter {
  const { instance, model, apiKey, batch = DEFAULT_BATCH, quality = DEFAULT_QUALITY } = options;
  const full = embeddingDimensions(model);
  const dimensions = options.dimensions ?? full;
  if (dimensions === undefined) {
    throw new PermanentError(
      "invalid_configuration",
      `The embedding ${instance} needs "dimensions", the length of a vector of the model ${JSON.stringify(model)}.`,
    );
  }
  const service: Service = {
    source: "openai",
    baseUrl: options.baseUrl ?? DEFAULT_BASE_URL,
    headers: apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` },
    secret: apiKey,
    keyHint: options.keyHint ?? "OPENAI_API_KEY",
    ...(options.fetch ? { fetch: options.fetch } : {}),
  };
  const length = dimensions;
  const shortened = full !== undefined && dimensions !== full ? { dimensions } : {};

  async function request(texts: readonly string[], signal: AbortSignal, timeoutMs?: number) {
    const json = { model, input: texts, encoding_format: "float", ...shortened };
    const answer = await askJson(service, { method: "POST", path: "/embeddings", json, signal, ...(timeoutMs ? { timeoutMs } : {}) }, answerSchema);
    return { vectors: ordered(answer.data, texts.length), tokens: answer.usage?.prompt_tokens ?? 0 };
  }

  /** The vectors in the order of the texts, in one row. */
  function ordered(data: z.infer<typeof answerSchema>["data"], count: number): Float32Array {
    const wrong = (what: string) => new PermanentError("adapter_failed", `The embedding ${instance} (${JSON.stringify(model)}) gave ${what}.`);
    if (data.length !== count) throw wrong(`${data.length} vectors for ${count} texts`);
    const all = new Float32Array(count * length);
    const seen = new Set<number>();
    for (const { index, embedding } of data) {
      if (index >= count || seen.has(index)) throw wrong(`a vector for a text that wasn't sent (${index})`);
      if (embedding.length !== dimensions) {
        throw wrong(`vectors of ${embedding.length} numbers, not ${dimensions}. Set "dimensions" of this embedding to ${embedding.length}`);
      }
      seen.add(index);
      all.set(embedding, index * embedding.length);
    }
    return all;
  }

  async function embedGroup(texts: readonly string[], { paid, signal }: AdapterContext): Promise<Float32Array[]> {
    const kept = await paid("embed", { instance, model, dimensions: length, texts: [...texts] }, async () => {
      const { vectors, tokens } = await request(texts, signal);
      const cost = costOfEmbedding(model, tokens);
      return {
        answer: { vectors: Buffer.from(vectors.buffer).toString("base64") },
        usage: { input_tokens: tokens, output_tokens: 0, ...(cost === undefined ? {} : { cost_usd: cost }) },
        model,
      };
    });
    const bytes = Uint8Array.from(Buffer.from(keptSchema.parse(kept).vectors, "base64"));
    const all = new Float32Array(bytes.buffer, 0, bytes.byteLength >> 2);
    return texts.map((_, index) => all.slice(index * length, (index + 1) * length));
  }

  return {
    instance,
    model: `${model}-${dimensions}`,
    dimensions,
    quality,
    batch,
    async embed(texts, context) {
      const vectors: Float32Array[] = [];
      for (const group of groupsOf(texts.map(beginningOf), batch)) vectors.push(...(await embedGroup(group, context)));
      return vectors;
    },
    async check(signal) {
      // Some services have no list of models, and only an embedding shows the length of a vector.
      if (options.baseUrl === undefined)
        await ask(service, { method: "GET", path: `/models/${encodeURIComponent(model)}`, signal, timeoutMs: CHECK_TIMEOUT_MS }, async () => undefined);
      else await request(["check"], signal, CHECK_TIMEOUT_MS);
    },
  };
}

/** Texts in the order given, in groups that one request takes. */
function groupsOf(texts: readonly string[], batch: number): string[][] {
  const groups: string[][] = [];
  let tokens = 0;
  for (const text of texts) {
    const own = countTokens(text);
    const last = groups.at(-1);
    if (last === undefined || last.length >= batch || tokens + own > REQUEST_TOKENS) {
      groups.push([text]);
      tokens = own;
    } else {
      last.push(text);
      tokens += own;
    }
  }
  return groups;
}

/** A text as far as a model reads it. Services refuse an empty one. */
function beginningOf(text: string): string {
  if (text.trim() === "") return " ";
  let end = text.length;
  for (let tokens = countTokens(text); tokens > TEXT_TOKENS; tokens = countTokens(text.slice(0, end))) end = Math.floor((end * TEXT_TOKENS * 0.98) / tokens);
  return text.slice(0, end);
}
