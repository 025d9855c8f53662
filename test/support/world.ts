/** A small world for the engine: one store, one true time that only moves when everybody waits, and processes with clocks of their own that can die, freeze and lose answers. */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import pino from "pino";
import type { LiveEvent } from "../../lib/client.ts";
import type { Clock } from "../../lib/engine/clock.ts";
import type { Engine, EngineName } from "../../lib/engine/contract.ts";
import { createEmbeddedEngine } from "../../lib/engine/embedded.ts";
import { createHost, type Host } from "../../lib/engine/host.ts";
import { createDoors } from "../../lib/engine/invoke.ts";
import { startLease } from "../../lib/engine/lease.ts";
import { type Accepted, acceptRun } from "../../lib/engine/submit.ts";
import type { Pipeline } from "../../lib/pipeline/define.ts";
import { type Json, sha256 } from "../../lib/schema/json.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";

/** The simulated time: `advance` runs whatever is due, in order, letting every promise settle between. */
export interface Time {
  now(): number;
  clock(skewMs?: number): Clock;
  /** Runs until the promise settles; fails when it doesn't within a simulated day. */
  until<T>(promise: Promise<T>): Promise<T>;
  advance(ms: number): Promise<void>;
  /** How many sleeps have not ended. */
  open(): number;
}

interface Timer {
  due: number;
  order: number;
  fire(): void;
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time that starts at a fixed instant. */
export function createTime(): Time {
  let now = 1_700_000_000_000;
  let order = 0;
  const timers = new Set<Timer>();
  const next = () => {
    let first: Timer | undefined;
    for (const timer of timers) if (first === undefined || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer;
    if (first) timers.delete(first);
    return first;
  };
  const sleep: Clock["sleep"] = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const abort = () => {
        timers.delete(timer);
        resolve();
      };
      const fire = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer: Timer = { due: now + Math.max(0, ms), order: order++, fire };
      timers.add(timer);
      signal?.addEventListener("abort", abort);
    });
  return {
    now: () => now,
    open: () => timers.size,
    clock: (skewMs = 0) => ({ wall: () => now + skewMs, monotonic: () => now - 1_600_000_000_000, sleep }),
    async until(promise) {
      let open = true;
      const finished = promise.finally(() => {
        open = false;
      });
      finished.catch(() => undefined);
      const deadline = now + 86_400_000;
      for (;;) {
        await settle();
        await settle();
        if (!open) return finished;
        const timer = next();
        if (timer === undefined || timer.due > deadline) throw new Error("nothing happened for a whole simulated day");
        now = Math.max(now, timer.due);
        timer.fire();
      }
    },
    async advance(ms) {
      await this.until(sleep(ms));
      await settle();
    },
  };
}

/** A process of the world. `kill` stops it dead: none of its store operations finishes any more. */
export interface SimulatedProcess<Resources> {
  host: Host<Resources>;
  engine: Engine;
  events: LiveEvent[];
  kill(): void;
  freeze(ms: number): void;
  /** The beginning of a graceful stop: running calls are aborted, none starts. */
  shutdown(): void;
  isDead(): boolean;
}

export interface World {
  time: Time;
  store: ObjectStore;
  /** Store operations so far, such as "putIfAbsent t/default/runs/r/results/read". Only successful puts. */
  puts: string[];
  /** Takes what was written to outlive only its processes, which the caller kills: of every second object the content, of the others all. */
  losePower(): Promise<void>;
}

/** A world with an empty store. */
export function createWorld(): World {
  const time = createTime();
  const puts: string[] = [];
  const forgettable: string[] = [];
  const memory = createMemoryStore({ now: time.now });
  const store: ObjectStore = {
    ...memory,
    async put(key, body) {
      await memory.put(key, body);
      puts.push(key);
    },
    async putIfAbsent(key, body, durability) {
      const won = await memory.putIfAbsent(key, body);
      if (won) puts.push(key);
      if (won && durability === "process-death") forgettable.push(key);
      return won;
    },
  };
  const losePower = async () => {
    for (const [index, key] of forgettable.splice(0).entries()) await (index % 2 === 0 ? memory.delete(key) : memory.put(key, new Uint8Array()));
  };
  return { time, store, puts, losePower };
}

