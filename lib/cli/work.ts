/** Works on runs in this process, shows how it goes, and prints what came out. */
import { join } from "node:path";
import type { RunView, Studio } from "../client.ts";
import type { Config } from "../config.ts";
import { type BatchRow, batchSheet, csvOf, jsonLinesOf } from "../report/tables.ts";
import { messageOf } from "../schema/errors.ts";
import type { Grade, RunResult } from "../schema/result.ts";
import { type Context, colorOf } from "./context.ts";
import { errorLines } from "./errors.ts";
import { BATCH_FILES, writeOutputFile } from "./files.ts";
import { showProgress } from "./progress-display.ts";
import { belowGate, failureLines, pointerLines, resultLines } from "./result-text.ts";
import { EXIT } from "./surroundings.ts";
import { plain } from "./text.ts";

/** A run to work on, and the document that it came from. */
export interface WorkItem {
  path: string;
  runId: string;
  /** The run was known before, perhaps done. */
  existing: boolean;
  /** The first part of the names of its files in `folder`. */
  outputName: string | undefined;
}

/** What is worked on, and what is printed of it. */
export interface Work {
  runs: readonly WorkItem[];
  folder: string | undefined;
  gate: Grade | undefined;
  /** Print each run's id and nothing else of it. */
  onlyId: boolean;
  /** The commands that go on after an interruption, without the name of the program. */
  resume(): string[];
}

const ENDED: ReadonlySet<RunView["status"]> = new Set(["completed", "completed_with_issues", "failed", "cancelled"]);

/** Whether nothing more will happen to a run. */
export function isEnded(view: RunView): boolean {
  return ENDED.has(view.status);
}

/** Resolves to the exit code when every run has ended, or at once after an interruption. */
export async function workAndPrint(context: Context, studio: Studio, config: Config, work: Work): Promise<number> {
  const views = await workOn(context, studio, config, work);
  if (views === undefined || (context.surroundings.signal.aborted && !views.every(isEnded))) {
    const ids = [...new Set(work.runs.map(({ runId }) => runId))];
    context.note(
      `Interrupted. ${ids.length === 1 ? `Run ${ids[0]} is` : `${ids.length} runs are`} kept; nothing done is lost. Go on with:`,
      ...work.resume().map((words) => `  ${context.command(words)}`),
    );
    return EXIT.interrupted;
  }
  let code: number = EXIT.done;
  const rows: BatchRow[] = [];
  for (const [index, run] of work.runs.entries()) {
    const view = views[index];
    if (view) code = worse(code, await printRun(context, studio, config, work, run, view, rows));
  }
  return worse(code, await writeBatch(context, work, rows));
}

/** The table of several documents, where a folder was given. */
async function writeBatch(context: Context, { folder, runs }: Work, rows: readonly BatchRow[]): Promise<number> {
  if (folder === undefined || runs.length < 2) return EXIT.done;
  const sheet = batchSheet(rows);
  const isWritten = await attempt(context, async () => {
    await writeOutputFile(join(folder, BATCH_FILES.csv), csvOf(sheet));
    await writeOutputFile(join(folder, BATCH_FILES.jsonl), jsonLinesOf(sheet));
  });
  return isWritten ? EXIT.done : EXIT.failed;
}

/** A failed run outweighs a gate. */
function worse(left: number, right: number): number {
  return left === EXIT.failed || right === EXIT.failed ? EXIT.failed : Math.max(left, right);
}

/** The views in the order of the runs; undefined when interrupted. */
export async function workOn(context: Context, studio: Studio, config: Config, work: Work): Promise<readonly RunView[] | undefined> {
  const { surroundings, options } = context;
  const ids = [...new Set(work.runs.map(({ runId }) => runId))];
  const before = await Promise.all(ids.map((id) => studio.get(id)));
  const known = before.filter(isEnded);
  for (const { runId, status } of known)
    (status.startsWith("completed") ? context.remark : context.note)(
      `Run ${runId} had ended before (${status.replaceAll("_", " ")}). Add --fresh to start over.`,
    );
  if (known.length === ids.length) return inOrder(studio, work, before);
  const display = showProgress(surroundings.stderr, before, {
    quiet: options.quiet === true,
    color: colorOf(surroundings.stderr, config),
    inPlace: !config.terminal.dumb,
    now: surroundings.now,
  });
  let views: readonly RunView[] = [];
  const pages = new Map<string, number>();
  try {
    views = await studio.work(ids, { signal: surroundings.signal, observe: display.observe });
    const only = views.length === 1 ? views[0] : undefined;
    if (only?.status.startsWith("completed")) pages.set(only.runId, (await studio.result(only.runId)).file.pages);
  } catch (error) {
    if (!surroundings.signal.aborted) throw error;
    return undefined;
  } finally {
    display.stop(views, pages);
  }
  return inOrder(studio, work, views);
}

