/** The composition root: from settings to a working studio. Everything that is chosen is chosen here. */

import { isAbsolute, relative, resolve, sep } from "node:path";
import pino, { type Logger } from "pino";
import { z } from "zod";
import { promptStudio } from "./functions/pipeline.ts";
import type { Resources, RunSettings } from "./functions/resources.ts";
import { type AdapterParts, type Adapters, createAdapters } from "./lib/adapters/catalog.ts";
import type { ServiceKind } from "./lib/adapters/settings.ts";
import { createIndexStore, type IndexStore } from "./lib/adapters/vector-db/local.ts";
import type { Studio } from "./lib/client.ts";
import { filesFolder, TENANT_PLACEHOLDER } from "./lib/config/http.ts";
import { given } from "./lib/config/read.ts";
import {
  adaptersOf,
  type Config,
  checkAdapters,
  type Environment,
  findAdapter,
  interactivePolicies,
  limitedPolicies,
  loadConfig,
  type StageId,
} from "./lib/config.ts";
import type { Dispatch, EngineName } from "./lib/engine/contract.ts";
import { openEngines } from "./lib/engine/create.ts";
import { readOwner } from "./lib/engine/end.ts";
import { enginesUsed, routeOf } from "./lib/engine/route.ts";
import { createApp } from "./lib/http/app.ts";
import { createMetrics, type Metrics } from "./lib/http/metrics.ts";
import { submissionByPath } from "./lib/http/submission.ts";
import { makeInngest } from "./lib/inngest-maker.ts";
import { createStudio } from "./lib/local-studio.ts";
import { withPolicies } from "./lib/pipeline/define.ts";
import { createRuntime, type Runtime } from "./lib/runtime.ts";
import { type Artifact, type DocumentText, documentTextSchema } from "./lib/schema/document.ts";
import { PermanentError } from "./lib/schema/errors.ts";
import type { ProcessRequest } from "./lib/schema/request.ts";
import { refuseUnsupported, validateRequest } from "./lib/schema/validate.ts";
import { extractionKey } from "./lib/store/layout.ts";
import { createMemoryStore } from "./lib/store/memory.ts";
import type { ObjectStore } from "./lib/store/object-store.ts";
import { openConfigured } from "./lib/store/open.ts";
import { writeResultCopy } from "./lib/whole-file.ts";

/** Memory that reading one document may take, and the time of one reading. */
const READ_MEMORY_MB = 2_048;
const READ_DEADLINE_MS = 120_000;
const DOCUMENTS_REMEMBERED = 4;
/** A host without a limit of its own may as well be called again after so long. */
const NO_HOST_LIMIT_MS = 1_800_000;

export interface OpenOptions {
  llm?: string | undefined;
  engine?: string | undefined;
  /** A command that has this engine do something: no other behind it, and no log beside what the command prints. */
  alone?: boolean | undefined;
  storeLocation?: string | undefined;
  concurrency?: number | undefined;
  host?: string | undefined;
  port?: number | undefined;
  /** Where settings are read; the environment and the working folder of this process when not given. */
  source?: { env?: Environment; cwd?: string } | undefined;
  /** Instead of the configured one. */
  store?: ObjectStore | undefined;
  /** Somebody waits: retries come after 2 s doubling to 60 s, not after the paper's minutes. */
  interactive?: boolean | undefined;
  debug?: boolean | undefined;
}

/** A studio with the settings of the environment and the configuration file, which works in this process whatever engine is configured. Throws PermanentError that lists every wrong setting. */
export async function openStudio(options: OpenOptions = {}): Promise<Studio> {
  const config = loadConfig({ ...options.source, overrides: { llm: options.llm, engine: options.engine ?? "embedded", storeLocation: options.storeLocation } });
  if (config.engine !== "embedded") {
    throw new PermanentError(
      "invalid_configuration",
      `This command works in its own process, so its engine is embedded, not ${config.engine}. Give the run to "prompt-studio serve" to have ${config.engine} do it.`,
    );
  }
  const store = options.store ?? (await openConfiguredStore(config));
  const log = pino({ level: options.debug ? "debug" : "silent" }, pino.destination({ fd: 2, sync: true }));
  const policies = options.interactive ? interactivePolicies(config.policies) : config.policies;
  const { studioOf } = compose(config, { store, log, policies });
  return studioOf(config.tenant, false);
}

