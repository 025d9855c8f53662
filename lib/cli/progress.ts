/** What goes on while runs are worked on, as state and as lines. Pure: the terminal is in progress-display.ts. */
import type { LiveEvent, RunView } from "../client.ts";
import { formatPlural } from "../report/format.ts";
import type { Usage } from "../schema/result.ts";
import { sumUsage } from "../schema/usage.ts";
import { duration, plain, truncate, usageText } from "./text.ts";

/** How far a stage is. Times in milliseconds since the epoch, `tookMs` in milliseconds. */
export interface StageProgress {
  id: string;
  status: "waiting" | "running" | "done" | "failed";
  startedMs: number | undefined;
  tookMs: number | undefined;
  done: number;
  total: number | undefined;
  /** What it is busy with, the newest last: calls and their labels. */
  running: ReadonlyMap<string, string>;
  /** The end of its line: what a finished stage found. */
  detail: string;
  wait: { call: string; untilMs: number; reason: string } | undefined;
}

/** How far a run is. */
export interface RunProgress {
  runId: string;
  fileName: string;
  stages: readonly StageProgress[];
  usage: Usage;
}

/** How far all runs of this command are. */
export interface Progress {
  startedMs: number;
  runs: ReadonlyMap<string, RunProgress>;
}

const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const SPIN_MS = 100;
const TEXT_STAGE = "extract-text";

/** The state before work: what earlier processes have done already is done. */
export function startProgress(views: readonly RunView[], nowMs: number): Progress {
  const runs = views.map((view): [string, RunProgress] => [
    view.runId,
    {
      runId: view.runId,
      fileName: plain(view.fileName),
      usage: view.usage,
      stages: view.stages.map((stage) => ({
        ...stage,
        startedMs: undefined,
        tookMs: undefined,
        running: new Map(),
        detail: stage.status === "done" ? "done before" : "",
        wait: undefined,
      })),
    },
  ]);
  return { startedMs: nowMs, runs: new Map(runs) };
}

/** The state after an event. Events of runs and stages that it doesn't know change nothing. */
export function advanceProgress(progress: Progress, event: LiveEvent, nowMs: number): Progress {
  const run = progress.runs.get(event.runId);
  if (!run) return progress;
  const stages = run.stages.map((stage) => (stage.id === event.stage ? advanceStage(stage, event, nowMs) : stage));
  const usage = event.type === "call-end" ? sumUsage([run.usage, event.usage]) : run.usage;
  return { ...progress, runs: new Map(progress.runs).set(run.runId, { ...run, stages, usage }) };
}

/** The state when work has ended: what another process did shows as done too. `pages` are the documents' page counts by run id, which only results know. */
export function settleProgress(progress: Progress, views: readonly RunView[], pages: ReadonlyMap<string, number>): Progress {
  const runs = new Map(progress.runs);
  for (const view of views) {
    const run = runs.get(view.runId);
    if (!run) continue;
    const statuses = new Map(view.stages.map(({ id, status }) => [id, status]));
    const found = pages.get(view.runId);
    const stages = run.stages.map((stage) => ({
      ...stage,
      status: statuses.get(stage.id) ?? stage.status,
      running: new Map<string, string>(),
      wait: undefined,
      detail: stage.detail === "" && stage.id === TEXT_STAGE && found !== undefined ? formatPlural(found, "page") : stage.detail,
    }));
    runs.set(view.runId, { ...run, stages, usage: view.usage });
  }
  return { ...progress, runs };
}

function advanceStage(stage: StageProgress, event: LiveEvent, nowMs: number): StageProgress {
  if (event.type === "stage-plan") return { ...stage, total: event.items };
  const running = new Map(stage.running);
  const label = event.label === undefined ? "" : plain(event.label);
  const wait = stage.wait?.call === event.call ? undefined : stage.wait;
  const startedMs = stage.startedMs ?? nowMs;
  if (event.type === "call-start") return { ...stage, status: "running", startedMs, running: running.set(event.call, label), wait };
  running.delete(event.call);
  if (event.type === "call-wait") {
    return { ...stage, status: "running", startedMs, running, wait: { call: event.call, untilMs: nowMs + event.afterMs, reason: plain(event.reason) } };
  }
  const isItem = /\/\d+$/.test(event.call);
  if (isItem) return { ...stage, startedMs, running, wait, done: stage.done + 1 };
  const isLast = event.call === stage.id || event.call.endsWith("/join");
  if (event.outcome === "failed")
    return { ...stage, status: "failed", startedMs, running, wait, tookMs: nowMs - startedMs, detail: plain(event.message ?? event.code ?? "") };
  if (!isLast) return { ...stage, startedMs, running, wait };
  const detail =
    label !== "" ? label : stage.total === undefined || stage.id === event.call || stage.id === TEXT_STAGE ? "" : formatPlural(stage.total, "item");
  return { ...stage, status: "done", startedMs, running, wait, tookMs: nowMs - startedMs, detail };
}

