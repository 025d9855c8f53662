/** What of a process works on runs: its lease, its engines, its worker and sweeper. Started at the first use, stopped once. */
import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import type { LiveEvent } from "./client.ts";
import { type Clock, systemClock } from "./engine/clock.ts";
import type { Dispatch, Doors, Engine, EngineName } from "./engine/contract.ts";
import type { Delivery } from "./engine/deliver.ts";
import { createHost, type Host } from "./engine/host.ts";
import { ownIdentity } from "./engine/identity.ts";
import { createDoors } from "./engine/invoke.ts";
import { startLease } from "./engine/lease.ts";
import { readOrigin } from "./engine/rerun.ts";
import type { RoutedRun } from "./engine/route.ts";
import type { SweepOptions } from "./engine/sweep.ts";
import { startSweeper } from "./engine/sweeper.ts";
import type { Pipeline } from "./pipeline/define.ts";
import { messageOf } from "./schema/errors.ts";
import type { PipelineShape } from "./schema/pipeline.ts";
import type { ObjectStore } from "./store/object-store.ts";

/** After running calls were told to stop, so long for them to write that they did. */
const STOP_GRACE_MS = 5_000;

export interface RuntimeOptions<Resources> {
  store: ObjectStore;
  /** What this process can do; names are unique. */
  pipelines: readonly Pipeline<Resources>[];
  resources: Resources;
  log: Logger;
  /** Makes the engines. */
  engines(parts: {
    doors(engine: EngineName): Doors;
    shapes: readonly PipelineShape[];
    store: ObjectStore;
    clock: Clock;
    log: Logger;
  }): Promise<{ engines: readonly [Engine, ...Engine[]]; receivers: readonly Delivery[] }>;
  /** The engines for a run: its own, then those that take it when that one doesn't. All in their order when not given. */
  route?: ((run: RoutedRun) => readonly EngineName[]) | undefined;
  /** Is told of everything that goes on in this process. */
  observe?: ((event: LiveEvent) => void) | undefined;
}

export interface Running<Resources> {
  host: Host<Resources>;
  engines: readonly [Engine, ...Engine[]];
  /** Who is told when a run has ended. */
  receivers: readonly Delivery[];
  /** Those of the engines that a run goes to, in their order; never none. */
  route(run: RoutedRun): readonly [Engine, ...Engine[]];
}

export interface WorkerOptions {
  /** The engines whose calls are made here; all of them when not given. */
  only?: ((engine: Engine) => boolean) | undefined;
  onSwept?: ((dispatches: readonly Dispatch[]) => void) | undefined;
}

/** A worker with its sweeper. `stop` lets running calls end for `finishMs`, then stops them; they go on elsewhere. */
export interface StartedWorker {
  stop(finishMs: number): Promise<void>;
}

export interface Runtime<Resources> {
  readonly store: ObjectStore;
  readonly log: Logger;
  /** Takes a lease and makes the engines, at the first call; a start that failed is tried again at the next. */
  start(): Promise<Running<Resources>>;
  startWorker(options?: WorkerOptions): Promise<StartedWorker>;
  /** Tells an observer what goes on here, until the returned function is called. */
  listen(observer: (event: LiveEvent) => void): () => void;
  /** The signal that stops running calls; a new one when an earlier work had been stopped by it. */
  freshShutdown(): AbortController;
  close(): Promise<void>;
}

/** Nothing is written and no lease taken before `start`. */
export function createRuntime<Resources>(options: RuntimeOptions<Resources>): Runtime<Resources> {
  const { store, pipelines, log } = options;
  const observers = new Set<(event: LiveEvent) => void>(options.observe ? [options.observe] : []);
  let shutdown = newShutdown();
  let starting: Promise<Running<Resources>> | undefined;
  let closed = false;

  const startUp = async (): Promise<Running<Resources>> => {
    await store.check();
    const lease = await startLease(store, systemClock, ownIdentity());
    const host = createHost<Resources>({
      store,
      clock: systemClock,
      lease,
      pipelines: new Map(pipelines.map((pipeline) => [pipeline.shape.name, pipeline])),
      resources: options.resources,
      log,
      shutdown: () => shutdown.signal,
      observe: (event) => {
        for (const observer of observers) tell(observer, event, log);
      },
    });
    try {
      const shapes = pipelines.map(({ shape }) => shape);
      const { engines, receivers } = await options.engines({ doors: (engine) => createDoors(host, engine), shapes, store, clock: systemClock, log });
      return { host, engines, receivers, route: (run) => present(engines, options.route?.(run)) };
    } catch (error) {
      await lease.stop().catch(() => undefined);
      throw error;
    }
  };
  const start = () => {
    // A store that couldn't be used may be usable the next time.
    starting ??= startUp().catch((error: unknown) => {
      starting = undefined;
      throw error;
    });
    return starting;
  };

  return {
    store,
    log,
    start,
    async startWorker({ only = () => true, onSwept } = {}) {
      const { host, engines, receivers, route } = await start();
      const workers = await Promise.all(engines.filter(only).map((each) => each.work()));
      const { lease, clock } = host;
      const routed: SweepOptions["route"] = async ({ tenant, runId, pipeline }) => route({ tenant, pipeline, origin: await readOrigin(store, tenant, runId) });
      const sweeper = startSweeper({ store, clock, lease, engines, route: routed, deliveries: receivers, log }, onSwept);
      return {
        async stop(finishMs) {
          const late = setTimeout(() => shutdown.abort(), finishMs);
          try {
            await Promise.all([sweeper.stop(), ...workers.map((worker) => worker.stop(finishMs + STOP_GRACE_MS))]);
          } finally {
            clearTimeout(late);
          }
        },
      };
    },
    listen(observer) {
      observers.add(observer);
      return () => observers.delete(observer);
    },
    freshShutdown() {
      // An earlier abort stopped what was going on then, not the studio.
      if (shutdown.signal.aborted && !closed) shutdown = newShutdown();
      return shutdown;
    },
    async close() {
      closed = true;
      shutdown.abort();
      if (starting === undefined) return;
      const started = await starting.catch(() => undefined);
      if (started === undefined) return;
      await Promise.allSettled(started.engines.map((engine) => engine.close()));
      await started.host.lease.stop().catch(() => undefined);
    },
  };
}

/** The engines of these names, in the order of the names; one that couldn't be made is passed over. */
function present(engines: readonly [Engine, ...Engine[]], names?: readonly EngineName[]): readonly [Engine, ...Engine[]] {
  const [first, ...rest] = names?.flatMap((name) => engines.find((engine) => engine.name === name) ?? []) ?? engines;
  return first ? [first, ...rest] : engines;
}

function newShutdown(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** An observer that fails must not fail the call that it is told about. */
function tell(observer: (event: LiveEvent) => void, event: LiveEvent, log: Logger): void {
  try {
    observer(event);
  } catch (error) {
    log.warn({ event: event.type, reason: messageOf(error) }, "observer failed");
  }
}
