/** What was left half-done is found and goes on: runs whose owner is gone, ended runs whose marker stayed, deliveries that are owed. */
import type { Logger } from "pino";
import { messageOf } from "../schema/errors.ts";
import { type OwnerRecord, requestRecordSchema, runPointerSchema } from "../schema/records.ts";
import { ACTIVE_PREFIX, OUTBOX_PREFIX, PROCESSES_PREFIX, runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { exists, inParallel, keysOf, readRecord } from "../store/records.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch, Engine } from "./contract.ts";
import { type Delivery, deliverEnd } from "./deliver.ts";
import { readOwner, readStanding, writeEnd } from "./end.ts";
import { handOver } from "./fallback.ts";
import type { Lease } from "./lease.ts";
import { takeOver } from "./take-over.ts";

const OWNER_YOUNG_MS = 60_000;
const ABANDONED_SUBMIT_MS = 3_600_000;
const FORGOTTEN_PROCESS_MS = 86_400_000;
/** A run of an engine that nobody here can ask is left alone for this long after it was given to it. */
const FOREIGN_OWNER_MS = 900_000;

export interface SweepOptions {
  store: ObjectStore;
  clock: Clock;
  lease: Lease;
  /** The engines of this process, which can be asked about their runs. */
  engines: readonly Engine[];
  /** Which of them a run that has lost its engine goes to, the next one when that doesn't take it; all in their order when not given. */
  route?: ((run: { tenant: string; runId: string; pipeline: string }) => Promise<readonly Engine[]>) | undefined;
  deliveries: readonly Delivery[];
  log: Logger;
}

interface Adopted {
  dispatch: Dispatch;
  engines: readonly Engine[];
}

/** One sweep over all tenants: adopts what was left half-done, which it returns, and tidies up. */
export async function sweep(options: SweepOptions): Promise<Dispatch[]> {
  const adopted = await adopt(options);
  await tidy(options);
  return adopted;
}

/** A run without a live owner gets a new dispatch, on the engine that had it where this process has that one too, and is returned. A run that can't be read keeps no other from being adopted. */
export async function adopt(options: SweepOptions): Promise<Dispatch[]> {
  const { store } = options;
  const looked = await forEach(options, ACTIVE_PREFIX, async (key) => {
    const pointer = await readRecord(store, key, runPointerSchema);
    return pointer && sweepRun(options, pointer.tenant, pointer.runId);
  });
  const adopted = looked.filter((run) => run !== undefined);
  for (const [engines, dispatches] of byEngines(adopted)) await handOver({ ...options, engines }, dispatches);
  return adopted.map(({ dispatch }) => dispatch);
}

/** Delivers the ends that are owed, and forgets processes that are long gone. Takes as long as the receivers do. */
export async function tidy(options: SweepOptions): Promise<void> {
  const { store, deliveries } = options;
  await forEach(options, OUTBOX_PREFIX, async (key) => {
    const pointer = await readRecord(store, key, runPointerSchema);
    if (pointer) await deliverEnd(store, pointer.tenant, pointer.runId, deliveries);
  });
  // A lease that is gone is as dead as one that is old.
  await forEach(options, PROCESSES_PREFIX, async (key) => {
    if (((await store.ageMs(key)) ?? 0) > FORGOTTEN_PROCESS_MS) await store.delete(key);
  });
}

/** Does the work for each key; one that fails is logged and left for the next sweep. */
async function forEach<T>({ store, log }: SweepOptions, prefix: string, work: (key: string) => Promise<T>): Promise<T[]> {
  const done = await inParallel(await keysOf(store, prefix), async (key) => {
    try {
      return [await work(key)];
    } catch (error) {
      log.error({ key, reason: messageOf(error) }, "sweep failed");
      return [];
    }
  });
  return done.flat();
}

/** Runs with the same engines in the same order are handed over together. */
function byEngines(adopted: readonly Adopted[]): Iterable<[readonly Engine[], Dispatch[]]> {
  const groups = new Map<string, [readonly Engine[], Dispatch[]]>();
  for (const { dispatch, engines } of adopted) {
    const id = engines.map(({ name }) => name).join();
    const group = groups.get(id) ?? [engines, []];
    group[1].push(dispatch);
    groups.set(id, group);
  }
  return groups.values();
}

async function sweepRun(options: SweepOptions, tenant: string, runId: string): Promise<Adopted | undefined> {
  const { store, clock } = options;
  const keys = runKeys(tenant, runId);
  if (!(await exists(store, keys.request))) {
    if (((await store.ageMs(keys.active)) ?? 0) > ABANDONED_SUBMIT_MS) await store.delete(keys.active);
    return undefined;
  }
  if (await exists(store, keys.end)) {
    await store.delete(keys.active);
    return undefined;
  }
  const owner = await readOwner(store, tenant, runId);
  const n = owner?.n ?? 0;
  // Its submit is still going on, or was killed.
  if (owner === undefined && ((await store.ageMs(keys.request)) ?? 0) < OWNER_YOUNG_MS) return undefined;
  if (await readStanding(store, { tenant, runId, n }, clock.wall())) return undefined;
  if (owner && (await isLive(options, owner, { tenant, runId, n }))) return undefined;
  const engines = await enginesFor(options, owner, { tenant, runId });
  const [engine] = engines;
  const dispatch = engine && (await takeOver({ ...options, engine }, tenant, runId, n + 1));
  return dispatch && { dispatch, engines };
}

/** A run stays with its engine where that can be. */
async function enginesFor({ store, engines, route }: SweepOptions, owner: OwnerRecord | undefined, run: { tenant: string; runId: string }) {
  const request = route && (await readRecord(store, runKeys(run.tenant, run.runId).request, requestRecordSchema));
  const routed = route && request ? await route({ ...run, pipeline: request.pipeline }) : engines;
  const last = engines.find(({ name }) => name === owner?.engine);
  return last ? [last, ...routed.filter((engine) => engine !== last)] : routed;
}

async function isLive(options: SweepOptions, owner: OwnerRecord, dispatch: Dispatch): Promise<boolean> {
  const { store, clock, lease } = options;
  const engine = options.engines.find(({ name }) => name === owner.engine);
  const age = (await store.ageMs(runKeys(dispatch.tenant, dispatch.runId).owner(dispatch.n))) ?? 0;
  if (owner.engine === "embedded" && owner.process !== lease.id) {
    if (!(await lease.isDead(owner.process))) return true;
    // Somebody moved the run to a process that has this engine, which comes first.
    return engine === undefined && age < OWNER_YOUNG_MS;
  }
  if (age < OWNER_YOUNG_MS) return true;
  if (engine === undefined) return age < FOREIGN_OWNER_MS;
  // Also of this process's own: its engine drops a run when the store fails.
  const view = await engine.inspect(dispatch);
  if (view === "cancelled")
    await writeEnd(store, dispatch.tenant, dispatch.runId, { v: 1, status: "cancelled", at: clock.wall(), message: "cancelled in the engine" });
  return view === "queued" || view === "running" || view === "cancelled";
}
