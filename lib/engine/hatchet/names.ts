/** A dispatch in Hatchet's words: inputs, names, metadata, priority, outcomes. Pure. */
import { z } from "zod";
import { type Call, callPolicySchema, itemGraphSchema, type Outcome } from "../../schema/pipeline.ts";
import type { Dispatch } from "../contract.ts";

/** The task that does a call, one for all pipelines, so that a tenant's limit is one over all of them. */
export const CALL_TASK = "prompt-studio-call";
/** The last task of a workflow that ends with several stages. */
export const JOIN_OF_ENDS = "end";

const dispatchFields = {
  tenant: z.string().min(1).max(128),
  run_id: z.string().min(1).max(128),
  n: z.int().min(1),
  priority: z.number().exactOptional(),
};
const callSchema = z.object({
  key: z.string(),
  stage: z.string(),
  op: z.enum(["run", "plan", "item", "join"]),
  item: z.int().min(0).exactOptional(),
  policy: callPolicySchema,
});
const callInputSchema = z.object({ ...dispatchFields, call: callSchema });
const outcomeSchema = z.discriminatedUnion("is", [
  z.object({ is: z.literal("done"), items: itemGraphSchema.exactOptional() }),
  z.object({ is: z.literal("failed"), code: z.string() }),
  z.object({ is: z.literal("skipped"), code: z.string() }),
  z.object({ is: z.literal("again"), afterMs: z.number(), why: z.enum(["retry", "busy", "pending"]), reason: z.string().exactOptional() }),
  z.object({ is: z.literal("cancelled") }),
  z.object({ is: z.literal("superseded") }),
]);

/** What a stage's task hands to those after it: which stages of the run are finished, or that the run is over. */
export const stageOutputSchema = z.object({ finished: z.array(z.string()), over: z.enum(["cancelled", "superseded"]).exactOptional() });
export type StageOutput = z.infer<typeof stageOutputSchema>;

/** The input of a run: who it is, nothing of what it works on. */
export type RunInput = z.infer<z.ZodObject<typeof dispatchFields>>;
export type CallInput = z.infer<typeof callInputSchema>;

export function inputOf({ tenant, runId, n, priority }: Dispatch): RunInput {
  return { tenant, run_id: runId, n, ...(priority === undefined ? {} : { priority }) };
}

export function dispatchOf({ tenant, run_id, n, priority }: RunInput): Dispatch {
  return { tenant, runId: run_id, n, ...(priority === undefined ? {} : { priority }) };
}

/** Checks the input of the call task, which anybody with a token can start. */
export function readCallInput(input: unknown): { dispatch: Dispatch; call: Call } {
  const { call, ...run } = callInputSchema.parse(input);
  return { dispatch: dispatchOf(run), call };
}

/** What the call task answers: an outcome without what a plan tells its items, which is the store's business and may be much. */
export function outputOf(outcome: Outcome): { outcome: Outcome } {
  if (outcome.is !== "done" || outcome.items === undefined) return { outcome };
  const { count, edges, labels } = outcome.items;
  return { outcome: { is: "done", items: { count, edges, ...(labels ? { labels } : {}) } } };
}

/** The outcome in an answer; undefined when Hatchet ended the task without one. */
export function readOutcome(output: unknown): Outcome | undefined {
  const read = z.object({ outcome: outcomeSchema }).safeParse(output);
  return read.success ? read.data.outcome : undefined;
}

/** What the run of a dispatch and all children of it have in common, to be found and cancelled by. */
export function rootOf(namespace: string, dispatch: Dispatch): string {
  return `${namespace}/${dispatchKey(dispatch)}`;
}

/** What tells a dispatch from all others. */
export function dispatchKey({ tenant, runId, n }: Dispatch): string {
  return `${tenant}/${runId}/${n}`;
}

/** The same as an expression over a run's input. Hatchet keeps such keys in one space for everything of a Hatchet tenant. */
export function rootExpression(namespace: string): string {
  return `${JSON.stringify(`${namespace}/`)} + input.tenant + "/" + input.run_id + "/" + string(int(input.n))`;
}

/** The run of a dispatch has its root a second time, under a key that its children don't have. */
export function optionsOf(namespace: string, dispatch: Dispatch) {
  const root = rootOf(namespace, dispatch);
  return { priority: priorityOf(dispatch), additionalMetadata: { root, dispatch: root } };
}

/** Hatchet has three priorities: 1 last, 3 first. */
export function priorityOf({ priority = 0 }: Dispatch): 1 | 2 | 3 {
  if (priority === 0) return 2;
  return priority > 0 ? 3 : 1;
}

/** "agentic-extract/0007"; later rounds are "agentic-extract/0007 try 2". A child's key: Hatchet finds the child by it when a task is played again. */
export function childKey(call: string, round: number): string {
  return round === 1 ? call : `${call} try ${round}`;
}
