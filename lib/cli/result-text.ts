/** A run and its result for people: an aligned table of values, then what to do next. */
import { createColors } from "picocolors";
import type { RunView } from "../client.ts";
import { formatDocuments, formatPlural } from "../report/format.ts";
import { shownOutputs } from "../report/shown.ts";
import type { Json } from "../schema/json.ts";
import { type Grade, gradeSchema, type OutputResult, type RunResult } from "../schema/result.ts";
import { documentationOf } from "./errors.ts";
import { plain, table, usageText } from "./text.ts";

/** How wide and whether coloured. */
export interface TextOptions {
  columns: number;
  color: boolean;
}

const LEAST_NAME = 12;
const LEAST_VALUE = 16;
const LEAST_QUOTE = 16;
const LONGEST_CELL = 400;
const MOST_ISSUES = 10;

type Colors = ReturnType<typeof createColors>;

/** A value in one line. */
export function valueText(value: Json): string {
  if (value === null) return "—";
  return plain((typeof value === "string" ? value : JSON.stringify(value)).slice(0, LONGEST_CELL));
}

/** Where the first citation is: a page, a row, a cell or a range of the text. */
function placeText(output: OutputResult): string {
  const citation = output.citations[0];
  if (!citation) return "";
  const more = output.citations.length > 1 ? ` +${output.citations.length - 1}` : "";
  if (citation.page !== undefined) return `${citation.page}${more}`;
  if (citation.cell !== undefined) return `${plain(citation.cell)}${more}`;
  if (citation.row !== undefined) return `row ${citation.row}${more}`;
  return citation.range ? `${citation.range[0]}–${citation.range[1]}${more}` : "";
}

/** Why there is no quote, or the quote. */
function proofText(output: OutputResult): string {
  const quote = output.citations[0]?.quote;
  if (quote !== undefined) return `“${plain(quote.slice(0, LONGEST_CELL))}”`;
  return plain((output.error ? `${output.error.code}: ${output.error.message}` : output.reasoning).slice(0, LONGEST_CELL));
}

function painter(colors: Colors): Record<string, (text: string) => string> {
  return {
    extracted: colors.green,
    absent: colors.dim,
    uncertain: colors.yellow,
    failed: colors.red,
    skipped: colors.dim,
    excellent: colors.green,
    good: colors.green,
    fair: colors.yellow,
    poor: colors.red,
  };
}

/** The table of a result and its issues. */
export function resultLines(result: RunResult, { columns, color }: TextOptions): string[] {
  const colors = createColors(color);
  const paints = painter(colors);
  const outputs = shownOutputs(result);
  const rows = outputs.map(([name, output]) => [plain(name), valueText(output.value), output.status, output.grade ?? "", placeText(output), proofText(output)]);
  const header = [
    { title: "name", least: LEAST_NAME },
    { title: "value", least: LEAST_VALUE },
    { title: "status" },
    { title: "grade" },
    { title: "page" },
    { title: "quote", least: LEAST_QUOTE },
  ];
  const paint = (cell: string, column: number, row: number) => {
    if (row < 0) return colors.bold(cell);
    return column === 2 || column === 3 ? (paints[cell] ?? String)(cell) : column === 5 ? colors.dim(cell) : cell;
  };
  const facts = [plain(result.file.name), formatPlural(result.file.pages, "page"), result.status.replaceAll("_", " "), usageText(result.usage)];
  const issues = result.issues
    .slice(0, MOST_ISSUES)
    .map((issue) => `  ${plain([issue.output, issue.code, issue.message].filter(Boolean).join(": ").slice(0, LONGEST_CELL))}`);
  const more = result.issues.length > MOST_ISSUES ? [`  and ${result.issues.length - MOST_ISSUES} more`] : [];
  const { documents = [] } = result.file;
  const packet = documents.length > 1 ? [plain(`${formatDocuments(documents)}; --split runs each by itself`.slice(0, LONGEST_CELL))] : [];
  return [
    facts.filter((fact) => fact !== "").join(" · "),
    ...packet,
    "",
    ...table(header, rows, columns, paint),
    ...(result.issues.length > 0 ? ["", `${formatPlural(result.issues.length, "issue")}:`, ...issues, ...more] : []),
  ];
}

/** Where the report and the result are to be had. */
export function pointerLines(runId: string, command: (words: string) => string): string[] {
  return ["", `report  ${command(`report ${runId} --out report.html`)}`, `result  ${command(`runs get ${runId} --json`)}`];
}

/** What mends a failed or cancelled run. */
function nextAction({ status, runId, error }: RunView, command: (words: string) => string): string {
  const code = error?.code ?? "";
  if (code === "document_encrypted") return "Give its password with --password-stdin or --password-env NAME.";
  if (code === "document_password_wrong") return "Give the right password, and add --fresh.";
  if (code.startsWith("document_")) return "Mend the document and run it again.";
  const from = error?.stage === undefined ? "" : ` --from ${error.stage}`;
  return `${status === "cancelled" ? "Start it over" : "When the cause is mended, go on from there"}: ${command(`runs rerun ${runId}${from}`)}`;
}

/** A run that gave no result: why, and what to do. */
export function failureLines(view: RunView, command: (words: string) => string): string[] {
  const where = view.error?.stage === undefined ? "" : ` in ${view.error.stage}`;
  const why = view.error === undefined ? "" : `: ${plain(view.error.message)} (${view.error.code})`;
  const see = view.error === undefined ? [] : [`See ${documentationOf(view.error.code)}`];
  return [`${plain(view.fileName)}: run ${view.runId} ${view.status.replaceAll("_", " ")}${where}${why}`, nextAction(view, command), ...see];
}

/** One line about a run. */
export function viewLine(view: RunView): string {
  const stage = view.stages.find(({ status }) => status === "running");
  const at = stage ? ` · ${stage.id}${stage.total ? ` ${stage.done}/${stage.total}` : ""}` : "";
  const usage = usageText(view.usage);
  return `${view.runId} · ${plain(view.fileName)} · ${view.status.replaceAll("_", " ")}${at}${usage === "" ? "" : ` · ${usage}`}`;
}

const GRADES: readonly Grade[] = gradeSchema.options;

/** The outputs that are not at least `gate`: graded lower, failed, or not graded though there is a value. A document that doesn't say something is no failing. */
export function belowGate(result: RunResult, gate: Grade): string[] {
  return Object.entries(result.outputs).flatMap(([name, output]) => {
    if (output.status === "absent" && output.grade === undefined) return [];
    const passes =
      output.grade !== undefined && GRADES.indexOf(output.grade) >= GRADES.indexOf(gate) && output.status !== "failed" && output.status !== "skipped";
    return passes ? [] : [name];
  });
}
