/** From a label to its values: right of it, below it, or where its column meets the row of totals. */
import { type Cell, cellsBelow, type Facts } from "./facts.ts";
import { afterColon, endsWithColon, likeLabel, marksOf } from "./labels.ts";
import type { Kind } from "./lexicon/concepts.ts";
import { TOTALS } from "./lexicon/index.ts";
import { amountsIn, datesIn, type Found, findValue } from "./values.ts";

/** A possible value: a [start, end) range of the layout view, `raw` as printed, `score` 0 to 1, and why. */
export interface Candidate {
  range: readonly [number, number];
  raw: string;
  score: number;
  reason: string;
}

/** A label at tokens [first, last), with 0 to 1 for how surely it is the one asked for. */
export interface LabelSpan {
  first: number;
  last: number;
  quality: number;
}

/** A label's wishes: the kind of its value, and which end of a period. */
export interface Wish {
  kind: Kind;
  part: "start" | "end" | undefined;
}

const ROWS_BELOW = 3;
const MOST_TOKENS = 120;
const ROWS_TO_TOTAL = 70;

/** Whether a cell is a label itself: it ends with a colon, or a label of the lexicon fills it. */
function isLabelCell(facts: Facts, cell: Cell): boolean {
  const last = facts.tokens[cell.last - 1];
  if (last !== undefined && (last.norm === ":" || last.text.endsWith(":"))) return true;
  const end = marksOf(facts).labelEnd[cell.first] ?? 0;
  return end > 0 && end >= cell.last;
}

function cellAt(facts: Facts, offset: number, line: number): Cell | undefined {
  for (let index = line; index <= line + ROWS_BELOW; index++) {
    const cell = facts.lines[index]?.cells.find((entry) => entry.start <= offset && offset < entry.end);
    if (cell !== undefined) return cell;
  }
  return undefined;
}

/** Whether a label without colon heads a column rather than a row: the cell right of it looks more like a label than the one below it. */
function headsColumn(facts: Facts, line: number, right: Candidate, under: Candidate): boolean {
  const rightCell = cellAt(facts, right.range[0], line);
  const underCell = cellAt(facts, under.range[0], line);
  if (rightCell === undefined || underCell === undefined) return false;
  return likeLabel(facts, rightCell.first, rightCell.last) > likeLabel(facts, underCell.first, underCell.last) + 0.2;
}

/** Where a text before another label in the same cell ends: the start of the next "word:" after it. */
function endBeforeNextLabel(facts: Facts, first: number, end: number): number {
  const last = Math.min(end, first + MOST_TOKENS);
  for (let index = first + 1; index < last; index++) {
    if (facts.tokens[index]?.norm !== ":") continue;
    let from = index - 1;
    while (from > first && (marksOf(facts).labelEnd[from - 1] ?? 0) >= index) from -= 1;
    const token = facts.tokens[from];
    if (from > first && token !== undefined && /^\p{L}/u.test(token.text)) return facts.tokens[from - 1]?.end ?? token.start;
  }
  return facts.tokens[last - 1]?.end ?? 0;
}

/** Reads a value from [start, end) of the layout view. */
function read(facts: Facts, start: number, end: number, wish: Wish): (Found & { several: boolean }) | undefined {
  const text = facts.text.slice(start, end);
  let found: Found | undefined;
  let several = false;
  if (wish.kind === "date") {
    const dates = datesIn(text);
    found = wish.part === "end" && dates.length > 1 ? dates[1] : dates[0];
    if (wish.part !== undefined && dates.length === 1 && found !== undefined) found = { ...found, fit: found.fit * 0.8 };
  } else if (wish.kind === "amount") {
    const amounts = amountsIn(text);
    several = amounts.length > 1;
    const exact = amounts.filter((amount) => amount.fit === 1);
    found = exact.length > 0 ? exact.at(-1) : amounts[0];
  } else found = findValue(wish.kind, text);
  return found === undefined ? undefined : { ...found, several };
}

function candidate(facts: Facts, start: number, found: Found, score: number, reason: string): Candidate {
  const range: [number, number] = [start + found.from, start + found.to];
  return { range, raw: found.raw ?? facts.text.slice(range[0], range[1]), score: score * found.fit, reason };
}

/** The value right of a label on its row: in the same cell, else in the next cells until another label. */
function toTheRight(facts: Facts, label: LabelSpan, wish: Wish): Candidate | undefined {
  const start = afterColon(facts, label.last);
  const cell = facts.cells[facts.tokens[label.first]?.cell ?? -1];
  if (cell === undefined) return undefined;
  const token = facts.tokens[start];
  if (start < cell.last && token !== undefined) {
    const end = endBeforeNextLabel(facts, start, cell.last);
    const found = read(facts, token.start, end, wish);
    if (found !== undefined && found.from < 40) {
      const near = found.from <= 3 ? 1 : found.from < 14 ? 0.85 : 0.6;
      const leftover = wish.kind === "name" || wish.kind === "text" ? 1 - 0.75 * likeLabel(facts, start, cell.last) : 1;
      return candidate(facts, token.start, found, label.quality * near * leftover * (found.several ? 0.85 : 1), "right of the label");
    }
    if (/\p{L}{3}/u.test(facts.text.slice(token.start, cell.end)) && wish.kind !== "amount") return undefined;
  }
  const cells = facts.lines[cell.line]?.cells ?? [];
  const position = cells.indexOf(cell);
  const reach = wish.kind === "amount" ? 6 : 2;
  let amounts = 0;
  let best: Candidate | undefined;
  for (let step = 1; step <= reach; step++) {
    const next = cells[position + step];
    if (next === undefined) break;
    if (isLabelCell(facts, next)) {
      if (wish.kind === "name" && step === 1) continue;
      if (wish.kind !== "amount" || step === 1 || amounts > 0) break;
      continue;
    }
    const inside = facts.tokens[next.first];
    if (inside === undefined) break;
    const found = read(facts, next.start, endBeforeNextLabel(facts, next.first, next.last), wish);
    if (found === undefined || found.from > 20) {
      // Words after an amount are the next label.
      if (wish.kind !== "amount" || (amounts > 0 && /\p{L}{3}/u.test(facts.text.slice(next.start, next.end)))) break;
      continue;
    }
    const gap = (next.left - cell.right) / facts.pageWidth;
    const near = wish.kind === "amount" ? 1 : gap < 0.15 ? 1 : gap < 0.35 ? 0.9 : 0.7;
    amounts += 1;
    best = candidate(
      facts,
      next.start,
      found,
      label.quality * near * (step > 1 && wish.kind !== "amount" && wish.kind !== "name" ? 0.7 : 0.97),
      "right of the label, on its row",
    );
    if (wish.kind !== "amount") return best;
  }
  return best !== undefined && amounts > 1 ? { ...best, score: best.score * 0.6 } : best;
}

