/** Tables that go on on the next page. */
import type { Grid } from "./grid.ts";
import { textOfCell } from "./kinds.ts";
import type { RowKind } from "./table.ts";

/** A table of one page: `kinds` of its rows; whether text other than in the page's margins stands above or below it. */
export interface PageTable {
  page: number;
  width: number;
  grid: Grid;
  kinds: readonly RowKind[];
  /** Lines of the page above and below the table. */
  linesAbove: number;
  linesBelow: number;
}

/** A table may be parted from the page's edge by so many lines: page numbers, running titles, what is carried over. */
const MARGIN_LINES = 4;
/** Columns of two parts stand under each other to within this share of the page's width. */
const ALIKE = 0.02;

/** Tables as lists of their parts, each on a page. */
export function joinedAcrossPages(tables: readonly PageTable[]): PageTable[][] {
  const result: PageTable[][] = [];
  for (const table of tables) {
    const open = result.findLast((parts) => parts.at(-1)?.page === table.page - 1);
    const last = open?.at(-1);
    const first = open?.[0];
    if (open && last && first && goesOn(last, table, headingText(first))) open.push(table);
    else result.push([table]);
  }
  return result;
}

function goesOn(last: PageTable, next: PageTable, heading: string): boolean {
  if (last.grid.columns !== next.grid.columns || last.linesBelow > MARGIN_LINES || next.linesAbove > MARGIN_LINES) return false;
  const repeated = headingText(next);
  if (repeated !== "") return repeated === heading;
  if (last.kinds.at(-1) === "total" && last.kinds.filter((kind) => kind === "total").length === 1) return false;
  const [before, after] = [edges(last), edges(next)];
  return before.every((edge, column) => near(edge, after[column], last.width * ALIKE));
}

/** Left-aligned columns begin at the same place, right-aligned ones end there. */
function near(first: Edge, second: Edge | undefined, tolerance: number): boolean {
  return second !== undefined && Math.min(Math.abs(first.left - second.left), Math.abs(first.right - second.right)) <= tolerance;
}

interface Edge {
  left: number;
  right: number;
}

function edges({ grid }: PageTable): Edge[] {
  const result: Edge[] = Array.from({ length: grid.columns }, () => ({ left: Number.POSITIVE_INFINITY, right: Number.NEGATIVE_INFINITY }));
  for (const cell of grid.cells) {
    const edge = result[cell.column];
    if (!edge || cell.columnSpan > 1) continue;
    for (const word of cell.words) {
      edge.left = Math.min(edge.left, word.left);
      edge.right = Math.max(edge.right, word.right);
    }
  }
  return result;
}

/** The text of a part's headings. */
export function headingText({ grid, kinds }: PageTable): string {
  return grid.cells
    .filter((cell) => kinds[cell.row] === "heading")
    .sort((first, second) => first.row - second.row || first.column - second.column)
    .map((cell) => `${cell.row}:${cell.column} ${textOfCell(cell)}`)
    .join("\n");
}
