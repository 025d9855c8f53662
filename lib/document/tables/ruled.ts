/** Tables with lines between their cells: the grid that rulings form, its cells, and what they span. */
import type { Grid, GridCell } from "./grid.ts";
import { compact, inOrder } from "./grid.ts";
import { isNumericOrNone } from "./numeric.ts";
import { type Extent, lineOf, type PagedWord, type TextLine } from "./phrases.ts";
import type { Ruling, Rulings } from "./rulings.ts";

/** Lines meet when they come so near, in points. */
const NEAR = 3.5;
/** A wall stands between two cells where a ruling covers this share of their common side. */
const WALL = 0.6;
const CELLS_MAXIMUM = 20_000;

interface Lattice {
  xs: number[];
  ys: number[];
  across: Ruling[];
  down: Ruling[];
}

/** The ruled tables of a page, from top to bottom. Words are taken by the table that they stand in. */
export function ruledGrids(lines: readonly TextLine[], rulings: Rulings): Grid[] {
  const words = lines.flatMap((line) => line.phrases.flatMap((phrase) => phrase.words));
  return lattices(rulings).flatMap((lattice) => {
    const grid = gridOf(lattice, words);
    return grid ? [grid] : [];
  });
}

/** Rulings that hang together and form cells: at least two in each direction. */
function lattices({ across, down }: Rulings): Lattice[] {
  const parents = [...across, ...down].map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at] ?? at] ?? at;
      at = parents[at] ?? at;
    }
    return at;
  };
  for (const [first, row] of across.entries()) {
    for (const [second, column] of down.entries()) if (meets(row, column)) parents[root(first)] = root(across.length + second);
  }
  const groups = new Map<number, { across: Ruling[]; down: Ruling[] }>();
  const groupOf = (index: number) => {
    const key = root(index);
    const group = groups.get(key) ?? { across: [], down: [] };
    groups.set(key, group);
    return group;
  };
  for (const [index, ruling] of across.entries()) groupOf(index).across.push(ruling);
  for (const [index, ruling] of down.entries()) groupOf(across.length + index).down.push(ruling);
  return [...groups.values()]
    .map((group) => ({ ...group, xs: places(group.down), ys: places(group.across) }))
    .filter(({ xs, ys }) => xs.length >= 2 && ys.length >= 2 && xs.length * ys.length <= CELLS_MAXIMUM);
}

function meets(row: Ruling, column: Ruling): boolean {
  return column.at >= row.from - NEAR && column.at <= row.to + NEAR && row.at >= column.from - NEAR && row.at <= column.to + NEAR;
}

/** Distinct places of rulings, ascending. */
function places(rulings: readonly Ruling[]): number[] {
  const result: number[] = [];
  for (const at of rulings.map((ruling) => ruling.at).sort((first, second) => first - second)) {
    if (result.length === 0 || at - (result.at(-1) ?? 0) > NEAR) result.push(at);
  }
  return result;
}

function covered(rulings: readonly Ruling[], at: number, from: number, to: number): boolean {
  let length = 0;
  for (const ruling of rulings) if (Math.abs(ruling.at - at) <= NEAR) length += Math.max(0, Math.min(ruling.to, to) - Math.max(ruling.from, from));
  return length >= (to - from) * WALL;
}

function gridOf(lattice: Lattice, words: readonly PagedWord[]): Grid | undefined {
  const { xs, ys } = lattice;
  const open = openLattice(lattice);
  const frame: Extent = { left: open.xs[0] ?? 0, right: open.xs.at(-1) ?? 0, top: ys[0] ?? 0, bottom: ys.at(-1) ?? 0 };
  const inside = words.filter((word) => within(word, frame));
  if (inside.length === 0 || open.xs.length < 3) return undefined;
  const cells = cellsOf(open, inside);
  const bands = ys.length - 1;
  const split = splitBands(cells, bands);
  void xs;
  return compact({ cells: split, ruled: true, frame });
}

/** A table may have no lines at its sides: where rulings across go on past the outermost lines down, there are cells too. */
function openLattice(lattice: Lattice): Lattice {
  const xs = [...lattice.xs];
  const side = (pick: (ruling: Ruling) => number) => {
    const values = lattice.across.map(pick).sort((first, second) => first - second);
    return values[values.length >> 1] ?? 0;
  };
  const left = side((ruling) => ruling.from);
  const right = side((ruling) => ruling.to);
  if (left < (xs[0] ?? 0) - NEAR * 3) xs.unshift(left);
  if (right > (xs.at(-1) ?? 0) + NEAR * 3) xs.push(right);
  return { ...lattice, xs };
}

function within(word: Extent, frame: Extent): boolean {
  const x = (word.left + word.right) / 2;
  const y = (word.top + word.bottom) / 2;
  return x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom;
}

function placeOf(ascending: readonly number[], value: number): number {
  let place = 0;
  while (place < ascending.length - 2 && value > (ascending[place + 1] ?? 0)) place++;
  return place;
}

/** The cells of a lattice with their words: elementary cells without a wall between them are one, made a rectangle. */
function cellsOf({ xs, ys, across, down }: Lattice, words: readonly PagedWord[]): GridCell[] {
  const width = xs.length - 1;
  const height = ys.length - 1;
  const parents = Array.from({ length: width * height }, (_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parents[at] !== at) at = parents[at] ?? at;
    return at;
  };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [left, right, top, bottom] = [xs[column] ?? 0, xs[column + 1] ?? 0, ys[row] ?? 0, ys[row + 1] ?? 0];
      const here = row * width + column;
      if (column + 1 < width && !covered(down, right, top, bottom)) parents[root(here + 1)] = root(here);
      if (row + 1 < height && !covered(across, bottom, left, right)) parents[root(here + width)] = root(here);
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
  for (const word of words) {
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
