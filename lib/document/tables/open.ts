/** Tables without lines between their cells: columns by corridors, rows by what their lines hold. */
import { type Column, columnsOf, type Placed, placed } from "./columns.ts";
import { compact, type Grid, type GridCell } from "./grid.ts";
import { isNumeric, isNumericOrNone } from "./numeric.ts";
import { extentOf, type TextLine, textOf } from "./phrases.ts";
import { regionsOf } from "./regions.ts";
import type { Rulings } from "./rulings.ts";

/** The tables among lines that no ruled table took. */
export function openGrids(lines: readonly TextLine[], rulings: Rulings): Grid[] {
  return regionsOf(lines).flatMap((region) => {
    const columns = columnsOf(region);
    if (columns.length < 2) return [];
    const grid = gridOf(region, columns, rulings);
    return grid && isTable(grid) ? [grid] : [];
  });
}

/** No row has more lines of text. */
const ROW_LINES_MAXIMUM = 40;
const STARTS_LOWER = /^[\p{Ll}(&]/u;

interface Row {
  lines: TextLine[];
  cells: Placed[][];
}

function gridOf(region: readonly TextLine[], columns: readonly Column[], rulings: Rulings): Grid | undefined {
  const frame = extentOf(region);
  const entries = region.map((line) => ({ line, cells: placed(line, columns) }));
  const rules = rulings.across.filter(
    (rule) =>
      rule.at > frame.top && rule.at < frame.bottom && Math.min(rule.to, frame.right) - Math.max(rule.from, frame.left) > (frame.right - frame.left) * 0.7,
  );
  const firstBody = entries.findIndex(
    ({ cells }) => cells.filter((cell) => isNumericOrNone(textOf(cell.phrase))).length >= Math.max(1, (cells.length - 1) * 0.5) && cells.length > 1,
  );
  const rows: Row[] = [];
  for (const [index, entry] of entries.entries()) {
    const last = rows.at(-1);
    const above = last?.lines.at(-1);
    const ruled =
      above !== undefined && rules.some((rule) => rule.at > above.top + above.height * 0.5 && rule.at < entry.line.bottom - entry.line.height * 0.5);
    if (last && above && !ruled && continues(last, entry.cells, entry.line, index < firstBody, columns)) {
      last.lines.push(entry.line);
      last.cells.push(entry.cells);
    } else rows.push({ lines: [entry.line], cells: [entry.cells] });
  }
  const cells = rows.flatMap((row, index) => cellsOf(row, index));
  return compact({ cells, ruled: false, frame });
}

/** Whether a line belongs to the row above it. */
function continues(row: Row, cells: readonly Placed[], line: TextLine, inHeader: boolean, columns: readonly Column[]): boolean {
  const above = row.lines.at(-1);
  const previous = row.cells.at(-1);
  if (!above || !previous || row.lines.length >= ROW_LINES_MAXIMUM) return false;
  const close = line.top - above.bottom < line.height * 0.6;
  if (!close) return false;
  const spans = (list: readonly Placed[]) => list.some((cell) => cell.to > cell.from);
  if (inHeader) return !spans(cells) && !spans(previous);
  if (cells.some((cell) => isNumericOrNone(textOf(cell.phrase)))) return false;
  const first = row.cells[0] ?? [];
  const under = (cell: Placed) => row.cells.flat().findLast((other) => other.from <= cell.to && other.to >= cell.from);
  if (cells.length > first.length || !cells.every((cell) => under(cell) !== undefined)) return false;
  if (cells.length > 1 && cells.length === first.length && !cells.some((cell) => STARTS_LOWER.test(textOf(cell.phrase)))) return false;
  return cells.every((cell) => STARTS_LOWER.test(textOf(cell.phrase)) || wraps(under(cell), cell, columns));
}

/** Whether the first word of a cell would not have fitted beside the text above it: it stands on a line of its own because there was no room. */
function wraps(above: Placed | undefined, cell: Placed, columns: readonly Column[]): boolean {
  const word = cell.phrase.words[0];
  if (!above || !word) return false;
  const edge = Math.max(columns[above.to]?.right ?? 0, columns[cell.to]?.right ?? 0);
  const blank = (word.bottom - word.top) * 0.25;
  return above.phrase.right + blank + (word.right - word.left) > edge;
}

function cellsOf(row: Row, index: number): GridCell[] {
  const result: (GridCell & { words: GridCell["words"][number][] })[] = [];
  for (const cell of row.cells.flat()) {
    const same = result.find((other) => other.column <= cell.to && other.column + other.columnSpan > cell.from);
    if (same) {
      const end = Math.max(same.column + same.columnSpan, cell.to + 1);
      same.column = Math.min(same.column, cell.from);
      same.columnSpan = end - same.column;
      same.words.push(...cell.phrase.words);
    } else result.push({ row: index, column: cell.from, rowSpan: 1, columnSpan: cell.to - cell.from + 1, words: [...cell.phrase.words] });
  }
  return result;
}

const PROSE_LETTERS = 38;

/** Whether a grid holds what tables hold: enough cells side by side, and not columns of running text. */
function isTable(grid: Grid): boolean {
  const texts = grid.cells.map((cell) => cell.words.map((word) => word.text).join(" "));
  const numeric = texts.filter(isNumeric).length;
  const byRow = new Map<number, number>();
  for (const cell of grid.cells) byRow.set(cell.row, (byRow.get(cell.row) ?? 0) + 1);
  const full = [...byRow.values()].filter((count) => count > 1).length;
  if (full < 2) return false;
  const lengths = texts.map((text) => text.length).sort((first, second) => first - second);
  const usual = lengths[lengths.length >> 1] ?? 0;
  if (numeric < texts.length * 0.15 && (usual > PROSE_LETTERS || full < 3)) return false;
  return grid.cells.length >= grid.rows * grid.columns * 0.3;
}
