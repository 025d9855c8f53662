/** What Hatchet is told that there is: a workflow for each pipeline, whose tasks are its stages, and one task that does a call. */
import type { DurableContext } from "@hatchet-dev/typescript-sdk/v1/index.js";
import type { Call, Outcome, PipelineShape } from "../../schema/pipeline.ts";
import type { Dispatch, Doors } from "../contract.ts";
import { type Ahead, createAhead } from "./ahead.ts";
import type { HatchetClient, HatchetSdk } from "./connect.ts";
import {
  CALL_TASK,
  type CallInput,
  childKey,
  dispatchOf,
  inputOf,
  JOIN_OF_ENDS,
  outputOf,
  priorityOf,
  type RunInput,
  readCallInput,
  readOutcome,
  rootExpression,
  rootOf,
  type StageOutput,
  stageOutputSchema,
} from "./names.ts";
import { rememberShapes } from "./shapes.ts";
import { callsOfStage, isLastOf, partOf, type WalkTools, walkStages } from "./walk.ts";

/** Attempts, delays and timeouts are ours; Hatchet's own stand far outside, for processes that die and stores that fail. */
const LIMITS = { executionTimeout: "720h", scheduleTimeout: "720h", retries: 1_000, backoff: { factor: 2, maxSeconds: 60 } } as const;
/** A dispatch that comes again within this time is the same run. */
const REMEMBERED_MS = 24 * 3_600_000;
/** Runs of one tenant whose first stage Hatchet works on at once; the others wait in its line. */
const FIRST_STAGES_OF_A_TENANT = 50;
/** After a child that Hatchet ended without an outcome. */
const CHILD_LOST_MS = 10_000;
/** A stage waits so long for its turn in this process; then a child waits in Hatchet's line, from which any worker takes. */
const STAGE_TURN_MS = 1_000;
/** A child that got no turn for this long goes back, where another worker may take it. */
const CHILD_TURN_MS = 60_000;

export interface WorkflowOptions {
  load: Doors["load"];
  /** Does a call in its tenant's turn; "again" when that didn't come within `turnMs`. */
  invoke(dispatch: Dispatch, call: Call, turnMs: number): Promise<Outcome>;
  /** Called when a run has ended here. */
  ended(dispatch: Dispatch): Promise<unknown>;
  /** Whether this worker stops, and can ask Hatchet for nothing durable any more. */
  isStopping(): boolean;
  shapes: readonly PipelineShape[];
  /** What separates these runs from others of the same Hatchet tenant; may be empty. */
  namespace: string;
  /** Children of one tenant at once, over all workers. */
  perTenant: number;
}

/**
 * Declares everything; nothing is sent yet. `runs` are the workflows of the pipelines by name, `call` what their stages start; `idle` resolves when nothing goes on here that
 * no task of Hatchet waits for.
 */
export function declareWorkflows(sdk: HatchetSdk, client: HatchetClient, { shapes, perTenant, ...given }: WorkflowOptions) {
  const { invoke, isStopping } = given;
  const ahead = createAhead((dispatch, call) => invoke(dispatch, call, STAGE_TURN_MS), isStopping);
  const options = { ...given, sdk, ahead, load: rememberShapes(given.load) };
  const call = client.task({
    name: CALL_TASK,
    ...LIMITS,
    // The strategy has to be named: the default cancels what runs.
    concurrency: { expression: "input.tenant", maxRuns: perTenant, limitStrategy: sdk.ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN },
    async fn(input: CallInput) {
      const { dispatch, call } = readCallInput(input);
      return { ...outputOf(await invoke(dispatch, call, CHILD_TURN_MS)) };
    },
  });
  return { call, runs: new Map(shapes.map((shape) => [shape.name, declarePipeline(client, options, shape)])), idle: ahead.idle };
}

/** The workflow of a pipeline. */
export type RunWorkflow = ReturnType<typeof declarePipeline>;

function declarePipeline(client: HatchetClient, options: WorkerParts, shape: PipelineShape) {
  const { sdk, namespace } = options;
  const workflow = client.workflow<RunInput>({
    name: shape.name,
    idempotency: { strategy: "ttl", expression: rootExpression(namespace), ttlMs: REMEMBERED_MS },
    // What is begun ahead is begun where the stage's task comes to.
    sticky: sdk.StickyStrategy.SOFT,
  });
  // Stages are given out in the order in which they come, so the first ones of a tenant with many runs would stand before all others. The later ones come as the process
  // has turns for their tenant. A limit of the whole workflow would do more, but costs 20 ms with each stage.
  const fair = { expression: "input.tenant", maxRuns: FIRST_STAGES_OF_A_TENANT, limitStrategy: sdk.ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN };
  const declared = new Map<string, ReturnType<typeof workflow.durableTask>>();
  const declare = (name: string, parents: readonly string[], isLast: boolean) => {
    const fn = (input: RunInput, context: DurableContext<RunInput>) => workOnStage({ ...options, name, parents, isLast, dispatch: dispatchOf(input), context });
    const limits = parents.length === 0 ? { ...LIMITS, concurrency: fair } : LIMITS;
    declared.set(name, workflow.durableTask({ name, ...limits, parents: parents.flatMap((id) => declared.get(id) ?? []), fn }));
  };
  const ends = shape.stages.filter(({ id }) => !shape.stages.some(({ after }) => after.includes(id))).map(({ id }) => id);
  for (const { id, after } of shape.stages) declare(id, after, ends.length === 1 && ends[0] === id);
  if (ends.length > 1) declare(JOIN_OF_ENDS, ends, true);
  return workflow;
}

