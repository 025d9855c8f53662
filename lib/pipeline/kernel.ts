/** What may run next. Pure: every engine's loop is a few lines over these two functions, and they are the whole meaning of a pipeline. */
import type { Call, ItemGraph, PipelineShape, Settled, StageShape } from "../schema/pipeline.ts";

/** What has been committed, by call key. */
export type Journal = ReadonlyMap<string, Settled>;

/** How a pipeline ended: all of its stages are done, or a call failed whose policy is to fail the run. */
export type PipelineEnd = { status: "finished" } | { status: "failed"; call: string; code: string };

type StageState = { is: "waiting"; calls: Call[] } | { is: "done" } | { is: "failed"; call: string; code: string };

/** The key of a call; part of store keys and of engines' own ids. */
export function callKey(stage: string, op: Call["op"], item?: number): string {
  if (op === "run") return stage;
  return op === "item" ? `${stage}/${String(item).padStart(4, "0")}` : `${stage}/${op}`;
}

/**
 * Every call that may run now and has no committed outcome, in the order of stages and items. Calls already in flight are offered again: the caller knows them.
 * A call is offered as soon as what it depends on is settled, whatever its siblings do. Empty once the pipeline has ended.
 */
export function nextCalls(shape: PipelineShape, journal: Journal): Call[] {
  const states = new Map(shape.stages.map((stage) => [stage.id, stageState(stage, journal)]));
  const calls: Call[] = [];
  for (const stage of shape.stages) {
    const state = states.get(stage.id);
    if (state?.is === "failed") return [];
    if (state?.is === "waiting" && stage.after.every((id) => states.get(id)?.is === "done")) calls.push(...state.calls);
  }
  return calls;
}

/** Whether and how the pipeline has ended. */
export function pipelineEnd(shape: PipelineShape, journal: Journal): PipelineEnd | undefined {
  const states = shape.stages.map((stage) => stageState(stage, journal));
  for (const state of states) if (state.is === "failed") return { status: "failed", call: state.call, code: state.code };
  return states.every((state) => state.is === "done") ? { status: "finished" } : undefined;
}

/** Whether this outcome of this call fails the whole run. */
export function failsRun(stage: StageShape, call: Pick<Call, "op">, settled: Settled): boolean {
  return settled.is !== "done" && (call.op !== "item" || stage.item?.onError !== "collect");
}

/** The calls of a stage that has one call only, or the plan and join of a graph stage. */
export function callOf(stage: StageShape, op: Call["op"], item?: number): Call {
  const policy = op === "item" && stage.item ? stage.item.policy : stage.policy;
  const call: Call = { key: callKey(stage.id, op, item), stage: stage.id, op, policy };
  return item === undefined ? call : { ...call, item };
}

function stageState(stage: StageShape, journal: Journal): StageState {
  if (stage.kind === "task") return callState(stage, "run", journal);
  const planned = journal.get(callKey(stage.id, "plan"));
  if (planned?.is !== "done") return callState(stage, "plan", journal);
  const items = itemsState(stage, planned.items ?? { count: 0, edges: [] }, journal);
  return items.is === "done" ? callState(stage, "join", journal) : items;
}

function callState(stage: StageShape, op: "run" | "plan" | "join", journal: Journal): StageState {
  const call = callOf(stage, op);
  const settled = journal.get(call.key);
  if (settled === undefined) return { is: "waiting", calls: [call] };
  return settled.is === "done" ? { is: "done" } : { is: "failed", call: call.key, code: settled.code };
}

function itemsState(stage: StageShape, graph: ItemGraph, journal: Journal): StageState {
  const settled: boolean[] = [];
  for (let item = 0; item < graph.count; item++) {
    const outcome = journal.get(callKey(stage.id, "item", item));
    settled.push(outcome !== undefined);
    if (outcome && outcome.is !== "done" && failsRun(stage, { op: "item" }, outcome)) {
      return { is: "failed", call: callKey(stage.id, "item", item), code: outcome.code };
    }
  }
  if (!settled.includes(false)) return { is: "done" };
  const blocked = [...settled];
  for (const [dependency, dependent] of graph.edges) if (!settled[dependency]) blocked[dependent] = true;
  return { is: "waiting", calls: blocked.flatMap((isBlocked, item) => (isBlocked ? [] : [callOf(stage, "item", item)])) };
}
