/** `prompt-studio eval`: runs cases with known answers and says how many are right. */
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { createColors } from "picocolors";
import type { Studio } from "../client.ts";
import { type Config, checkAdapters } from "../config.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Json } from "../schema/json.ts";
import { parseJson } from "../schema/parse-json.ts";
import { runResultSchema } from "../schema/result.ts";
import { type Context, colorOf } from "./context.ts";
import { type EvalCase, readCases } from "./eval-cases.ts";
import { type Before, type CaseScore, type Change, changesSince, type EvalReport, evalReportSchema, type Field, reportOf, scoreCase } from "./eval-score.ts";
import { checkDocuments, whyUnreadable } from "./files.ts";
import { failureLines, valueText } from "./result-text.ts";
import { EXIT } from "./surroundings.ts";
import { plain, table } from "./text.ts";
import { isEnded, workOn } from "./work.ts";

/** The options of `eval`. */
export interface EvalOptions {
  minAccuracy?: number;
  compare?: string;
  llm?: string;
  reuse?: boolean;
}

const LEAST = 14;

/** Runs the command; resolves to the exit code. */
export async function evaluateFolders(context: Context, folders: readonly string[], options: EvalOptions): Promise<number> {
  const { surroundings } = context;
  const { store, debug } = context.options;
  // Offline unless somebody names a model: the same folders then give the same table everywhere.
  const llm = options.llm ?? "local";
  const config = await surroundings.loadConfig({ engine: undefined, storeLocation: store, llm });
  const cases = await readCases(folders, surroundings.cwd, config.limits, llm);
  for (const { request } of cases) checkAdapters(request, config);
  await checkDocuments(
    cases.map(({ document }) => document),
    surroundings.cwd,
    config.limits.documentBytes,
  );
  const studio = await surroundings.openStudio({
    interactive: true,
    llm,
    ...(store === undefined ? {} : { storeLocation: store }),
    ...(debug ? { debug: true } : {}),
  });
  try {
    const before = options.compare === undefined ? undefined : await readBefore(context, studio, options.compare);
    const scores = await runCases(context, studio, config, cases, options.reuse === true);
    if (scores === undefined) return EXIT.interrupted;
    const report = reportOf(scores);
    const changes = before === undefined ? undefined : changesSince(report, before);
    if (context.options.json) context.printJson({ ...report, ...(changes ? { changes } : {}) });
    else printReport(context, config, report, changes);
    return exitCode(context, report, options.minAccuracy);
  } finally {
    await studio.close();
  }
}

function exitCode(context: Context, report: EvalReport, gate: number | undefined): number {
  if (report.cases.some(({ status }) => !status.startsWith("completed"))) return EXIT.failed;
  if (gate === undefined || report.accuracy >= gate) return EXIT.done;
  context.note(`The accuracy of ${report.accuracy.toFixed(3)} is below --min-accuracy ${gate}.`);
  return EXIT.belowGate;
}

/** Runs everything anew unless told otherwise: what an older version of this program found says nothing about this one. Undefined when interrupted. */
async function runCases(context: Context, studio: Studio, config: Config, cases: readonly EvalCase[], reuse: boolean): Promise<CaseScore[] | undefined> {
  const runs = [];
  for (const entry of cases) {
    const submission = { document: entry.document, fileName: basename(entry.document), request: entry.request, ...(reuse ? {} : { fresh: true }) };
    const { runId, existing } = await studio.submit(submission);
    runs.push({ path: entry.document, runId, existing, outputName: undefined });
  }
  const quiet = { ...context, note: context.remark, remark: () => undefined };
  const views = await workOn(quiet, studio, config, { runs, folder: undefined, gate: undefined, onlyId: false, resume: () => [] });
  if (views === undefined || !views.every(isEnded)) {
    context.note("Interrupted. Start it again with the same command.");
    return undefined;
  }
  return Promise.all(
    cases.map(async (entry, index) => {
      const view = views[index];
      if (!view?.status.startsWith("completed")) {
        if (view) context.note(...failureLines(view, context.command));
        return scoreCase(entry, { runId: view?.runId ?? "", status: view?.status ?? "failed" }, undefined);
      }
      return scoreCase(entry, view, await studio.result(view.runId));
    }),
  );
}

