/** How stages and pipelines are written: a shape (data) joined with its handlers. A stage knows no engine and no HTTP. */
import type { z } from "zod";
import type { Artifact } from "../schema/document.ts";
import { PermanentError } from "../schema/errors.ts";
import type { CallPolicy, ItemGraph, PipelineShape, StageShape } from "../schema/pipeline.ts";
import type { Usage } from "../schema/result.ts";
import type { Paid } from "./paid.ts";

/** One paid request of the run so far. */
export interface PaidEntry {
  stage: string;
  call: string;
  model: string;
  usage: Usage;
}

/** What was committed for an item: its output, or why there is none. */
export type ItemResult<Output> =
  | { is: "done"; output: Output; attempts: number }
  | { is: "failed" | "skipped"; code: string; message: string; attempts: number };

/** What a handler gets. `request` has been validated by the pipeline's schema; results of earlier stages are read back through their schemas. */
export interface StageContext<Resources> {
  tenant: string;
  runId: string;
  createdMs: number;
  request: unknown;
  /** What was resolved when the run was accepted: adapters by name, without secrets. */
  settings: unknown;
  document: Artifact & { fileName: string };
  resources: Resources;
  signal: AbortSignal;
  paid: Paid;
  /** For an item: what the plan gave it. */
  input?: unknown;
  /** What an earlier attempt of this call left by throwing Pending. */
  state: unknown;
  /** What earlier stages and items returned. Shared between calls: not to be written into. */
  result<Output>(stage: StageHandle<Output>): Promise<Output>;
  item<Output>(stage: ItemHandle<Output>, index: number): Promise<ItemResult<Output>>;
  artifacts: { put(bytes: Uint8Array): Promise<Artifact>; get(artifact: Artifact): Promise<Uint8Array> };
  /** Bytes of this call by a name: an attempt that was killed before it could write down more still leaves them to the next. The first that are stored stay. */
  kept: { get(name: string): Promise<Uint8Array | undefined>; put(name: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> };
  ledger(): Promise<readonly PaidEntry[]>;
}

/** A stage whose result others may read. */
export interface StageHandle<Output> {
  readonly id: string;
  readonly output: z.ZodType<Output>;
}

/** A graph stage whose items others may read. */
export interface ItemHandle<Output> {
  readonly id: string;
  readonly itemOutput: z.ZodType<Output>;
}

interface CommonStage<Resources, Output> extends StageHandle<Output> {
  readonly after: readonly string[];
  readonly policy: CallPolicy;
  /** Whether this process has what the call needs that is in no record (a password). Otherwise the call waits for a process that has. */
  canRun?(context: Pick<StageContext<Resources>, "tenant" | "runId" | "request" | "settings" | "resources">): boolean;
  /** For a last stage: how the run ended, from its output. */
  endStatus?(output: Output): "completed" | "completed_with_issues";
}

/** A stage that is one call. */
export interface TaskStage<Resources, Output> extends CommonStage<Resources, Output> {
  readonly kind: "task";
  run(context: StageContext<Resources>): Promise<Output>;
}

/** A stage that plans items, does each by itself along their dependencies, and joins them. */
export interface GraphStage<Resources, Output, ItemOutput> extends CommonStage<Resources, Output>, ItemHandle<ItemOutput> {
  readonly kind: "graph";
  readonly itemPolicy: CallPolicy;
  readonly onError: "fail" | "collect";
  plan(context: StageContext<Resources>): Promise<ItemGraph>;
  work(context: StageContext<Resources>, index: number): Promise<ItemOutput>;
  join(context: StageContext<Resources>): Promise<Output>;
}

/** Any stage, its types forgotten: what an engine-side caller handles. */
export interface StageDefinition<Resources> {
  readonly shape: StageShape;
  readonly stage: TaskStage<Resources, unknown> | GraphStage<Resources, unknown, unknown>;
}

/** A pipeline: the frozen shape and the handlers by stage id. `request` is what a request must be to be accepted; any JSON without it. */
export interface Pipeline<Resources> {
  readonly shape: PipelineShape;
  readonly request?: z.ZodType;
  readonly stages: ReadonlyMap<string, StageDefinition<Resources>>;
}

/** Thrown by a handler that waits for something outside: nothing failed, the call comes back after `afterMs` and finds `state` in its context. */
export class Pending extends Error {
  override readonly name = "Pending";
  readonly afterMs: number;
  readonly state: unknown;
  constructor(afterMs: number, state: unknown) {
    super(`pending for ${afterMs} ms`);
    this.afterMs = afterMs;
    this.state = state;
  }
}

/** Gives a stage its types; the returned object is the handle by which later stages read its result. */
export function defineStage<Resources, Output>(stage: TaskStage<Resources, Output>): TaskStage<Resources, Output>;
export function defineStage<Resources, Output, ItemOutput>(stage: GraphStage<Resources, Output, ItemOutput>): GraphStage<Resources, Output, ItemOutput>;
export function defineStage<Resources, Output, ItemOutput>(
  stage: TaskStage<Resources, Output> | GraphStage<Resources, Output, ItemOutput>,
): TaskStage<Resources, Output> | GraphStage<Resources, Output, ItemOutput> {
  return stage;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of stages has many output types, and nothing here looks into them.
type AnyStage<Resources> = TaskStage<Resources, any> | GraphStage<Resources, any, any>;

/** Joins stages to a pipeline. Stages stand after those that they wait for; throws PermanentError "invalid_configuration" otherwise, or on a duplicate id. */
export function definePipeline<Resources>(options: {
  /** Part of every run; also of TASK_QUEUE_BACKEND_NAME, which gives it an engine of its own. */
  name: string;
  /** Grows when a stage is added, dropped or rewired. A process doesn't touch runs of a newer version. */
  version: number;
  request?: z.ZodType;
  stages: readonly AnyStage<Resources>[];
}): Pipeline<Resources> {
  const stages = new Map<string, StageDefinition<Resources>>();
  for (const stage of options.stages) {
    const unknown = stage.after.find((id) => !stages.has(id));
    if (unknown !== undefined) throw new PermanentError("invalid_configuration", `Stage "${stage.id}" waits for "${unknown}", which doesn't stand before it.`);
    if (stages.has(stage.id)) throw new PermanentError("invalid_configuration", `Two stages are called "${stage.id}".`);
    stages.set(stage.id, { shape: shapeOf(stage), stage });
  }
  const shape = { name: options.name, version: options.version, stages: [...stages.values()].map(({ shape }) => shape) };
  return { shape, stages, ...(options.request ? { request: options.request } : {}) };
}

function shapeOf<Resources>(stage: AnyStage<Resources>): StageShape {
  const shape: StageShape = { id: stage.id, kind: stage.kind, after: [...stage.after], policy: stage.policy };
  return stage.kind === "graph" ? { ...shape, item: { policy: stage.itemPolicy, onError: stage.onError } } : shape;
}

/** The same pipeline with other policies by stage id; they are frozen into runs that are submitted from then on. */
export function withPolicies<Resources>(pipeline: Pipeline<Resources>, change: (stage: string, policy: CallPolicy) => CallPolicy): Pipeline<Resources> {
  const stages = new Map<string, StageDefinition<Resources>>();
  for (const [id, { shape, stage }] of pipeline.stages) {
    const changed = { ...shape, policy: change(id, shape.policy) };
    stages.set(id, { stage, shape: shape.item ? { ...changed, item: { ...shape.item, policy: change(id, shape.item.policy) } } : changed });
  }
  return { ...pipeline, shape: { ...pipeline.shape, stages: [...stages.values()].map(({ shape }) => shape) }, stages };
}
