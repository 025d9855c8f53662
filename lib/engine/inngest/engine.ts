/** The Inngest engine: submits runs as events, and serves the function that Inngest calls. The SDK comes in with the client; nothing here loads it. */
import type { Inngest } from "inngest";
import { z } from "zod";
import { messageOf, RetryableError } from "../../schema/errors.ts";
import { identifierSchema } from "../../schema/request.ts";
import { runKeys } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { createRecord, inParallel, readRecord } from "../../store/records.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Engine, EngineView, SubmitResult, Worker } from "../contract.ts";
import type { Delivery } from "../deliver.ts";
import { CANCELLED, type CancelledData, COMPLETED, type EndedData, FAILED, REQUESTED, type RequestedData } from "./events.ts";

/** Events in one request to Inngest; it takes 5,000, and what fails together is refused together. */
const EVENTS_AT_ONCE = 500;
const HIGHEST_PRIORITY = 600;
/** An event of this age without a run has been dropped: by Inngest's own dedupe, or for want of the function. */
const RUN_MISSING_AFTER_MS = 10 * 60_000;
const ASK_TIMEOUT_MS = 10_000;

/** The function's id within the app. */
export const FUNCTION_ID = "prompt-studio";
export const INNGEST_CAPABILITIES = { fairness: "cap", priority: true, bulk: 1_000, severalMachines: true } as const;

export interface InngestEngineOptions {
  client: Pick<Inngest, "id" | "send" | "apiBaseUrl" | "signingKey" | "fetch">;
  store: ObjectStore;
  clock: Clock;
  /** The SDK's handler of /api/inngest with the functions. */
  handler(request: Request): Promise<Response>;
}

/** Which event started a dispatch, for asking Inngest about it. */
const sentRecordSchema = z.object({ v: z.literal(1), event: z.string(), at: z.number() });
const newRunsSchema = z.object({
  data: z.array(z.object({ app: z.object({ id: z.string() }), function: z.object({ id: z.string() }), status: z.string() })).nullish(),
});
const oldRunsSchema = z.object({ data: z.array(z.object({ status: z.string(), ended_at: z.string().nullish() })).nullish() });

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
      const runs = await askRuns(client, record.event);
      if (runs.length > 0) return viewOf(runs);
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

/**
 * The states of the function's runs that an event started, in lower case. The second version of the REST API is asked first: the first one calls a run that goes on
 * "Completed", without a time of its end. Throws RetryableError when Inngest can't be asked, so that nobody takes silence for an end.
 */
async function askRuns(client: InngestEngineOptions["client"], event: string): Promise<readonly string[]> {
  const path = `events/${encodeURIComponent(event)}/runs`;
  const newer = await ask(client, `/v2/${path}`, newRunsSchema);
  if (newer) {
    const own = (newer.data ?? []).filter((run) => run.app.id === client.id && run.function.id === FUNCTION_ID);
    return own.map(({ status }) => status.toLowerCase());
  }
  const older = await ask(client, `/v1/${path}`, oldRunsSchema);
  return (older?.data ?? []).map(({ status, ended_at }) => (status === "Completed" && ended_at == null ? "running" : status.toLowerCase()));
}

/** An answer of the REST API; undefined where it has nothing under that path. */
async function ask<Schema extends z.ZodType>(
  { apiBaseUrl, signingKey, fetch }: InngestEngineOptions["client"],
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const url = new URL(path, apiBaseUrl);
  const headers = signingKey === undefined ? {} : { authorization: `Bearer ${signingKey}` };
  try {
    const response = await fetch(url.href, { headers, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return schema.parse(await response.json());
  } catch (cause) {
    throw new RetryableError("adapter_unreachable", `Inngest at ${url.origin} can't be asked about a run: ${messageOf(cause)}`, { source: "inngest", cause });
  }
}

function viewOf(states: readonly string[]): EngineView {
  if (states.includes("running")) return "running";
  if (states.some((state) => state === "queued" || state === "scheduled")) return "queued";
  return states.every((state) => state === "cancelled") ? "cancelled" : "ended";
}
