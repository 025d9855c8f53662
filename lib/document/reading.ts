/** The reading view of a page: columns of running text one after the other, tables row by row. */
import { readingOrder } from "./bidi.ts";
import { linesOf } from "./lines.ts";
import { bottomOf, type Line, median, type PlacedWord, type Run, rightOf } from "./parsed.ts";

/** Words in reading order, by line, by block. */
export type Block = readonly (readonly PlacedWord[])[];

const DEPTH_MAXIMUM = 12;
const CANDIDATES_MAXIMUM = 16;
const COLUMN_LINES_MINIMUM = 3;
const COLUMN_LETTERS_MINIMUM = 16;

/** The blocks of runs in reading order. A gutter counts as one between columns only where running text stands on both sides; else the lines are read across, as in a table. */
export function blocksOf(runs: readonly Run[]): Block[] {
  const blocks: Block[] = [];
  read(
    [...runs].sort((first, second) => first.upright.top - second.upright.top || first.upright.left - second.upright.left),
    0,
    blocks,
  );
  return blocks;
}

interface Gutter {
  from: number;
  to: number;
  x: number;
  letters: number;
}

/** `runs` are sorted by their upper edge. */
function read(runs: Run[], depth: number, blocks: Block[]): void {
  if (runs.length === 0) return;
  const gutter = depth < DEPTH_MAXIMUM ? bestGutter(runs) : undefined;
  if (!gutter) {
    blocks.push(...paragraphs(linesOf(runs)));
    return;
  }
  const columns = runs.slice(gutter.from, gutter.to);
  read(runs.slice(0, gutter.from), depth + 1, blocks);
  read(
    columns.filter((run) => rightOf(run.upright) <= gutter.x + 1),
    depth + 1,
    blocks,
  );
  read(
    columns.filter((run) => rightOf(run.upright) > gutter.x + 1),
    depth + 1,
    blocks,
  );
  read(runs.slice(gutter.to), depth + 1, blocks);
}

function bestGutter(runs: readonly Run[]): Gutter | undefined {
  let best: Gutter | undefined;
  for (const x of candidates(runs)) {
    for (const [from, to] of stretches(runs, x)) {
      const letters = columnLetters(runs.slice(from, to), x);
      if (letters > 0 && (!best || letters > best.letters)) best = { from, to, x, letters };
    }
  }
  return best;
}

/** Where many runs begin there may be a gutter to the left of it. */
function candidates(runs: readonly Run[]): number[] {
  const starts = new Map<number, number>();
  for (const run of runs) {
    const cell = Math.round(run.upright.left / 4);
    starts.set(cell, (starts.get(cell) ?? 0) + 1);
  }
  return [...starts]
    .filter(([, count]) => count >= COLUMN_LINES_MINIMUM)
    .sort((first, second) => second[1] - first[1] || first[0] - second[0])
    .slice(0, CANDIDATES_MAXIMUM)
    .map(([cell]) => cell * 4 - 3);
}

/** The longest ranges of runs that no run crosses x in. */
function* stretches(runs: readonly Run[], x: number): Generator<[number, number]> {
  let from = 0;
  for (const [index, run] of runs.entries()) {
    if (run.upright.left >= x - 1 || rightOf(run.upright) <= x + 1) continue;
    if (index - from >= COLUMN_LINES_MINIMUM * 2) yield [from, index];
    from = index + 1;
  }
  if (runs.length - from >= COLUMN_LINES_MINIMUM * 2) yield [from, runs.length];
}

/** How many letters stand in the poorer of the two columns beside x; 0 where these are no columns of running text. */
function columnLetters(runs: readonly Run[], x: number): number {
  const left = runs.filter((run) => rightOf(run.upright) <= x + 1);
  const right = runs.filter((run) => rightOf(run.upright) > x + 1);
  if (left.length < COLUMN_LINES_MINIMUM || right.length < COLUMN_LINES_MINIMUM) return 0;
  const height = median(runs.map((run) => run.upright.height));
  const inner = left.reduce((edge, run) => Math.max(edge, rightOf(run.upright)), Number.NEGATIVE_INFINITY);
  const outer = right.reduce((edge, run) => Math.min(edge, run.upright.left), Number.POSITIVE_INFINITY);
  if (outer - inner < height * 0.5) return 0;
  const shared = Math.min(lowest(left), lowest(right)) - Math.max(highest(left), highest(right));
  if (shared < height * COLUMN_LINES_MINIMUM) return 0;
  return Math.min(running(left), running(right));
}

function lowest(runs: readonly Run[]): number {
  return runs.reduce((edge, run) => Math.max(edge, bottomOf(run.upright)), Number.NEGATIVE_INFINITY);
}

function highest(runs: readonly Run[]): number {
  return runs.reduce((edge, run) => Math.min(edge, run.upright.top), Number.POSITIVE_INFINITY);
}

/** The letters of a column of running text; 0 where its lines are short, as in the cells of a table. */
function running(runs: readonly Run[]): number {
  const lengths = linesOf(runs).map((line) => lettersOf(line));
  if (lengths.length < COLUMN_LINES_MINIMUM || median(lengths) < COLUMN_LETTERS_MINIMUM) return 0;
  return lengths.reduce((sum, length) => sum + length, 0);
}

function lettersOf(line: Line): number {
  return line.runs.reduce((sum, run) => sum + run.words.reduce((letters, word) => letters + (word.text.match(/\p{L}/gu)?.length ?? 0), 0), 0);
}

/** Lines to blocks: a gap clearly wider than the usual one ends a block. */
function paragraphs(lines: readonly Line[]): Block[] {
  const spacing = median(lines.slice(1).map((line, index) => line.bottom - (lines[index]?.bottom ?? line.bottom)));
  const blocks: (readonly PlacedWord[])[][] = [];
  for (const [index, line] of lines.entries()) {
    const words = readingOrder(line.runs.flatMap((run) => run.words));
    const before = lines[index - 1];
    const gap = before ? line.bottom - before.bottom : Number.POSITIVE_INFINITY;
    const block = blocks.at(-1);
    if (block && gap <= Math.max(line.height, before?.height ?? 0) * 1.35 + Math.max(0, Math.min(spacing - line.height, line.height * 0.8)) * 0.6)
      block.push(words);
    else blocks.push([words]);
  }
  return blocks;
}
