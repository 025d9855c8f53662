/**
 * `prompt-studio/engine`: pipelines of your own on any of the engines. A pipeline is stages (defineStage) in an order (definePipeline); createEngine has its
 * calls made durably, wherever the configuration says: whatever is killed, a run ends, and what was committed or paid for is not done again.
 */
import pino, { type Logger } from "pino";
import type { LiveEvent } from "./client.ts";
import { type Config, type Environment, loadConfig } from "./config.ts";
import { openEngines } from "./engine/create.ts";
import { enginesUsed, routeOf } from "./engine/route.ts";
import { listen } from "./http/listen.ts";
import { makeInngest, registerInngest } from "./inngest-maker.ts";
import type { Pipeline } from "./pipeline/define.ts";
import { createPipelineRuns, dispatchOf, lastOutput, type PipelineRuns } from "./pipeline-runs.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { messageOf, PermanentError } from "./schema/errors.ts";
import type { ObjectStore } from "./store/object-store.ts";
import { openConfigured, openStore } from "./store/open.ts";

export type { LiveEvent, RunEvent, RunView } from "./client.ts";
export {
  definePipeline,
  defineStage,
  type GraphStage,
  type ItemHandle,
  type ItemResult,
  type PaidEntry,
  Pending,
  type Pipeline,
  type StageContext,
  type StageHandle,
  type TaskStage,
} from "./pipeline/define.ts";
export type { Paid } from "./pipeline/paid.ts";
export { INTERACTIVE_DELAY, PAPER_DELAY, paperPolicy } from "./pipeline/policies.ts";
export type { PipelineRuns, Submission } from "./pipeline-runs.ts";
export type { Artifact } from "./schema/document.ts";
export { type ErrorCode, PermanentError, RetryableError } from "./schema/errors.ts";
export type { Json } from "./schema/json.ts";
export type { CallPolicy, DelayPolicy, ItemGraph } from "./schema/pipeline.ts";
export type { ObjectStore } from "./store/object-store.ts";

/** A host without a limit of its own may as well be called again after so long. */
const NO_HOST_LIMIT_MS = 1_800_000;
const FINISH_MS = 10_000;

/** What is not given is read as for the program itself: docs/settings.md. */
export interface EngineOptions<Resources> {
  /** "embedded", "inngest", "hatchet", "temporal" or "celery", for all runs; TASK_QUEUE_BACKEND, splits and fallback when not given. */
  engine?: string | undefined;
  /** A folder, "s3://BUCKET/PREFIX", "memory:", or a store. */
  store?: string | ObjectStore | undefined;
  /** Every pipeline whose runs this process accepts or works on. */
  pipelines: readonly Pipeline<Resources>[];
  /** What stages find as `context.resources`: clients, functions, settings. It is in no record, so it may hold secrets. */
  resources: Resources;
  /** Whose the runs are; "default" when nothing is said anywhere. */
  tenant?: string | undefined;
  /** Calls at once in this process. */
  concurrency?: number | undefined;
  /** How long the host lets one request take, milliseconds, where it has a limit. */
  hostLimitMs?: number | undefined;
  log?: Logger | undefined;
  /** Is told of everything that goes on in this process. */
  observe?: ((event: LiveEvent) => void) | undefined;
  /** Where settings are read; the environment and the working folder of this process when not given. */
  source?: { env?: Environment; cwd?: string } | undefined;
}

/** Calls are made in this process until `stop`, which lets running ones end for so many milliseconds (10,000), and then stops them; they go on elsewhere. */
export interface PipelineWorker {
  stop(finishMs?: number): Promise<void>;
}

/** An engine with your pipelines, for the tenant of its options. */
export interface PipelineEngine extends PipelineRuns {
  /** The runs of another tenant. */
  forTenant(tenant: string): PipelineRuns;
  /**
   * Makes calls in this process until it is stopped, and takes up what others left half-done: the embedded engine's own, those of a broker or server that is
   * polled, and with Inngest by listening on PROMPT_STUDIO_HOST and PROMPT_STUDIO_PORT for it.
   */
  work(): Promise<PipelineWorker>;
  /** For hosts that have a server: answers what Inngest sends to /api/inngest. */
  fetch(request: Request): Promise<Response>;
  /** Stops everything of this process; its runs go on elsewhere, or when a process works on them again. */
  close(): Promise<void>;
}

/** Opens the store and the engine. Throws PermanentError "invalid_configuration" that lists every wrong setting, or says which package the engine needs. */
export async function createEngine<Resources>(options: EngineOptions<Resources>): Promise<PipelineEngine> {
  const { pipelines, resources, log = pino({ level: "silent" }), hostLimitMs = NO_HOST_LIMIT_MS } = options;
  const names = pipelines.map(({ shape }) => shape.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new PermanentError("invalid_configuration", `Two pipelines are called "${repeated}".`);
  const location = typeof options.store === "string" && options.store !== "memory:" ? options.store : undefined;
  const config = loadConfig({
    ...options.source,
    pipelines: names,
    overrides: { engine: options.engine, storeLocation: location, concurrency: options.concurrency },
  });
  const tenant = options.tenant ?? config.tenant;
  const store = await storeOf(options.store, config);
  const { engines: settings, secret, concurrency, concurrencyPerTenant: perTenant } = config;
  const runtime: Runtime<Resources> = createRuntime<Resources>({
    store,
    pipelines,
    resources,
    log,
    observe: options.observe,
    engines: (parts) =>
      openEngines(
        enginesUsed(config, names),
        {
          ...parts,
          concurrency,
          perTenant,
          hostLimitMs,
          settings,
          secret,
          tenant,
          receivers: [],
          accept: (of, asked) => dispatchOf(store, of, asked),
          finalOutput: (of, runId) => lastOutput(store, of, runId),
        },
        { inngest: makeInngest },
      ),
    route: (run) => routeOf(config, run),
  });
  await runtime.start();
  const called = async () => (await runtime.start()).engines.find((engine) => engine.fetch !== undefined);
  const answer = async (request: Request) => (await called())?.fetch?.(request) ?? new Response("No engine of this process is called.\n", { status: 404 });
  return {
    ...createPipelineRuns(runtime, tenant, names),
    forTenant: (other) => createPipelineRuns(runtime, other, names),
    work: async () => startWork(runtime, (await called()) && { fetch: answer }, { ...config.http, log }),
    fetch: answer,
    close: runtime.close,
  };
}

/** Works, and listens for an engine that calls, if there is one. */
async function startWork<Resources>(
  runtime: Runtime<Resources>,
  app: { fetch(request: Request): Promise<Response> } | undefined,
  { host, port, log }: { host: string; port: number; log: Logger },
): Promise<PipelineWorker> {
  const listening = app && (await listen(app, { host, port }));
  try {
    // Its cloud, and a server that looks for functions itself, know already where this is.
    if (listening)
      await registerInngest(listening.url).catch((error: unknown) => log.warn({ reason: messageOf(error) }, "Inngest was not told where it is served"));
    const worker = await runtime.startWorker();
    return {
      async stop(finishMs = FINISH_MS) {
        await Promise.all([listening?.close(finishMs), worker.stop(finishMs)]);
      },
    };
  } catch (error) {
    await listening?.close(0);
    throw error;
  }
}

async function storeOf(given: EngineOptions<unknown>["store"], config: Config): Promise<ObjectStore> {
  if (given === "memory:") return openStore(given);
  return given === undefined || typeof given === "string" ? openConfigured(config.store) : given;
}