/** Starts a process. `faults(operation, key)` may make a store operation fail before or after it took place. */
export async function startProcess<Resources>(
  world: World,
  pipelines: readonly Pipeline<Resources>[],
  resources: Resources,
  options: {
    skewMs?: number;
    concurrency?: number;
    perTenant?: number;
    faults?: (operation: string, key: string) => "before" | "after" | undefined;
    latencyMs?: () => number;
  } = {},
): Promise<SimulatedProcess<Resources>> {
  const shutdown = new AbortController();
  setMaxListeners(0, shutdown.signal);
  let dead = false;
  let frozenUntil = 0;
  const never = new Promise<never>(() => undefined);
  const clock = world.time.clock(options.skewMs);
  const trueClock = world.time.clock();
  const gate = async () => {
    const wait = Math.max(options.latencyMs?.() ?? 0, frozenUntil - world.time.now());
    if (wait > 0) await trueClock.sleep(wait);
    if (dead) await never;
  };
  const guarded = async <T>(operation: string, key: string, work: () => Promise<T>): Promise<T> => {
    await gate();
    const fault = options.faults?.(operation, key);
    if (fault === "before") throw new Error(`injected: ${operation} ${key} failed`);
    const result = await work();
    await gate();
    if (fault === "after") throw new Error(`injected: the answer of ${operation} ${key} got lost`);
    return result;
  };
  const { store } = world;
  const own: ObjectStore = {
    ...store,
    get: (key, range) => guarded("get", key, () => store.get(key, range)),
    put: (key, body) => guarded("put", key, () => store.put(key, body)),
    putIfAbsent: (key, body, durability) => guarded("putIfAbsent", key, () => store.putIfAbsent(key, body, durability)),
    delete: (key) => guarded("delete", key, () => store.delete(key)),
    ageMs: (key) => guarded("ageMs", key, () => store.ageMs(key)),
    async *list(prefix, after) {
      const keys = await guarded("list", prefix, async () => {
        const all: string[] = [];
        for await (const key of store.list(prefix, after)) all.push(key);
        return all;
      });
      yield* keys;
    },
  };
  const lease = await world.time.until(startLease(own, clock, { id: randomUUID(), host: randomUUID(), pid: 1 }));
  const events: LiveEvent[] = [];
  const host = createHost<Resources>({
    store: own,
    clock,
    lease,
    pipelines: new Map(pipelines.map((pipeline) => [pipeline.shape.name, pipeline])),
    resources,
    log: pino({ level: "silent" }),
    shutdown: () => shutdown.signal,
    observe: (event) => events.push(event),
  });
  const engine = createEmbeddedEngine({ doors: createDoors(host), clock, concurrency: options.concurrency ?? 8, perTenant: options.perTenant ?? 8 });
  return {
    host,
    engine,
    events,
    kill: () => {
      dead = true;
    },
    freeze: (ms) => {
      frozenUntil = world.time.now() + ms;
    },
    shutdown: () => shutdown.abort(),
    isDead: () => dead,
  };
}

/** Accepts a run of a pipeline in the world. */
export function accept<Resources>(
  world: World,
  pipeline: Pipeline<Resources>,
  run: { runId: string; tenant?: string; request?: Json; process?: string; engine?: EngineName },
): Promise<Accepted> {
  const body = Buffer.from("a document");
  return acceptRun(world.store, {
    tenant: run.tenant ?? "default",
    runId: run.runId,
    pipeline: pipeline.shape.name,
    shape: pipeline.shape,
    request: run.request ?? {},
    settings: {},
    document: { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" },
    engine: run.engine ?? "embedded",
    process: run.process ?? "nobody",
    now: world.time.now(),
  });
}