/** What was found another time: the JSON of this command or of a run in a file, else a run of the store. A run is compared with the cases of its document. */
async function readBefore(context: Context, studio: Studio, source: string): Promise<Before> {
  const path = resolve(context.surroundings.cwd, source);
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new PermanentError("invalid_request", `${plain(source)} (--compare) cannot be read: ${whyUnreadable(cause)}.`, { cause });
  });
  if (bytes === undefined) return ofRun(await studio.result(source));
  const value = parseJson(bytes, source, "invalid_request");
  const report = evalReportSchema.safeParse(value);
  if (report.success) return ofReport(report.data);
  const result = runResultSchema.safeParse(value);
  if (result.success) return ofRun(result.data);
  throw new PermanentError("invalid_request", `${plain(source)} (--compare) is neither what eval --json printed nor a run's result.`);
}

function ofReport(report: EvalReport): Before {
  const values = new Map(report.cases.flatMap((score) => score.fields.map((field) => [JSON.stringify([score.case, field.name]), field.got])));
  return (score, field) => {
    const value = values.get(JSON.stringify([score.case, field.name]));
    return value === undefined ? undefined : { value };
  };
}

function ofRun({ file, outputs }: { file: { name: string }; outputs: Readonly<Record<string, { value: Json }>> }): Before {
  return (score, field) =>
    basename(score.document) === file.name && Object.hasOwn(outputs, field.name) ? { value: outputs[field.name]?.value ?? null } : undefined;
}

function verdict({ right, cells: [found, all] }: Field): string {
  if (right) return "right";
  return all > 1 ? `wrong ${found}/${all}` : "wrong";
}

function changeLines(changes: readonly Change[], columns: number): string[] {
  if (changes.length === 0) return ["No value changed.", ""];
  const word = (isRight: boolean) => (isRight ? "right" : "wrong");
  const rows = changes.map((change) => [
    plain(change.case),
    plain(change.name),
    valueText(change.before),
    valueText(change.now),
    `${word(change.wasRight)} → ${word(change.isRight)}`,
  ]);
  const header = [
    { title: "case", least: 8 },
    { title: "changed", least: LEAST },
    { title: "before", least: LEAST },
    { title: "now", least: LEAST },
    { title: "result" },
  ];
  return [...table(header, rows, columns), ""];
}

function printReport(context: Context, config: Config, report: EvalReport, changes: readonly Change[] | undefined): void {
  const { stdout } = context.surroundings;
  const colors = createColors(colorOf(stdout, config));
  const rows = report.cases.flatMap((score) =>
    score.fields.map((field) => [
      plain(score.case),
      plain(field.name),
      valueText(field.expected),
      valueText(field.got),
      verdict(field),
      field.grade ?? field.status,
    ]),
  );
  const header = [
    { title: "case", least: 8 },
    { title: "field", least: LEAST },
    { title: "expected", least: LEAST },
    { title: "got", least: LEAST },
    { title: "result" },
    { title: "grade" },
  ];
  const paint = (cell: string, column: number, row: number) => {
    if (row < 0) return colors.bold(cell);
    return column === 4 ? (cell === "right" ? colors.green(cell) : colors.red(cell)) : cell;
  };
  const each = report.cases.length > 1 ? report.cases.map((score) => `${plain(score.case)}  ${score.right} of ${score.fields.length}`) : [];
  const invented = report.invented === 0 ? "" : `, ${report.invented} invented where the document says nothing`;
  context.print(
    ...(changes === undefined ? [] : changeLines(changes, stdout.columns)),
    ...table(header, rows, stdout.columns, paint),
    "",
    ...each,
    `accuracy ${report.accuracy.toFixed(3)} (${report.right} of ${report.total}${invented})`,
  );
}
