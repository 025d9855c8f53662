/** Celery's Redis result backend, and which tasks of others wait for which run. */
import type { Redis } from "ioredis";
import { z } from "zod";
import type { PermanentError } from "../../schema/errors.ts";
import type { Json } from "../../schema/json.ts";
import type { EndRecord } from "../../schema/records.ts";
import { type CeleryError, encodeResult, resultKey, type TaskState } from "./protocol.ts";

/** As long as Celery keeps results. */
const RESULT_SECONDS = 86_400;
/** As long as a run may take. */
const WAITING_SECONDS = 30 * 86_400;

/** A task of somebody who waits for its result. */
export interface WaitingTask {
  id: string;
  group?: string | undefined;
  parentId?: string | undefined;
}
const waitingSchema = z.object({ id: z.string(), group: z.string().optional(), parentId: z.string().optional() });
const runSchema = z.object({ tenant: z.string(), runId: z.string() });

export interface Results {
  /** Says that a task began, unless it has a result already. */
  begin(task: WaitingTask, result: Json): Promise<void>;
  /** Writes the result of a task and tells whoever waits for it. */
  end(task: WaitingTask, state: TaskState): Promise<void>;
  /** Remembers that a task waits for a run, before the run is given to an engine. */
  wait(task: WaitingTask, run: { tenant: string; runId: string }): Promise<void>;
  waiting(tenant: string, runId: string): Promise<WaitingTask[]>;
  /** Forgets a task that has its result. */
  told(task: WaitingTask, run: { tenant: string; runId: string }): Promise<void>;
  /** The run that a task waits for. */
  runOf(taskId: string): Promise<{ tenant: string; runId: string } | undefined>;
}

/** Over one connection. */
export function createResults(redis: Redis, keyPrefix: string, now: () => number): Results {
  const tasksKey = (tenant: string, runId: string) => `${keyPrefix}prompt-studio.tasks:${tenant}:${runId}`;
  const taskKey = (id: string) => `${keyPrefix}prompt-studio.task:${id}`;
  const memberOf = ({ id, group, parentId }: WaitingTask) => JSON.stringify({ id, group, parentId });
  return {
    async begin(task, result) {
      await redis.set(`${keyPrefix}${resultKey(task.id)}`, encodeResult(task, { status: "STARTED", result }, now()), "EX", RESULT_SECONDS, "NX");
    },
    async end(task, state) {
      const key = `${keyPrefix}${resultKey(task.id)}`;
      const value = encodeResult(task, state, now());
      await redis.setex(key, RESULT_SECONDS, value);
      await redis.publish(key, value);
    },
    async wait(task, { tenant, runId }) {
      await redis.set(taskKey(task.id), JSON.stringify({ tenant, runId }), "EX", WAITING_SECONDS);
      await redis.sadd(tasksKey(tenant, runId), memberOf(task));
      await redis.expire(tasksKey(tenant, runId), WAITING_SECONDS);
    },
    async waiting(tenant, runId) {
      const members = await redis.smembers(tasksKey(tenant, runId));
      return members.map((member) => waitingSchema.parse(JSON.parse(member)));
    },
    async told(task, { tenant, runId }) {
      await redis.srem(tasksKey(tenant, runId), memberOf(task));
    },
    async runOf(taskId) {
      const found = await redis.get(taskKey(taskId));
      return found === null ? undefined : runSchema.parse(JSON.parse(found));
    },
  };
}

/** Tells every task that waits for a run how it ended. A repeat tells nobody twice, and an interrupted one is finished by the next. */
export async function tellTasks(
  results: Results,
  { tenant, runId, end }: { tenant: string; runId: string; end: EndRecord },
  finalOutput: (tenant: string, runId: string) => Promise<Json>,
): Promise<void> {
  const tasks = await results.waiting(tenant, runId);
  if (tasks.length === 0) return;
  const state = await stateOf(end, runId, () => finalOutput(tenant, runId));
  for (const task of tasks) {
    await results.end(task, state);
    await results.told(task, { tenant, runId });
  }
}

async function stateOf(end: EndRecord, runId: string, finalOutput: () => Promise<Json>): Promise<TaskState> {
  if (end.status === "cancelled") return { status: "REVOKED", result: revoked(end.message ?? "cancelled") };
  if (end.status === "failed") {
    const message = `The run ${runId} failed${end.call ? ` in ${end.call}` : ""}: ${end.message ?? ""} [${end.code ?? "internal"}]`;
    return { status: "FAILURE", result: { exc_type: "RuntimeError", exc_message: [message], exc_module: "builtins" } };
  }
  return { status: "SUCCESS", result: await finalOutput() };
}

/** What Python raises for a task that was revoked or is too late. */
export function revoked(reason: string): CeleryError {
  return { exc_type: "TaskRevokedError", exc_message: [reason], exc_module: "celery.exceptions" };
}

/** What Python raises for a request that can't be accepted. */
export function refusal(error: PermanentError): CeleryError {
  const problems = error.problems.map(({ pointer, message }) => `\n  ${pointer || "/"}: ${message}`).join("");
  return { exc_type: "ValueError", exc_message: [`${error.message}${problems} [${error.code}]`], exc_module: "builtins" };
}
