/** From the settings of an adapter instance to the adapter. Packages of services are loaded when they are first used. */
import type { ChatModel, EmbeddingAdapter, LlmAdapter, TextExtractor, VectorDatabase, VectorSpace } from "./contract.ts";
import { createLocalEmbedding } from "./embedding/local.ts";
import { createOpenAiEmbedding } from "./embedding/openai.ts";
import { createLocalExtractor } from "./llm/local.ts";
import { createOpenAiModel } from "./llm/openai.ts";
import { createRateLimit, withRateLimit } from "./rate-limit.ts";
import type { AdapterSettings, ServiceKind, SettingsOf } from "./settings.ts";
import { createChroma } from "./vector-db/chroma.ts";
import { createLocalVectorDatabase, type IndexStore } from "./vector-db/local.ts";
import { createPgvector } from "./vector-db/pgvector.ts";
import { createQdrant } from "./vector-db/qdrant.ts";
import type { OpenSpace } from "./vector-db/space.ts";
import { createUpstash } from "./vector-db/upstash.ts";
import { type BuiltinOptions, createBuiltinExtractor } from "./x2text/builtin.ts";
import { createDocling } from "./x2text/docling.ts";
import { createLlamaParse } from "./x2text/llamaparse.ts";
import { createLlmWhisperer } from "./x2text/llmwhisperer.ts";
import { createNoOp } from "./x2text/no-op.ts";
import { createUnstructured } from "./x2text/unstructured.ts";

/** What adapters are made of. `find` throws for a name that isn't configured, `secret` reads an environment variable, `reading` bounds the built-in text extractor. */
export interface AdapterParts {
  find<Service extends ServiceKind>(service: Service, instance: string): AdapterSettings<Service>;
  secret(name: string): string | undefined;
  indexes(tenant: string): IndexStore;
  reading: BuiltinOptions;
}

/** The adapters by instance name. Each is made once. */
export interface Adapters {
  llm(instance: string): LlmAdapter;
  embedding(instance: string): EmbeddingAdapter;
  vectorDatabase(instance: string, space: VectorSpace): VectorDatabase;
  textExtractor(instance: string): TextExtractor;
}

/** Everything that is configured, made when it is first asked for. Each function throws PermanentError for an instance that isn't configured or lacks its key. */
export function createAdapters(parts: AdapterParts): Adapters {
  const databases = remembered((instance) => openVectorDatabase(parts, parts.find("vector-db", instance)));
  return {
    llm: remembered((instance) => createLlm(parts, parts.find("llm", instance))),
    embedding: remembered((instance) => createEmbedding(parts, parts.find("embedding", instance))),
    vectorDatabase: (instance, { tenant, model, dimensions }) => databases(instance)({ tenant, model, dimensions }),
    textExtractor: remembered((instance) => createTextExtractor(parts, parts.find("x2text", instance))),
  };
}

function createLlm(parts: AdapterParts, settings: AdapterSettings<"llm">): LlmAdapter {
  return settings.kind === "local" ? createLocalExtractor() : createChatModel(parts, settings);
}

function createChatModel({ secret }: AdapterParts, settings: SettingsOf<"llm", "openai">): ChatModel {
  const { apiKeyEnv, kind: _kind, requestsPerMinute, requestsAtOnce, ...own } = settings;
  const { apiKey, keyHint } = keyOf(secret, apiKeyEnv);
  // The SDK refuses to work without any key.
  const model = createOpenAiModel({ ...given(own), keyHint, apiKey: apiKey === "" ? "none" : apiKey });
  const limit = createRateLimit({ requestsPerMinute, requestsAtOnce });
  return limit ? { ...model, chat: (purpose, request, context) => model.chat(purpose, request, withRateLimit(limit, context)) } : model;
}

function createEmbedding({ secret }: AdapterParts, settings: AdapterSettings<"embedding">): EmbeddingAdapter {
  if (settings.kind === "local") return createLocalEmbedding();
  const { kind: _kind, apiKeyEnv, requestsPerMinute, requestsAtOnce, ...openai } = settings;
  const embedding = createOpenAiEmbedding({ ...given(openai), ...keyOf(secret, apiKeyEnv) });
  const limit = createRateLimit({ requestsPerMinute, requestsAtOnce });
  return limit ? { ...embedding, embed: (texts, context) => embedding.embed(texts, withRateLimit(limit, context)) } : embedding;
}

function openVectorDatabase({ secret, indexes }: AdapterParts, settings: AdapterSettings<"vector-db">): OpenSpace<VectorDatabase> {
  if (settings.kind === "local") return ({ tenant }) => createLocalVectorDatabase(indexes(tenant));
  if (settings.kind === "pgvector") {
    const { kind: _kind, urlEnv, ...own } = settings;
    return createPgvector({ ...given(own), url: secret(urlEnv) ?? "", urlHint: urlEnv });
  }
  const { kind, apiKeyEnv, ...own } = settings;
  const options = { ...given(own), ...keyOf(secret, apiKeyEnv) };
  if (kind === "upstash") return createUpstash(options);
  return kind === "qdrant" ? createQdrant(options) : createChroma(options);
}

function createTextExtractor({ secret, reading }: AdapterParts, settings: AdapterSettings<"x2text">): TextExtractor {
  if (settings.kind === "builtin") return createBuiltinExtractor(reading);
  if (settings.kind === "no-op") return createNoOp(settings.instance);
  const extractor = createJobExtractor(secret, settings);
  const limit = createRateLimit(settings);
  // Who is interrupted while it waits must not look like one who may have submitted, so it is the intent that waits.
  const limited = (key: string) => key.startsWith("intent/");
  return limit ? { ...extractor, extract: (input, context) => extractor.extract(input, withRateLimit(limit, context, limited)) } : extractor;
}

type JobSettings = Exclude<AdapterSettings<"x2text">, { kind: "builtin" } | { kind: "no-op" }>;

function createJobExtractor(secret: AdapterParts["secret"], settings: JobSettings): TextExtractor {
  const key = keyOf(secret, settings.apiKeyEnv);
  if (settings.kind === "llmwhisperer") return createLlmWhisperer({ ...settings, ...key });
  if (settings.kind === "unstructured") return createUnstructured({ ...settings, ...key });
  return settings.kind === "llamaparse" ? createLlamaParse({ ...settings, ...key }) : createDocling({ ...settings, ...key });
}

/** The key, "" where none is needed, and where to look when it is refused. */
function keyOf(secret: AdapterParts["secret"], name: string | undefined): { apiKey: string; keyHint: string } {
  return { apiKey: name === undefined ? "" : (secret(name) ?? ""), keyHint: name ?? "apiKeyEnv in its settings" };
}

type Given<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** The entries that have a value. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

function remembered<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}
