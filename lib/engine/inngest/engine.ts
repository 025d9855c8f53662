/** The Inngest engine: submits runs as events, and serves the function that Inngest calls. The SDK comes in with the client; nothing here loads it. */
import type { Inngest } from "inngest";
import { messageOf } from "../../schema/errors.ts";
import { identifierSchema } from "../../schema/request.ts";
import { runKeys } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { createRecord, inParallel, readRecord } from "../../store/records.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Engine, EngineView, SubmitResult, Worker } from "../contract.ts";
import type { Delivery } from "../deliver.ts";
import { CANCELLED, type CancelledData, COMPLETED, type EndedData, FAILED, REQUESTED, type RequestedData } from "./events.ts";
import { type AskedClient, askStates, sentRecordSchema } from "./rest.ts";

/** Events in one request to Inngest; it takes 5,000, and what fails together is refused together. */
const EVENTS_AT_ONCE = 500;
const HIGHEST_PRIORITY = 600;
/** An event of this age without a run has been dropped: by Inngest's own dedupe, or for want of the function. */
const RUN_MISSING_AFTER_MS = 10 * 60_000;

export const INNGEST_CAPABILITIES = { fairness: "cap", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true } as const;

export interface InngestEngineOptions {
  client: AskedClient & Pick<Inngest, "send">;
  store: ObjectStore;
  clock: Clock;
  /** The SDK's handler of /api/inngest with the functions. */
  handler(request: Request): Promise<Response>;
}

/** The engine of a client. `work` has nothing to do: Inngest calls `fetch`. */
export function createInngestEngine(options: InngestEngineOptions): Engine {
  const { client, store, clock } = options;
  const sent = (dispatch: Dispatch) => runKeys(dispatch.tenant, dispatch.runId).sent(dispatch.n);

  const sendBatch = async (dispatches: readonly Dispatch[]): Promise<SubmitResult[]> => {
    try {
      const { ids } = await client.send(dispatches.map(requestedEvent));
      await inParallel([...dispatches.entries()], async ([position, dispatch]) => {
        const event = ids[position];
        if (event === undefined) return;
        // The event is on its way whether or not this can be written; without it a sweep dispatches the run once more, which does no harm.
        await createRecord(store, sent(dispatch), { v: 1, event, at: clock.wall() }).catch(() => undefined);
      });
      return dispatches.map(() => ({ is: "accepted" }));
    } catch (error) {
      const message = `Inngest did not take the event: ${messageOf(error)}`;
      return dispatches.map(() => ({ is: "refused", message }));
    }
  };

  return {
    name: "inngest",
    capabilities: INNGEST_CAPABILITIES,
    async submit(dispatches) {
      const results = new Map<Dispatch, SubmitResult>();
      const right = dispatches.filter((dispatch) => {
        const valid = identifierSchema.safeParse(dispatch.tenant).success && identifierSchema.safeParse(dispatch.runId).success;
        if (!valid) results.set(dispatch, { is: "refused", message: "The tenant or the run id has characters that no id may have." });
        return valid;
      });
      for (let from = 0; from < right.length; from += EVENTS_AT_ONCE) {
        const batch = right.slice(from, from + EVENTS_AT_ONCE);
        const answers = await sendBatch(batch);
        for (const [position, answer] of answers.entries()) {
          const dispatch = batch[position];
          if (dispatch) results.set(dispatch, answer);
        }
      }
      return dispatches.map((dispatch) => results.get(dispatch) ?? { is: "refused", message: "It was not sent." });
    },
    async cancel({ tenant, runId, n }, reason) {
      const data: CancelledData = { tenant, run_id: runId, n, reason };
      await client.send({ name: CANCELLED, id: `${tenant}:${runId}:${n}:cancel`, data: { ...data } });
    },
    async inspect(dispatch) {
      const record = await readRecord(store, sent(dispatch), sentRecordSchema);
      if (record === undefined) return undefined;
      const states = await askStates(client, record);
      if (states.length > 0) return viewOf(states);
      const age = (await store.ageMs(sent(dispatch))) ?? 0;
      return age < RUN_MISSING_AFTER_MS ? "queued" : undefined;
    },
    // Nothing of a run is held in this process.
    settled: async () => undefined,
    work: async (): Promise<Worker> => ({ stop: async () => undefined }),
    fetch: options.handler,
    close: async () => undefined,
  };
}

/** The delivery of ends as events. The receiver may get one twice within Inngest's memory of ids (a day), never two different ones. */
export function createInngestDelivery(client: Pick<Inngest, "send">): Delivery {
  return async ({ id, tenant, runId, end }) => {
    const { status, call, code, message } = end;
    const data: EndedData = { tenant, run_id: runId, status, ...(call ? { call } : {}), ...(code ? { code } : {}), ...(message ? { message } : {}) };
    const name = status === "completed" || status === "completed_with_issues" ? COMPLETED : FAILED;
    await client.send({ name, id, data: { ...data } });
  };
}

/** Inngest drops an event whose id it has seen in the last day, so a dispatch given twice is one run. */
function requestedEvent({ tenant, runId, n, priority = 0 }: Dispatch) {
  const bounded = Math.max(-HIGHEST_PRIORITY, Math.min(HIGHEST_PRIORITY, Math.round(priority)));
  const data: RequestedData = { tenant, run_id: runId, n, priority: bounded };
  return { name: REQUESTED, id: `${tenant}:${runId}:${n}`, data: { ...data } };
}

function viewOf(states: readonly string[]): EngineView {
  if (states.includes("running")) return "running";
  if (states.some((state) => state === "queued" || state === "scheduled")) return "queued";
  return states.every((state) => state === "cancelled") ? "cancelled" : "ended";
}
