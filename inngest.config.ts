/** The composition root: from settings to a working studio. Everything that is chosen is chosen here. */

import { isAbsolute, relative, resolve, sep } from "node:path";
import pino from "pino";
import { promptStudio } from "./functions/pipeline.ts";
import type { Resources, RunSettings } from "./functions/resources.ts";
import type { EmbeddingAdapter, LlmAdapter, TextExtractor } from "./lib/adapters/contract.ts";
import { createLocalEmbedding } from "./lib/adapters/embedding/local.ts";
import { createLocalExtractor } from "./lib/adapters/llm/local.ts";
import { createOpenAiModel } from "./lib/adapters/llm/openai.ts";
import { createIndexStore, createLocalVectorDatabase, type IndexStore } from "./lib/adapters/vector-db/local.ts";
import { createBuiltinExtractor } from "./lib/adapters/x2text/builtin.ts";
import type { Studio } from "./lib/client.ts";
import { type Config, checkAdapters, findLlm, interactivePolicies, loadConfig, type StageId } from "./lib/config.ts";
import { createStudio } from "./lib/local-studio.ts";
import { withPolicies } from "./lib/pipeline/define.ts";
import { type Artifact, type DocumentText, documentTextSchema } from "./lib/schema/document.ts";
import { PermanentError } from "./lib/schema/errors.ts";
import type { ProcessRequest } from "./lib/schema/request.ts";
import { refuseUnsupported, validateRequest } from "./lib/schema/validate.ts";
import { extractionKey } from "./lib/store/layout.ts";
import type { ObjectStore } from "./lib/store/object-store.ts";
import { openStore } from "./lib/store/open.ts";
import { writeResultCopy } from "./lib/whole-file.ts";

/** Memory that reading one document may take, and the time of one reading. */
const READ_MEMORY_MB = 2_048;
const READ_DEADLINE_MS = 120_000;
const DOCUMENTS_REMEMBERED = 4;

export interface OpenOptions {
  llm?: string | undefined;
  engine?: string | undefined;
  storeLocation?: string | undefined;
  /** Instead of the configured one. */
  store?: ObjectStore | undefined;
  /** Somebody waits: retries come after 2 s doubling to 60 s, not after the paper's minutes. */
  interactive?: boolean | undefined;
  debug?: boolean | undefined;
}

/** A studio with the settings of the environment and the configuration file. Throws PermanentError that lists every wrong setting. */
export async function openStudio(options: OpenOptions = {}): Promise<Studio> {
  const config = loadConfig({ overrides: { llm: options.llm, engine: options.engine, storeLocation: options.storeLocation } });
  const store = options.store ?? (await openConfiguredStore(config));
  const policies = options.interactive ? interactivePolicies(config.policies) : config.policies;
  const passwords = new Map<string, string>();
  return createStudio<Resources>({
    store,
    pipeline: withPolicies(promptStudio, (stage) => policies[stage as StageId]),
    resources: createResources(config, store, passwords),
    tenant: config.tenant,
    log: pino({ level: options.debug ? "debug" : "silent" }, pino.destination({ fd: 2, sync: true })),
    concurrency: config.concurrency,
    concurrencyPerTenant: config.concurrencyPerTenant,
    maximumDocumentBytes: config.limits.documentBytes,
    accept(value) {
      const request = validateRequest(value, config.limits);
      refuseUnsupported(request);
      checkAdapters(request, config);
      if (request.output_file_path !== undefined) insideWorkingFolder(request.output_file_path);
      return request;
    },
    settings: async (request, needsPassword) => settingsOf(config, request, needsPassword),
    rememberPassword: (tenant, runId, password) => passwords.set(`${tenant}:${runId}`, password),
  });
}

/** The store of the settings. */
export function openConfiguredStore({ store }: Pick<Config, "store">): Promise<ObjectStore> {
  if (store.kind === "fs") return openStore(store.path);
  const { endpoint, region } = store;
  // The SDK's reminder that Node 20 ends would stand between a person and every answer; README says which Node to use.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  return openStore(`s3://${store.bucket}/${store.prefix}`, { s3: { ...(endpoint ? { endpoint, forcePathStyle: true } : {}), ...(region ? { region } : {}) } });
}

