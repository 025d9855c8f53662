/** Tables of files without pages as text: columns kept apart by blanks, one line for each row. */
import type { Origins } from "../schema/document.ts";

/** The text of a file without pages, and where its parts came from if it is a table. */
export interface FileText {
  text: string;
  origins?: Origins;
}

/** Wider cells push the rest of their row to the right instead of all rows. */
const COLUMN_MAXIMUM = 40;
const GAP = 2;

/** Column positions of rows of cells: each column as wide as its widest cell, up to a bound. */
export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, Math.min(cell.length, COLUMN_MAXIMUM));
  return widths;
}

/** Writes rows into a text; `placed` hears where each cell begins that isn't empty. */
export function rowText(row: readonly string[], widths: readonly number[], placed: (column: number, at: number) => void = () => {}): string {
  let line = "";
  let edge = 0;
  for (const [column, cell] of row.entries()) {
    if (cell !== "") {
      const gap = line === "" ? edge : Math.max(GAP, edge - line.length);
      line += " ".repeat(gap);
      placed(column, line.length);
      line += cell;
    }
    edge += (widths[column] ?? 0) + GAP;
  }
  return line;
}

/** A cell's text on one line. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Rows whose cells may have several lines, side by side. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const lines = rows.flatMap((row) => {
    const cells = row.map((cell) => cell.split("\n").map((line) => line.trimEnd()));
    const height = cells.reduce((most, cell) => Math.max(most, cell.length), 0);
    return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ""));
  });
  const widths = columnWidths(lines);
  return lines.map((line) => rowText(line, widths)).join("\n");
}