/** The lines of a terminal that is rewritten in place: the stages of one run, or a line per run that has not ended; then time and cost. At most `rows` lines of `columns`. */
export function progressLines(progress: Progress, nowMs: number, columns: number, rows: number): string[] {
  const runs = [...progress.runs.values()];
  const only = runs.length === 1 ? runs[0] : undefined;
  const busy = runs.filter((run) => !isEnded(run) && run.stages.some(({ status }) => status !== "waiting"));
  const lines = only ? only.stages.map((stage) => stageLine(stage, nowMs)) : busy.slice(0, Math.max(1, rows - 2)).map((run) => runLine(run, nowMs));
  const usage = usageText(sumUsage(runs.map((run) => run.usage)));
  const ended = only ? "" : `${runs.filter(isEnded).length}/${runs.length} documents · `;
  lines.push(`  ${ended}${duration(nowMs - progress.startedMs)}${usage === "" ? "" : ` · ${usage}`}`);
  return lines.map((line) => truncate(line.trimEnd(), columns - 1));
}

function isEnded(run: RunProgress): boolean {
  return run.stages.every(({ status }) => status === "done") || run.stages.some(({ status }) => status === "failed");
}

function mark(status: StageProgress["status"], nowMs: number): string {
  if (status === "running") return SPINNER.charAt(Math.floor(nowMs / SPIN_MS) % SPINNER.length);
  return { waiting: "·", done: "✓", failed: "✗" }[status];
}

function stageLine(stage: StageProgress, nowMs: number): string {
  const head = `${mark(stage.status, nowMs)} ${stage.id.padEnd(16)}`;
  if (stage.status === "waiting") return head;
  const took = stage.tookMs === undefined ? "" : ` ${duration(stage.tookMs)}`;
  return `${head}${took}${stage.status === "running" ? ` ${activity(stage, nowMs)}` : stage.detail === "" ? "" : ` ${stage.detail}`}`;
}

function activity(stage: StageProgress, nowMs: number): string {
  const label = [...stage.running.values()].at(-1) ?? "";
  const parts = [stage.total === undefined || stage.total <= 1 ? "" : `${stage.done}/${stage.total}`, label];
  if (stage.wait) parts.push(`waiting ${Math.max(0, Math.ceil((stage.wait.untilMs - nowMs) / 1000))} s: ${stage.wait.reason}`);
  return parts.filter((part) => part !== "").join(" · ");
}

function runLine(run: RunProgress, nowMs: number): string {
  const stage = run.stages.find(({ status }) => status === "running") ?? run.stages.find(({ status }) => status === "waiting");
  if (!stage) return `✓ ${run.fileName}`;
  return `${mark("running", nowMs)} ${run.fileName} · ${stage.id} ${activity(stage, nowMs)}`;
}

/** An event as one plain line, for where nothing can be rewritten. `name` says which run when there are several. Undefined for what isn't worth a line: the start of what soon ends, the planning and joining of a stage. */
export function eventLine(event: LiveEvent, elapsedMs: number, name?: string): string | undefined {
  const head = `${duration(elapsedMs)} ${name === undefined ? "" : `${plain(name)} `}`;
  if (event.type === "stage-plan") return `${head}${event.stage} ${formatPlural(event.items, "item")}`;
  const isItem = /\/\d+$/.test(event.call);
  if (event.type === "call-start") return event.call === event.stage ? `${head}${event.stage} started` : undefined;
  const what = isItem ? `${event.stage} ${plain(event.label ?? "") || event.call.slice(event.stage.length + 1)}` : event.stage;
  if (event.type === "call-wait") return `${head}${what} waiting ${Math.ceil(event.afterMs / 1000)} s: ${plain(event.reason)}`;
  if (event.call.endsWith("/plan") && event.outcome === "done") return undefined;
  const found = isItem || event.label === undefined ? "" : ` ${plain(event.label)}`;
  const why = event.outcome === "done" ? "" : ` ${event.code ?? ""}${event.message === undefined ? "" : `: ${plain(event.message)}`}`;
  const usage = usageText(event.usage);
  return `${head}${what} ${event.outcome} in ${duration(event.durationMs)}${found}${why}${usage === "" ? "" : ` · ${usage}`}`;
}
