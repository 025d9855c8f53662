/** Celery's message protocol 2 over Redis, JSON only: the envelope of a task, of a result and of remote control. Pure. */
import { z } from "zod";
import { type Json, sha256 } from "../../schema/json.ts";

/** Between a queue's name and its priority in the name of a Redis list (kombu's default). */
export const PRIORITY_SEPARATOR = "\x06\x16";
/** kombu's lists per queue; 0 has no suffix and is taken first. */
const PRIORITY_STEPS = [0, 3, 6, 9] as const;
/** A longer message is refused unread. */
const LONGEST_MESSAGE = 16 * 1024 * 1024;

const name = z.string().min(1).max(1_024);
const propertiesSchema = z.looseObject({ body_encoding: z.string().nullish(), correlation_id: z.string().nullish() });
const envelopeSchema = z.looseObject({
  body: z.string(),
  "content-type": z.string().nullish(),
  headers: z.looseObject({ task: name.optional(), id: name.optional() }),
  properties: propertiesSchema,
});
const headersSchema = z.looseObject({
  task: name,
  id: name,
  eta: z.string().nullish(),
  expires: z.string().nullish(),
  group: z.string().nullish(),
  parent_id: z.string().nullish(),
  root_id: z.string().nullish(),
  ignore_result: z.boolean().nullish(),
});
const signatures = z.array(z.json()).nullish();
const embedSchema = z.looseObject({ callbacks: signatures, errbacks: signatures, chain: signatures, chord: z.json().nullish() });
const bodySchema = z.tuple([z.array(z.json()), z.record(z.string(), z.json()), embedSchema.nullish()]);

/** A task as it came from a queue. Times are milliseconds since the epoch. */
export interface Task {
  id: string;
  name: string;
  args: readonly Json[];
  kwargs: Readonly<Record<string, Json>>;
  embed: z.infer<typeof embedSchema>;
  eta: number | undefined;
  expires: number | undefined;
  group: string | undefined;
  parentId: string | undefined;
  rootId: string | undefined;
  ignoreResult: boolean;
}

/** An exception as Celery stores it; Python raises the class of that module, or makes one of that name. */
export interface CeleryError {
  exc_type: string;
  exc_message: readonly string[];
  exc_module: string;
}

export type Decoded = { is: "task"; task: Task } | { is: "refused"; id: string | undefined; error: CeleryError };

/** Reads a message. What is not JSON (pickle, yaml), or has another form, is refused with the exception that its sender gets, where it says who it is. */
export function decodeTask(raw: string): Decoded {
  if (raw.length > LONGEST_MESSAGE) return refused(undefined, "kombu.exceptions", "DecodeError", `The message is longer than ${LONGEST_MESSAGE} bytes.`);
  const envelope = envelopeSchema.safeParse(parse(raw));
  if (!envelope.success) return refused(undefined, "kombu.exceptions", "DecodeError", "The message is no Celery message of protocol 2.");
  const { body, headers, properties, "content-type": contentType } = envelope.data;
  if ((contentType ?? "application/json") !== "application/json") {
    return refused(headers.id, "kombu.exceptions", "ContentDisallowed", `Refusing content of type ${JSON.stringify(contentType).slice(0, 100)}; send JSON.`);
  }
  const known = headersSchema.safeParse(headers);
  const parsed = bodySchema.safeParse(parse(properties.body_encoding === "base64" ? Buffer.from(body, "base64").toString("utf8") : body));
  if (!known.success || !parsed.success) return refused(headers.id, "kombu.exceptions", "DecodeError", "The task doesn't have the form of protocol 2.");
  const [args, kwargs, embed] = parsed.data;
  const { id, task, eta, expires, group, parent_id, root_id, ignore_result } = known.data;
  return {
    is: "task",
    task: {
      id,
      name: task,
      args,
      kwargs,
      embed: embed ?? {},
      eta: timeOf(eta),
      expires: timeOf(expires),
      group: group ?? undefined,
      parentId: parent_id ?? undefined,
      rootId: root_id ?? undefined,
      ignoreResult: ignore_result ?? false,
    },
  };
}

/** A task to send. `priority` is Celery's, 0 to 9. */
export interface OutgoingTask {
  id: string;
  name: string;
  args?: readonly Json[];
  kwargs: Readonly<Record<string, Json>>;
  embed?: Readonly<Record<string, Json>>;
  queue: string;
  priority: number;
  origin: string;
  rootId?: string | undefined;
  parentId?: string | undefined;
  group?: string | undefined;
}

