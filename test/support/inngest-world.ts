/** A host whose runs Inngest drives: the engine, its served function, and the executor that stands for Inngest. */
import { setMaxListeners } from "node:events";
import pino from "pino";
import { openInngest, type PromptStudioOptions } from "../../functions/prompt-studio.ts";
import { systemClock } from "../../lib/engine/clock.ts";
import type { Dispatch, Engine } from "../../lib/engine/contract.ts";
import type { Delivery } from "../../lib/engine/deliver.ts";
import { createHost, type Host } from "../../lib/engine/host.ts";
import { ownIdentity } from "../../lib/engine/identity.ts";
import { createDoors } from "../../lib/engine/invoke.ts";
import { type Lease, startLease } from "../../lib/engine/lease.ts";
import { acceptRun } from "../../lib/engine/submit.ts";
import type { Pipeline } from "../../lib/pipeline/define.ts";
import { type Json, sha256 } from "../../lib/schema/json.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { createInngestExecutor, EXECUTOR_URL, type ExecutorOptions } from "./inngest-executor.ts";

type Executor = ReturnType<typeof createInngestExecutor>;

export interface InngestOptions extends Partial<Omit<PromptStudioOptions, "store" | "doors">> {
  executor?: Partial<ExecutorOptions>;
  /** The store's clock. */
  now?: () => number;
}

/** Serves a host's runs to a new executor. */
export async function serveInngest<Resources>(
  host: Host<Resources>,
  options: InngestOptions = {},
): Promise<{ engine: Engine; deliveries: readonly Delivery[]; executor: Executor }> {
  const { executor: executorOptions, settings, now: _now, ...rest } = options;
  const serve = (request: Request) => engine.fetch?.(request) ?? Promise.reject(new Error("nothing is served"));
  const executor = createInngestExecutor({ serve, ...executorOptions });
  const { engine, deliveries } = openInngest({
    clock: host.clock,
    log: host.log,
    intake: { tenant: "default", accept: () => Promise.reject(new Error("no requests are expected")) },
    concurrency: 8,
    perTenant: 8,
    hostLimitMs: 30_000,
    ...rest,
    settings: { isDev: true, baseUrl: EXECUTOR_URL, fetch: executor.fetch, ...settings },
    store: host.store,
    doors: createDoors(host),
  });
  await executor.sync();
  return { engine, deliveries, executor };
}

export interface HostWorld {
  store: ObjectStore;
  lease: Lease;
  host: Host<undefined>;
  accept(runId: string, request?: Json): Promise<Dispatch>;
  stopHost(): Promise<void>;
}

/** One process with one pipeline and an empty store. `now` is the store's clock. */
export async function startHost(pipeline: Pipeline<undefined>, now: () => number = Date.now): Promise<HostWorld> {
  const store = createMemoryStore({ now });
  const shutdown = new AbortController();
  setMaxListeners(0, shutdown.signal);
  const lease = await startLease(store, systemClock, ownIdentity());
  const host = createHost<undefined>({
    store,
    clock: systemClock,
    lease,
    pipelines: new Map([[pipeline.shape.name, pipeline]]),
    resources: undefined,
    log: pino({ level: "silent" }),
    shutdown: () => shutdown.signal,
    observe: () => undefined,
  });
  return {
    store,
    lease,
    host,
    async accept(runId, request = {}) {
      const body = Buffer.from("a document");
      const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };
      const { shape } = pipeline;
      const common = { tenant: "default", runId, pipeline: shape.name, shape, request, settings: {}, document };
      return (await acceptRun(store, { ...common, engine: "inngest", process: lease.id, now: Date.now() })).dispatch;
    },
    async stopHost() {
      shutdown.abort();
      await lease.stop();
    },
  };
}

/** Accepts the requests of events as they are. */
export function intakeOf({ accept }: Pick<HostWorld, "accept">): PromptStudioOptions["intake"] {
  return {
    tenant: "default",
    accept: async (request) => {
      await accept(String(request.run_id), request as Json);
    },
  };
}

export interface InngestWorld extends HostWorld {
  engine: Engine;
  deliveries: readonly Delivery[];
  executor: Executor;
  stop(): Promise<void>;
}

/** A process whose runs an executor drives. */
export async function startInngestWorld(pipeline: Pipeline<undefined>, options: InngestOptions = {}): Promise<InngestWorld> {
  const { now, ...rest } = options;
  const world = await startHost(pipeline, now);
  const served = await serveInngest(world.host, { intake: intakeOf(world), ...rest });
  return {
    ...world,
    ...served,
    async stop() {
      served.executor.stop();
      await served.engine.close();
      await world.stopHost();
    },
  };
}