/** Everything behind HTTP, or behind a worker: the engine of the settings, a studio for each tenant, the app. `close` it when the last request is answered. */
export async function openService(options: OpenOptions & { keyless?: "loopback" | "refused"; hostLimitMs?: number } = {}) {
  const { llm, engine, alone, storeLocation, concurrency, host, port } = options;
  const config = loadConfig({ ...options.source, overrides: { llm, engine, alone, storeLocation, concurrency, host, port } });
  const store = options.store ?? (await openConfiguredStore(config));
  const log = pino({ level: options.debug ? "debug" : alone ? "silent" : config.logLevel }, pino.destination({ fd: 2, sync: true }));
  const metrics = createMetrics({ store });
  const hostLimitMs = config.http.hostLimitMs ?? options.hostLimitMs;
  const policies = hostLimitMs === undefined ? config.policies : limitedPolicies(config.policies, hostLimitMs, (message) => log.warn({}, message));
  const { runtime, studioOf } = compose(config, { store, log, policies, metrics, ...given({ hostLimitMs }) });
  const running = await runtime.start();
  const studio = remembered((tenant) => studioOf(tenant, true));
  const app = createApp({
    studio,
    config,
    log,
    keyless: options.keyless ?? "loopback",
    metrics: metrics.text,
    engine: running.engines.find((each) => each.fetch !== undefined),
    async health() {
      // Proves that the store can be written to; also after a freeze, from which a process wakes with an old lease.
      await running.host.lease.ensureFresh();
    },
  });
  const { startWorker, close } = runtime;
  return { config, app, studio: studio(config.tenant), engines: running.engines, startWorker, close };
}

interface Composition {
  store: ObjectStore;
  log: Logger;
  policies: Config["policies"];
  /** With metrics the engines are the configured ones; without, the process works for itself. */
  metrics?: Metrics;
  hostLimitMs?: number;
}

function compose(config: Config, { store, log, policies, metrics, hostLimitMs = NO_HOST_LIMIT_MS }: Composition) {
  const passwords = new Map<string, string>();
  const { concurrency, concurrencyPerTenant: perTenant, engines: settings, secret } = config;
  const pipeline = withPolicies(promptStudio, (stage) => policies[stage as StageId]);
  const resources = createResources(config, store, passwords);
  const runtime: Runtime<Resources> = createRuntime<Resources>({
    store,
    log,
    pipelines: [pipeline],
    resources,
    engines: (parts) =>
      openEngines(
        metrics ? enginesUsed(config, [pipeline.shape.name]) : { chosen: ["embedded"], spare: [] },
        { ...parts, ...asked, concurrency, perTenant, hostLimitMs, settings, secret },
        { inngest: makeInngest },
      ),
    route: (run) => routeOf(config, run),
    ...(metrics ? { observe: metrics.observe } : {}),
  });
  const studioOf = (tenant: string, handsOver: boolean, engine?: EngineName): Studio =>
    createStudio<Resources>({
      runtime,
      pipeline,
      tenant,
      handsOver,
      engine,
      maximumDocumentBytes: config.limits.documentBytes,
      accept(value) {
        const request = validateRequest(value, config.limits);
        refuseUnsupported(request);
        checkAdapters(request, config);
        if (request.output_file_path !== undefined) writablePath(config, request.output_file_path);
        return request;
      },
      settings: async (request, needsPassword) => {
        checkAdapters(request, config, needsPassword);
        return settingsOf(config, resources, request, needsPassword);
      },
      rememberPassword: (owner, runId, password) => passwords.set(`${owner}:${runId}`, password),
    });
  /** A request that came through an engine: its document lies in the folder of the tenant's files. */
  const acceptNew = async (tenant: string, request: Readonly<Record<string, unknown>>, engine: EngineName) =>
    studioOf(tenant, false, engine).submit(await submissionByPath(request, { limits: config.limits, files: filesFolder(config.http, tenant) }));
  const asked = {
    tenant: config.tenant,
    receivers: metrics ? [metrics.ended] : [],
    async accept(tenant: string, value: Readonly<Record<string, unknown>>, engine: EngineName): Promise<Dispatch> {
      const { tenant: _tenant, priority: _priority, document, ...request } = value;
      const named = "outputs" in request || typeof request.run_id !== "string" ? undefined : request.run_id;
      const { runId } =
        named === undefined ? await acceptNew(tenant, { ...(document === undefined ? {} : { file_path: document }), ...request }, engine) : { runId: named };
      const owner = await readOwner(store, tenant, runId);
      if (owner === undefined) throw new PermanentError("run_not_found", `There is no run "${runId}"; send the whole request, with outputs.`);
      return { tenant, runId, n: owner.n };
    },
    finalOutput: async (tenant: string, runId: string) => z.json().parse(await studioOf(tenant, false).result(runId)),
  };
  return { runtime, studioOf };
}

