/** How a run ends: exactly one `end` record decides, whoever writes it. */
import type { Pipeline } from "../pipeline/define.ts";
import { callKey, failsRun } from "../pipeline/kernel.ts";
import type { Call, PipelineShape, Settled, StageShape } from "../schema/pipeline.ts";
import { cancelRecordSchema, type EndRecord, endRecordSchema, ownerRecordSchema, type ResultRecord, resultRecordSchema } from "../schema/records.ts";
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { createRecord, exists, lastKey, readRecord, writeRecord } from "../store/records.ts";
import type { Dispatch } from "./contract.ts";

/**
 * Writes the marker that the end of a run is owed to its receivers, and resolves with the end if it has one: that had its marker before it, and the delivery may be done.
 * Without an end a marker means nothing yet, so it may be written while the run still goes on.
 */
export async function oweEnd(store: ObjectStore, tenant: string, runId: string): Promise<EndRecord | undefined> {
  const keys = runKeys(tenant, runId);
  const standing = await readRecord(store, keys.end, endRecordSchema);
  if (standing === undefined) await writeRecord(store, keys.outbox, { v: 1, tenant, runId });
  return standing;
}

/** Writes the outbox marker, unless that is being written, then `end`, then deletes `active`: whatever is killed between, a sweep finds what is missing. The first `end` stands. */
export async function writeEnd(store: ObjectStore, tenant: string, runId: string, end: EndRecord, owing = oweEnd(store, tenant, runId)): Promise<EndRecord> {
  const keys = runKeys(tenant, runId);
  let standing = await owing;
  standing ??= (await createRecord(store, keys.end, end)) ? end : await readRecord(store, keys.end, endRecordSchema);
  await store.delete(keys.active);
  return standing ?? end;
}

/** Why nothing of a dispatch may start any more. */
export interface Standing {
  is: "cancelled" | "superseded";
}

/** Why nothing of this dispatch may start any more, or undefined. A cancel without its end gets it here. */
export async function readStanding(store: ObjectStore, dispatch: Dispatch, now: number): Promise<Standing | undefined> {
  const keys = runKeys(dispatch.tenant, dispatch.runId);
  const [end, cancel, isSuperseded] = await Promise.all([
    readRecord(store, keys.end, endRecordSchema),
    readRecord(store, keys.cancel, cancelRecordSchema),
    // Owners are numbered without gaps.
    exists(store, keys.owner(dispatch.n + 1)),
  ]);
  if (end) return { is: end.status === "cancelled" ? "cancelled" : "superseded" };
  if (cancel) {
    const written = await writeEnd(store, dispatch.tenant, dispatch.runId, { v: 1, status: "cancelled", at: now, message: cancel.reason });
    return { is: written.status === "cancelled" ? "cancelled" : "superseded" };
  }
  return isSuperseded ? { is: "superseded" } : undefined;
}

/** The newest owner of a run. */
export async function readOwner(store: ObjectStore, tenant: string, runId: string) {
  const key = await lastKey(store, runKeys(tenant, runId).owners);
  return key === undefined ? undefined : readRecord(store, key, ownerRecordSchema);
}

/** A committed record as the kernel sees it. */
export function settledOf(record: ResultRecord): Settled {
  if (record.is === "done") return record.items ? { is: "done", items: record.items } : { is: "done" };
  return { is: record.is, code: record.code ?? "internal" };
}

/** Whether a run may end with this outcome: a failure whose policy is to fail, or a stage that nothing waits for. */
export function mayEnd(shape: PipelineShape, call: Call, outcome: Settled): boolean {
  const stage = shape.stages.find(({ id }) => id === call.stage);
  if (stage === undefined) return false;
  return failsRun(stage, call, outcome) || (outcome.is === "done" && call.op !== "plan" && call.op !== "item" && isSink(shape, stage));
}

/** Ends the run when this outcome is the last of it. True when it has ended. `owing` is its marker, if that is being written already. */
export async function endIfLast<Resources>(
  { store, clock }: { store: ObjectStore; clock: { wall(): number } },
  { tenant, runId }: Dispatch,
  { shape, stages }: { shape: PipelineShape; stages: Pipeline<Resources>["stages"] },
  call: Call,
  result: ResultRecord,
  owing?: Promise<EndRecord | undefined>,
): Promise<boolean> {
  if (!mayEnd(shape, call, settledOf(result))) return false;
  const keys = runKeys(tenant, runId);
  const end = (how: Pick<EndRecord, "status" | "call" | "code" | "message">) => writeEnd(store, tenant, runId, { v: 1, at: clock.wall(), ...how }, owing);
  if (result.is !== "done") {
    await end({ status: "failed", call: call.key, code: result.code ?? "internal", message: result.message ?? "" });
    return true;
  }
  const statuses: string[] = [];
  for (const sink of shape.stages.filter((stage) => isSink(shape, stage))) {
    const key = callKey(sink.id, sink.kind === "task" ? "run" : "join");
    const last = key === call.key ? result : await readRecord(store, keys.result(key), resultRecordSchema);
    if (last?.is !== "done") return false;
    const definition = stages.get(sink.id)?.stage;
    statuses.push(definition?.endStatus?.(last.output) ?? "completed");
  }
  await end({ status: statuses.includes("completed_with_issues") ? "completed_with_issues" : "completed" });
  return true;
}

function isSink(shape: PipelineShape, stage: StageShape): boolean {
  return !shape.stages.some((other) => other.after.includes(stage.id));
}
