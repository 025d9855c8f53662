/** The engine "celery": calls are messages of Celery's protocol over Redis, so any number of workers on any number of machines do them, and Python applications can ask for runs. */
import { hostname as machine } from "node:os";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { Json } from "../../schema/json.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors, Engine, EngineView } from "../contract.ts";
import type { Delivery } from "../deliver.ts";
import { once } from "../once.ts";
import { type AdvanceOptions, type TakeAlong, workOnCall } from "./advance.ts";
import type { Held } from "./broker.ts";
import { CALL_TASK, callMessage, notRegistered, QUEUE_NAMES, type QueueName, readCallTask } from "./calls.ts";
import { connectRedis, parseRedisUrl } from "./connect.ts";
import { type Connections, createConnections, unreachable } from "./connections.ts";
import { obeyCommand } from "./control.ts";
import { decodeTask } from "./protocol.ts";
import { cancelRun, type RequestOptions, RUN_TASK, workOnRequest } from "./requests.ts";
import { createResults, tellTasks } from "./results.ts";
import { createRuns } from "./runs.ts";
import { type CeleryWorker, startWorker } from "./worker.ts";

/** A worker that is silent for so long has died; its messages go to others. While it lives it says so three times as often. */
const VISIBILITY_TIMEOUT_MS = 30_000;
const POLL_MS = 200;
const SETTLED_LOOK_MS = 250;

export interface CeleryOptions {
  /** redis:// or rediss://; CELERY_BROKER_URL. */
  brokerUrl: string;
  /** Where results for Python go; the broker when not given; CELERY_RESULT_BACKEND. */
  resultBackend?: string;
  doors: Doors;
  store: ObjectStore;
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and of one tenant. */
  concurrency: number;
  perTenant: number;
  /** Accepts a request that came as a task, durably; PermanentError for what its sender can mend. */
  acceptRequest(kwargs: Readonly<Record<string, Json>>): Promise<Dispatch>;
  /** What a completed run gives to the task that asked for it. */
  finalOutput(tenant: string, runId: string): Promise<Json>;
  /** Called once for each dispatch that ended in this process, so that what is owed goes out without waiting for a sweep. Never rejects. */
  ended?(dispatch: Dispatch): Promise<void>;
  /** Queues of calls that this process works on; all when not given. */
  queues?: readonly QueueName[];
  /** Queues in which tasks of others come; "celery" is Celery's default. */
  requestQueues?: readonly string[];
  /** Before every key and channel, as `global_keyprefix` of Celery's transport options. */
  keyPrefix?: string;
  visibilityTimeoutMs?: number;
  /** The name of this worker for remote control, NAME@HOST. */
  hostname?: string;
}

/** The engine; nothing is connected, and ioredis isn't loaded, before it is used. Wrong URLs throw PermanentError "invalid_configuration" here. */
export function createCeleryEngine(options: CeleryOptions): Engine {
  const { brokerUrl, clock, log, keyPrefix = "", visibilityTimeoutMs = VISIBILITY_TIMEOUT_MS } = options;
  const { hostname = `prompt-studio-${process.pid}@${machine()}`, queues = QUEUE_NAMES, requestQueues, resultBackend = brokerUrl } = options;
  const connections = createConnections({ brokerUrl, resultBackend, keyPrefix, visibilityTimeoutMs, queues, requestQueues, clock, log });
  const { connected } = connections;
  const workers = new Set<CeleryWorker>();
  const { handle, cancel, revoke } = createHandlers(options, hostname, connected, (afterMs) => {
    for (const worker of workers) worker.wakeAfter(afterMs);
  });
  const heard = {
    wake() {
      for (const worker of workers) worker.wake();
    },
    command: (raw: string) => void connected().then(({ redis }) => obeyCommand({ redis, keyPrefix, hostname, log, revoke }, raw)),
  };
  let closed = false;
  return {
    name: "celery",
    capabilities: { fairness: "lists", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true },
    async submit(dispatches) {
      const { broker, redis } = await connected();
      const send = (dispatch: Dispatch) => broker.publish(dispatch, [callMessage(dispatch, undefined, hostname)]);
      await Promise.all(dispatches.map(send)).catch((error: unknown) => {
        throw unreachable(addressOf(brokerUrl), error, redis);
      });
      return dispatches.map(() => ({ is: "accepted" as const }));
    },
    cancel,
    inspect: async (dispatch) => (await connected()).broker.inspect(dispatch),
    async settled(dispatch) {
      const { broker } = await connected();
      while (!closed && isGoingOn(await broker.inspect(dispatch))) await clock.sleep(SETTLED_LOOK_MS);
    },
    async work() {
      const { broker } = await connected();
      await connections.listen(heard);
      const { concurrency, perTenant } = options;
      const worker = startWorker({ broker, clock, log, concurrency, perTenant, visibilityTimeoutMs, pollMs: POLL_MS, handle });
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
      connections.close();
    },
  };
}

