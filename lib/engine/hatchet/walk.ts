/** The loop over the kernel as a durable task: calls and delays that Hatchet remembers. Deterministic, since Hatchet plays it again after a crash and compares. */
import { type Journal, nextCalls, pipelineEnd } from "../../pipeline/kernel.ts";
import type { Call, Outcome, PipelineShape, Settled, StageShape } from "../../schema/pipeline.ts";

/** At most so many calls of a run at once. */
const CALLS_OF_A_RUN = 200;

/** What the walk needs of Hatchet, which records it in the order in which it is asked for. */
export interface WalkTools {
  /** Does a call; `round` counts from 1 how often it was asked for. */
  call(call: Call, round: number, label: string | undefined): Promise<Outcome>;
  sleep(ms: number, label: string): Promise<void>;
}

/** How a walk ended. */
export type WalkEnd = { is: "finished" } | { is: "failed"; call: string; code: string } | { is: "cancelled" } | { is: "superseded" };

/**
 * Walks the stages to their end, or to the first call that ends the run. What follows a call is asked for in the same turn of the event loop in which its
 * outcome came: outcomes come in the same order when the walk is played again, and so everything is asked for in the same order.
 */
export function walkStages(tools: WalkTools, shape: PipelineShape, atOnce = CALLS_OF_A_RUN): Promise<WalkEnd> {
  const journal = new Map<string, Settled>();
  const started = new Set<string>();
  let ready: Call[] = [];
  let running = 0;
  return new Promise((resolve, reject) => {
    const goOn = () => {
      // While known calls wait for their turn there is no need to look for more: a look costs as much as a stage has items.
      if (ready.length === 0) {
        const end = endOf(shape, journal);
        if (end) return resolve(end);
        ready = nextCalls(shape, journal).filter(({ key }) => !started.has(key));
      }
      for (const call of ready.splice(0, atOnce - running)) {
        started.add(call.key);
        running++;
        follow(tools, call, labelOf(call, journal)).then((outcome) => {
          running--;
          if (outcome.is === "cancelled" || outcome.is === "superseded") return resolve(outcome);
          journal.set(call.key, outcome);
          if (outcome.is !== "done") ready = [];
          goOn();
        }, reject);
      }
    };
    goOn();
  });
}

/** Does a call, and again after each time that it asks for it. */
async function follow(tools: WalkTools, call: Call, label: string | undefined): Promise<Exclude<Outcome, { is: "again" }>> {
  for (let round = 1; ; round++) {
    const outcome = await tools.call(call, round, label);
    if (outcome.is !== "again") return outcome;
    await tools.sleep(outcome.afterMs, outcome.reason === undefined ? call.key : `${call.key}: ${outcome.reason.slice(0, 100)}`);
  }
}

function endOf(shape: PipelineShape, journal: Journal): WalkEnd | undefined {
  const end = pipelineEnd(shape, journal);
  if (end === undefined) return undefined;
  return end.status === "finished" ? { is: "finished" } : { is: "failed", call: end.call, code: end.code };
}

function labelOf({ stage, item }: Call, journal: Journal): string | undefined {
  const plan = item === undefined ? undefined : journal.get(`${stage}/plan`);
  return plan?.is === "done" && item !== undefined ? plan.items?.labels?.[item] : undefined;
}

/**
 * What the task of this name has to walk, when these stages are finished: the stage of its name, if everything before that is finished. The last task does whatever is
 * left, which is more than that when the run's stages are others than the workflow's; then it walks all of them.
 */
export function partOf(shape: PipelineShape, finished: ReadonlySet<string>, name: string, isLast: boolean): PipelineShape {
  const isReady = ({ after }: StageShape) => after.every((id) => finished.has(id));
  const left = shape.stages.filter(({ id }) => !finished.has(id));
  const own = left.filter((stage) => stage.id === name && isReady(stage)).map((stage) => ({ ...stage, after: [] }));
  return { ...shape, stages: isLast && own.length < left.length ? shape.stages : own };
}

/** The calls that a stage's end makes ready and that their stages do themselves, when these stages are finished, that one among them. */
export function callsAfter(shape: PipelineShape, finished: ReadonlySet<string>, stage: string): Call[] {
  const ready = shape.stages.filter(({ id, after }) => after.includes(stage) && !finished.has(id) && after.every((before) => finished.has(before)));
  const parts = ready.map((next) => ({ ...shape, stages: [{ ...next, after: [] }] }));
  return parts.flatMap((part) => nextCalls(part, new Map()).filter((call) => isLastOf(part, call)));
}

/** Whether a call is the last of a part, so that Hatchet is asked for nothing after it: of a plan's items it is, and of the stages beside it. */
export function isLastOf({ stages }: PipelineShape, { op }: Call): boolean {
  return stages.length === 1 && (op === "run" || op === "join");
}

/** How many calls of one stage may be in flight, so that all stages that may run beside it stay within the limit of a run together. */
export function callsOfStage(shape: PipelineShape, id: string): number {
  const beside = shape.stages.filter((other) => other.id === id || !(isAfter(shape, other.id, id) || isAfter(shape, id, other.id)));
  return Math.max(1, Math.floor(CALLS_OF_A_RUN / beside.length));
}

function isAfter(shape: PipelineShape, later: string, earlier: string): boolean {
  const after = shape.stages.find(({ id }) => id === later)?.after ?? [];
  return after.some((id) => id === earlier || isAfter(shape, id, earlier));
}
