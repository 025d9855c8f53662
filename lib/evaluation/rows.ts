/** Rows that a table has and an answer lacks: lines of the document that look like those of the answer's rows. */
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import { foldWord, squash } from "../values/fold.ts";
import type { DocumentFacts } from "../values/index.ts";
import { numbersIn } from "../values/number.ts";
import { type DocumentLine, linesOf } from "./places.ts";

type Row = Readonly<Record<string, Json>>;

/** A line that isn't a row ends a table, after so many of them (descriptions wrap); a page's head and foot may be longer. */
const LINES_BETWEEN = 2;
const LINES_AT_PAGE_BREAK = 25;
const MOST_ROWS = 2000;
const MOST_LINES = 20_000;
/** Of a cell with a line, for rows that stand nowhere. */
const MOST_COMPARISONS = 2_000_000;
const LONGEST_LINE = 2000;
const ALIKE = 0.6;
const TOTAL =
  /^(?:sub-? ?total|totals?|grand total|sum|net|gross|vat|tax|balance|carried|brought|amount due|gesamt|summe|zwischensumme|netto|brutto|mwst|ust|ubertrag|sous-total|tva|total|totale|subtotal|iva|importe|btw|totaal|page|seite|discount|shipping|rabatt|versand)/;

interface ReadLine {
  squashed: string;
  numbers: ReadonlySet<string>;
}

function reader(lines: readonly DocumentLine[], facts: DocumentFacts) {
  const read = new Map<number, ReadLine>();
  return (index: number): ReadLine => {
    const known = read.get(index);
    if (known) return known;
    const text = (lines[index]?.text ?? "").slice(0, LONGEST_LINE);
    const line = {
      squashed: squash(text),
      numbers: new Set(numbersIn(text, facts).flatMap(({ readings }) => readings.map((value) => value.abs().toString()))),
    };
    read.set(index, line);
    return line;
  };
}

function holds({ squashed, numbers }: ReadLine, cell: Json): boolean {
  if (typeof cell === "number") return numbers.has(String(Math.abs(cell)));
  const wanted = squash(String(cell)).slice(0, 16);
  return wanted !== "" && squashed.includes(wanted);
}

/** For each row the line that holds most of its cells, at least six in ten; each line once. */
function linesOfRows(rows: readonly Row[], lines: readonly DocumentLine[], read: (index: number) => ReadLine): ReadonlySet<number> {
  const used = new Set<number>();
  let last = -1;
  let comparisons = 0;
  for (const row of rows) {
    const cells = Object.values(row).filter((cell) => cell !== null && cell !== "" && typeof cell !== "object" && typeof cell !== "boolean");
    if (cells.length === 0) continue;
    if (comparisons > MOST_COMPARISONS) break;
    const shareOf = (index: number) => (used.has(index) ? 0 : cells.filter((cell) => holds(read(index), cell)).length / cells.length);
    let best = { index: -1, share: ALIKE - 1e-9 };
    // Rows stand in order: what follows the last one is tried first.
    for (let step = 1; step <= lines.length && best.share < 1; step++) {
      const index = (last + step) % lines.length;
      comparisons += cells.length;
      const share = shareOf(index);
      if (share > best.share) best = { index, share };
    }
    if (best.index < 0) continue;
    used.add(best.index);
    last = best.index;
  }
  return used;
}

/** Columns in which most of the rows' lines have digits. */
function digitColumns(lines: readonly DocumentLine[], used: ReadonlySet<number>): { start: number; end: number }[] {
  const spans = [...used].flatMap((index) => (lines[index]?.pieces ?? []).filter(({ text }) => /\d/.test(text)));
  const columns: { start: number; end: number; count: number }[] = [];
  for (const { start, end } of spans) {
    const same = columns.find((column) => start < column.end && column.start < end);
    if (!same) columns.push({ start, end, count: 1 });
    else Object.assign(same, { start: Math.min(same.start, start), end: Math.max(same.end, end), count: same.count + 1 });
  }
  return columns.filter(({ count }) => count >= used.size * ALIKE);
}

function looksAlike(line: DocumentLine, columns: readonly { start: number; end: number }[], pieces: number): boolean {
  if (columns.length === 0 || TOTAL.test(foldWord(line.pieces[0]?.text ?? "")) || line.pieces.length < Math.min(pieces, 2)) return false;
  const hit = columns.filter((column) => line.pieces.some(({ start, end, text }) => /\d/.test(text) && start < column.end && column.start < end)).length;
  return hit >= columns.length * ALIKE && Math.abs(line.pieces.length - pieces) <= Math.max(1, pieces / 3);
}

/** How many lines like those of the rows stand on one side of them, until the table ends. */
function alikeBeyond(lines: readonly DocumentLine[], from: number, step: 1 | -1, isAlike: (index: number) => boolean): number {
  let found = 0;
  let between = 0;
  for (let index = from + step; index >= 0 && index < lines.length; index += step) {
    const line = lines[index];
    if (!line) break;
    if (isAlike(index)) {
      found++;
      between = 0;
      continue;
    }
    if (
      TOTAL.test(foldWord(line.pieces[0]?.text ?? "")) &&
      between === 0 &&
      /\d/.test(line.text) &&
      !/^(?:carried|ubertrag|page|seite)/.test(foldWord(line.text.trim()))
    )
      break;
    between++;
    const isNearPageBreak = lines.slice(Math.max(0, index - LINES_AT_PAGE_BREAK), index + LINES_AT_PAGE_BREAK).some(({ page }) => page !== line.page);
    if (between > (isNearPageBreak ? LINES_AT_PAGE_BREAK : LINES_BETWEEN)) break;
  }
  return found;
}

/** How many of the rows were found again, and how many lines like theirs the answer lacks. */
export function missingRows(rows: readonly Row[], document: DocumentText, facts: DocumentFacts): { found: number; missing: number } {
  const lines = linesOf(document).slice(0, MOST_LINES);
  const used = linesOfRows(rows.slice(0, MOST_ROWS), lines, reader(lines, facts));
  if (used.size === 0) return { found: 0, missing: 0 };
  const order = [...used].sort((one, other) => one - other);
  const counts = order.map((index) => lines[index]?.pieces.length ?? 0).sort((one, other) => one - other);
  const pieces = counts[counts.length >> 1] ?? 0;
  const columns = digitColumns(lines, used);
  const isAlike = (index: number) => {
    const line = lines[index];
    return line !== undefined && !used.has(index) && looksAlike(line, columns, pieces);
  };
  const [first = 0, last = 0] = [order[0], order.at(-1)];
  let within = 0;
  for (let index = first + 1; index < last; index++) if (isAlike(index)) within++;
  return { found: used.size, missing: within + alikeBeyond(lines, first, -1, isAlike) + alikeBeyond(lines, last, 1, isAlike) };
}
