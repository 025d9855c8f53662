/** The rows of tables: columns by the headings' places, wrapped text joined, ended by totals or by what no longer fits. */
import { type Cell, type Facts, type Line, oncePerDocument } from "./facts.ts";
import { marksOf } from "./labels.ts";
import type { Concept } from "./lexicon/concepts.ts";
import { TOTALS } from "./lexicon/index.ts";
import { headingScore, heightOf, isNumeric, overlap, type TableColumn, textOfCell } from "./table-headings.ts";
import { datesIn } from "./values.ts";

const MOST_ROWS = 2000;
const LARGEST_GAP = 4.5;
/** The gap over a wrapped line, in heights of the line above it. */
const CONTINUATION_GAP = 0.9;
/** After so many rows it is known what a column holds. */
const ROWS_TO_KNOW = 2;
/** How far left of its column wrapped text may start, in points. */
const INDENT = 12;

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

/** The rows below headings, the end of their text in the layout view, and their last line. */
interface Rows {
  rows: string[][];
  end: number;
  last: number;
}

/** The horizontal extent of a column's cells so far, and whether one of them is words rather than a number or a date. */
interface Extent {
  left: number;
  right: number;
  words: boolean;
}

function isWords(text: string): boolean {
  return !isNumeric(text) && datesIn(text).length === 0 && /\p{L}{2}/u.test(text);
}

/** Widens the columns' extents by the cells of a line. */
function widen(facts: Facts, extents: (Extent | undefined)[], line: Line, places: readonly number[]): void {
  line.cells.forEach((cell, at) => {
    const place = places[at] ?? 0;
    const held = extents[place] ?? { left: cell.left, right: cell.right, words: false };
    extents[place] = {
      left: Math.min(held.left, cell.left),
      right: Math.max(held.right, cell.right),
      words: held.words || isWords(textOfCell(facts, cell)),
    };
  });
}

/** Whether a line below the last row that was found still belongs to it: no gap above it, and each of its cells under one column of words. */
function continues(extents: readonly (Extent | undefined)[], above: Line, line: Line, places: readonly number[]): boolean {
  if (line.top - above.bottom > heightOf(above) * CONTINUATION_GAP) return false;
  return line.cells.every((cell, at) => {
    const extent = extents[places[at] ?? 0];
    const under = extents.filter((entry) => entry !== undefined && overlap(entry, cell) > 0).length;
    return extent?.words === true && under === 1 && cell.left > extent.left - INDENT;
  });
}

/** Whether a line has words under columns that held only numbers and dates so far, and nothing like those. */
function contradicts(facts: Facts, extents: readonly (Extent | undefined)[], line: Line, places: readonly number[]): boolean {
  const inNumbers = line.cells.filter((_, at) => extents[places[at] ?? 0]?.words === false);
  return inNumbers.length > 0 && inNumbers.every((cell) => isWords(textOfCell(facts, cell)));
}

/** Reads the rows below the headings. A line with a number (or most columns filled) starts a row; other lines continue its texts, which below the last row must fit more closely. */
export function readRows(facts: Facts, columns: readonly TableColumn[], from: Line): Rows {
  const result: Rows = { rows: [], end: 0, last: from.index };
  const { rows } = result;
  const extents: (Extent | undefined)[] = columns.map(() => undefined);
  let waiting: { line: Line; places: number[] }[] = [];
  const add = (line: Line, places: readonly number[]) => {
    const row = rows.at(-1);
    line.cells.forEach((cell, at) => {
      const place = places[at] ?? 0;
      const held = row?.[place] ?? "";
      if (row !== undefined) row[place] = held === "" ? textOfCell(facts, cell) : `${held} ${textOfCell(facts, cell)}`;
    });
    result.end = line.cells.at(-1)?.end ?? result.end;
    result.last = line.index;
  };
  let previous = from;
  for (let index = from.index + 1; index < facts.lines.length && rows.length < MOST_ROWS; index++) {
    const line = facts.lines[index];
    if (line === undefined || line.page !== from.page || line.top - previous.bottom > heightOf(previous) * LARGEST_GAP) break;
    if (endsTable(facts, line) || headingScore(facts, line) >= 2) break;
    const places = line.cells.map((cell) => columnOf(columns, cell));
    const filled = new Set(places).size;
    const starts = startsRow(facts, columns, line, places);
    if (!starts && rows.length > 0 && line.cells.length > 1 && filled > 2) break;
    if (starts && rows.length >= ROWS_TO_KNOW && contradicts(facts, extents, line, places)) break;
    previous = line;
    if (starts) {
      for (const held of waiting) add(held.line, held.places);
      waiting = [];
      rows.push(columns.map(() => ""));
      add(line, places);
      widen(facts, extents, line, places);
    } else if (rows.length > 0) waiting.push({ line, places });
  }
  for (const held of waiting) {
    const above = facts.lines[result.last];
    if (above === undefined || !continues(extents, above, held.line, held.places)) break;
    add(held.line, held.places);
  }
  return result;
}

function startsRow(facts: Facts, columns: readonly TableColumn[], line: Line, places: readonly number[]): boolean {
  const numbers = line.cells.filter((cell, at) => isNumeric(textOfCell(facts, cell)) && (columns[places[at] ?? 0]?.meanings[0] ?? "") !== "description").length;
  const filled = new Set(places).size;
  return filled >= 2 && (numbers >= 1 || filled >= Math.max(2, columns.length * 0.6));
}