function settingsOf(config: Config, request: ProcessRequest, needsPassword: boolean): RunSettings {
  const llm = createLlm(config, request.tool_settings?.llm ?? config.llm);
  return {
    llm: llm.instance,
    model: llm.kind === "chat" ? llm.model : llm.instance,
    contextTokens: llm.contextTokens,
    embedding: request.tool_settings?.embedding ?? "local",
    vectorDatabase: request.tool_settings?.["vector-db"] ?? "local",
    textExtractor: request.tool_settings?.x2text_adapter ?? request.extraction_settings?.x2text_instance_id ?? "builtin",
    needsPassword,
  };
}

function createLlm(config: Config, name: string): LlmAdapter {
  const settings = findLlm(config, name);
  if (settings.kind === "local") return createLocalExtractor();
  const { instance, model, baseUrl, contextTokens, apiKeyEnv } = settings;
  return createOpenAiModel({
    instance,
    model,
    apiKey: (apiKeyEnv === undefined ? undefined : config.secret(apiKeyEnv)) ?? "none",
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(contextTokens === undefined ? {} : { contextTokens }),
  });
}

function createResources(config: Config, store: ObjectStore, passwords: ReadonlyMap<string, string>): Resources {
  const llms = remembered((name) => createLlm(config, name));
  const embedding: EmbeddingAdapter = createLocalEmbedding();
  const textExtractor: TextExtractor = createBuiltinExtractor({ deadlineMs: READ_DEADLINE_MS, memoryLimitMb: READ_MEMORY_MB });
  const indexes = remembered<IndexStore>((tenant) => createIndexStore(store, tenant));
  const only =
    <T>(adapter: T, own: string) =>
    (instance: string) => {
      if (instance !== own) throw new PermanentError("unknown_adapter", `There is no adapter instance "${instance}"; use "${own}".`);
      return adapter;
    };
  return {
    llm: llms,
    embedding: only(embedding, "local"),
    vectorDatabase: (instance, tenant) => only(createLocalVectorDatabase(indexes(tenant)), "local")(instance),
    textExtractor: only(textExtractor, "builtin"),
    indexes,
    openText: createTextReader(store),
    limits: config.limits,
    password: (tenant, runId) => passwords.get(`${tenant}:${runId}`),
    copyText: (tenant, runId, text) => store.put(extractionKey(tenant, runId), Buffer.from(text)),
    copyResult: async (path, text) => writeResultCopy(insideWorkingFolder(path), text, config.store.kind === "fs" ? config.store.path : undefined),
  };
}

/** Reads document texts; the last few are remembered, so that all items of a run share one parsed document. */
function createTextReader(store: ObjectStore): (artifact: Artifact) => Promise<DocumentText> {
  const documents = new Map<string, Promise<DocumentText>>();
  const read = async ({ key }: Artifact): Promise<DocumentText> => {
    const bytes = await store.get(key);
    if (bytes === undefined)
      throw new PermanentError("internal", `The text "${key}" is gone from the store; it was deleted by hand, so run the document anew.`);
    return documentTextSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  };
  return (artifact) => {
    const known = documents.get(artifact.key) ?? read(artifact);
    documents.delete(artifact.key);
    documents.set(artifact.key, known);
    known.catch(() => documents.delete(artifact.key));
    for (const key of documents.keys()) if (documents.size > DOCUMENTS_REMEMBERED) documents.delete(key);
    return known;
  };
}

function remembered<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}

/** A path of a request, resolved; PermanentError when it leads out of the working folder, where requests have no business. */
function insideWorkingFolder(path: string): string {
  const target = resolve(path);
  const inside = relative(process.cwd(), target);
  if (inside !== "" && !isAbsolute(inside) && inside !== ".." && !inside.startsWith(`..${sep}`)) return target;
  const problems = [{ pointer: "/output_file_path", message: "leads out of the working folder" }];
  throw new PermanentError("invalid_request", `output_file_path "${path}" leads out of the working folder; give a path inside it.`, { problems });
}
