/** Every record of the store. All are JSON with `v: 1`; what is written conditionally carries a nonce, or the id of its process, so that a writer can tell its own bytes. Times (`at`) are the writer's and for display: no decision rests on them. */
import { z } from "zod";
import { artifactSchema } from "./document.ts";
import { itemGraphSchema, pipelineShapeSchema } from "./pipeline.ts";
import { runStatusSchema, usageSchema } from "./result.ts";

const version = { v: z.literal(1) };

/** A run as it was accepted. `request` is the canonical raw request; `settings` the adapters' settings without secrets. */
export const requestRecordSchema = z.object({
  ...version,
  tenant: z.string(),
  runId: z.string(),
  createdMs: z.number(),
  pipeline: z.string(),
  shape: pipelineShapeSchema,
  request: z.json(),
  settings: z.json(),
  document: artifactSchema.extend({ fileName: z.string() }),
  rerunOf: z.string().optional(),
});
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** Who has the run: the n-th dispatch, to an engine, by a process. */
export const ownerRecordSchema = z.object({ ...version, engine: z.string(), n: z.int(), process: z.string(), at: z.number() });
export type OwnerRecord = z.infer<typeof ownerRecordSchema>;

const wholeClaimSchema = z.object({ ...version, process: z.string(), dispatch: z.int(), alone: z.boolean(), at: z.number() });
export type ClaimRecord = z.infer<typeof wholeClaimSchema>;
/** Of no process, which is as good as of a dead one. */
const LOST_CLAIM: ClaimRecord = { v: 1, process: "", dispatch: 0, alone: false, at: 0 };
/** Whether a loss of power took the content of a claim. */
export const isLost = (claim: ClaimRecord): boolean => claim.process === LOST_CLAIM.process;
/** A process works on a call, since the second that begins `at`. `alone`: with nothing beside it in its process. What is no JSON at all is a lost claim: claims aren't synced to the disk. */
export const claimRecordSchema = z.preprocess((value) => (value === undefined ? LOST_CLAIM : value), wholeClaimSchema);

/** How a claim ended without a result. Only `failed` counts; `delayMs` is waited out from this record's age by the store's clock; `final`: no other attempt. */
export const attemptRecordSchema = z.object({
  ...version,
  is: z.enum(["failed", "pending", "aborted"]),
  at: z.number(),
  delayMs: z.number(),
  final: z.boolean(),
  code: z.string().optional(),
  message: z.string().optional(),
  reason: z.string().optional(),
  state: z.json().optional(),
});
export type AttemptRecord = z.infer<typeof attemptRecordSchema>;

/** What was committed for a call; the first to be written stands for ever. */
export const resultRecordSchema = z.object({
  ...version,
  is: z.enum(["done", "failed", "skipped"]),
  at: z.number(),
  claim: z.int(),
  attempts: z.int(),
  durationMs: z.number(),
  output: z.json().optional(),
  items: itemGraphSchema.optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  usage: usageSchema,
});
export type ResultRecord = z.infer<typeof resultRecordSchema>;

/** When the n-th claim of a call began to work on it, milliseconds. A claim knows its second only; the result that came of it knows better. */
export function startOf(run: RequestRecord, n: number, claim: ClaimRecord, result: ResultRecord | undefined): number {
  return result?.claim === n ? result.at - result.durationMs : Math.max(claim.at, run.createdMs);
}

/** An answer that was paid for. */
export const paidRecordSchema = z.object({ ...version, key: z.string(), model: z.string(), answer: z.json(), usage: usageSchema, at: z.number() });
export type PaidRecord = z.infer<typeof paidRecordSchema>;

/** Somebody wants the run to stop; it stands for ever. */
export const cancelRecordSchema = z.object({ ...version, reason: z.string(), at: z.number() });

/** How the run ended. */
export const endRecordSchema = z.object({
  ...version,
  status: runStatusSchema.extract(["completed", "completed_with_issues", "failed", "cancelled"]),
  at: z.number(),
  call: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
export type EndRecord = z.infer<typeof endRecordSchema>;

/** A process's lease: alive while the object is young. Host, boot, namespace, pid and start tell a neighbour on the same machine sooner. */
export const processRecordSchema = z.object({
  ...version,
  id: z.string(),
  host: z.string(),
  boot: z.string().optional(),
  namespace: z.string().optional(),
  pid: z.int(),
  started: z.string().optional(),
  ended: z.boolean(),
});
export type ProcessRecord = z.infer<typeof processRecordSchema>;

/** A pointer to a run, where the key itself may be cut. */
export const runPointerSchema = z.object({ ...version, tenant: z.string(), runId: z.string() });

/** An engine was away, or still is, as far as who wrote this could see. */
export const outageRecordSchema = z.object({ ...version, isOver: z.boolean() });
