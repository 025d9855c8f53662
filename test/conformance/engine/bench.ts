/** What a test of the suite works with: one store whose clock can be moved, processes on it, and runs. */
import { setMaxListeners } from "node:events";
import pino from "pino";
import { expect } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import type { Dispatch, Engine } from "../../../lib/engine/contract.ts";
import { createEmbeddedEngine } from "../../../lib/engine/embedded.ts";
import { writeEnd } from "../../../lib/engine/end.ts";
import { createHost, type Host } from "../../../lib/engine/host.ts";
import { ownIdentity } from "../../../lib/engine/identity.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { startLease } from "../../../lib/engine/lease.ts";
import { acceptRun } from "../../../lib/engine/submit.ts";
import type { Pipeline } from "../../../lib/pipeline/define.ts";
import { type Json, sha256 } from "../../../lib/schema/json.ts";
import type { CallPolicy, ItemGraph, PipelineShape } from "../../../lib/schema/pipeline.ts";
import { type EndRecord, endRecordSchema, type ResultRecord, resultRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { createRecord, readRecord } from "../../../lib/store/records.ts";
import { type Piece, readAndMap } from "../../support/pipeline.ts";
import type { EngineUnderTest, StartedEngine } from "./subject.ts";

/** A process: what of it a sweep needs, and the engine that works in it. */
export interface Started extends StartedEngine {
  host: Pick<Host<unknown>, "store" | "clock" | "lease" | "log">;
}

export interface StartOptions {
  concurrency?: number;
  perTenant?: number;
  /** The embedded engine instead of the one under test. */
  embedded?: boolean;
}

export interface RunOptions {
  tenant?: string;
  /** The process that accepted it; the one that runs the engine when not given. */
  process?: string;
  request?: Json;
  settings?: Json;
  document?: Uint8Array;
  fileName?: string;
  /** Frozen into the run instead of the pipeline's own. */
  shape?: PipelineShape;
}

/** Retries within half a second, so that tests are quick. */
export const SOON: CallPolicy = { timeoutMs: 20_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };

export const pause = (ms: number, signal?: AbortSignal): Promise<void> => systemClock.sleep(ms, signal);

/** The pipeline "read" and "map" of which `piece` does every call. */
export const pipelineOf = (piece: Piece, graph?: ItemGraph, policy = SOON): Pipeline<undefined> => readAndMap({ piece, policy, ...(graph ? { graph } : {}) });

export interface Bench {
  under: EngineUnderTest;
  store: ObjectStore;
  start(pipeline: Pipeline<undefined>, options?: StartOptions): Promise<Started>;
  startWith<Resources>(pipeline: Pipeline<Resources>, resources: Resources, options?: StartOptions): Promise<Started>;
  accept(started: Started, pipeline: { shape: PipelineShape }, runId: string, options?: RunOptions): Promise<Dispatch>;
  /** Starts one process and submits the run "run-1" to it. */
  runOnce(piece: Piece, graph?: ItemGraph, policy?: CallPolicy): Promise<Started & { pipeline: Pipeline<undefined>; dispatch: Dispatch }>;
  /** Cancels a run as the studio does: in the store first, then at the engine. */
  cancel(engine: Engine, dispatch: Dispatch): Promise<void>;
  endOf(dispatch: Dispatch, withinMs?: number): Promise<EndRecord>;
  result(dispatch: Dispatch, call: string): Promise<ResultRecord | undefined>;
  /** Everything in the store becomes so much older. */
  age(ms: number): void;
}

/** Waits for something that must come. */
export async function until(what: string, look: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const last = Date.now() + withinMs;
  while (!(await look())) {
    if (Date.now() > last) throw new Error(`${what}: it didn't happen within ${withinMs} ms.`);
    await pause(20);
  }
}

/** A bench with an empty store; `close` stops its processes. */
export function createBench(under: EngineUnderTest): { bench: Bench; close(): Promise<void> } {
  let older = 0;
  const store = createMemoryStore({ now: () => Date.now() + older });
  const stops: (() => Promise<void>)[] = [];

  const startWith = async <Resources>(pipeline: Pipeline<Resources>, resources: Resources, options: StartOptions = {}): Promise<Started> => {
    const { concurrency = 8, perTenant = 8, embedded = false } = options;
    const shutdown = new AbortController();
    setMaxListeners(0, shutdown.signal);
    const lease = await startLease(store, systemClock, ownIdentity());
    const host = createHost<Resources>({
      store,
      clock: systemClock,
      lease,
      pipelines: new Map([[pipeline.shape.name, pipeline]]),
      resources,
      log: pino({ level: "silent" }),
      shutdown: () => shutdown.signal,
      observe: () => undefined,
    });
    const started = embedded ? await startEmbedded(host, { concurrency, perTenant }) : await under.start(host, { concurrency, perTenant });
    stops.push(async () => {
      shutdown.abort();
      await started.stop();
      await lease.stop();
    });
    return { ...started, host };
  };

  const accept: Bench["accept"] = async ({ host, engine }, { shape }, runId, options = {}) => {
    const { tenant = "default", process = host.lease.id, request = {}, settings = {}, fileName = "document.txt" } = options;
    const body = options.document ?? Buffer.from("a document");
    const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName };
    const run = { tenant, runId, pipeline: shape.name, shape: options.shape ?? shape, request, settings, document };
    return (await acceptRun(store, { ...run, engine: engine.name, process, now: Date.now() })).dispatch;
  };

  const bench: Bench = {
    under,
    store,
    start: (pipeline, options) => startWith(pipeline, undefined, options),
    startWith,
    accept,
    async runOnce(piece, graph, policy) {
      const pipeline = pipelineOf(piece, graph, policy);
      const started = await startWith(pipeline, undefined);
      const dispatch = await accept(started, pipeline, "run-1");
      expect(await started.engine.submit([dispatch])).toEqual([{ is: "accepted" }]);
      return { ...started, pipeline, dispatch };
    },
    async cancel(engine, dispatch) {
      const { tenant, runId } = dispatch;
      await createRecord(store, runKeys(tenant, runId).cancel, { v: 1, reason: "enough", at: Date.now() });
      await writeEnd(store, tenant, runId, { v: 1, status: "cancelled", at: Date.now(), message: "enough" });
      await engine.cancel(dispatch, "enough");
    },
    async endOf({ tenant, runId }, withinMs = 60_000) {
      let end: EndRecord | undefined;
      const look = async () => {
        end = await readRecord(store, runKeys(tenant, runId).end, endRecordSchema);
        return end !== undefined;
      };
      await until(`The end of the run ${runId}`, look, withinMs);
      if (end === undefined) throw new Error("unreachable");
      return end;
    },
    result: ({ tenant, runId }, call) => readRecord(store, runKeys(tenant, runId).result(call), resultRecordSchema),
    age(ms) {
      older += ms;
    },
  };
  return {
    bench,
    async close() {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

async function startEmbedded<Resources>(host: Host<Resources>, options: { concurrency: number; perTenant: number }): Promise<StartedEngine> {
  const engine = createEmbeddedEngine({ doors: createDoors(host), clock: systemClock, ...options });
  const worker = await engine.work();
  return {
    engine,
    async stop() {
      await worker.stop(1_000);
      await engine.close();
    },
  };
}
