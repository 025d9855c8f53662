/** What Hatchet is told that there is: a workflow for each pipeline, whose tasks are its stages, and one task that does a call. */
import type { DurableContext } from "@hatchet-dev/typescript-sdk/v1/index.js";
import { z } from "zod";
import { type Call, callPolicySchema, itemGraphSchema, type Outcome, type PipelineShape } from "../../schema/pipeline.ts";
import type { Slots } from "../../slots.ts";
import type { Dispatch, Doors } from "../contract.ts";
import type { HatchetClient, HatchetSdk } from "./connect.ts";
import { callsOfStage, onlyStages, type WalkEnd, type WalkTools, walkStages } from "./walk.ts";

/** The name of the task that does a call, for all pipelines, so that a tenant's limit is one over all of them. */
const CALL_TASK = "prompt-studio-call";
/** The last task of each workflow; it has something to do only for runs whose stages are others than the workflow's. */
const REMAINING = "remaining-stages";
/** Ours end each call; Hatchet's own limits stand far outside. */
const CALL_LIMIT = "24h";
const LONG = "720h";
/** For stores that fail and processes that die; attempts are ours. */
const RETRIES = { retries: 1_000, backoff: { factor: 2, maxSeconds: 60 } };
/** A dispatch that comes again within this time is the same run. */
const REMEMBERED_MS = 24 * 3_600_000;
/** After a child run that Hatchet ended without an outcome of ours. */
const CHILD_LOST_MS = 10_000;

const dispatchShape = { tenant: z.string().min(1).max(128), run_id: z.string().min(1).max(128), n: z.int().min(1), priority: z.number().exactOptional() };
const runInputSchema = z.object(dispatchShape);
const callInputSchema = z.object({
  ...dispatchShape,
  call: z.object({
    key: z.string(),
    stage: z.string(),
    op: z.enum(["run", "plan", "item", "join"]),
    item: z.int().min(0).exactOptional(),
    policy: callPolicySchema,
  }),
});
const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion("is", [
  z.object({ is: z.literal("done"), items: itemGraphSchema.exactOptional() }),
  z.object({ is: z.literal("failed"), code: z.string() }),
  z.object({ is: z.literal("skipped"), code: z.string() }),
  z.object({ is: z.literal("again"), afterMs: z.number(), why: z.enum(["retry", "busy", "pending"]), reason: z.string().exactOptional() }),
  z.object({ is: z.literal("cancelled") }),
  z.object({ is: z.literal("superseded") }),
]);
/** What a stage's task hands to those after it: which stages of the run are finished, or that the run is over. */
const stageOutputSchema = z.object({ finished: z.array(z.string()), over: z.enum(["cancelled", "superseded"]).exactOptional() });

type RunInput = z.infer<typeof runInputSchema>;
type CallInput = z.infer<typeof callInputSchema>;
type StageOutput = z.infer<typeof stageOutputSchema>;

/** The workflow of a pipeline. */
export type RunWorkflow = ReturnType<typeof declarePipeline>;

export interface DeclareOptions {
  sdk: HatchetSdk;
  client: HatchetClient;
  /** What separates these runs from others of the same Hatchet tenant; may be empty. */
  namespace: string;
  doors: Doors;
  shapes: readonly PipelineShape[];
  /** Calls at once in this process. */
  slots: Slots;
  /** Calls of one tenant at once, over all workers. */
  perTenant: number;
}

/** Declares everything; nothing is sent yet. `runs` are the workflows of the pipelines by name, `call` what their stages start. */
export function declareWorkflows(options: DeclareOptions) {
  const { sdk, client, doors, shapes, slots, perTenant } = options;
  const call = client.task<CallInput, Record<string, never>>({
    name: CALL_TASK,
    executionTimeout: CALL_LIMIT,
    scheduleTimeout: LONG,
    ...RETRIES,
    concurrency: { expression: "input.tenant", maxRuns: perTenant, limitStrategy: sdk.ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN },
    fn: async (input: CallInput) => outputOf(await slots(() => doors.invoke(dispatchOf(input), callOf(input)))),
  });
  const runs = new Map(shapes.map((shape) => [shape.name, declarePipeline(options, shape)]));
  return { call, runs };
}

/** A workflow whose tasks are the stages. A run whose own stages are others is walked all the same: see `workOnStage`. */
function declarePipeline({ sdk, client, namespace, doors }: DeclareOptions, shape: PipelineShape) {
  const workflow = client.workflow<RunInput>({
    name: shape.name,
    // Such keys are one space for everything in a Hatchet tenant.
    idempotency: {
      strategy: "ttl",
      expression: `${JSON.stringify(`${namespace}/`)} + input.tenant + "/" + input.run_id + "/" + string(input.n)`,
      ttlMs: REMEMBERED_MS,
    },
  });
  const declared = new Map<string, ReturnType<typeof workflow.durableTask>>();
  const declare = (name: string, after: readonly string[]) => {
    const parents = after.flatMap((id) => declared.get(id) ?? []);
    const task = workflow.durableTask({
      name,
      parents,
      executionTimeout: LONG,
      scheduleTimeout: LONG,
      ...RETRIES,
      fn: (input: RunInput, context: DurableContext<RunInput>) => workOnStage({ sdk, namespace, doors, name, parents: after, input, context }),
    });
    declared.set(name, task);
  };
  for (const stage of shape.stages) declare(stage.id, stage.after);
  declare(
    REMAINING,
    shape.stages.map(({ id }) => id),
  );
  return workflow;
}

