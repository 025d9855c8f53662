/** A worker of the SDK under supervision: it comes back after whatever ended it, and stops when it is told to. */
import { setMaxListeners } from "node:events";
import type { NativeConnection, Worker as TemporalWorker } from "@temporalio/worker";
import type { Logger } from "pino";
import { messageOf, PermanentError } from "../../schema/errors.ts";
import type { Clock } from "../clock.ts";
import type { Doors, Worker } from "../contract.ts";
import { createActivities } from "./activities.ts";
import { loadBundle } from "./bundle.ts";
import { connectionOptions, explain, type TemporalAccess } from "./connect.ts";

type Sdk = Pick<typeof import("@temporalio/worker"), "NativeConnection" | "Worker" | "Runtime" | "DefaultLogger" | "bundleWorkflowCode">;

const RESTART_MS = 2_000;
/** A run whose worker died is somebody else's after this time; the SDK's 10 s would be added to every recovery. */
const STICKY_MS = 500;
/** Temporal takes a call for dead after 30 s without a heartbeat, so one that is late must not be the last. */
const LONGEST_HEARTBEAT_MS = 10_000;
/** The same complaint of the SDK is passed on once in so long. */
const SAME_MESSAGE_MS = 30_000;
/** After running calls were given up, so long for the SDK to say so. */
const SHUTDOWN_MS = 5_000;

export interface TemporalWorkerOptions {
  access: TemporalAccess;
  doors: Doors;
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and of one tenant. */
  concurrency: number;
  perTenant: number;
}

/** Starts a worker; rejects when there is no package for it, or when the first one can't be started. */
export async function startWorker(options: TemporalWorkerOptions): Promise<Worker> {
  const { clock, log } = options;
  const { sdk, heartbeat } = await loadSdk();
  installRuntime(sdk, clock, log);
  const workflowBundle = await loadBundle(sdk, log);
  const stopping = new AbortController();
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const activities = createActivities({ ...options, heartbeat, over: over.signal });
  const create = () => createWorker(sdk, options, { workflowBundle, activities: { ...activities } });

  let current: Started | undefined = await create();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      try {
        current ??= await create();
        const running = current.worker.run();
        // A worker that never ran would hold its connection for ever.
        if (stopping.signal.aborted) current.worker.shutdown();
        await running;
      } catch (error) {
        log.error({ reason: messageOf(error) }, "a worker of Temporal ended; another is started");
      }
      await current?.connection.close().catch(() => undefined);
      current = undefined;
      if (!stopping.signal.aborted) await clock.sleep(RESTART_MS, stopping.signal);
    }
  };
  const looping = loop();
  return {
    async stop(graceMs) {
      if (!stopping.signal.aborted) {
        stopping.abort();
        if (current?.worker.getState() === "RUNNING") current.worker.shutdown();
      }
      const waited = new AbortController();
      await Promise.race([looping, clock.sleep(graceMs, waited.signal)]);
      over.abort(new Error("the worker stops"));
      await Promise.race([looping, clock.sleep(SHUTDOWN_MS, waited.signal)]);
      waited.abort();
    },
  };
}

interface Started {
  worker: TemporalWorker;
  connection: NativeConnection;
}

async function createWorker(
  sdk: Sdk,
  { access, concurrency, perTenant }: TemporalWorkerOptions,
  code: Pick<Parameters<typeof sdk.Worker.create>[0], "workflowBundle" | "activities">,
): Promise<Started> {
  try {
    const connection = await sdk.NativeConnection.connect(connectionOptions(access));
    const worker = await sdk.Worker.create({
      ...code,
      connection,
      namespace: access.namespace,
      taskQueue: access.taskQueue,
      // Where a tenant may have less than everything, calls of others must not wait behind those that have no turn.
      maxConcurrentActivityTaskExecutions: perTenant < concurrency ? 2 * concurrency : concurrency,
      // A call that is handed over with its workflow's task saves the way through the queue. It needs a free slot, so it passes by only what waits for other reasons.
      maxEagerActivityReservationsPerWorkflowTask: 1,
      stickyQueueScheduleToStartTimeout: STICKY_MS,
      maxHeartbeatThrottleInterval: LONGEST_HEARTBEAT_MS,
    }).catch(async (error: unknown) => {
      await connection.close();
      throw error;
    });
    return { connection, worker };
  } catch (error) {
    throw explain(error, access);
  }
}

async function loadSdk() {
  try {
    const [sdk, { Context }] = await Promise.all([import("@temporalio/worker"), import("@temporalio/activity")]);
    return { sdk, heartbeat: () => Context.current().heartbeat() };
  } catch (cause) {
    const packages = "@temporalio/worker @temporalio/activity @temporalio/workflow @temporalio/common";
    const message = `A worker of the engine temporal needs packages that aren't installed, or not for this machine. Add them: npm install ${packages}`;
    throw new PermanentError("invalid_configuration", message, { cause });
  }
}

/** The SDK has one runtime in a process, which would otherwise print to the terminal and stop workers on signals by itself. One that is there already stays. */
function installRuntime(sdk: Sdk, clock: Clock, log: Logger): void {
  const said = new Map<string, number>();
  const logger = new sdk.DefaultLogger("WARN", ({ level, message, meta: { error, ...meta } = {} }) => {
    // While the server is away each of a dozen polls complains several times a second.
    const kind = String(meta.target ?? message);
    if (clock.monotonic() - (said.get(kind) ?? Number.NEGATIVE_INFINITY) < SAME_MESSAGE_MS) return;
    said.set(kind, clock.monotonic());
    log[level === "ERROR" ? "error" : "warn"]({ ...meta, ...(error === undefined ? {} : { reason: messageOf(error) }) }, message);
  });
  try {
    sdk.Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { filter: { core: "WARN", other: "ERROR" }, forward: {} } } });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "IllegalStateError") throw error;
  }
}
