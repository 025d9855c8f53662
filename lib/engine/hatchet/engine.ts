/** The engine "hatchet": a run is a workflow run whose tasks are the stages of its pipeline, and each call a child run of its stage. */
import type { Logger } from "pino";
import { PermanentError } from "../../schema/errors.ts";
import type { PipelineShape } from "../../schema/pipeline.ts";
import { createSlots } from "../../slots.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors, Engine, EngineView, SubmitResult } from "../contract.ts";
import { explain, type HatchetAccess, loadSdk, openClient } from "./connect.ts";
import { startWorker } from "./worker.ts";
import { declareWorkflows, inputOf, optionsOf, type RunWorkflow, rootOf } from "./workflows.ts";

/** Runs in one request; the SDK would send more in several, and stop at the first that has a run which is known already. */
const RUNS_AT_ONCE = 500;
const SETTLED_LOOK_MS = 250;
/** Hatchet looks for runs in a window of time; it keeps them for a month. */
const KEPT_MS = 30 * 86_400_000;

export const HATCHET_CAPABILITIES = { fairness: "engine", priority: true, bulk: 1_000, severalMachines: true } as const;

export interface HatchetOptions {
  access: HatchetAccess;
  doors: Doors;
  shapes: readonly PipelineShape[];
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and of one tenant over all workers. */
  concurrency: number;
  perTenant: number;
}

/** The engine; the SDK is loaded and Hatchet asked when it is first used. */
export function createHatchetEngine(options: HatchetOptions): Engine {
  const { access, doors, clock } = options;
  const { namespace = "" } = access;
  const workers = new Set<{ stop(graceMs: number): Promise<void> }>();
  const slots = createSlots(options.concurrency);
  let closed = false;
  const connected = once(async () => {
    const sdk = await loadSdk();
    const client = openClient(sdk, access, options.log);
    return { sdk, client, ...declareWorkflows({ ...options, sdk, client, namespace, slots }) };
  });

  const submitBatch = async (workflow: RunWorkflow, dispatches: readonly Dispatch[]): Promise<SubmitResult[]> => {
    const { sdk } = await connected();
    try {
      await workflow.runManyNoWait(dispatches.map((dispatch) => ({ input: inputOf(dispatch), opts: optionsOf(namespace, dispatch) })));
    } catch (error) {
      // The others of the batch were taken, and those were before.
      if (error instanceof sdk.BulkTriggerIdempotencyCollisionError) return dispatches.map(() => ({ is: "accepted" }));
      const { message } = explain(error, access);
      return dispatches.map(() => ({ is: "refused", message }));
    }
    return dispatches.map(() => ({ is: "accepted" }));
  };

  return {
    name: "hatchet",
    capabilities: HATCHET_CAPABILITIES,
    async submit(dispatches) {
      const { runs } = await connected();
      const results = new Map<Dispatch, SubmitResult>();
      for (let from = 0; from < dispatches.length; from += RUNS_AT_ONCE) {
        const batch = dispatches.slice(from, from + RUNS_AT_ONCE);
        const workflow = [...runs.values()][0];
        if (workflow === undefined) throw new PermanentError("internal", "The engine hatchet was given no pipeline.");
        for (const [index, result] of (await submitBatch(workflow, batch)).entries()) {
          const dispatch = batch[index];
          if (dispatch) results.set(dispatch, result);
        }
      }
      return dispatches.map((dispatch) => results.get(dispatch) ?? { is: "refused", message: "It was not sent." });
    },
    async cancel(dispatch) {
      const { client } = await connected();
      await client.runs.cancel({ filters: { since: since(clock), additionalMetadata: { root: rootOf(namespace, dispatch) } } }).catch((error: unknown) => {
        throw explain(error, access);
      });
    },
    async inspect(dispatch): Promise<EngineView | undefined> {
      const { client } = await connected();
      const found = await client.runs.list({ since: since(clock), additionalMetadata: { dispatch: rootOf(namespace, dispatch) }, limit: 10 });
      return viewOf(found.rows.map(({ status }) => status));
    },
    async settled(dispatch) {
      while (!closed && (await doors.load(dispatch)).is === "ready") await clock.sleep(SETTLED_LOOK_MS);
    },
    async work() {
      const { sdk } = await connected();
      const worker = await startWorker({ ...options, sdk, slots });
      workers.add(worker);
      return {
        async stop(graceMs) {
          await worker.stop(graceMs);
          workers.delete(worker);
        },
      };
    },
    async close() {
      closed = true;
      for (const worker of workers) await worker.stop(0);
    },
  };
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

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    // What failed is tried again.
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