interface StageWork {
  sdk: HatchetSdk;
  namespace: string;
  doors: Doors;
  name: string;
  parents: readonly string[];
  input: RunInput;
  context: DurableContext<RunInput>;
}

/**
 * Walks the run's stage of the task's name, if the run has it and what it comes after is finished. The last task walks all stages when some were left out, because the
 * run was accepted by another version than the one whose workflow this is; what is committed by then is only looked up.
 */
async function workOnStage({ sdk, namespace, doors, name, parents, input, context }: StageWork): Promise<StageOutput> {
  const before = await Promise.all(parents.map(async (parent) => stageOutputSchema.parse(await context.parentOutput(parent))));
  const finished = new Set(before.flatMap((output) => output.finished));
  const over = before.find((output) => output.over)?.over;
  if (over) return { finished: [], over };
  const dispatch = dispatchOf(input);
  const loaded = await doors.load(dispatch);
  if (loaded.is === "cancelled" || loaded.is === "superseded") return { finished: [], over: loaded.is };
  if (loaded.is === "failed" || loaded.is === "skipped") throw new sdk.NonRetryableError(`The run can't be read: ${loaded.code}.`);
  if (loaded.is !== "ready") throw new Error("The run can't be read yet.");
  const { shape } = loaded;
  const isLast = name === REMAINING;
  const mine = onlyStages(shape, (stage) => (isLast ? true : stage.id === name && stage.after.every((id) => finished.has(id))));
  if (isLast ? mine.stages.every(({ id }) => finished.has(id)) : mine.stages.length === 0) return { finished: [...finished] };
  const end = await walkStages(toolsOf(namespace, dispatch, context), mine, isLast ? undefined : callsOfStage(shape, name));
  if (end.is === "failed") throw new sdk.NonRetryableError(failureOf(end));
  return end.is === "finished" ? { finished: [...finished, ...mine.stages.map(({ id }) => id)] } : { finished: [], over: end.is };
}

function failureOf({ call, code }: Extract<WalkEnd, { is: "failed" }>): string {
  return `The call ${call} failed: ${code}.`;
}

/** Children are found by their key when a walk is played again, so none runs twice. */
function toolsOf(namespace: string, dispatch: Dispatch, context: DurableContext<RunInput>): WalkTools {
  const root = rootOf(namespace, dispatch);
  const priority = priorityOf(dispatch);
  return {
    async call(call, round, label) {
      const input: CallInput = { ...inputOf(dispatch), call };
      const key = round === 1 ? call.key : `${call.key} try ${round}`;
      const shown = label === undefined || label === "" ? key : `${key} ${label}`;
      const child = context.spawnChild<CallInput, Record<string, never>>(CALL_TASK, input, { key, priority, additionalMetadata: { root, call: shown } });
      const output = await child.catch((error: unknown) => {
        if (isEndOfChild(error)) return undefined;
        throw error;
      });
      const outcome = outcomeSchema.safeParse(output);
      return outcome.success ? outcome.data : { is: "again", afterMs: CHILD_LOST_MS, why: "busy", reason: "Hatchet ended the call" };
    },
    async sleep(ms, label) {
      // Hatchet knows whole seconds; a delay that ends early would only ask again.
      await context.sleepFor({ seconds: Math.max(1, Math.ceil(ms / 1_000)) }, { label });
    },
  };
}

/** The SDK throws its own kind for a child that failed; whatever else it throws ends this task, which is started again. */
function isEndOfChild(error: unknown): boolean {
  return error instanceof Error && error.name === "HatchetError";
}

/** What a plan's items are told is the store's business, and may be much. */
function outputOf(outcome: Outcome): Record<string, never> {
  if (outcome.is !== "done" || outcome.items === undefined) return { ...outcome } as unknown as Record<string, never>;
  const { count, edges, labels } = outcome.items;
  return { is: "done", items: { count, edges, ...(labels ? { labels } : {}) } } as unknown as Record<string, never>;
}

function dispatchOf({ tenant, run_id, n, priority }: RunInput): Dispatch {
  return { tenant, runId: run_id, n, ...(priority === undefined ? {} : { priority }) };
}

function callOf(input: unknown): Call {
  const { item, ...call } = callInputSchema.parse(input).call;
  return item === undefined ? call : { ...call, item };
}

/** A dispatch as the input of its run. */
export function inputOf({ tenant, runId, n, priority }: Dispatch): RunInput {
  return { tenant, run_id: runId, n, ...(priority === undefined ? {} : { priority }) };
}

/** What its run and all children of it have in common, to be found and cancelled by. */
export function rootOf(namespace: string, { tenant, runId, n }: Dispatch): string {
  return `${namespace}/${tenant}/${runId}/${n}`;
}

/** The run of a dispatch has its root a second time, where none of its children has it. */
export function optionsOf(namespace: string, dispatch: Dispatch) {
  const root = rootOf(namespace, dispatch);
  return { priority: priorityOf(dispatch), additionalMetadata: { root, dispatch: root } };
}

/** Hatchet has three priorities: 1 last, 3 first. */
function priorityOf({ priority = 0 }: Dispatch): 1 | 2 | 3 {
  if (priority === 0) return 2;
  return priority > 0 ? 3 : 1;
}