/** The value below a label in its column. */
function below(facts: Facts, label: LabelSpan, wish: Wish): Candidate | undefined {
  const first = facts.tokens[label.first];
  const last = facts.tokens[label.last - 1];
  if (first === undefined || last === undefined) return undefined;
  const line = facts.lines[first.line];
  const height = line === undefined ? 12 : Math.max(6, line.bottom - line.top);
  for (const cell of cellsBelow(facts, first.left, last.right, first.line, ROWS_BELOW)) {
    const gap = (facts.lines[cell.line]?.top ?? 0) - (line?.bottom ?? 0);
    if (gap > height * 3.5) return undefined;
    if (isLabelCell(facts, cell)) return undefined;
    const found = read(facts, cell.start, cell.end, wish);
    if (found === undefined) continue;
    const aligned =
      Math.abs(cell.left - first.left) < 9 || Math.abs(cell.right - last.right) < 9 || Math.abs(cell.left + cell.right - first.left - last.right) < 18;
    const close = gap < height * 1.6 ? 1 : 0.85;
    // Under a heading of a table's column stands the first row's amount, not the total.
    const heading =
      wish.kind === "amount" && line !== undefined && line.cells.length >= 3 && likeLabel(facts, line.cells[0]?.first ?? 0, line.cells.at(-1)?.last ?? 0) > 0.6;
    return candidate(
      facts,
      cell.start,
      found,
      label.quality * (aligned ? 0.85 : 0.6) * close * (found.from > 3 ? 0.7 : 1) * (heading ? 0.4 : 1),
      "below the label",
    );
  }
  return undefined;
}

/** The amount where the column of a heading meets a row of totals. */
function atTotalRow(facts: Facts, label: LabelSpan, wish: Wish): Candidate | undefined {
  const first = facts.tokens[label.first];
  const heading = facts.cells[first?.cell ?? -1];
  if (wish.kind !== "amount" || first === undefined || heading === undefined) return undefined;
  const row = facts.lines[first.line];
  if (row === undefined || row.cells.length < 3 || isNumeric(facts, row.cells.at(-1))) return undefined;
  const right = facts.tokens[label.last - 1]?.right ?? first.right;
  for (let index = row.index + 1; index <= row.index + ROWS_TO_TOTAL; index++) {
    const line = facts.lines[index];
    if (line === undefined || line.page !== row.page) return undefined;
    const start = line.cells.find((cell) => TOTALS.has(facts.tokens[cell.first]?.norm ?? "-"));
    if (start === undefined || line.cells.filter((cell) => isNumeric(facts, cell)).length < 2) continue;
    const cell = line.cells.find(
      (entry) => entry.left < right + 6 && entry.right > first.left - 6 && amountsIn(facts.text.slice(entry.start, entry.end)).length > 0,
    );
    const found = cell === undefined ? undefined : read(facts, cell.start, cell.end, wish);
    if (cell !== undefined && found !== undefined) return candidate(facts, cell.start, found, label.quality * 0.9, "column of the heading, row of totals");
  }
  return undefined;
}

function isNumeric(facts: Facts, cell: Cell | undefined): boolean {
  return cell !== undefined && amountsIn(facts.text.slice(cell.start, cell.end)).length > 0;
}

/** All values that a label may have, in no order. */
export function valuesOf(facts: Facts, label: LabelSpan, wish: Wish): Candidate[] {
  const result: Candidate[] = [];
  const right = toTheRight(facts, label, wish);
  const crossing = atTotalRow(facts, label, wish);
  if (right !== undefined) result.push(right);
  if (crossing !== undefined) result.push(crossing);
  const cell = facts.cells[facts.tokens[label.first]?.cell ?? -1];
  const closing = cell !== undefined && afterColon(facts, label.last) >= cell.last;
  if (!closing || crossing !== undefined) return result;
  const colon = endsWithColon(facts, label.last);
  const under = below(facts, label, wish);
  if (under === undefined) return result;
  if (right === undefined) result.push(under);
  else if (!colon && cell !== undefined && (wish.kind === "name" || wish.kind === "text") && headsColumn(facts, cell.line, right, under))
    return [under, { ...right, score: right.score * 0.4 }];
  else if (right.score < label.quality * 0.7) result.push(colon ? { ...under, score: under.score * 0.8 } : under);
  return result;
}
