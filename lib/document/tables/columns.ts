/** The columns of a table without lines: corridors that no phrase of its fuller lines stands in. */
import { type Phrase, phraseOf, type TextLine } from "./phrases.ts";

/** A column's edges, in points. */
export interface Column {
  left: number;
  right: number;
}

/** Lines with this share of the usual number of phrases show where the columns are; others are headings over several or wrapped text. */
const FULL = 0.6;
/** The share of lines that may cross a corridor. */
const CROSSING = 0.08;
/** Corridors are so wide, in heights of a line. */
const CORRIDOR = 0.3;
const COLUMNS_MAXIMUM = 200;

/** The columns that lines share, from left to right; fewer than two where they share none. */
export function columnsOf(lines: readonly TextLine[]): Column[] {
  const counts = lines.map((line) => line.phrases.length).sort((first, second) => first - second);
  const usual = counts[Math.floor(counts.length * 0.8)] ?? 0;
  const least = Math.max(2, usual * FULL);
  const full = lines.filter((line) => line.phrases.length >= least);
  if (full.length === 0) return [];
  const heights = full.map((line) => line.height).sort((first, second) => first - second);
  const height = heights[heights.length >> 1] ?? 0;
  const columns = between(
    full.flatMap((line) => line.phrases),
    Math.floor(full.length * CROSSING),
    height * CORRIDOR,
  );
  return columns.length > COLUMNS_MAXIMUM ? [] : columns;
}

/** The stretches along x that more than `crossing` phrases stand in, joined where less than `gap` is between them. */
function between(phrases: readonly Phrase[], crossing: number, gap: number): Column[] {
  const events = phrases.flatMap((phrase): [number, number][] => [
    [phrase.left, 1],
    [phrase.right, -1],
  ]);
  events.sort((first, second) => first[0] - second[0] || first[1] - second[1]);
  const columns: Column[] = [];
  let depth = 0;
  for (const [x, change] of events) {
    const before = depth;
    depth += change;
    if (before <= crossing && depth > crossing) {
      const last = columns.at(-1);
      if (last && x - last.right < gap) continue;
      columns.push({ left: x, right: x });
    } else if (before > crossing && depth <= crossing) {
      const last = columns.at(-1);
      if (last) last.right = Math.max(last.right, x);
    }
  }
  return columns;
}

/** A phrase and the columns that it stands in, from 0. */
export interface Placed {
  phrase: Phrase;
  from: number;
  to: number;
}

/** A line's phrases in columns, those that cross a corridor with a blank in it cut there. */
export function placed(line: TextLine, columns: readonly Column[]): Placed[] {
  const result: Placed[] = [];
  for (const phrase of line.phrases) for (const piece of cut(phrase, columns)) result.push({ phrase: piece, ...reach(piece, columns) });
  return joinSame(result);
}

/** Cuts a phrase where a blank lies over a corridor, if each piece then stands in one column. */
function cut(phrase: Phrase, columns: readonly Column[]): Phrase[] {
  const { from, to } = reach(phrase, columns);
  if (from === to || phrase.words.length < 2) return [phrase];
  const pieces: Phrase[] = [];
  let rest = [...phrase.words];
  for (let column = from; column < to && rest.length > 1; column++) {
    const corridor = { left: columns[column]?.right ?? 0, right: columns[column + 1]?.left ?? 0 };
    const at = rest.findIndex((word, index) => index > 0 && (rest[index - 1]?.right ?? 0) <= corridor.right + 1 && word.left >= corridor.left - 1);
    if (at < 1) return [phrase];
    pieces.push(phraseOf(rest.slice(0, at)));
    rest = rest.slice(at);
  }
  return [...pieces, phraseOf(rest)];
}

function reach(phrase: Phrase, columns: readonly Column[]): { from: number; to: number } {
  const under = columns.flatMap((column, index) => {
    const shared = Math.min(column.right, phrase.right) - Math.max(column.left, phrase.left);
    return shared > Math.min(column.right - column.left, phrase.right - phrase.left) * 0.15 && shared > 0.5 ? [index] : [];
  });
  const first = under[0];
  if (first !== undefined) return { from: first, to: under.at(-1) ?? first };
  const middle = (phrase.left + phrase.right) / 2;
  let nearest = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, column] of columns.entries()) {
    const away = Math.max(column.left - middle, middle - column.right, 0);
    if (away < distance) [nearest, distance] = [index, away];
  }
  return { from: nearest, to: nearest };
}

/** Phrases of a line that stand in the same column are one cell. */
function joinSame(cells: readonly Placed[]): Placed[] {
  const result: Placed[] = [];
  for (const cell of cells) {
    const last = result.at(-1);
    if (last && cell.from <= last.to) {
      last.phrase = phraseOf([...last.phrase.words, ...cell.phrase.words]);
      last.to = Math.max(last.to, cell.to);
    } else result.push({ ...cell });
  }
  return result;
}
