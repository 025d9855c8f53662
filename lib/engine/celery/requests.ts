/** `prompt_studio.run`: a task that an application sends, in whatever language, to have a run done and to get its result. */
import type { Logger } from "pino";
import { messageOf, PermanentError } from "../../schema/errors.ts";
import type { Json } from "../../schema/json.ts";
import { cancelRecordSchema, type EndRecord, endRecordSchema } from "../../schema/records.ts";
import { runKeys } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { createRecord, readRecord } from "../../store/records.ts";
import type { Dispatch } from "../contract.ts";
import { readOwner, readStanding } from "../end.ts";
import type { Broker } from "./broker.ts";
import { callMessage } from "./calls.ts";
import type { Task } from "./protocol.ts";
import { type Results, refusal, revoked } from "./results.ts";

export const RUN_TASK = "prompt_studio.run";
const ACCEPT_AGAIN_MS = 10_000;

export interface RequestOptions {
  broker: Broker;
  results: Results;
  revocations: Revocations;
  store: ObjectStore;
  log: Logger;
  now: () => number;
  hostname: string;
  /** Accepts the request (durably) and says what to dispatch; PermanentError for what the sender can mend. */
  acceptRequest(kwargs: Readonly<Record<string, Json>>): Promise<Dispatch>;
  /** Tells the tasks that wait for a run that has ended. */
  tell(tenant: string, runId: string, end: EndRecord): Promise<void>;
}

/** Which tasks were revoked before they began. */
export interface Revocations {
  add(taskIds: readonly string[]): Promise<void>;
  has(taskId: string): Promise<boolean>;
}

/** Accepts a run for a task and gives it to the engine. Whatever moment a kill comes, the repeat finds the same run. */
export async function workOnRequest(options: RequestOptions, task: Task, tag: string): Promise<void> {
  const { broker, results, revocations, store, log, now, hostname } = options;
  const refuse = async (state: Parameters<Results["end"]>[1]) => {
    if (!task.ignoreResult) await results.end(task, state);
    await broker.acknowledge(tag);
  };
  if (await revocations.has(task.id)) return refuse({ status: "REVOKED", result: revoked("revoked") });
  if (task.expires !== undefined && task.expires <= now()) return refuse({ status: "REVOKED", result: revoked("expired") });
  if (task.eta !== undefined && task.eta > now()) return broker.delay(tag, { at: task.eta });
  const problem = problemOf(task);
  if (problem !== undefined) return refuse({ status: "FAILURE", result: { exc_type: "ValueError", exc_message: [problem], exc_module: "builtins" } });

  let dispatch: Dispatch;
  try {
    dispatch = await options.acceptRequest(task.kwargs);
  } catch (error) {
    if (error instanceof PermanentError) return refuse({ status: "FAILURE", result: refusal(error) });
    log.warn({ task: task.id, reason: messageOf(error) }, "a request could not be accepted yet");
    return broker.delay(tag, { afterMs: ACCEPT_AGAIN_MS });
  }
  if (!task.ignoreResult) {
    await results.wait(task, dispatch);
    await results.begin(task, { run_id: dispatch.runId, hostname });
  }
  // Whoever revoked it meanwhile either found the run, or is found here.
  if (await revocations.has(task.id)) await cancelRun(store, dispatch, "revoked", now());
  const end = await readRecord(store, runKeys(dispatch.tenant, dispatch.runId).end, endRecordSchema);
  if (end) {
    await options.tell(dispatch.tenant, dispatch.runId, end);
    return broker.acknowledge(tag);
  }
  await broker.publish(dispatch, [callMessage(dispatch, undefined, hostname)]);
  await broker.acknowledge(tag);
}

/** Why a task can't be done as it is, in words for its sender. */
function problemOf({ args, embed }: Task): string | undefined {
  if (args.length > 0) return `${RUN_TASK} takes keyword arguments only: the request, with run_id and document.`;
  const has = (list: readonly unknown[] | null | undefined) => (list?.length ?? 0) > 0;
  if (has(embed.chain) || has(embed.callbacks) || has(embed.errbacks) || embed.chord) {
    return `${RUN_TASK} takes no chain, link, link_error or chord; wait for its result and send the next task then.`;
  }
  return undefined;
}

/** Cancels a run in the store, which is what stops it wherever it runs. One that has ended stays as it is. */
export async function cancelRun(store: ObjectStore, run: { tenant: string; runId: string }, reason: string, now: number): Promise<Dispatch | undefined> {
  const keys = runKeys(run.tenant, run.runId);
  const owner = await readOwner(store, run.tenant, run.runId);
  if (owner === undefined || (await readRecord(store, keys.end, endRecordSchema))) return undefined;
  if (!(await readRecord(store, keys.cancel, cancelRecordSchema))) await createRecord(store, keys.cancel, { v: 1, reason, at: now });
  const dispatch = { tenant: run.tenant, runId: run.runId, n: owner.n };
  await readStanding(store, dispatch, now);
  return dispatch;
}
