/** What the rows of a table are: headings, data, names of groups, sums. */
import type { Grid, GridCell } from "./grid.ts";
import { isNumericOrNone } from "./numeric.ts";
import type { RowKind } from "./table.ts";

const HEADINGS_MAXIMUM = 5;
/** Words that a row of sums begins with, in the languages whose documents are read most; lower case. */
const SUM =
  /^(?:(?:grand|sub|net|gross|invoice|order|page|section|running|overall)[ -]?)?(?:totals?|sum|balance (?:due|carried forward|brought forward)|amount due)\b|^(?:zwischen|gesamt|end|netto|brutto|rechnungs)?(?:summe|betrag)\b|^gesamt\b|^insgesamt\b|^übertrag\b|^(?:sous[- ]?)?total\b|^montant total\b|^suma\b|^razem\b|^totale\b|^subtotale\b|^(?:sub)?totaal\b|^(?:del)?summa\b|^yhteensä\b|^i alt\b|^celkem\b|^összesen\b|^всего\b|^итого\b|^toplam\b|^(?:合計|小計|总计|合计|小计)/u;

/** The text of a cell of a grid. */
export function textOfCell(cell: GridCell): string {
  return cell.words.map((word) => word.text).join(" ");
}

/** The kind of each row of a grid, from the top. */
export function kindsOf(grid: Grid): RowKind[] {
  const rows = Array.from({ length: grid.rows }, (): GridCell[] => []);
  for (const cell of grid.cells) rows[cell.row]?.push(cell);
  for (const row of rows) row.sort((first, second) => first.column - second.column);
  const headings = headingRows(rows);
  return rows.map((cells, index) => {
    if (index < headings) return "heading";
    if (isSum(cells)) return "total";
    const only = cells.length === 1 ? cells[0] : undefined;
    const isGroup = only && grid.columns > 2 && only.column === 0 && index < grid.rows - 1 && !isNumericOrNone(textOfCell(only));
    return isGroup ? "group" : "data";
  });
}

/** How many rows at the top are headings: those before the first with numbers beside its first cell. Without any numbers it is the first row, if it is full and short. Labels with a colon beside their values are none. */
function headingRows(rows: readonly (readonly GridCell[])[]): number {
  const numbers = (cells: readonly GridCell[]) =>
    cells.filter((cell) => cell.column > 0 && isNumericOrNone(textOfCell(cell)) && !isYear(textOfCell(cell))).length;
  const first = rows.findIndex((cells) => numbers(cells) >= Math.max(1, (cells.length - 1) * 0.3));
  if (first === 0) return 0;
  const top = rows[0] ?? [];
  if (top.length > 1 && top.some((cell) => textOfCell(cell).endsWith(":"))) return 0;
  if (first > 0 && first <= HEADINGS_MAXIMUM) return withoutGroups(rows.slice(0, first));
  const columns = Math.max(...rows.map((cells) => cells.length));
  const short = top.every((cell) => textOfCell(cell).length <= 40);
  return top.length >= columns * 0.8 && short ? 1 : 0;
}

/** The name of the first group, alone in its row, is not yet a heading. */
function withoutGroups(rows: readonly (readonly GridCell[])[]): number {
  let count = rows.length;
  while (count > 1) {
    const cells = rows[count - 1] ?? [];
    if (cells.length > 1 || (cells[0]?.column ?? 0) > 0 || (cells[0]?.columnSpan ?? 1) > 1) break;
    count--;
  }
  return count;
}

/** Years are headings of columns as often as they are data. */
function isYear(text: string): boolean {
  return /^(?:19|20)\d\d$/.test(text);
}

/** Whether a row sums up others: its first words say so, and a number follows. */
function isSum(cells: readonly GridCell[]): boolean {
  const texts = cells.slice(0, 3).map(textOfCell);
  const label = texts.find((text) => /\p{L}/u.test(text));
  return label !== undefined && label.length <= 60 && SUM.test(label.toLowerCase()) && cells.length > 1;
}
