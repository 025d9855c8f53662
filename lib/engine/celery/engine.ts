/** The engine "celery": calls are messages of Celery's protocol over Redis, so any number of workers on any number of machines do them, and Python applications can ask for runs. */
import { hostname as machine } from "node:os";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { messageOf, RetryableError } from "../../schema/errors.ts";
import type { Json } from "../../schema/json.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { inParallel } from "../../store/records.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors, Engine, SubmitResult } from "../contract.ts";
import type { Delivery } from "../deliver.ts";
import { type AdvanceOptions, workOnCall } from "./advance.ts";
import { type Broker, createBroker, type Held, wakeChannel } from "./broker.ts";
import { CALL_TASK, callMessage, notRegistered, QUEUE_NAMES, type QueueName, readCallTask } from "./calls.ts";
import { connectRedis, parseRedisUrl } from "./connect.ts";
import { controlChannel, obeyCommand } from "./control.ts";
import { decodeTask } from "./protocol.ts";
import { cancelRun, type RequestOptions, type Revocations, RUN_TASK, workOnRequest } from "./requests.ts";
import { createResults, type Results, tellTasks } from "./results.ts";
import { createRuns } from "./runs.ts";
import { type CeleryWorker, startWorker } from "./worker.ts";

/** A worker that is silent for so long has died; its messages go to others. While it lives it says so three times as often. */
const VISIBILITY_TIMEOUT_MS = 30_000;
const POLL_MS = 200;
const SETTLED_LOOK_MS = 250;
const REVOKED_REMEMBERED_MS = 3 * 3_600_000;

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
  /** Called once for each dispatch that ended in this process, so that what is owed goes out without waiting for a sweep. */
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

interface Connected {
  redis: Redis;
  broker: Broker;
  results: Results;
  revocations: Revocations;
}

