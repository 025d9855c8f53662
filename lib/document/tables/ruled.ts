/** Tables with lines between their cells: the cells of a lattice, what they span, and the finer rows and columns that their text shows. */
import { columnsOf } from "./columns.ts";
import { compact, type Grid, type GridCell, inOrder } from "./grid.ts";
import { frameOf, type Lattice, latticesOf, NEAR, within, withOpenSides } from "./lattice.ts";
import { isNumericOrNone } from "./numeric.ts";
import { type Extent, lineOf, type PagedWord, type Phrase, type TextLine, textOf } from "./phrases.ts";
import type { Ruling, Rulings } from "./rulings.ts";

/** A wall stands between two cells where a ruling covers this share of their common side. */
const WALL = 0.6;

/** The ruled tables of a page, from top to bottom. Words are taken by the table that they stand in. */
export function ruledGrids(lines: readonly TextLine[], rulings: Rulings): Grid[] {
  return latticesOf(rulings).flatMap((lattice) => {
    const grid = gridOf(withOpenSides(lattice, lines), lines);
    return grid ? [grid] : [];
  });
}

function covered(rulings: readonly Ruling[], at: number, from: number, to: number): boolean {
  let length = 0;
  for (const ruling of rulings) if (Math.abs(ruling.at - at) <= NEAR) length += Math.max(0, Math.min(ruling.to, to) - Math.max(ruling.from, from));
  return length >= (to - from) * WALL;
}

function gridOf(lattice: Lattice, lines: readonly TextLine[]): Grid | undefined {
  const frame = frameOf(lattice);
  const inside = lines.flatMap((line) => {
    const words = line.phrases.flatMap((phrase) => phrase.words).filter((word) => within(word, frame));
    return words.length > 0 ? [lineOf(words)] : [];
  });
  if (inside.length === 0) return undefined;
  const fine = { ...lattice, xs: finerColumns(lattice.xs, inside) };
  if (fine.xs.length < 3) return undefined;
  const drawn = new Set(lattice.xs);
  return compact({ cells: splitBands(cellsOf(fine, drawn, inside), lattice.ys.length - 1), ruled: true, frame });
}

/** Lines of numbers that show columns inside a ruled one. */
const SHOWING_LINES = 3;

/** The places between columns, with those that numbers inside ruled columns show. */
function finerColumns(xs: readonly number[], lines: readonly TextLine[]): number[] {
  return xs.flatMap((left, index) => {
    const right = xs[index + 1];
    if (right === undefined) return [left];
    const parts = lines.flatMap((line) => {
      const phrases = line.phrases.filter((phrase) => phrase.left >= left - NEAR && phrase.right <= right + NEAR);
      return phrases.length > 0 ? [{ ...line, phrases }] : [];
    });
    const columns = columnsOf(parts);
    if (columns.length < 2) return [left];
    const numbers = columns.filter((column) => {
      const inside = parts.flatMap((line) => line.phrases.filter((phrase) => phrase.left >= column.left - 1 && phrase.right <= column.right + 1));
      return inside.length >= SHOWING_LINES && inside.filter((phrase) => isNumericOrNone(textOf(phrase))).length > inside.length * 0.6;
    });
    if (numbers.length < columns.length - 1) return [left];
    return [left, ...columns.slice(1).map((column, at) => ((columns[at]?.right ?? 0) + column.left) / 2)];
  });
}

function placeOf(ascending: readonly number[], value: number): number {
  let place = 0;
  while (place < ascending.length - 2 && value > (ascending[place + 1] ?? 0)) place++;
  return place;
}

/** For each row of a lattice, the places between columns where cells are parted. */
function wallsOf({ xs, ys, down }: Lattice, drawn: ReadonlySet<number>, lines: readonly TextLine[]): boolean[][] {
  const byRow = ys.slice(0, -1).map((): Phrase[] => []);
  for (const phrase of lines.flatMap((line) => line.phrases)) byRow[placeOf(ys, (phrase.top + phrase.bottom) / 2)]?.push(phrase);
  return byRow.map((own, row) => {
    const [top = 0, bottom = 0] = ys.slice(row, row + 2);
    const crossed = (x: number) => own.some((phrase) => phrase.left < x - 1 && phrase.right > x + 1);
    const walls = xs.map((x) => (drawn.has(x) ? covered(down, x, top, bottom) : !crossed(x)));
    for (let from = 0; from < xs.length - 1; ) {
      let to = from + 1;
      while (to < xs.length - 1 && !walls[to]) to++;
      if (to - from > 1 && besides(own, xs.slice(from, to + 1))) for (let at = from + 1; at < to; at++) walls[at] = !crossed(xs[at] ?? 0);
      from = to;
    }
    return walls;
  });
}

/** Whether phrases stand side by side in different columns of these. */
function besides(phrases: readonly Phrase[], xs: readonly number[]): boolean {
  const [left = 0, right = 0] = [xs[0], xs.at(-1)];
  const inside = phrases.filter((phrase) => phrase.left >= left - NEAR && phrase.right <= right + NEAR);
  const columns = new Set(inside.map((phrase) => placeOf(xs, (phrase.left + phrase.right) / 2)));
  return columns.size > 1;
}