/** What the stages of all pipelines have in common. */
interface WorkerParts extends Omit<WorkflowOptions, "shapes" | "perTenant"> {
  sdk: HatchetSdk;
  ahead: Pick<Ahead, "begin" | "take">;
}

interface StageWork extends WorkerParts {
  name: string;
  parents: readonly string[];
  /** No task comes after it. */
  isLast: boolean;
  dispatch: Dispatch;
  context: DurableContext<RunInput>;
}

/**
 * Walks the run's own stage of the task's name, if it has one and everything before that is finished. The last task walks all stages when some were left out: then the
 * run was accepted by another version than the one whose workflow this is. What is committed by then is only looked up.
 */
async function workOnStage(work: StageWork): Promise<StageOutput> {
  const { sdk, load, ahead, name, parents, isLast, dispatch, context } = work;
  const before = await Promise.all(parents.map(async (parent) => stageOutputSchema.parse(await context.parentOutput<StageOutput>(parent))));
  const over = before.find((output) => output.over)?.over;
  if (over) return { finished: [], over };
  const loaded = await load(dispatch);
  if (loaded.is === "cancelled" || loaded.is === "superseded") return leave(work, loaded.is);
  if (loaded.is === "again") throw new Error("The run can't be read yet.");
  if (loaded.is !== "ready") throw new sdk.NonRetryableError(`The run can't be read: ${loaded.code}.`);
  const finished = new Set(before.flatMap((output) => output.finished));
  const mine = partOf(loaded.shape, finished, name, isLast);
  const end = await walkStages(toolsOf(work, mine), mine, mine.stages.length === 1 ? callsOfStage(loaded.shape, name) : undefined);
  if (end.is === "cancelled" || end.is === "superseded") return leave(work, end.is);
  if (isLast || end.is === "failed") await work.ended(dispatch);
  if (end.is === "failed") throw new sdk.NonRetryableError(`The call ${end.call} failed: ${end.code}.`);
  for (const { id } of mine.stages) finished.add(id);
  if (!isLast) ahead.begin(dispatch, loaded.shape, finished, name);
  return { finished: [...finished] };
}

/** The tasks that come after have nothing to do. */
async function leave({ ended, dispatch }: StageWork, over: "cancelled" | "superseded"): Promise<StageOutput> {
  await ended(dispatch);
  return { finished: [], over };
}

/**
 * Calls are child runs, except a stage's last, which is done in the stage's own task first: a child costs Hatchet as much as a stage does. Only when it has to be asked for
 * again does it become a child. When Hatchet plays the stage again it is tried here once more, and whatever it answers, what Hatchet is asked for then is what was asked
 * before, or nothing.
 */
function toolsOf(work: StageWork, part: PipelineShape): WalkTools {
  const { namespace, dispatch, context } = work;
  const root = rootOf(namespace, dispatch);
  const priority = priorityOf(dispatch);
  return {
    async call(call, round, label) {
      if (round === 1 && isLastOf(part, call)) {
        const outcome = await callHere(work, call);
        if (outcome.is !== "again") return outcome;
      }
      const key = childKey(call.key, round);
      const input: CallInput = { ...inputOf(dispatch), call };
      const additionalMetadata = { root, call: label === undefined || label === "" ? key : `${key} ${label}` };
      const output = await context.spawnChild(CALL_TASK, { ...input, call: { ...call } }, { key, priority, additionalMetadata }).catch(endOfChild);
      return readOutcome(output) ?? { is: "again", afterMs: CHILD_LOST_MS, why: "busy", reason: "Hatchet ended the call" };
    },
    async sleep(ms, label) {
      // Hatchet knows whole seconds, and a delay that ends early would only ask again.
      await context.sleepFor({ seconds: Math.max(1, Math.ceil(ms / 1_000)) }, { label });
    },
  };
}

/** A worker that stops can't start the child that would follow, so its task is given to another. */
async function callHere({ invoke, ahead, isStopping, dispatch }: StageWork, call: Call): Promise<Outcome> {
  const outcome = await (ahead.take(dispatch, call) ?? invoke(dispatch, call, STAGE_TURN_MS));
  if (outcome.is === "again" && isStopping()) throw new Error("The worker stops.");
  return outcome;
}

/** The SDK throws an error of this name for a child that failed; whatever else it throws ends this task, which is started again. */
function endOfChild(error: unknown): undefined {
  if (error instanceof Error && error.name === "HatchetError") return undefined;
  throw error;
}
