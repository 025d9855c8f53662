/** What must go out when a run ends is built from its `end` record, at least once, under an id that never changes. */
import type { Logger } from "pino";
import { messageOf } from "../schema/errors.ts";
import { type EndRecord, endRecordSchema } from "../schema/records.ts";
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { exists, readRecord } from "../store/records.ts";
import type { Dispatch } from "./contract.ts";

/** A receiver of ends. `id` is the same on every try, so that a receiver can drop repeats; a throw means "try again on a later sweep". */
export type Delivery = (end: { id: string; tenant: string; runId: string; end: EndRecord }) => Promise<void>;

/** Delivers the end of a run to every receiver and then removes its outbox marker. Does nothing for a run without an end; true when nothing is owed any more. */
export async function deliverEnd(store: ObjectStore, tenant: string, runId: string, deliveries: readonly Delivery[]): Promise<boolean> {
  const keys = runKeys(tenant, runId);
  const end = await readRecord(store, keys.end, endRecordSchema);
  if (end === undefined) return false;
  const sent = await Promise.allSettled(deliveries.map((deliver) => deliver({ id: `${tenant}:${runId}:end`, tenant, runId, end })));
  if (sent.some(({ status }) => status === "rejected")) return false;
  await store.delete(keys.outbox);
  return true;
}

/** The same where the end is still owed: somebody else may have worked on the run, too, and have delivered it. Never rejects: what can't be delivered now waits for a sweep. */
export async function deliverOwed(
  { store, log }: { store: ObjectStore; log: Logger },
  { tenant, runId }: Pick<Dispatch, "tenant" | "runId">,
  deliveries: readonly Delivery[],
): Promise<void> {
  try {
    if (await exists(store, runKeys(tenant, runId).outbox)) await deliverEnd(store, tenant, runId, deliveries);
  } catch (error) {
    log.warn({ run: runId, reason: messageOf(error) }, "an end waits for the next sweep");
  }
}
