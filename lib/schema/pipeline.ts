/** The words that engine, kernel and stages share. The shape of a pipeline is data: it is frozen into each run, so a run never changes its plan. */
import { z } from "zod";

/** Delays before a retry, milliseconds (see lib/engine/retry.ts for the curves). */
export const delayPolicySchema = z.object({
  form: z.enum(["paper", "doubling"]),
  rateLimitedBaseMs: z.int().min(1),
  serverStepMs: z.int().min(1),
  maxMs: z.int().min(1),
});
export type DelayPolicy = z.infer<typeof delayPolicySchema>;

/** How long one attempt of a call may take, how many attempts may fail, and how long to wait between. */
export const callPolicySchema = z.object({ timeoutMs: z.int().min(1), maxAttempts: z.int().min(1), delay: delayPolicySchema });
export type CallPolicy = z.infer<typeof callPolicySchema>;

/** A stage as data. `task` is one call; `graph` is plan, then items along their dependencies, then join. With onError "collect" a failed item doesn't end the run. */
export const stageShapeSchema = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
  kind: z.enum(["task", "graph"]),
  after: z.array(z.string()),
  policy: callPolicySchema,
  item: z.object({ policy: callPolicySchema, onError: z.enum(["fail", "collect"]) }).optional(),
});
export type StageShape = z.infer<typeof stageShapeSchema>;

/** A pipeline as data. `version` grows when a stage is added, dropped or rewired. */
export const pipelineShapeSchema = z.object({ name: z.string(), version: z.int(), stages: z.array(stageShapeSchema).min(1) });
export type PipelineShape = z.infer<typeof pipelineShapeSchema>;

/** The items of a graph stage: how many, and which waits for which ([dependency, dependent]). `labels` are for display, at most 24 characters; `inputs` is what each item's handler finds in its context; `tolerant` items run even when a dependency failed. */
export const itemGraphSchema = z.object({
  count: z.int().min(0).max(9999),
  edges: z.array(z.tuple([z.int().min(0), z.int().min(0)])).max(20_000),
  labels: z.array(z.string().max(24)).optional(),
  inputs: z.array(z.json()).max(9999).optional(),
  tolerant: z.array(z.int().min(0)).optional(),
});
export type ItemGraph = z.infer<typeof itemGraphSchema>;

/** One piece of work of a run. `key` is stable and part of store keys: "extract-text", "agentic-extract/plan", "agentic-extract/0007", "agentic-extract/join". */
export interface Call {
  key: string;
  stage: string;
  op: "run" | "plan" | "item" | "join";
  item?: number;
  policy: CallPolicy;
}

/** What was committed for a call. `items` only from a plan. */
export type Settled = { is: "done"; items?: ItemGraph } | { is: "failed"; code: string } | { is: "skipped"; code: string };

/** What an engine is told after one call, and all that it must obey: settled (go on), again (sleep durably, then invoke again), cancelled or superseded (end this engine's run quietly). */
export type Outcome =
  | Settled
  | { is: "again"; afterMs: number; why: "retry" | "busy" | "pending"; reason?: string }
  | { is: "cancelled" }
  | { is: "superseded" };