function inOrder(studio: Studio, work: Work, views: readonly RunView[]): Promise<readonly RunView[]> {
  const byId = new Map(views.map((view) => [view.runId, view]));
  return Promise.all(work.runs.map(async ({ runId }) => byId.get(runId) ?? studio.get(runId)));
}

async function printRun(context: Context, studio: Studio, config: Config, work: Work, run: WorkItem, view: RunView, rows: BatchRow[]): Promise<number> {
  const many = work.runs.length > 1;
  const form = many ? "line" : "document";
  const stem = work.folder === undefined || run.outputName === undefined ? undefined : join(work.folder, run.outputName);
  if (view.status === "failed" || view.status === "cancelled") {
    rows.push({ file: run.path, runId: run.runId, status: view.status, outputs: {}, error: view.error?.code });
    context.note(...failureLines(view, context.command));
    if (work.onlyId) context.print(run.runId);
    else if (context.options.json) context.printJson(failureDocument(view), form);
    if (stem !== undefined) await attempt(context, () => writeJson(`${stem}.json`, failureDocument(view)));
    return EXIT.failed;
  }
  const result = await studio.result(run.runId);
  rows.push({ file: run.path, runId: run.runId, status: result.status, outputs: result.outputs });
  const files: string[] = [];
  const isWritten = stem === undefined || (await attempt(context, () => writeFiles(context, studio, stem, result, files)));
  if (work.onlyId) context.print(run.runId);
  else if (context.options.json) context.printJson(result, form);
  else if (many) context.print(summaryLine(run, result, files));
  else printResult(context, config, result, files);
  const failing = work.gate === undefined ? [] : belowGate(result, work.gate);
  if (failing.length > 0) context.note(`${plain(run.path)}: below the grade ${work.gate}: ${failing.map(plain).join(", ")}`);
  if (!isWritten) return EXIT.failed;
  return failing.length > 0 ? EXIT.belowGate : EXIT.done;
}

/** Files that can't be written (a full disk) are reported, and the results of the other runs still come out. */
async function attempt(context: Context, write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    context.note(...errorLines(error, context.options.debug === true));
    return false;
  }
}

/** The JSON of a run without a result. */
export function failureDocument(view: RunView) {
  return { run_id: view.runId, status: view.status, file: { name: view.fileName }, outputs: {}, ...(view.error ? { error: view.error } : {}) };
}

function printResult(context: Context, config: Config, result: RunResult, files: readonly string[]): void {
  const { stdout } = context.surroundings;
  context.print(...resultLines(result, { columns: stdout.columns, color: colorOf(stdout, config) }));
  if (files.length > 0) context.print("", ...files.map((file) => `written  ${file}`));
  else context.print(...pointerLines(result.run_id, context.command));
}

function summaryLine(run: WorkItem, result: RunResult, files: readonly string[]): string {
  const tally = new Map<string, number>();
  for (const { status } of Object.values(result.outputs)) tally.set(status, (tally.get(status) ?? 0) + 1);
  const counts = [...tally].map(([status, number]) => `${number} ${status}`).join(", ");
  return [plain(run.path), result.status.replaceAll("_", " "), counts, result.run_id, files[0] ?? ""].filter((part) => part !== "").join("  ");
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeOutputFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** The result and the report, into `written` as they come to be. A report that can't be drawn is a warning: the values are there. */
async function writeFiles(context: Context, studio: Studio, stem: string, result: RunResult, written: string[]): Promise<void> {
  await writeJson(`${stem}.json`, result);
  written.push(`${stem}.json`);
  try {
    await writeOutputFile(`${stem}.html`, await reportOf(studio, result));
    written.push(`${stem}.html`);
  } catch (error) {
    context.note(`warning: no report of ${plain(result.file.name)}: ${plain(messageOf(error))}`);
  }
}

/** The self-contained page of a finished run. */
export async function reportOf(studio: Studio, result: RunResult): Promise<string> {
  const { renderReport } = await import("../report/report.ts");
  const [document, bytes] = await Promise.all([studio.documentText(result.run_id), studio.documentBytes(result.run_id)]);
  return renderReport({ result, document, bytes, title: result.file.name });
}
