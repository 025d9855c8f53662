/** Text for a terminal. What comes from a document or a model is untrusted: it may hold codes that move the cursor or reverse the line. */
import { formatCost, formatCount } from "../report/format.ts";
import type { Usage } from "../schema/result.ts";

/** Any text as one harmless line: control characters (with them every escape code), line breaks and direction overrides become blanks. */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim();
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

function widthOf(character: string): number {
  if (character <= "\u02ff") return 1;
  return ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** How many columns a line takes on a terminal, colour codes not counted in. */
export function displayWidth(line: string): number {
  let width = 0;
  for (const character of stripColors(line)) width += widthOf(character);
  return width;
}

/** The line without colour codes. */
export function stripColors(line: string): string {
  // The escape character is written as a code, for the linter that rightly dislikes it in patterns.
  return line
    .split("\u001b[")
    .map((part, index) => (index === 0 ? part : part.replace(/^[\d;]*m/, "")))
    .join("");
}

/** A line without colour codes, cut to `columns` with an ellipsis. */
export function truncate(line: string, columns: number): string {
  let width = 0;
  let cut = 0;
  for (const character of line) {
    width += widthOf(character);
    if (width > columns) return `${line.slice(0, cut)}…`;
    if (width <= columns - 1) cut += character.length;
  }
  return line;
}

/** A column of a table. */
export interface Column {
  title: string;
  align?: "right";
  /** Shrinks to this width when the table is too wide; columns without it keep theirs. */
  least?: number;
}

/** Rows as aligned lines of at most `columns` columns: where they don't fit, the widest flexible column is cut first. `paint` may colour a padded cell. */
export function table(
  header: readonly Column[],
  rows: readonly (readonly string[])[],
  columns: number,
  paint: (cell: string, column: number, row: number) => string = (cell) => cell,
): string[] {
  const widths = fitted(header, rows, columns);
  const line = (cells: readonly string[], row: number) =>
    header
      .map((column, index) => {
        const width = widths[index] ?? 0;
        const cell = truncate(cells[index] ?? "", width);
        const blanks = " ".repeat(Math.max(0, width - displayWidth(cell)));
        if (column.align === "right") return blanks + paint(cell, index, row);
        return paint(cell, index, row) + (index === header.length - 1 ? "" : blanks);
      })
      .join("  ")
      .trimEnd();
  return [
    line(
      header.map(({ title }) => title),
      -1,
    ),
    ...rows.map(line),
  ];
}

function fitted(header: readonly Column[], rows: readonly (readonly string[])[], columns: number): number[] {
  const widths = header.map(({ title }, index) => rows.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? "")), displayWidth(title)));
  for (let excess = widths.reduce((sum, width) => sum + width, 2 * (header.length - 1)) - columns; excess > 0; excess--) {
    const flexible = widths.map((width, index) => (width > (header[index]?.least ?? width) ? width : 0));
    const widest = flexible.lastIndexOf(Math.max(...flexible));
    if (flexible[widest] === 0) break;
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

/** A duration for people: 0.4s, 12.0s, 3m 05s. */
export function duration(milliseconds: number): string {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, "0")}s`;
}

/** Tokens and money for people; empty when nothing was used. */
export function usageText(usage: Usage): string {
  const tokens = usage.input_tokens + usage.output_tokens;
  if (tokens === 0 && usage.cost_usd === undefined) return "";
  return `${formatCount(tokens)} tokens${usage.cost_usd === undefined ? "" : ` · ${formatCost(usage.cost_usd)}`}`;
}