/** The message of a task, as it lies in a Redis list. */
export function encodeTask(task: OutgoingTask): string {
  const embed = { callbacks: null, errbacks: null, chain: null, chord: null, ...task.embed };
  const headers = {
    lang: "js",
    task: task.name,
    id: task.id,
    root_id: task.rootId ?? task.id,
    parent_id: task.parentId ?? null,
    group: task.group ?? null,
    retries: 0,
    eta: null,
    expires: null,
    timelimit: [null, null],
    origin: task.origin,
    ignore_result: false,
    argsrepr: "",
    kwargsrepr: "",
  };
  const properties = { correlation_id: task.id, reply_to: "", priority: task.priority, ...deliveryOf("", task.queue, task.id) };
  return envelopeOf([task.args ?? [], task.kwargs, embed], headers, properties);
}

/** kombu's list for a queue and a priority from 0 to 9. */
export function listOf(queue: string, priority: number): string {
  const step = PRIORITY_STEPS.findLast((candidate) => candidate <= priority) ?? 0;
  return step === 0 ? queue : `${queue}${PRIORITY_SEPARATOR}${step}`;
}

/** All of a queue's lists, in the order in which they are taken from. */
export function listsOf(queue: string): string[] {
  return PRIORITY_STEPS.map((step) => listOf(queue, step));
}

/** Where Celery's Redis result backend keeps the result of a task, and the channel on which waiting clients hear of it. */
export const resultKey = (taskId: string): string => `celery-task-meta-${taskId}`;

/** What became of a task. */
export type TaskState = { status: "STARTED"; result: Json } | { status: "SUCCESS"; result: Json } | { status: "FAILURE" | "REVOKED"; result: CeleryError };

/** The stored result of a task; `now` in milliseconds since the epoch. */
export function encodeResult(task: { id: string; group?: string | undefined; parentId?: string | undefined }, state: TaskState, now: number): string {
  return JSON.stringify({
    status: state.status,
    result: state.result,
    traceback: null,
    children: [],
    date_done: state.status === "STARTED" ? null : new Date(now).toISOString().replace("Z", "+00:00"),
    ...(task.group === undefined ? {} : { group_id: task.group }),
    ...(task.parentId === undefined ? {} : { parent_id: task.parentId }),
    task_id: task.id,
  });
}

const commandSchema = z.looseObject({
  method: z.string().max(100),
  arguments: z.record(z.string(), z.json()).nullish(),
  destination: z.array(z.string()).nullish(),
  pattern: z.string().nullish(),
  ticket: z.string().nullish(),
  reply_to: z.object({ exchange: z.string(), routing_key: z.string() }).nullish(),
});
export type ControlCommand = z.infer<typeof commandSchema>;

/** A remote control command from the pidbox channel; undefined for what is none, or is for others. Patterns are not supported. */
export function decodeCommand(raw: string, hostname: string): ControlCommand | undefined {
  const envelope = envelopeSchema.safeParse(parse(raw));
  if (!envelope.success) return undefined;
  const { body, properties } = envelope.data;
  const command = commandSchema.safeParse(parse(properties.body_encoding === "base64" ? Buffer.from(body, "base64").toString("utf8") : body));
  if (!command.success || command.data.pattern) return undefined;
  const { destination } = command.data;
  return destination && destination.length > 0 && !destination.includes(hostname) ? undefined : command.data;
}

/** The answer to a command, for the asker's reply queue. */
export function encodeReply(reply: Json, to: { exchange: string; routing_key: string }, ticket: string | null, id: string): string {
  return envelopeOf(reply, { ticket, clock: 1 }, deliveryOf(to.exchange, to.routing_key, id));
}

function envelopeOf(body: unknown, headers: object, properties: object): string {
  const encoded = Buffer.from(JSON.stringify(body)).toString("base64");
  return JSON.stringify({ body: encoded, "content-encoding": "utf-8", "content-type": "application/json", headers, properties });
}

function deliveryOf(exchange: string, queue: string, id: string) {
  return { delivery_mode: 2, delivery_info: { exchange, routing_key: queue }, delivery_tag: sha256(id).slice(0, 32), body_encoding: "base64" };
}

function refused(id: string | undefined, module: string, type: string, message: string): Decoded {
  return { is: "refused", id, error: { exc_type: type, exc_message: [message], exc_module: module } };
}

/** A time without a zone is UTC, as Celery's are. */
function timeOf(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  const time = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
