/** What runs look like over HTTP. */
import type { RunView, Submitted } from "../client.ts";
import type { ProcessRequest, RequestInput } from "../schema/request.ts";

/** The paper's names of the six stages, in order. */
const STAGES = ["text_extraction", "chunking_embedding", "digraph_generation", "agentic_extraction", "evaluation", "result_collation"] as const;
const SECONDS_OF_A_RUN = 5;
const SECONDS_OF_AN_OUTPUT = { local: 0.1, model: 6 };

/** The paper's answer to an accepted request. */
export function acceptedBody(submitted: Submitted, request: RequestInput | ProcessRequest, options: { llm: string; concurrency: number }) {
  const again = submitted.existing ? "The same request was accepted before; this is its run" : "Prompt Studio processing initiated";
  return {
    task_id: submitted.runId,
    status: "accepted",
    message: again,
    stages: STAGES,
    estimated_completion_time: estimate(request.outputs.length, options),
    ...(submitted.warnings.length > 0 ? { warnings: submitted.warnings } : {}),
    links: linksOf(submitted.runId),
  };
}

/** A guess in words, for people: nothing waits by it. */
export function estimate(outputs: number, { llm, concurrency }: { llm: string; concurrency: number }): string {
  const each = llm === "local" ? SECONDS_OF_AN_OUTPUT.local : SECONDS_OF_AN_OUTPUT.model;
  const minutes = (SECONDS_OF_A_RUN + (outputs * each) / Math.max(1, concurrency)) / 60;
  if (minutes < 1) return "less than a minute";
  return `${Math.ceil(minutes)}-${Math.ceil(minutes * 3)} minutes`;
}

export function linksOf(runId: string) {
  const self = `/v1/runs/${encodeURIComponent(runId)}`;
  return { self, result: `${self}/result`, cancel: `${self}/cancel` };
}

/** A run as it is now. */
export function runBody(view: RunView) {
  return {
    run_id: view.runId,
    status: view.status,
    file_name: view.fileName,
    created_at: new Date(view.createdMs).toISOString(),
    engine: view.engine,
    stages: view.stages.map(({ id, status, done, total }) => ({ id, status, progress: { done, total: total ?? null } })),
    usage: view.usage,
    ...(view.error ? { error: view.error } : {}),
    links: linksOf(view.runId),
  };
}

const ENDED: ReadonlySet<RunView["status"]> = new Set(["completed", "completed_with_issues", "failed", "cancelled"]);

/** Whether nothing more will happen to a run. */
export function isEnded({ status }: Pick<RunView, "status">): boolean {
  return ENDED.has(status);
}
