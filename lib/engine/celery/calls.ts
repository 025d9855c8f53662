/** A call of a run as a Celery task: its queue, its message, and which calls may be sent now. Pure. */
import { z } from "zod";
import type { Call } from "../../schema/pipeline.ts";
import type { Dispatch } from "../contract.ts";
import { type CeleryError, encodeTask, listOf, type Task } from "./protocol.ts";

export const CALL_TASK = "prompt_studio.call";
/** Stands among a dispatch's calls for its first message, which only reads what there is to do. */
export const START = "@start";
/** At most so many calls of a run have a message at once. */
export const CALLS_OF_A_RUN = 200;
/** Others may have sent some of them; a few more than there is room for keep the room filled. */
const SPARE = 4;

/** The queues and their priorities, in the order in which this engine takes from them: what is furthest in a run first, so that begun runs end. */
export const QUEUES = { prompt_llm: 7, prompt_extraction: 5, prompt_indexing: 3 } as const;
export type QueueName = keyof typeof QUEUES;
export const QUEUE_NAMES: readonly QueueName[] = ["prompt_llm", "prompt_extraction", "prompt_indexing"];

/** The queue of a stage. */
export function queueOf(stage: string): QueueName {
  if (stage === "extract-text") return "prompt_extraction";
  return stage === "chunk-embed" ? "prompt_indexing" : "prompt_llm";
}

/** Celery's priority of a call: its queue's own, unless its run was given a higher (0, taken first) or a lower one (9). */
export function priorityOf(queue: QueueName, runPriority = 0): number {
  if (runPriority === 0) return QUEUES[queue];
  return runPriority > 0 ? 0 : 9;
}

const kwargsSchema = z.object({
  tenant: z.string().min(1).max(128),
  run_id: z.string().min(1).max(128),
  dispatch: z.int().min(1),
  priority: z.number().optional(),
  call: z
    .object({ key: z.string(), stage: z.string().max(100), op: z.enum(["run", "plan", "item", "join"]), item: z.int().min(0).max(9_999).optional() })
    .nullable(),
});

/** What one message asks for; without a call it is the first of its dispatch. */
export interface CallTask {
  dispatch: Dispatch;
  call: Omit<Call, "policy"> | undefined;
}

/** Reads a `prompt_studio.call`; undefined when its arguments are none. */
export function readCallTask({ kwargs }: Task): CallTask | undefined {
  const parsed = kwargsSchema.safeParse(kwargs);
  if (!parsed.success) return undefined;
  const { tenant, run_id, dispatch: n, priority, call } = parsed.data;
  const dispatch = { tenant, runId: run_id, n, ...(priority === undefined ? {} : { priority }) };
  if (call === null) return { dispatch, call: undefined };
  const { item, ...named } = call;
  return { dispatch, call: item === undefined ? named : { ...named, item } };
}

/** A message and where it goes. `name` is the call's key, or START; `task` is what the message says. */
export interface CallMessage {
  name: string;
  task: CallTask;
  tenant: string;
  list: string;
  raw: string;
}

/** The message for a call, or the first one of a dispatch; its id is the same each time. */
export function callMessage(dispatch: Dispatch, call: Call | undefined, origin: string): CallMessage {
  const queue = call === undefined ? "prompt_extraction" : queueOf(call.stage);
  const priority = priorityOf(queue, dispatch.priority);
  const { tenant, runId, n } = dispatch;
  const name = call?.key ?? START;
  const named = call && { key: call.key, stage: call.stage, op: call.op, ...(call.item === undefined ? {} : { item: call.item }) };
  const ownQueue = tenantQueue(queue, tenant);
  const kwargs = {
    tenant,
    run_id: runId,
    dispatch: n,
    ...(dispatch.priority === undefined ? {} : { priority: dispatch.priority }),
    call: named ?? null,
  };
  const raw = encodeTask({ id: `${tenant}:${runId}:${n}:${name}`, name: CALL_TASK, kwargs, queue: ownQueue, priority, origin });
  return { name, task: { dispatch, call: named }, tenant, list: listOf(ownQueue, priority), raw };
}

/** Every tenant has its own lists, which are polled in turn. */
export function tenantQueue(queue: string, tenant: string): string {
  return `${queue}@${tenant}`;
}

/** Of the calls that may run now, those to send: neither sent, as far as is known, nor being sent, and not many more than there is room for; `hasMore` says whether some are left. */
export function chooseCalls(
  next: readonly Call[],
  { sent, sending }: { sent: ReadonlySet<string>; sending: ReadonlySet<string> },
  open: number,
): { chosen: Call[]; hasMore: boolean } {
  const unsent = next.filter(({ key }) => !sent.has(key) && !sending.has(key));
  const chosen = unsent.slice(0, Math.max(0, CALLS_OF_A_RUN - open) + SPARE);
  return { chosen, hasMore: unsent.length > chosen.length };
}

/** The exception of a task that nobody here knows, as Celery words it. */
export function notRegistered(task: string): CeleryError {
  return { exc_type: "NotRegistered", exc_message: [task], exc_module: "celery.exceptions" };
}