/** What is done with messages, cancels and revocations. */
function createHandlers(options: CeleryOptions, hostname: string, connected: Connections["connected"], delayed: (afterMs: number) => void) {
  const { doors, store, clock, log, acceptRequest, finalOutput } = options;
  const runs = createRuns(doors, store);
  // The message is acknowledged by then.
  const ended = async (dispatch: Dispatch) => options.ended?.(dispatch);
  const cancel = async (dispatch: Dispatch) => {
    const { broker } = await connected();
    if (await broker.finish(dispatch, "@cancelled")) await ended(dispatch);
  };
  return {
    cancel,
    async handle(held: Held, takeAlong: TakeAlong) {
      const { broker, results, revocations } = await connected();
      const advance: AdvanceOptions = { doors, broker, runs, origin: hostname, ended, delayed };
      const tell: RequestOptions["tell"] = (tenant, runId, end) => tellTasks(results, { tenant, runId, end }, finalOutput);
      const request: RequestOptions = { broker, results, revocations, store, log, now: clock.wall, hostname, acceptRequest, tell };
      return workOnMessage({ advance, request }, held, takeAlong);
    },
    async revoke(taskIds: readonly string[]) {
      const { broker, results, revocations } = await connected();
      await revocations.add(taskIds);
      await broker.hasten(taskIds);
      for (const id of taskIds) {
        const run = await results.runOf(id);
        const dispatch = run && (await cancelRun(store, run, "revoked", clock.wall()));
        if (dispatch) await cancel(dispatch);
      }
    },
  };
}

/** A receiver of ends that tells the tasks which asked for the run. It has its own connection, made at the first end and closed by `close`. */
export function createCeleryDelivery(options: Pick<CeleryOptions, "finalOutput" | "keyPrefix" | "log" | "clock"> & { resultBackend: string }): {
  deliver: Delivery;
  close(): void;
} {
  parseRedisUrl(options.resultBackend, "CELERY_RESULT_BACKEND");
  let connection: Redis | undefined;
  const results = once(async () => {
    connection = await connectRedis(options.resultBackend, "CELERY_RESULT_BACKEND", options.log);
    return createResults(connection, options.keyPrefix ?? "", options.clock.wall);
  });
  return {
    deliver: async ({ tenant, runId, end }) => tellTasks(await results(), { tenant, runId, end }, options.finalOutput),
    close: () => connection?.disconnect(),
  };
}

/** Every message is acknowledged, delayed, or answered with an exception; none is loaded that isn't JSON. Returns the message that was taken along, if any. */
async function workOnMessage(
  { advance, request }: { advance: AdvanceOptions; request: RequestOptions },
  { tag, raw, task: own }: Held,
  takeAlong: TakeAlong,
): Promise<Held | undefined> {
  const { broker, results, log } = request;
  if (own) return workOnCall(advance, { task: own, tag, takeAlong });
  const decoded = decodeTask(raw);
  if (decoded.is === "refused") {
    log.warn({ task: decoded.id, reason: decoded.error.exc_message[0] }, "a message was refused");
    if (decoded.id !== undefined) await results.end({ id: decoded.id }, { status: "FAILURE", result: decoded.error });
    return void (await broker.acknowledge(tag));
  }
  const { task } = decoded;
  if (task.name === RUN_TASK) return void (await workOnRequest(request, task, tag));
  const call = task.name === CALL_TASK ? readCallTask(task) : undefined;
  if (call) return workOnCall(advance, { task: call, tag, takeAlong });
  log.warn({ task: task.id, name: task.name.slice(0, 100) }, "a task that nobody here knows was refused");
  await results.end(task, { status: "FAILURE", result: notRegistered(task.name) });
  return void (await broker.acknowledge(tag));
}

function isGoingOn(view: EngineView | undefined): boolean {
  return view === "queued" || view === "running";
}

/** Without the password. */
function addressOf(url: string): string {
  const { host, port } = parseRedisUrl(url, "CELERY_BROKER_URL");
  return `${host}:${port}`;
}
