/** Tables: a row of headings over repeated rows, columns by the headings' places, wrapped text joined, ended by totals. */
import { type Cell, type Facts, type Line, oncePerDocument } from "./facts.ts";
import { likeLabel, marksOf } from "./labels.ts";
import type { Column, Concept } from "./lexicon/concepts.ts";
import { COLUMNS, TOTALS } from "./lexicon/index.ts";
import { amountsIn } from "./values.ts";
import { comparableWords } from "./words.ts";

/** A column: its printed heading, its horizontal place in points, and what it may be for. */
export interface TableColumn {
  heading: string;
  left: number;
  right: number;
  meanings: readonly Column[];
}

/** A table: cell texts by row and column, "" where a row has none. `range` from the headings to the last row, in the layout view. `known`: how many headings are common ones. */
export interface Table {
  columns: TableColumn[];
  rows: string[][];
  range: readonly [number, number];
  known: number;
  page: number;
}

const MOST_ROWS = 2000;
const MOST_HEADING_LINES = 3;
const LARGEST_GAP = 4.5;

function textOfCell(facts: Facts, cell: Cell): string {
  return facts.text.slice(cell.start, cell.end);
}

function isNumeric(text: string): boolean {
  return amountsIn(text).length > 0 && text.replace(/[^\p{L}]/gu, "").length <= 4;
}

/** What a heading, or the name of a column in a question, may be for. */
export function meaningsOf(heading: string): Column[] {
  return [...new Set(comparableWords(heading.replace(/_/g, " ")).flatMap((word) => COLUMNS.get(word) ?? []))];
}

/** Whether a line may be headings: several cells of words, most of them common headings, none an amount. */
function headingScore(facts: Facts, line: Line): number {
  if (line.cells.length < 2 || line.cells.length > 24) return 0;
  let known = 0;
  for (const cell of line.cells) {
    const text = textOfCell(facts, cell);
    if (isNumeric(text) || text.length > 45 || /:$/.test(text)) return 0;
    if (meaningsOf(text).length > 0) known += 1;
  }
  return known >= 2 && known >= line.cells.length * 0.4 ? known : 0;
}

function overlap(left: { left: number; right: number }, right: { left: number; right: number }): number {
  return Math.min(left.right, right.right) - Math.max(left.left, right.left);
}

function heightOf(line: Line): number {
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
function headingColumns(facts: Facts, line: Line): { columns: TableColumn[]; first: Line; last: Line } {
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

/** The column of a cell: the one it overlaps most, else the nearest. */
function columnOf(columns: readonly TableColumn[], cell: Cell): number {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  columns.forEach((column, index) => {
    const shared = overlap(column, cell);
    const score = shared > 0 ? shared / Math.min(column.right - column.left, cell.right - cell.left) + 1 : shared / 100;
    if (score > bestScore) {
      best = index;
      bestScore = score;
    }
  });
  return best;
}

const SUMS: readonly Concept[] = ["total", "net", "tax", "subtotal", "amount-due", "rounding"];

/** The first tokens of labels of sums. */
const sumLabelsOf = oncePerDocument((facts) => {
  const { byConcept } = marksOf(facts);
  return new Set(SUMS.flatMap((concept) => (byConcept.get(concept) ?? []).filter((hit) => hit.quality > 0.5).map((hit) => hit.first)));
});

/** Whether a line ends the table: it starts with a word of totals, or a label of an amount stands before its only numbers. */
function endsTable(facts: Facts, line: Line): boolean {
  const first = line.cells[0];
  if (first === undefined) return false;
  const token = facts.tokens[first.first];
  const lead = line.cells.findIndex((cell) => isNumeric(textOfCell(facts, cell)));
  if (token !== undefined && TOTALS.has(token.norm) && lead > 0) return true;
  if (lead < 0 || line.cells.length > 4) return lead < 0 && line.cells.length === 1 && token !== undefined && TOTALS.has(token.norm);
  return sumLabelsOf(facts).has(line.cells[Math.max(0, lead - 1)]?.first ?? -1);
}

interface Reading {
  rows: string[][];
  end: number;
  last: number;
}

/** Reads the rows below the headings. A line with a number (or most columns filled) starts a row; other lines continue its texts. */
function readRows(facts: Facts, columns: readonly TableColumn[], from: Line): Reading {
  const rows: string[][] = [];
  let end = 0;
  let previous = from;
  let last = from.index;
  for (let index = from.index + 1; index < facts.lines.length && rows.length < MOST_ROWS; index++) {
    const line = facts.lines[index];
    if (line === undefined || line.page !== from.page || line.top - previous.bottom > heightOf(previous) * LARGEST_GAP) break;
    if (endsTable(facts, line) || headingScore(facts, line) >= 2) break;
    const places = line.cells.map((cell) => columnOf(columns, cell));
    const numbers = line.cells.filter(
      (cell, at) => isNumeric(textOfCell(facts, cell)) && (columns[places[at] ?? 0]?.meanings[0] ?? "") !== "description",
    ).length;
    const filled = new Set(places).size;
    const starts = filled >= 2 && (numbers >= 1 || filled >= Math.max(2, columns.length * 0.6));
    if (starts) rows.push(columns.map(() => ""));
    const row = rows.at(-1);
    if (row === undefined) {
      previous = line;
      continue;
    }
    if (!starts && line.cells.length > 1 && filled > 2) break;
    line.cells.forEach((cell, at) => {
      const place = places[at] ?? 0;
      const held = row[place] ?? "";
      row[place] = held === "" ? textOfCell(facts, cell) : `${held} ${textOfCell(facts, cell)}`;
    });
    end = line.cells.at(-1)?.end ?? end;
    previous = line;
    last = index;
  }
  return { rows, end, last };
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

/** The tables of a document, found once. Rows that go on under the same headings on the next page belong to one table. */
export const tablesOf = oncePerDocument(findTables);
