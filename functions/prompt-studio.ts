/** What runs on Inngest: one function, started by one event, in which each call of the pipeline is a step. */
import { Hono } from "hono";
import { eventType, Inngest, NonRetriableError, staticSchema } from "inngest";
import { serve } from "inngest/hono";
import type { Clock } from "../lib/engine/clock.ts";
import type { Dispatch, Doors, Engine } from "../lib/engine/contract.ts";
import { type Delivery, deliverEnd } from "../lib/engine/deliver.ts";
import { carriesRequest, type EventIntake, type Intake, takeIn } from "../lib/engine/inngest/accept.ts";
import { createInngestDelivery, createInngestEngine } from "../lib/engine/inngest/engine.ts";
import { CANCELLED, REQUESTED, type RequestedData } from "../lib/engine/inngest/events.ts";
import { workLane, workPatiently } from "../lib/engine/inngest/lanes.ts";
import { FUNCTION_ID } from "../lib/engine/inngest/rest.ts";
import { type StepTools, type WalkEnd, walkPipeline } from "../lib/engine/inngest/walk.ts";
import type { Outcome } from "../lib/schema/pipeline.ts";
import { runKeys } from "../lib/store/layout.ts";
import type { ObjectStore } from "../lib/store/object-store.ts";
import { exists, keysOf } from "../lib/store/records.ts";

export { type RequestedData, requestedDataSchema } from "../lib/engine/inngest/events.ts";

/** The event that starts a run: `inngest.send(requested.create({ … }))`. It checks types only: the function validates, so that a bad event becomes a failed run that says why. */
export const requested = eventType(REQUESTED, { schema: staticSchema<RequestedData>() });

/** Our own attempts are few and in the store; these are for processes that die and networks that break. The most that Inngest knows. */
const RETRIES = 20;
/**
 * Steps that come one after the other are told to Inngest so many at a time: what they did is in our store, so one that it has not heard of when a process dies is looked up, not
 * done again, and no call waits for Inngest to have noted the one before it.
 */
const STEPS_TOLD_AT_ONCE = 5;
/** Where Inngest calls us. */
export const INNGEST_PATH = "/api/inngest";
const RUN_ID = "event.data.run_id";
const SAME_DISPATCH = ["tenant", "run_id", "n"].map((key) => `event.data.${key} == async.data.${key}`).join(" && ");

/** Where Inngest is, and who we are to it. Without `isDev` requests must be signed; keys that are not given come from INNGEST_EVENT_KEY and INNGEST_SIGNING_KEY. */
export interface InngestSettings {
  /** The app's id; part of the function's id at Inngest. */
  id?: string;
  isDev?: boolean;
  eventKey?: string;
  signingKey?: string;
  baseUrl?: string;
  fetch?: typeof globalThis.fetch;
}

export interface PromptStudioOptions {
  settings: InngestSettings;
  store: ObjectStore;
  clock: Clock;
  doors: Doors;
  log: { info(details: object, message: string): void; warn(details: object, message: string): void; error(details: object, message: string): void };
  /** The tenant of requests that come in events, and how one is accepted. */
  intake: Omit<EventIntake, "store">;
  /** Receivers of ends besides Inngest's own events. */
  deliveries?: readonly Delivery[];
  /** Steps at once over all runs, and of one tenant. */
  concurrency: number;
  perTenant: number;
  /** How long one request to this host may take, milliseconds. A lane, or a row of steps in one request, uses a third of it. */
  hostLimitMs: number;
}

/** The engine of these settings, with its served function. The deliveries are for whoever sweeps the outbox; the function uses them too. */
export function openInngest(options: PromptStudioOptions): { engine: Engine; deliveries: readonly Delivery[]; client: Inngest } {
  const { log, store, clock } = options;
  const client = new Inngest({ id: "prompt-studio", ...options.settings, logger: quiet(log) });
  const deliveries = [createInngestDelivery(client), ...(options.deliveries ?? [])];
  const functions = [createPromptStudio(client, { ...options, deliveries })];
  const app = new Hono().on(["GET", "PUT", "POST"], INNGEST_PATH, serve({ client, functions }));
  return { engine: createInngestEngine({ client, store, clock, handler: async (request) => app.fetch(request) }), deliveries, client };
}

