/** Results as tables for other programs: CSV (RFC 4180), rows of JSON, Markdown. Pure. What comes from a document or model is untrusted: no cell can become a formula or markup. */
import type { Json } from "../schema/json.ts";
import type { OutputResult, RunResult } from "../schema/result.ts";
import { shownOutputs } from "./shown.ts";

/** A document of a batch: its result, or why there is none. */
export interface BatchRow {
  file: string;
  runId: string;
  status: string;
  outputs: Readonly<Record<string, OutputResult>>;
  error?: string | undefined;
}

/** Rows of named columns, all with the same columns in the same order. */
export interface Sheet {
  columns: readonly string[];
  rows: readonly (readonly Json[])[];
}

/** Where the first citation is: a page, a cell, a row, else nothing. */
function placeOf({ citations }: OutputResult): Json {
  const [citation] = citations;
  return citation?.page ?? citation?.cell ?? citation?.row ?? null;
}

/** Names made different, in order: "status", "status 2". */
function different(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let copy = 2; used.has(unique); copy++) unique = `${name} ${copy}`;
    used.add(unique);
    return unique;
  });
}

/** A batch as one row a document: file, run_id, status, error, and for each output (in the order of their first appearance) its value, status, grade and page. */
export function batchSheet(rows: readonly BatchRow[]): Sheet {
  const names = [...new Set(rows.flatMap(({ outputs }) => Object.keys(outputs)))];
  const columns = different(["file", "run_id", "status", "error", ...names.flatMap((name) => [name, `${name}_status`, `${name}_grade`, `${name}_page`])]);
  return {
    columns,
    rows: rows.map(({ file, runId, status, error, outputs }) => [
      file,
      runId,
      status,
      error ?? null,
      ...names.flatMap((name) => {
        const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
        return output === undefined ? [null, null, null, null] : [output.value, output.status, output.grade ?? null, placeOf(output)];
      }),
    ]),
  };
}

/** One result as one row an output: name, type, value, status, grade, page and quote. */
export function resultSheet(result: RunResult): Sheet {
  return {
    columns: ["name", "type", "value", "status", "grade", "page", "quote"],
    rows: shownOutputs(result).map(([name, output]) => [
      name,
      output.type,
      output.value,
      output.status,
      output.grade ?? null,
      placeOf(output),
      output.citations[0]?.quote ?? null,
    ]),
  };
}

/** What spreadsheets take for the beginning of a formula, in either width, also behind blanks; a tab or line break can move it to a cell of its own. */
const FORMULA = /^[\s\0]*[=+\-@＝＋－＠]|^[\t\r\n]/u;
/** A number with its sign is no formula, and stays a number. */
const PLAIN_NUMBER = /^[+-]?\d[\d.,]*$/;

/** A cell of CSV. Text that a spreadsheet would run as a formula gets an apostrophe in front; plain numbers don't. */
export function csvCell(value: Json): string {
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const written = (typeof value === "string" ? value : JSON.stringify(value)).replaceAll("\0", "");
  const text = FORMULA.test(written) && !PLAIN_NUMBER.test(written) ? `'${written}` : written;
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A sheet as CSV: comma, double quotes, CRLF, a line of column names first. */
export function csvOf({ columns, rows }: Sheet): string {
  return [columns, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** A sheet as one JSON object a line, values as they are. */
export function jsonLinesOf({ columns, rows }: Sheet): string {
  return rows.map((cells) => `${JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null])))}\n`).join("");
}

/** A cell of a Markdown table: one line, and nothing in it is markup. */
export function markdownCell(value: Json): string {
  if (value === null) return "";
  return (typeof value === "string" ? value : JSON.stringify(value))
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_{}[\]|~#!]/g, "\\$&")
    .replace(/(https?):\/\//gi, "$1:&#47;&#47;")
    .replaceAll("@", "&#64;");
}

/** A sheet as a Markdown table. */
export function markdownOf({ columns, rows }: Sheet): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(columns.map(markdownCell)) + line(columns.map(() => "---")) + rows.map((cells) => line(cells.map(markdownCell))).join("");
}

/** A result in Markdown: what was read, its values with their quotes, and its issues. */
export function resultMarkdown(result: RunResult): string {
  const { file, issues } = result;
  const facts = `${file.pages} ${file.pages === 1 ? "page" : "pages"}, ${result.status.replaceAll("_", " ")}`;
  const listed = issues.map((issue) => `- ${markdownCell([issue.output, issue.code, issue.message].filter(Boolean).join(": "))}\n`).join("");
  return `# ${markdownCell(file.name)}\n\n${facts}\n\n${markdownOf(resultSheet(result))}${listed === "" ? "" : `\n## Issues\n\n${listed}`}`;
}