/** The store of the settings. */
export function openConfiguredStore({ store }: Pick<Config, "store">): Promise<ObjectStore> {
  // The SDK's reminder that Node 20 ends would stand between a person and every answer; README says which Node to use.
  if (store.kind === "s3") process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  return openConfigured(store);
}

function settingsOf(config: Config, adapters: Adapters, request: ProcessRequest, needsPassword: boolean): RunSettings {
  const { llm: instance, embedding, "vector-db": vectorDatabase, x2text: textExtractor } = adaptersOf(config, request);
  const llm = adapters.llm(instance);
  return {
    llm: llm.instance,
    model: llm.kind === "chat" ? llm.model : llm.instance,
    contextTokens: llm.contextTokens,
    embedding,
    vectorDatabase,
    textExtractor,
    needsPassword,
  };
}

/** Whether an outside service is there and takes us: asks it something that costs nothing. Throws what is wrong with it. */
export async function checkAdapter(config: Config, service: ServiceKind, instance: string, signal: AbortSignal): Promise<void> {
  const adapters = createAdapters({ ...adapterParts(config), indexes: () => createIndexStore(createMemoryStore(), config.tenant) });
  const adapter = () => {
    if (service === "llm") return adapters.llm(instance);
    if (service === "x2text") return adapters.textExtractor(instance);
    if (service === "embedding") return adapters.embedding(instance);
    const { model, dimensions } = adapters.embedding(config.adapters.defaults.embedding);
    return adapters.vectorDatabase(instance, { tenant: config.tenant, model, dimensions });
  };
  const made = adapter();
  if ("check" in made) await made.check?.(signal);
}

function createResources(config: Config, store: ObjectStore, passwords: ReadonlyMap<string, string>): Resources {
  const indexes = remembered<IndexStore>((tenant) => createIndexStore(store, tenant));
  return {
    ...createAdapters({ ...adapterParts(config), indexes }),
    indexes,
    openText: createTextReader(store),
    limits: config.limits,
    password: (tenant, runId) => passwords.get(`${tenant}:${runId}`),
    copyText: (tenant, runId, text) => store.put(extractionKey(tenant, runId), Buffer.from(text)),
    copyResult: async (path, text) => writeResultCopy(writablePath(config, path), text, config.store.kind === "fs" ? config.store.path : undefined),
  };
}

/** What the adapters of the settings are made of, but for the indexes. */
function adapterParts(config: Config): Omit<AdapterParts, "indexes"> {
  return {
    find: (service, instance) => findAdapter(config, service, instance),
    secret: config.secret,
    reading: { deadlineMs: READ_DEADLINE_MS, memoryLimitMb: READ_MEMORY_MB },
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

/** A path of a request, resolved; PermanentError when it leads out of the working folder and out of the folder of files, where requests have no business. */
function writablePath({ http }: Pick<Config, "http">, path: string): string {
  const target = resolve(path);
  // The HTTP interface has seen to it that a tenant stays in its own part of that folder.
  const files = http.files?.split(TENANT_PLACEHOLDER)[0];
  if (isInside(process.cwd(), target) || (files !== undefined && isInside(files, target))) return target;
  const problems = [{ pointer: "/output_file_path", message: "leads out of the working folder" }];
  throw new PermanentError("invalid_request", `output_file_path "${path}" leads out of the working folder; give a path inside it.`, { problems });
}

function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== "" && !isAbsolute(inside) && inside !== ".." && !inside.startsWith(`..${sep}`);
}
