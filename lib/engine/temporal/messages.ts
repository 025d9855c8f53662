/** What goes between whoever starts a run at Temporal, our workflow, and its activities. All of it is kept in histories: what changes here must still read what running runs wrote. */
import type { Call, ItemGraph, Outcome, PipelineShape, Settled } from "../../schema/pipeline.ts";
import type { Dispatch, Doors } from "../contract.ts";

/** Workflow and activities by the names that Temporal shows. */
export const WORKFLOW_TYPE = "promptStudioRun";

/** A run's plan may take so many bytes of a history; its labels, which are for display only, go first. */
const LONGEST_PLAN = 250_000;

/** What a workflow starts with: a dispatch, and, when it goes on from a history that had become long, how far that one had come. */
export interface RunInput {
  dispatch: Dispatch;
  progress?: PackedProgress;
}

/** What is wrong with a workflow's input, which anybody with access to the namespace can write; undefined for one of ours. */
export function inputProblem(input: unknown): string | undefined {
  const { dispatch, progress } = asRecord(input);
  const { tenant, runId, n } = asRecord(dispatch);
  if (typeof tenant !== "string" || typeof runId !== "string" || !Number.isInteger(n)) return "its input needs a dispatch of tenant, runId and n";
  const { shape, journal, waiting } = asRecord(progress ?? { shape: { stages: [] }, journal: [], waiting: [] });
  const isWhole = Array.isArray(asRecord(shape).stages) && Array.isArray(journal) && Array.isArray(waiting);
  return isWhole ? undefined : "its progress needs a shape, a journal and what waits";
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What a workflow gives: how its run ended. A run that failed is a failed workflow instead. */
export type RunOutput = { is: "finished" | "cancelled" | "superseded" };

/** The two doors, as activities. */
export interface Activities {
  load: Doors["load"];
  call(dispatch: Dispatch, call: Call): Promise<Outcome>;
}

/** How far a run has come: its shape, what is settled, and when calls that wait may be tried again (milliseconds since 1970, by Temporal's clock). */
export interface Progress {
  shape: PipelineShape;
  journal: Map<string, Settled>;
  waiting: Map<string, number>;
}

/** Progress as JSON: a call that is done is its key alone. */
export interface PackedProgress {
  shape: PipelineShape;
  journal: (string | [string, Settled])[];
  waiting: [string, number][];
}

/** What of an outcome the workflow needs: a plan without its items' inputs, which are in the store. */
export function outcomeForHistory(outcome: Outcome): Outcome {
  if (outcome.is !== "done" || outcome.items === undefined) return outcome;
  const { count, edges, labels } = outcome.items;
  const plan: ItemGraph = { count, edges };
  const labelled = labels === undefined ? plan : { ...plan, labels };
  return { is: "done", items: JSON.stringify(labelled).length > LONGEST_PLAN ? plan : labelled };
}

/** Stages that are done keep nothing but that: their plans and items are of no use any more. */
export function packProgress({ shape, journal, waiting }: Progress): PackedProgress {
  const over = new Set(shape.stages.filter(({ id }) => journal.get(`${id}/join`)?.is === "done").map(({ id }) => id));
  const packed: PackedProgress["journal"] = [];
  for (const [key, settled] of journal) {
    const [stage = "", part] = key.split("/");
    if (over.has(stage) && part !== "join" && part !== "plan") continue;
    if (settled.is === "done" && (settled.items === undefined || over.has(stage))) packed.push(key);
    else packed.push([key, settled]);
  }
  return { shape, journal: packed, waiting: [...waiting] };
}

/** The other way round. */
export function unpackProgress({ shape, journal, waiting }: PackedProgress): Progress {
  const entries = journal.map((entry): [string, Settled] => (typeof entry === "string" ? [entry, { is: "done" }] : entry));
  return { shape, journal: new Map(entries), waiting: new Map(waiting) };
}
