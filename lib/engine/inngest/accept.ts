/** How an event that anybody may have sent becomes a dispatch: a named run as it is, a whole request after it has been accepted. */
import { messageOf, PermanentError } from "../../schema/errors.ts";
import { identifierSchema } from "../../schema/request.ts";
import { runKeys } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { createRecord, exists } from "../../store/records.ts";
import type { Dispatch } from "../contract.ts";
import { writeEnd } from "../end.ts";
import { readRequested, runIdOf } from "./events.ts";
import type { SentRecord } from "./rest.ts";

export interface EventIntake {
  store: ObjectStore;
  /** The tenant of requests that come in events. */
  tenant: string;
  /** Validates a request, reads its document and writes the run to the store. Accepting it again is no error. Throws PermanentError for a request that can't be run. */
  accept(request: Record<string, unknown>): Promise<void>;
}

/** What the first step of a run gives. */
export type Intake = { is: "accepted"; dispatch: Dispatch } | { is: "refused"; code: string; message: string };

/** Whether the event carries a whole request, which takes a step to accept. */
export function carriesRequest(data: unknown): boolean {
  return typeof data === "object" && data !== null && "outputs" in data;
}

/**
 * Reads an event's data and accepts its request. Such a run is dispatch 1, whatever became of it since; an older one ends as superseded.
 * `run` is the id of this run at Inngest. A refusal is an answer, not an error. It becomes the run's end where the event names a run that nobody has.
 */
export async function takeIn(intake: EventIntake, data: unknown, { now, run }: { now: number; run: string }): Promise<Intake> {
  try {
    const requested = readRequested(data, intake.tenant);
    if (requested.is === "dispatch") return { is: "accepted", dispatch: requested.dispatch };
    await intake.accept(requested.request);
    const dispatch = { tenant: intake.tenant, runId: requested.runId, n: 1 };
    // Nobody else knows by what a sweep can ask about this one.
    const sent: SentRecord = { v: 1, run, at: now };
    await createRecord(intake.store, runKeys(dispatch.tenant, dispatch.runId).sent(dispatch.n), sent);
    return { is: "accepted", dispatch };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const refusal = { is: "refused" as const, code: error.code, message: messageOf(error) };
    const runId = runIdOf(data);
    if (runId !== undefined && carriesRequest(data)) await endUnknown(intake, runId, refusal, now);
    return refusal;
  }
}

/** Somebody who asks for the run is told why there is none. A run that was accepted before is not touched. */
async function endUnknown({ store, tenant }: EventIntake, runId: string, { code, message }: { code: string; message: string }, now: number): Promise<void> {
  if (!identifierSchema.safeParse(runId).success || (await exists(store, runKeys(tenant, runId).request))) return;
  await writeEnd(store, tenant, runId, { v: 1, status: "failed", at: now, code, message });
}