/** The function. Its run at Inngest fails when the pipeline's run fails, or can't be started; a run that was cancelled or moved ends it quietly. */
export function createPromptStudio(client: Inngest, options: PromptStudioOptions) {
  const { store, log, intake, deliveries = [], hostLimitMs } = options;
  return client.createFunction(
    {
      id: FUNCTION_ID,
      name: "Prompt Studio",
      triggers: [requested],
      retries: RETRIES,
      concurrency: [{ limit: options.concurrency }, { key: "event.data.tenant", limit: options.perTenant }],
      // A number of JSON is a fraction to Inngest, and a priority that is no integer counts for nothing.
      priority: { run: "int(event.data.priority)" },
      // An event without a run id is refused each time that it comes.
      idempotency: `${RUN_ID} == null ? string(event.ts) : event.data.tenant + ":" + ${RUN_ID} + ":" + event.data.n`,
      cancelOn: [
        { event: CANCELLED, if: SAME_DISPATCH },
        // A whole request names no dispatch.
        { event: CANCELLED, if: `event.data.n == null && ${RUN_ID} == async.data.run_id && async.data.tenant == "${intake.tenant}" && async.data.n == 1` },
      ],
      timeouts: { start: "7d", finish: "30d" },
      checkpointing: { maxRuntime: Math.floor(hostLimitMs / 3), bufferedSteps: STEPS_TOLD_AT_ONCE },
      async onFailure({ event, error }) {
        await afterFailure(options, deliveries, event.data.event.data, error);
      },
    },
    async ({ event, step, group, runId: run }) => {
      const take = () => takeIn({ ...intake, store }, event.data, { now: options.clock.wall(), run });
      const taken: Intake = carriesRequest(event.data) ? await step.run({ id: "accept", name: "accept the request" }, take) : await take();
      if (taken.is === "refused") throw new NonRetriableError(`${taken.message} (${taken.code})`);
      const { dispatch } = taken;
      let raced = false;
      const tools: StepTools = {
        // An outcome is JSON, so it comes back as it was.
        run: (name, work) => step.run(name, work) as Promise<Outcome>,
        sleep: (name, ms) => step.sleep(name, ms),
        eagerly(work) {
          raced = true;
          return group.parallel({ mode: "race" }, work);
        },
        // A step that stands alone needs no plan: Inngest runs it in the request that found it. But a late answer of an earlier race may have told Inngest to wait for
        // steps that had ended, and from then on it follows up nothing but what is itself in a race.
        alone: (work) => (raced ? group.parallel({ mode: "race" }, work) : work()),
      };
      const loaded = await step.run({ id: "load", name: `load the run ${dispatch.runId}` }, () => options.doors.load(dispatch));
      const end = loaded.is === "ready" ? await walkPipeline(tools, walkOf(options, dispatch, loaded.shape)) : unstarted(dispatch, loaded);
      if (end.is === "superseded") return { run_id: dispatch.runId, status: end.is };
      const deliver = () => deliverOrThrow(store, dispatch, deliveries);
      await tools
        .alone(() => step.run("deliver", deliver))
        .catch((error: unknown) => log.warn({ runId: dispatch.runId, error }, "delivery is left to the next sweep"));
      if (end.is === "failed") throw new NonRetriableError(`The run "${dispatch.runId}" failed in ${end.call}: ${end.code}.`);
      return { run_id: dispatch.runId, status: end.is };
    },
  );
}

function walkOf({ doors, clock, store, hostLimitMs }: PromptStudioOptions, dispatch: Dispatch, shape: Parameters<typeof walkPipeline>[1]["shape"]) {
  const time = { doors, clock, budgetMs: hostLimitMs / 3 };
  const committed = async ({ tenant, runId }: Dispatch, stage: string) => {
    const { results } = runKeys(tenant, runId);
    return (await keysOf(store, `${results}${stage}/`)).map((key) => key.slice(results.length));
  };
  return {
    doors,
    dispatch,
    shape,
    lane: (work: Parameters<typeof workLane>[1]) => workLane({ ...time, committed }, work),
    patiently: (call: Parameters<typeof workPatiently>[2]) => workPatiently(time, dispatch, call),
  };
}

/** A run that can't be loaded: over already, or not there. */
function unstarted({ runId }: Dispatch, loaded: { is: string; code?: string }): WalkEnd {
  if (loaded.is === "cancelled" || loaded.is === "superseded") return { is: loaded.is };
  throw new NonRetriableError(`The store of this worker has no run "${runId}"; does it share the store of whoever submitted it? (${loaded.code ?? loaded.is})`);
}

async function deliverOrThrow(store: ObjectStore, { tenant, runId }: Dispatch, deliveries: readonly Delivery[]): Promise<void> {
  // A sweep may have been first.
  if (!(await exists(store, runKeys(tenant, runId).outbox))) return;
  if (!(await deliverEnd(store, tenant, runId, deliveries))) throw new Error("A receiver did not take the end of the run.");
}

/** Inngest gave up. A run that has ended is delivered; one that has not is found by the sweep, which asks Inngest and dispatches it anew. */
async function afterFailure({ store, intake, log }: PromptStudioOptions, deliveries: readonly Delivery[], data: unknown, error: Error): Promise<void> {
  const { tenant, run_id: runId } = typeof data === "object" && data !== null ? (data as { tenant?: unknown; run_id?: unknown }) : {};
  log.error({ runId, reason: error.message }, "an Inngest run failed");
  if (typeof runId === "string") await deliverOrThrow(store, { tenant: typeof tenant === "string" ? tenant : intake.tenant, runId, n: 1 }, deliveries);
}

/** The SDK's own messages, which it would print on the console. */
function quiet(log: PromptStudioOptions["log"]) {
  const words = (args: readonly unknown[]) => args.filter((part) => typeof part === "string").join(" ");
  return {
    info: (...args: unknown[]) => log.info({}, words(args)),
    warn: (...args: unknown[]) => log.warn({}, words(args)),
    error: (...args: unknown[]) => log.error({}, words(args)),
    debug: () => undefined,
  };
}
