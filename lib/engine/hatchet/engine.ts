/** The engine "hatchet": a run is a workflow run whose tasks are the stages of its pipeline. A stage does its own calls in its task, those of its items in child runs. */
import type { Logger } from "pino";
import { PermanentError } from "../../schema/errors.ts";
import type { PipelineShape } from "../../schema/pipeline.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { hatchetToken } from "../catalog.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors, Engine, EngineView, SubmitResult, Worker } from "../contract.ts";
import type { EngineParts } from "../create.ts";
import { deliverOwed } from "../deliver.ts";
import { once } from "../once.ts";
import { createStandIn } from "../stand-in.ts";
import { createTenantSlots, NO_TURN } from "../tenant-slots.ts";
import { explain, type HatchetAccess, isKnown, loadSdk, openClient, register } from "./connect.ts";
import { inputOf, optionsOf, rootOf } from "./names.ts";
import { startWorker } from "./supervisor.ts";
import { declareWorkflows, type RunWorkflow, type WorkflowOptions } from "./workflows.ts";

/** Runs in one request; the SDK would send more in several, and stop at the first that has a run which is known already. */
const RUNS_AT_ONCE = 500;
const SETTLED_LOOK_MS = 250;
/** Calls of the stand-in wait for their turn beside those that Hatchet still gives. */
const STAND_IN_TURN_MS = 60_000;
/** Hatchet looks for runs in a window of time; it keeps them for a month. */
const KEPT_MS = 30 * 86_400_000;

export const HATCHET_CAPABILITIES = { fairness: "engine", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true } as const;

export interface HatchetOptions {
  access: HatchetAccess;
  doors: Doors;
  /** Where the runs are found while Hatchet is away. */
  store: ObjectStore;
  /** The pipelines whose runs are given to this engine. */
  shapes: readonly PipelineShape[];
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and of one tenant; so many children of a tenant over all workers. */
  concurrency: number;
  perTenant: number;
  /** Called when a run has ended here, so that what is owed goes out without waiting for a sweep. Never rejects. */
  ended?(dispatch: Dispatch): Promise<unknown>;
}