/** The engine; nothing is connected, and ioredis isn't loaded, before it is used. Wrong URLs throw PermanentError "invalid_configuration" here. */
export function createCeleryEngine(options: CeleryOptions): Engine {
  const { brokerUrl, doors, store, clock, log, keyPrefix = "", visibilityTimeoutMs = VISIBILITY_TIMEOUT_MS } = options;
  const { hostname = `prompt-studio-${process.pid}@${machine()}`, queues = QUEUE_NAMES } = options;
  // The message is acknowledged by then; what doesn't go out now is owed, and a sweep finds it.
  const ended = async (dispatch: Dispatch) => {
    await options.ended?.(dispatch).catch((error: unknown) => log.warn({ run: dispatch.runId, reason: messageOf(error) }, "an end waits for the next sweep"));
  };
  const database = parseRedisUrl(brokerUrl, "CELERY_BROKER_URL").db;
  if (options.resultBackend !== undefined) parseRedisUrl(options.resultBackend, "CELERY_RESULT_BACKEND");
  const runs = createRuns(doors, store);
  const workers = new Set<CeleryWorker>();
  const connections: Redis[] = [];
  let closed = false;

  const connect = async (url: string, setting: string) => {
    const redis = await connectRedis(url, setting, log);
    connections.push(redis);
    return redis;
  };
  const connected = once(async (): Promise<Connected> => {
    const redis = await connect(brokerUrl, "CELERY_BROKER_URL");
    const backend = options.resultBackend === undefined ? redis : await connect(options.resultBackend, "CELERY_RESULT_BACKEND");
    const shared = options.requestQueues ?? [...QUEUE_NAMES, "celery"];
    return {
      redis,
      broker: createBroker({ redis, keyPrefix, visibilityTimeoutMs, shared, queues }),
      results: createResults(backend, keyPrefix, clock.wall),
      revocations: createRevocations(redis, keyPrefix, clock.wall),
    };
  });

  const handle = async (held: Held) => {
    const { broker, results, revocations } = await connected();
    const delayed = (afterMs: number) => {
      for (const worker of workers) worker.wakeAfter(afterMs);
    };
    const advance: AdvanceOptions = { doors, broker, runs, origin: hostname, ended, delayed };
    const tell: RequestOptions["tell"] = (tenant, runId, end) => tellTasks(results, { tenant, runId, end }, options.finalOutput);
    const { acceptRequest } = options;
    await workOnMessage({ advance, request: { broker, results, revocations, store, log, now: clock.wall, hostname, acceptRequest, tell } }, held);
  };

  const revoke = async (taskIds: readonly string[]) => {
    const { broker, results, revocations } = await connected();
    await revocations.add(taskIds);
    await broker.hasten(taskIds);
    for (const id of taskIds) {
      const run = await results.runOf(id);
      const dispatch = run && (await cancelRun(store, run, "revoked", clock.wall()));
      if (dispatch && (await broker.finish(dispatch, "@cancelled"))) await ended(dispatch);
    }
  };

  const listen = once(async () => {
    const { redis } = await connected();
    const subscriber = await connect(brokerUrl, "CELERY_BROKER_URL");
    const wake = wakeChannel(keyPrefix);
    subscriber.on("message", (channel: string, message: string) => {
      if (channel === wake) for (const worker of workers) worker.wake();
      else void obeyCommand({ redis, keyPrefix, hostname, log, revoke }, message);
    });
    await subscriber.subscribe(wake, controlChannel(keyPrefix, database));
  });

  return {
    name: "celery",
    capabilities: { fairness: "lists", priority: true, bulk: 1_000, severalMachines: true },
    async submit(dispatches) {
      const { broker } = await connected();
      return inParallel(dispatches, (dispatch) => submitOne(broker, dispatch, hostname));
    },
    async cancel(dispatch) {
      const { broker } = await connected();
      if (await broker.finish(dispatch, "@cancelled")) await ended(dispatch);
    },
    inspect: async (dispatch) => (await connected()).broker.inspect(dispatch),
    async settled(dispatch) {
      const { broker } = await connected();
      while (!closed) {
        const view = await broker.inspect(dispatch);
        if (view !== "queued" && view !== "running") return;
        await clock.sleep(SETTLED_LOOK_MS);
      }
    },
    async work() {
      const { broker } = await connected();
      await listen();
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
      for (const redis of connections.splice(0)) redis.disconnect();
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

/** Every message is acknowledged, delayed, or answered with an exception; none is loaded that isn't JSON. */
async function workOnMessage({ advance, request }: { advance: AdvanceOptions; request: RequestOptions }, { tag, raw }: Held): Promise<void> {
  const { broker, results, log } = request;
  const decoded = decodeTask(raw);
  if (decoded.is === "refused") {
    log.warn({ task: decoded.id, reason: decoded.error.exc_message[0] }, "a message was refused");
    if (decoded.id !== undefined) await results.end({ id: decoded.id }, { status: "FAILURE", result: decoded.error });
    return broker.acknowledge(tag);
  }
  const { task } = decoded;
  if (task.name === RUN_TASK) return workOnRequest(request, task, tag);
  const call = task.name === CALL_TASK ? readCallTask(task) : undefined;
  if (call) return workOnCall(advance, call, tag);
  log.warn({ task: task.id, name: task.name.slice(0, 100) }, "a task that nobody here knows was refused");
  await results.end(task, { status: "FAILURE", result: notRegistered(task.name) });
  return broker.acknowledge(tag);
}

async function submitOne(broker: Broker, dispatch: Dispatch, hostname: string): Promise<SubmitResult> {
  try {
    await broker.publish(dispatch, [callMessage(dispatch, undefined, hostname)]);
    return { is: "accepted" };
  } catch (cause) {
    throw new RetryableError(
      "adapter_unreachable",
      `The Celery broker didn't take the run ${dispatch.runId}: ${messageOf(cause)} Is it running, and is CELERY_BROKER_URL right?`,
      { cause },
    );
  }
}

function createRevocations(redis: Redis, keyPrefix: string, now: () => number): Revocations {
  const key = `${keyPrefix}prompt-studio.revoked`;
  return {
    async add(taskIds) {
      await redis.zremrangebyscore(key, "-inf", now() - REVOKED_REMEMBERED_MS);
      for (const id of taskIds) await redis.zadd(key, now(), id);
    },
    has: async (taskId) => (await redis.zscore(key, taskId)) !== null,
  };
}

/** Does the work when it is first asked for, and again only after it failed. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
