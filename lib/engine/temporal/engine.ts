/** The engine "temporal": every dispatch is a workflow over the kernel, and every call of it an activity, on any number of machines. */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { messageOf, RetryableError } from "../../schema/errors.ts";
import { createSlots } from "../../slots.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors, Engine, EngineView, SubmitResult, Worker } from "../contract.ts";
import { once } from "../once.ts";
import { type Connected, connectClient, isNotFound, type TemporalAccess } from "./connect.ts";
import { type RunInput, WORKFLOW_TYPE } from "./messages.ts";
import { startWorker } from "./worker.ts";

/** Temporal starts workflows one by one. */
const STARTS_AT_ONCE = 50;
const SETTLED_LOOK_MS = 250;
const LONGEST_FAIRNESS_KEY = 64;

export const TEMPORAL_CAPABILITIES = { fairness: "engine", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true } as const;

export interface TemporalEngineOptions {
  /** The SDK's client. */
  sdk: typeof import("@temporalio/client");
  access: TemporalAccess;
  doors: Doors;
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and of one tenant. */
  concurrency: number;
  perTenant: number;
}

/** The engine; nothing is connected, and the worker's packages aren't loaded, before it is used. */
export function createTemporalEngine(options: TemporalEngineOptions): Engine {
  const { sdk, access, clock } = options;
  let open: Connected | undefined;
  const connected = once(async () => {
    open = await connectClient(sdk, access);
    return open;
  });
  const workers = new Set<Worker>();
  let isClosed = false;

  const inspect = async (dispatch: Dispatch): Promise<EngineView | undefined> => {
    const { ask, client } = await connected();
    try {
      const { status } = await ask(() => client.workflow.getHandle(workflowId(dispatch)).describe());
      return viewOf(status.name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  return {
    name: "temporal",
    capabilities: TEMPORAL_CAPABILITIES,
    submit: async (dispatches) => startAll(await connected(), options, dispatches),
    // Calls that run see the cancel in the store; here it is only that nothing of the run waits any more.
    async cancel(dispatch) {
      const { ask, client } = await connected();
      try {
        await ask(() => client.workflow.getHandle(workflowId(dispatch)).cancel());
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
    inspect,
    async settled(dispatch) {
      while (!isClosed && isGoingOn(await inspect(dispatch))) await clock.sleep(SETTLED_LOOK_MS);
    },
    async work() {
      // What is wrong with the settings is said here, and not by a worker that comes back for ever.
      await connected();
      const worker = await startWorker(options);
      workers.add(worker);
      return {
        async stop(graceMs) {
          await worker.stop(graceMs);
          workers.delete(worker);
        },
      };
    },
    async close() {
      isClosed = true;
      await Promise.all([...workers].map((worker) => worker.stop(0)));
      await open?.connection.close();
    },
  };
}

/** Starts a workflow for each dispatch. Once the server can't be reached, the rest is refused without being tried. */
async function startAll(connected: Connected, options: TemporalEngineOptions, dispatches: readonly Dispatch[]): Promise<SubmitResult[]> {
  const slots = createSlots(STARTS_AT_ONCE);
  let trouble: string | undefined;
  const startOne = async (dispatch: Dispatch): Promise<SubmitResult> => {
    if (trouble !== undefined) return { is: "refused", message: trouble };
    try {
      await start(connected, options, dispatch);
      return { is: "accepted" };
    } catch (error) {
      const message = messageOf(error);
      if (error instanceof RetryableError) trouble ??= message;
      return { is: "refused", message };
    }
  };
  return Promise.all(dispatches.map((dispatch) => slots(() => startOne(dispatch))));
}

/** A dispatch that was given before, however long ago and whatever became of it, is not started again. */
async function start({ ask, client }: Connected, { sdk, access }: TemporalEngineOptions, dispatch: Dispatch): Promise<void> {
  const input: RunInput = { dispatch };
  try {
    await ask(() =>
      client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowId(dispatch),
        taskQueue: access.taskQueue,
        args: [input],
        workflowIdReusePolicy: "REJECT_DUPLICATE",
        workflowIdConflictPolicy: "USE_EXISTING",
        priority: { priorityKey: priorityKey(dispatch.priority), fairnessKey: fairnessKey(dispatch.tenant) },
      }),
    );
  } catch (error) {
    if (!isAlreadyStarted(error, sdk)) throw error;
  }
}

function isAlreadyStarted(error: unknown, { WorkflowExecutionAlreadyStartedError }: TemporalEngineOptions["sdk"]): boolean {
  return error instanceof WorkflowExecutionAlreadyStartedError || (error instanceof Error && error.cause instanceof WorkflowExecutionAlreadyStartedError);
}

/** Ids have no colon in them. */
function workflowId({ tenant, runId, n }: Dispatch): string {
  return `${tenant}:${runId}:${n}`;
}

/** Temporal knows five priorities, of which 1 goes first. */
function priorityKey(priority = 0): number {
  if (priority > 0) return priority > 5 ? 1 : 2;
  return priority === 0 ? 3 : priority < -5 ? 5 : 4;
}

/** A long tenant's key is its beginning and a hash: two tenants never share one. */
function fairnessKey(tenant: string): string {
  if (tenant.length <= LONGEST_FAIRNESS_KEY) return tenant;
  return `${tenant.slice(0, 31)}:${createHash("sha256").update(tenant).digest("hex").slice(0, 32)}`;
}

/** A workflow that failed or ran out of time has ended; whether its run has is for the store to say. */
function viewOf(status: string): EngineView {
  if (status === "RUNNING" || status === "PAUSED" || status === "CONTINUED_AS_NEW") return "running";
  return status === "CANCELLED" || status === "TERMINATED" ? "cancelled" : "ended";
}

function isGoingOn(view: EngineView | undefined): boolean {
  return view === "queued" || view === "running";
}
