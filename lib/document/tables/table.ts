/** A table as data. */
import type { Box } from "../../schema/document.ts";

/** What a row is: a heading of columns, a row of data, the name of a group of rows below it, or a sum. */
export type RowKind = "heading" | "data" | "group" | "total";

/** A cell: its first column from 0 and how many rows and columns it covers, its text in one line, its words in the document, and the box around them on the row's page. A covered place has no cell. */
export interface TableCell {
  column: number;
  rowSpan: number;
  columnSpan: number;
  text: string;
  words: readonly number[];
  box?: Box;
}

/** A row: the page that it is on, and its cells from left to right; empty places have none. */
export interface TableRow {
  kind: RowKind;
  page: number;
  cells: readonly TableCell[];
}

/** A table. Headings come first, and once, however many of its pages they are printed on (`headingPages`). `ruled`: lines are drawn between its cells. `range` is from its first to its last word in the layout view. */
export interface Table {
  columns: number;
  rows: readonly TableRow[];
  pages: readonly [number, number];
  headingPages: readonly number[];
  ruled: boolean;
  range: readonly [number, number];
}

/** A table's rows as lists of texts, each as long as the table has columns, "" where a place is empty or covered. */
export function textRows(table: Table, rows: readonly TableRow[] = table.rows): string[][] {
  return rows.map((row) => {
    const texts = Array.from({ length: table.columns }, () => "");
    for (const cell of row.cells) texts[cell.column] = cell.text;
    return texts;
  });
}

/** The heading of each column: what stands over it, from the top, with one blank between; a heading over several columns belongs to each. "" where nothing does. */
export function columnHeadings(table: Table): string[] {
  const parts: string[][] = Array.from({ length: table.columns }, () => []);
  for (const row of table.rows) {
    if (row.kind !== "heading") break;
    for (const { column, columnSpan, text } of row.cells) for (let at = column; at < column + columnSpan; at++) parts[at]?.push(text);
  }
  return parts.map((texts) => texts.join(" "));
}
