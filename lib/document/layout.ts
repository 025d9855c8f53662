/** The layout view of a page: words on a grid of characters, so that columns stay apart as on the page. */
import { isRightToLeft, readingOrder } from "./bidi.ts";
import { type Line, median, type PlacedWord, rightOf } from "./parsed.ts";

const COLUMNS_MAXIMUM = 400;
/** Up to this share of the line's height, a gap between runs is the blank of a sentence and no column. */
const WORD_GAP = 0.5;

/** A word and the column (character position, from 0) where it starts; undefined: one blank after the word before it. */
export interface GridCell {
  word: PlacedWord;
  column: number | undefined;
}

/** A row of the grid; no cells: an empty row. */
export type GridRow = readonly GridCell[];

/** The rows of a page's lines. A run starts at its place on the page divided by the median width of a character; an empty row stands where the page has a gap of a line. */
export function gridOf(lines: readonly Line[]): GridRow[] {
  const width = characterWidth(lines);
  const margin = lines.reduce((least, line) => Math.min(least, line.runs[0]?.upright.left ?? least), Number.POSITIVE_INFINITY);
  const edge = lines.reduce((most, line) => Math.max(most, rightOf(line.runs.at(-1)?.upright ?? { left: 0, top: 0, width: 0, height: 0 })), 0);
  const spacing = median(lines.slice(1).map((line, index) => line.bottom - (lines[index]?.bottom ?? line.bottom)));
  const rows: GridRow[] = [];
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1];
    if (before && line.bottom - before.bottom > Math.max(spacing, line.height) * 1.6) rows.push([]);
    const mirrored = isRightToLeft(line.runs.flatMap((run) => run.words));
    rows.push(mirrored ? mirroredRow(line, edge, width) : rowOf(line, margin, width));
  }
  return rows;
}

function rowOf(line: Line, margin: number, width: number): GridRow {
  const cells: GridCell[] = [];
  let edge = Number.NEGATIVE_INFINITY;
  for (const run of line.runs) {
    const apart = run.upright.left - edge > line.height * WORD_GAP;
    const column = Math.min(COLUMNS_MAXIMUM, Math.max(0, Math.round((run.upright.left - margin) / width)));
    for (const [index, word] of run.words.entries()) cells.push({ word, column: index === 0 && apart ? column : undefined });
    edge = rightOf(run.upright);
  }
  return cells;
}

/** A right-to-left line is written in the order read, its columns counted from the right. */
function mirroredRow(line: Line, edge: number, width: number): GridRow {
  const cells: GridCell[] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const run of [...line.runs].reverse()) {
    const apart = before - rightOf(run.upright) > line.height * WORD_GAP;
    const column = Math.min(COLUMNS_MAXIMUM, Math.max(0, Math.round((edge - rightOf(run.upright)) / width)));
    for (const [index, word] of readingOrder(run.words).entries()) cells.push({ word, column: index === 0 && apart ? column : undefined });
    before = run.upright.left;
  }
  return cells;
}

function characterWidth(lines: readonly Line[]): number {
  const widths: number[] = [];
  for (const line of lines) {
    for (const run of line.runs) {
      const characters = run.words.reduce((sum, word) => sum + word.text.length + 1, -1);
      if (characters >= 3) widths.push(run.upright.width / characters);
    }
  }
  return Math.max(1, median(widths) || 5);
}