/** The engine of the settings. */
export function makeHatchetEngine(parts: EngineParts): Engine {
  const { settings, secret, receivers } = parts;
  const { hostPort, apiUrl, namespace, tls: strategy, ...files } = settings.hatchet;
  const access: HatchetAccess = {
    token: hatchetToken(secret) ?? "",
    tls: { ...files, ...(strategy === undefined ? {} : { strategy }) },
    ...(hostPort === undefined ? {} : { hostPort }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  return createHatchetEngine({ ...parts, access, ended: (dispatch) => deliverOwed(parts, dispatch, receivers) });
}

/** The engine; the SDK is loaded and Hatchet asked when it is first used. */
export function createHatchetEngine(options: HatchetOptions): Engine {
  const { access, doors, store, clock, log, shapes, perTenant, concurrency, ended = async () => undefined } = options;
  const { namespace = "" } = access;
  // Only declared here, not worked on.
  const workflows: WorkflowOptions = { ...doors, shapes, namespace, perTenant, ended, isStopping: () => closed };
  const inSlot = createTenantSlots({ clock, concurrency, perTenant });
  const inTurn = async (dispatch: Dispatch, call: Parameters<Doors["invoke"]>[1], turnMs = STAND_IN_TURN_MS) =>
    (await inSlot(dispatch, () => doors.invoke(dispatch, call), turnMs)) ?? NO_TURN;
  const ownDoors: Doors = { ...doors, invoke: (dispatch, call) => inTurn(dispatch, call) };
  const standIn = createStandIn({ engine: "hatchet", doors: ownDoors, store, clock, log, concurrency, perTenant, ended });
  const workers = new Set<Worker>();
  let closed = false;
  const connected = once(async () => {
    const sdk = await loadSdk();
    const client = openClient(sdk, access, (message, reason) => log.debug(reason === undefined ? {} : { reason }, message));
    return { sdk, client, ...declareWorkflows(sdk, client, workflows) };
  });
  /** A run of a workflow that Hatchet doesn't know would be taken and dropped. Workers say what there is; the first submit may be before there ever was one. */
  const known = once(async () => {
    const { client, runs, call } = await connected();
    // The SDK repeats what follows for a quarter of a minute before it says that nobody answers.
    await client.dispatcher.getVersion();
    const missing = await Promise.all([...runs.keys()].map(async (name) => !(await isKnown(client, name))));
    if (missing.includes(true)) await register(client, [...runs.values(), call]);
  });
  const explained = async <T>(asking: Promise<T>): Promise<T> =>
    asking.catch((error: unknown) => {
      throw explain(error, access);
    });

  const submitBatch = async (pipeline: string, dispatches: readonly Dispatch[]): Promise<SubmitResult> => {
    const { sdk, runs } = await connected();
    const workflow = runs.get(pipeline) ?? runs.values().next().value;
    if (workflow === undefined) return { is: "refused", message: "The engine hatchet was given no pipeline." };
    try {
      await known();
      await send(workflow, namespace, dispatches);
    } catch (error) {
      // The others of the batch were taken now, and these before.
      if (!(error instanceof sdk.BulkTriggerIdempotencyCollisionError)) return { is: "refused", message: explain(error, access).message };
    }
    return { is: "accepted" };
  };

  return {
    name: "hatchet",
    capabilities: HATCHET_CAPABILITIES,
    async submit(dispatches) {
      const results = new Map<Dispatch, SubmitResult>();
      for (const [pipeline, own] of await byPipeline(doors, shapes, dispatches)) {
        for (let from = 0; from < own.length; from += RUNS_AT_ONCE) {
          const batch = own.slice(from, from + RUNS_AT_ONCE);
          const result = await submitBatch(pipeline, batch);
          for (const dispatch of batch) results.set(dispatch, result);
        }
      }
      return dispatches.map((dispatch) => results.get(dispatch) ?? { is: "refused", message: "It was not sent." });
    },
    async cancel(dispatch) {
      const { client } = await connected();
      await explained(client.runs.cancel({ filters: { since: since(clock), additionalMetadata: { root: rootOf(namespace, dispatch) } } }));
      await ended(dispatch);
    },
    async inspect(dispatch): Promise<EngineView | undefined> {
      const { client } = await connected();
      const additionalMetadata = { dispatch: rootOf(namespace, dispatch) };
      const { rows } = await explained(client.runs.list({ since: since(clock), additionalMetadata, limit: 10 }));
      return viewOf(rows.map(({ status }) => status));
    },
    async settled(dispatch) {
      while (!closed && (await doors.load(dispatch)).is === "ready") await clock.sleep(SETTLED_LOOK_MS);
    },
    async work() {
      const worker = await startWorker({ access, doors, shapes, inTurn, concurrency, perTenant, clock, log, ended, standIn });
      workers.add(worker);
      await standIn.started();
      return {
        async stop(graceMs) {
          workers.delete(worker);
          await Promise.all([worker.stop(graceMs), ...(workers.size === 0 ? [standIn.stop(graceMs)] : [])]);
        },
      };
    },
    async close() {
      closed = true;
      await Promise.all([standIn.stop(0), ...[...workers].map((worker) => worker.stop(0))]);
    },
  };
}

async function send(workflow: RunWorkflow, namespace: string, dispatches: readonly Dispatch[]): Promise<void> {
  await workflow.runManyNoWait(dispatches.map((dispatch) => ({ input: inputOf(dispatch), opts: optionsOf(namespace, dispatch) })));
}

/** A process has one pipeline as a rule. Where it has several, the run says which is its own. */
async function byPipeline(doors: Doors, shapes: readonly PipelineShape[], dispatches: readonly Dispatch[]): Promise<Map<string, Dispatch[]>> {
  const [only, ...others] = shapes;
  if (only === undefined) throw new PermanentError("internal", "The engine hatchet was given no pipeline.");
  if (others.length === 0) return new Map([[only.name, [...dispatches]]]);
  const grouped = new Map<string, Dispatch[]>();
  for (const dispatch of dispatches) {
    const loaded = await doors.load(dispatch);
    const name = loaded.is === "ready" ? loaded.shape.name : only.name;
    grouped.set(name, [...(grouped.get(name) ?? []), dispatch]);
  }
  return grouped;
}

function since(clock: Clock): Date {
  return new Date(clock.wall() - KEPT_MS);
}

/** A dispatch is one run, unless it was submitted again much later. */
function viewOf(states: readonly string[]): EngineView | undefined {
  if (states.length === 0) return undefined;
  if (states.includes("RUNNING")) return "running";
  if (states.includes("QUEUED")) return "queued";
  return states.every((state) => state === "CANCELLED") ? "cancelled" : "ended";
}
