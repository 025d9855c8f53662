/** A studio in memory that keeps the interface's promises: enough to see what the command line asks for and how it shows what comes back. */
import { readFile } from "node:fs/promises";
import type { LiveEvent, RunEvent, RunView, Studio, Submission } from "../../../lib/client.ts";
import { STAGE_IDS } from "../../../lib/config.ts";
import { PermanentError } from "../../../lib/schema/errors.ts";
import { canonicalJson, sha256 } from "../../../lib/schema/json.ts";
import type { OutputResult, RunResult, Usage } from "../../../lib/schema/result.ts";

const NOTHING: Usage = { input_tokens: 0, output_tokens: 0 };
const PER_RUN: Usage = { input_tokens: 800, output_tokens: 12, cost_usd: 0.0003 };

interface Kept {
  submission: Submission;
  digest: string;
  bytes: Uint8Array;
  view: RunView;
  from?: string;
}

export interface MemoryStudio extends Studio {
  runs: Map<string, Kept>;
  submissions: Submission[];
  worked: string[][];
  closed: number;
}

export interface MemoryOptions {
  /** What an output becomes; a plain extracted value otherwise. */
  output?: (name: string) => Partial<OutputResult>;
  /** The error of a run by its file name; none: it completes. */
  failure?: (fileName: string) => RunView["error"] | undefined;
  /** Called in the middle of the work; work stops before the end when the signal is aborted then. */
  midway?: () => void;
  warnings?: readonly string[];
  /** Extra live events shown before a run's own. */
  live?: (runId: string) => readonly LiveEvent[];
}

export function createMemoryStudio(options: MemoryOptions = {}): MemoryStudio {
  const runs = new Map<string, Kept>();
  const find = (runId: string): Kept => {
    const kept = runs.get(runId);
    if (!kept) throw new PermanentError("run_not_found", `There is no run ${runId}.`);
    return kept;
  };
  const studio: MemoryStudio = {
    runs,
    submissions: [],
    worked: [],
    closed: 0,
    async submit(submission) {
      studio.submissions.push(submission);
      const bytes = typeof submission.document === "string" ? await readFile(submission.document) : submission.document;
      const digest = sha256(`${sha256(bytes)} ${canonicalJson(submission.request)}`);
      const runId = submission.runId ?? `run-${digest.slice(0, 8)}${submission.fresh ? `-${runs.size}` : ""}`;
      const known = runs.get(runId);
      if (known && known.digest !== digest) throw new PermanentError("run_conflict", `Run ${runId} has another document or request. Choose another --run-id.`);
      if (!known) runs.set(runId, { submission, digest, bytes, view: newView(runId, submission.fileName) });
      return { runId, existing: known !== undefined, warnings: options.warnings ?? [] };
    },
    async work(runIds, { signal, observe } = {}) {
      studio.worked.push([...runIds]);
      for (const runId of runIds) {
        const kept = find(runId);
        for (const event of options.live?.(runId) ?? []) observe?.(event);
        observe?.({ type: "call-start", runId, call: "extract-text", stage: "extract-text" });
        observe?.({ type: "call-end", runId, call: "extract-text", stage: "extract-text", outcome: "done", durationMs: 400, usage: NOTHING });
        options.midway?.();
        if (signal?.aborted) continue;
        const error = options.failure?.(kept.view.fileName);
        observe?.({
          type: "call-end",
          runId,
          call: "agentic-extract/0000",
          stage: "agentic-extract",
          label: "total",
          outcome: "done",
          durationMs: 1200,
          usage: PER_RUN,
        });
        kept.view = error ? { ...kept.view, status: "failed", error } : ended(kept.view);
      }
      return runIds.map((runId) => find(runId).view);
    },
    get: async (runId) => find(runId).view,
    list: async ({ limit = 50 } = {}) =>
      [...runs.values()]
        .map(({ view }) => view)
        .reverse()
        .slice(0, limit),
    async events(runId, after) {
      const { view } = find(runId);
      const events: RunEvent[] = [
        { id: "a", type: "run-start", at: 0 },
        { id: "b", type: "item-end", at: 1000, stage: "agentic-extract", item: 0, label: "total", outcome: "done", durationMs: 1000 },
        ...(view.status === "queued" ? [] : [{ id: "c", type: "run-end" as const, at: 2000, status: view.status }]),
      ];
      // The last one again: a cursor may repeat, never omit.
      return after === undefined ? events : events.slice(events.findIndex(({ id }) => id === after));
    },
    result: async (runId) => resultOf(find(runId), options),
    documentText: async () => ({
      v: 1,
      kind: "text",
      parser: "test",
      language: "en",
      words: [],
      pages: [],
      layout: { text: "", words: [], starts: [] },
      reading: { text: "", words: [], starts: [] },
    }),
    documentBytes: async (runId) => find(runId).bytes,
    async cancel(runId) {
      const kept = find(runId);
      if (kept.view.status === "queued") kept.view = { ...kept.view, status: "cancelled" };
      return kept.view;
    },
    async move(runId, engine) {
      const kept = find(runId);
      kept.view = { ...kept.view, engine };
      return kept.view;
    },
    async rerun(runId, { from, newRunId }) {
      const old = find(runId);
      const id = newRunId ?? `${runId}-again`;
      runs.set(id, { ...old, view: newView(id, old.view.fileName), ...(from === undefined ? {} : { from }) });
      return { runId: id, existing: false, warnings: [] };
    },
    async close() {
      studio.closed++;
    },
  };
  return studio;
}

function newView(runId: string, fileName: string): RunView {
  const stages = STAGE_IDS.map((id) => ({ id, status: "waiting" as const, done: 0, total: undefined }));
  return { runId, status: "queued", fileName, createdMs: Date.UTC(2026, 0, 2, 3, 4), engine: "embedded", stages, usage: NOTHING };
}

function ended(view: RunView): RunView {
  return { ...view, status: "completed", usage: PER_RUN, stages: view.stages.map((stage) => ({ ...stage, status: "done" })) };
}

function resultOf({ submission, view, bytes }: Kept, options: MemoryOptions): RunResult {
  const output = (name: string): OutputResult => ({
    value: "1,249.50",
    type: "text",
    status: "extracted",
    citations: [{ page: 2, quote: "Total due 1,249.50", match: "exact", boxes: [] }],
    alternatives: [],
    grade: "good",
    scores: { faithfulness: 1 },
    reasoning: "",
    attempts: 1,
    usage: NOTHING,
    ...options.output?.(name),
  });
  return {
    run_id: view.runId,
    status: view.status,
    file: { name: view.fileName, sha256: sha256(bytes), bytes: bytes.length, pages: 3, language: "en" },
    outputs: Object.fromEntries(submission.request.outputs.map(({ name }) => [name, output(name)])),
    usage: { by_stage: {}, by_model: {}, ...PER_RUN },
    issues: [],
    artifacts: {},
    final_output: {},
    storage_location: "",
    execution_summary: {},
  };
}
