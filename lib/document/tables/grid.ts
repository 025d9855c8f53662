/** A table on one page, before headings, sums and following pages are looked at. */
import type { Extent, PagedWord } from "./phrases.ts";

/** A cell: its first row and column from 0, how many it covers, and its words in the order read. */
export interface GridCell {
  row: number;
  column: number;
  rowSpan: number;
  columnSpan: number;
  words: readonly PagedWord[];
}

/** Cells on a grid. `ruled`: lines are drawn between them. `frame` is around the whole table, in points. */
export interface Grid {
  rows: number;
  columns: number;
  cells: readonly GridCell[];
  ruled: boolean;
  frame: Extent;
}

/** The grid without rows and columns that have no text; undefined where fewer than two of either are left. */
export function compact(grid: Omit<Grid, "rows" | "columns">): Grid | undefined {
  const filled = grid.cells.filter((cell) => cell.words.length > 0);
  const rows = numbering(filled.map((cell) => cell.row));
  const columns = numbering(filled.map((cell) => cell.column));
  if (rows.size < 2 || columns.size < 2) return undefined;
  const span = (places: ReadonlyMap<number, number>, from: number, length: number) => {
    let count = 0;
    for (let place = from; place < from + length; place++) if (places.has(place)) count++;
    return Math.max(1, count);
  };
  const cells = filled.map((cell) => ({
    row: rows.get(cell.row) ?? 0,
    column: columns.get(cell.column) ?? 0,
    rowSpan: span(rows, cell.row, cell.rowSpan),
    columnSpan: span(columns, cell.column, cell.columnSpan),
    words: cell.words,
  }));
  return { rows: rows.size, columns: columns.size, cells, ruled: grid.ruled, frame: grid.frame };
}

function numbering(places: readonly number[]): Map<number, number> {
  return new Map([...new Set(places)].sort((first, second) => first - second).map((place, index) => [place, index]));
}

/** Words of a cell in the order read: by line, then from left to right. */
export function inOrder(words: readonly PagedWord[]): PagedWord[] {
  const sorted = [...words].sort((first, second) => first.bottom - second.bottom || first.left - second.left);
  const lines: PagedWord[][] = [];
  for (const word of sorted) {
    const line = lines.at(-1);
    const main = line?.[0];
    if (line && main && Math.min(main.bottom, word.bottom) - Math.max(main.top, word.top) > Math.min(main.bottom - main.top, word.bottom - word.top) * 0.5)
      line.push(word);
    else lines.push([word]);
  }
  return lines.flatMap((line) => line.sort((first, second) => first.left - second.left));
}
