/** The headings of tables: which lines are headings, and the columns that they name. */
import type { Cell, Facts, Line } from "./facts.ts";
import { likeLabel } from "./labels.ts";
import type { Column } from "./lexicon/concepts.ts";
import { COLUMNS } from "./lexicon/index.ts";
import { amountsIn } from "./values.ts";
import { comparableWords } from "./words.ts";

/** A column: its printed heading, its horizontal place in points, and what it may be for. */
export interface TableColumn {
  heading: string;
  left: number;
  right: number;
  meanings: readonly Column[];
}

const MOST_HEADING_LINES = 3;

/** The text of a cell. */
export function textOfCell(facts: Facts, cell: Cell): string {
  return facts.text.slice(cell.start, cell.end);
}

/** Whether a cell holds an amount and hardly any letters. */
export function isNumeric(text: string): boolean {
  return amountsIn(text).length > 0 && text.replace(/[^\p{L}]/gu, "").length <= 4;
}

/** What a heading, or the name of a column in a question, may be for. */
export function meaningsOf(heading: string): Column[] {
  return [...new Set(comparableWords(heading.replace(/_/g, " ")).flatMap((word) => COLUMNS.get(word) ?? []))];
}

/** Whether a line may be headings: several cells of words, most of them common headings, none an amount. The number of common headings; 0 where it is no row of headings. */
export function headingScore(facts: Facts, line: Line): number {
  if (line.cells.length < 2 || line.cells.length > 24) return 0;
  let known = 0;
  for (const cell of line.cells) {
    const text = textOfCell(facts, cell);
    if (isNumeric(text) || text.length > 45 || /:$/.test(text)) return 0;
    if (meaningsOf(text).length > 0) known += 1;
  }
  return known >= 2 && known >= line.cells.length * 0.4 ? known : 0;
}

/** How far two places overlap horizontally, in points; below 0 is the gap between them. */
export function overlap(left: { left: number; right: number }, right: { left: number; right: number }): number {
  return Math.min(left.right, right.right) - Math.max(left.left, right.left);
}

/** The height of a line in points. */
export function heightOf(line: Line): number {
  return Math.max(5, line.bottom - line.top);
}

/** The token before which a heading cell is cut: at its widest gap where one is clearly wider, else so that both parts stand over the cells under it. -1 where it has no gap. */
function cutBetween(facts: Facts, cell: Cell, under: readonly [Cell, Cell]): number {
  const centre = (place: { left: number; right: number }) => (place.left + place.right) / 2;
  const gaps: { at: number; width: number; distance: number }[] = [];
  for (let index = cell.first + 1; index < cell.last; index++) {
    const before = facts.tokens[index - 1];
    const token = facts.tokens[index];
    if (before === undefined || token === undefined || token.start === before.end) continue;
    gaps.push({
      at: index,
      width: token.left - before.right,
      distance:
        Math.abs(centre({ left: cell.left, right: before.right }) - centre(under[0])) +
        Math.abs(centre({ left: token.left, right: cell.right }) - centre(under[1])),
    });
  }
  const [widest, second] = [...gaps].sort((left, right) => right.width - left.width);
  if (widest !== undefined && second !== undefined && widest.width > second.width * 1.3) return widest.at;
  return [...gaps].sort((left, right) => left.distance - right.distance)[0]?.at ?? -1;
}

/** Cuts a heading cell in two where several of the next lines have two cells under it: "VAT Price incl. VAT" heads two columns. */
function headingParts(facts: Facts, line: Line): Pick<TableColumn, "heading" | "left" | "right">[] {
  return line.cells.flatMap((cell) => {
    const whole = { heading: textOfCell(facts, cell), left: cell.left, right: cell.right };
    if (cell.last - cell.first < 2) return [whole];
    const others = line.cells.filter((other) => other !== cell);
    const pairs: [Cell, Cell][] = [];
    let singles = 0;
    for (let index = line.index + 1; index <= line.index + 8; index++) {
      const under = facts.lines[index];
      if (under === undefined || under.page !== line.page) break;
      const inside = under.cells.filter((entry) => overlap(entry, cell) > 0 && !others.some((other) => overlap(entry, other) > overlap(entry, cell)));
      const [first, second] = inside;
      if (inside.length === 2 && first !== undefined && second !== undefined) pairs.push([first, second]);
      else if (inside.length === 1) singles += 1;
    }
    const pair = pairs[0];
    if (pair === undefined || pairs.length <= singles) return [whole];
    const cut = cutBetween(facts, cell, pair);
    const before = facts.tokens[cut - 1];
    const after = facts.tokens[cut];
    if (before === undefined || after === undefined) return [whole];
    return [
      { heading: facts.text.slice(cell.start, before.end), left: cell.left, right: before.right },
      { heading: facts.text.slice(after.start, cell.end), left: after.left, right: cell.right },
    ];
  });
}

/** Joins lines right above or below the headings whose words belong to them, such as "Unit" over "price". */
export function headingColumns(facts: Facts, line: Line): { columns: TableColumn[]; first: Line; last: Line } {
  const columns: TableColumn[] = headingParts(facts, line).map((part) => ({ ...part, meanings: [] }));
  let first = line;
  let last = line;
  const merge = (other: Line, above: boolean): boolean => {
    if (other.page !== line.page || other.cells.length > columns.length + 1) return false;
    if (other.cells.some((cell) => /\d/.test(textOfCell(facts, cell)) || textOfCell(facts, cell).length > 30 || /:$/.test(textOfCell(facts, cell))))
      return false;
    if (other.cells.some((cell) => textOfCell(facts, cell).includes(":") || likeLabel(facts, cell.first, cell.last) < 0.5)) return false;
    const targets = other.cells.map((cell) => columns.find((column) => overlap(column, cell) > 0));
    if (targets.some((target) => target === undefined) || other.cells.length === 0) return false;
    other.cells.forEach((cell, index) => {
      const target = targets[index];
      if (target === undefined) return;
      target.heading = above ? `${textOfCell(facts, cell)} ${target.heading}` : `${target.heading} ${textOfCell(facts, cell)}`;
      target.left = Math.min(target.left, cell.left);
      target.right = Math.max(target.right, cell.right);
    });
    return true;
  };
  for (let step = 0; step < MOST_HEADING_LINES - 1; step++) {
    const above = facts.lines[first.index - 1];
    if (above === undefined || first.top - above.bottom > heightOf(first) * 0.9 || !merge(above, true)) break;
    first = above;
  }
  for (let step = 0; step < MOST_HEADING_LINES - 1; step++) {
    const under = facts.lines[last.index + 1];
    if (under === undefined || under.top - last.bottom > heightOf(last) * 0.9 || under.cells.length >= columns.length || !merge(under, false)) break;
    last = under;
  }
  for (const column of columns) column.meanings = meaningsOf(column.heading);
  return { columns, first, last };
}
