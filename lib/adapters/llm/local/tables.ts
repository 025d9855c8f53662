/** Tables: a row of headings over repeated rows, also where they go on on the next page. */
import { columnHeadings, textRows } from "../../../document/tables/table.ts";
import { tablesOf as tablesOfDocument } from "../../../document/tables/tables.ts";
import { type Facts, oncePerDocument } from "./facts.ts";
import { headingColumns, headingScore, meaningsOf, type TableColumn } from "./table-headings.ts";
import { readRows } from "./table-rows.ts";

/** A table: cell texts by row and column, "" where a row has none. `range` from the headings to the last row, in the layout view. `known`: how many headings are common ones. */
export interface Table {
  columns: TableColumn[];
  rows: string[][];
  range: readonly [number, number];
  known: number;
  page: number;
}

/** Parts the position from what follows it where both stand in one cell: "Pos. Item" over "1 Superkite". */
function partPositions(columns: TableColumn[], rows: string[][]): void {
  const first = columns[0];
  const heading = /^(\S+)\s+(\S.*)$/.exec(first?.heading ?? "");
  const filled = rows.filter((row) => row[0] !== "");
  if (first === undefined || heading === null || filled.length === 0 || meaningsOf(heading[1] ?? "")[0] !== "position") return;
  const split = filled.filter((row) => /^\d[\d.]{0,6}\s+\S/.test(row[0] ?? ""));
  if (split.length < filled.length * 0.8) return;
  const middle = first.left + ((first.right - first.left) * (heading[1] ?? "").length) / first.heading.length;
  columns.splice(
    0,
    1,
    { heading: heading[1] ?? "", left: first.left, right: middle, meanings: ["position"] },
    { heading: heading[2] ?? "", left: middle, right: first.right, meanings: meaningsOf(heading[2] ?? "") },
  );
  for (const row of rows) {
    const parts = /^(\d[\d.]{0,6})\s+(\S.*)$/s.exec(row[0] ?? "");
    row.splice(0, 1, parts?.[1] ?? "", parts?.[2] ?? row[0] ?? "");
  }
}

function sameHeadings(left: readonly TableColumn[], right: readonly TableColumn[]): boolean {
  return left.length === right.length && left.every((column, index) => column.heading === right[index]?.heading);
}

function findTables(facts: Facts): readonly Table[] {
  const result: Table[] = [];
  for (let index = 0; index < facts.lines.length; index++) {
    const line = facts.lines[index];
    if (line === undefined) continue;
    const known = headingScore(facts, line);
    if (known === 0) continue;
    const { columns, first, last } = headingColumns(facts, line);
    const { rows, end, last: lastLine } = readRows(facts, columns, last);
    index = Math.max(index, last.index, rows.length > 0 ? lastLine : 0);
    if (rows.length === 0) continue;
    partPositions(columns, rows);
    const previous = result.at(-1);
    if (previous !== undefined && previous.page < line.page && sameHeadings(previous.columns, columns)) {
      previous.rows.push(...rows);
      previous.range = [previous.range[0], end];
      previous.page = line.page;
    } else result.push({ columns, rows, range: [first.cells[0]?.start ?? 0, end], known, page: line.page });
  }
  return result;
}

/** Tables that their places and lines show, whatever their headings say; those of which rows were read above are left out. */
function furtherTables(facts: Facts, read: readonly Table[]): Table[] {
  return tablesOfDocument(facts.document).flatMap((table) => {
    const headings = columnHeadings(table);
    const rows = textRows(
      table,
      table.rows.filter((row) => row.kind === "data"),
    );
    if (rows.length === 0 || headings.every((heading) => heading === "")) return [];
    if (read.some(({ range }) => range[0] < table.range[1] && table.range[0] < range[1])) return [];
    const columns = headings.map((heading) => ({ heading, left: 0, right: 0, meanings: meaningsOf(heading) }));
    return [{ columns, rows, range: table.range, known: columns.filter(({ meanings }) => meanings.length > 0).length, page: table.pages[1] }];
  });
}

/** The tables of a document, found once: those with common headings first. Rows that go on under the same headings on the next page belong to one table. */
export const tablesOf = oncePerDocument((facts): readonly Table[] => {
  const read = findTables(facts);
  return [...read, ...furtherTables(facts, read)];
});