/** The cells of a lattice with their words: elementary cells without a wall between them are one, made a rectangle. */
function cellsOf(lattice: Lattice, drawn: ReadonlySet<number>, lines: readonly TextLine[]): GridCell[] {
  const { xs, ys, across } = lattice;
  const width = xs.length - 1;
  const height = ys.length - 1;
  const walls = wallsOf(lattice, drawn, lines);
  const parents = Array.from({ length: width * height }, (_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at] ?? at] ?? at;
      at = parents[at] ?? at;
    }
    return at;
  };
  const join = (first: number, second: number) => {
    const [low, high] = [Math.min(root(first), root(second)), Math.max(root(first), root(second))];
    parents[high] = low;
  };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const here = row * width + column;
      if (column + 1 < width && walls[row]?.[column + 1] === false) join(here, here + 1);
      if (row + 1 < height && !covered(across, ys[row + 1] ?? 0, xs[column] ?? 0, xs[column + 1] ?? 0)) join(here, here + width);
    }
  }
  const cells = new Map<number, GridCell & { words: PagedWord[] }>();
  for (let index = 0; index < width * height; index++) {
    const [row, column] = [Math.floor(index / width), index % width];
    const key = root(index);
    const cell = cells.get(key);
    if (!cell) cells.set(key, { row, column, rowSpan: 1, columnSpan: 1, words: [] });
    else {
      const lastColumn = Math.max(cell.column + cell.columnSpan - 1, column);
      cell.column = Math.min(cell.column, column);
      cell.columnSpan = lastColumn - cell.column + 1;
      cell.rowSpan = Math.max(cell.rowSpan, row - cell.row + 1);
    }
  }
  for (const word of lines.flatMap((line) => line.phrases.flatMap((phrase) => phrase.words))) {
    const column = placeOf(xs, (word.left + word.right) / 2);
    const row = placeOf(ys, (word.top + word.bottom) / 2);
    cells.get(root(row * width + column))?.words.push(word);
  }
  return [...cells.values()].map((cell) => ({ ...cell, words: inOrder(cell.words) }));
}

/** Rows that hold several lines of numbers are as many rows: there only rules between groups of them. */
function splitBands(cells: readonly GridCell[], bands: number): GridCell[] {
  const result: GridCell[] = [];
  let offset = 0;
  const offsets: number[] = [];
  for (let band = 0; band < bands; band++) {
    offsets.push(band + offset);
    const own = cells.filter((cell) => cell.row === band && cell.rowSpan === 1);
    const starts = rowStartsIn(own);
    if (starts.length < 2 || cells.some((cell) => cell.rowSpan > 1 && cell.row <= band && cell.row + cell.rowSpan > band && cell.words.length > 0)) {
      result.push(...own.map((cell) => ({ ...cell, row: band + offset })));
      continue;
    }
    for (const cell of own) {
      for (const [index, start] of starts.entries()) {
        const end = starts[index + 1] ?? Number.POSITIVE_INFINITY;
        const words = cell.words.filter((word) => {
          const middle = (word.top + word.bottom) / 2;
          return (index === 0 || middle >= start) && middle < end;
        });
        if (words.length > 0) result.push({ ...cell, row: band + offset + index, words });
      }
    }
    offset += starts.length - 1;
  }
  offsets.push(bands + offset);
  for (const cell of cells.filter((other) => other.rowSpan > 1)) {
    const row = offsets[cell.row] ?? 0;
    result.push({ ...cell, row, rowSpan: (offsets[cell.row + cell.rowSpan] ?? row + 1) - row });
  }
  return result;
}

/** The upper edges of the rows in a band of cells: lines of which at least two have a number alone in the same cell. */
function rowStartsIn(cells: readonly GridCell[]): number[] {
  const words = cells.flatMap((cell) => cell.words);
  if (words.length === 0) return [];
  const lines = linesOfWords(words);
  if (lines.length < 2) return [];
  const columnOf = new Map(cells.flatMap((cell) => cell.words.map((word) => [word, cell.column] as const)));
  const numericLines = lines.map((line) => {
    const texts = new Map<number, string>();
    for (const word of line) {
      const column = columnOf.get(word) ?? 0;
      texts.set(column, `${texts.get(column) ?? ""} ${word.text}`.trim());
    }
    return { filled: texts.size, numeric: new Set([...texts].filter(([, text]) => isNumericOrNone(text)).map(([column]) => column)) };
  });
  const rows = lines.filter((_, index) => {
    const line = numericLines[index];
    return line !== undefined && line.filled >= 2 && [...line.numeric].some((column) => numericLines.filter((other) => other.numeric.has(column)).length >= 2);
  });
  if (rows.length < 2) return [];
  return rows.map((line) => Math.min(...line.map((word) => word.top)) - 1);
}

function linesOfWords(words: readonly PagedWord[]): PagedWord[][] {
  const lines: PagedWord[][] = [];
  for (const word of [...words].sort((first, second) => first.bottom - second.bottom)) {
    const line = lines.at(-1);
    const main = line?.[0];
    if (line && main && Math.abs(main.bottom - word.bottom) < (main.bottom - main.top) * 0.4) line.push(word);
    else lines.push([word]);
  }
  return lines;
}

/** Lines without the words that stand in these frames. */
export function linesOutside(lines: readonly TextLine[], frames: readonly Extent[]): TextLine[] {
  if (frames.length === 0) return [...lines];
  return lines.flatMap((line) => {
    const words = line.phrases.flatMap((phrase) => phrase.words).filter((word) => !frames.some((frame) => within(word, frame)));
    return words.length > 0 ? [lineOf(words)] : [];
  });
}
