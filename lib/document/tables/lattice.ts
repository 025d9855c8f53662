/** Lattices: rulings of a page that meet and form cells. */
import type { Extent, TextLine } from "./phrases.ts";
import type { Ruling, Rulings } from "./rulings.ts";

/** Lines meet when they come so near, in points. */
export const NEAR = 3.5;
/** Nothing is written in narrower columns: two lines side by side are one. */
const NARROWEST = 6;
const CELLS_MAXIMUM = 20_000;

/** Rulings that hang together, and the distinct places of those that run down (`xs`) and across (`ys`), ascending. */
export interface Lattice {
  xs: number[];
  ys: number[];
  across: Ruling[];
  down: Ruling[];
}

/** Rulings that hang together and form cells: at least two in each direction. */
export function latticesOf({ across, down }: Rulings): Lattice[] {
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
    .map((group) => ({ ...group, xs: places(group.down, NARROWEST), ys: places(group.across, NEAR) }))
    .filter(({ xs, ys }) => xs.length >= 2 && ys.length >= 2 && xs.length * ys.length <= CELLS_MAXIMUM);
}

function meets(row: Ruling, column: Ruling): boolean {
  return column.at >= row.from - NEAR && column.at <= row.to + NEAR && row.at >= column.from - NEAR && row.at <= column.to + NEAR;
}

/** Distinct places of rulings, ascending. */
function places(rulings: readonly Ruling[], least: number): number[] {
  const result: number[] = [];
  for (const at of rulings.map((ruling) => ruling.at).sort((first, second) => first - second)) {
    if (result.length === 0 || at - (result.at(-1) ?? 0) > least) result.push(at);
  }
  return result;
}

/** The edges of a lattice. */
export function frameOf({ xs, ys }: Lattice): Extent {
  return { left: xs[0] ?? 0, right: xs.at(-1) ?? 0, top: ys[0] ?? 0, bottom: ys.at(-1) ?? 0 };
}

/** Whether the middle of some text is in a frame. */
export function within(text: Extent, frame: Extent): boolean {
  const x = (text.left + text.right) / 2;
  const y = (text.top + text.bottom) / 2;
  return x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom;
}

/** The lattice with the columns at its sides that have no line at their outer edge: where rulings across go on, or where there is text beside most rows. */
export function withOpenSides(lattice: Lattice, lines: readonly TextLine[]): Lattice {
  const middle = (values: number[]) => values.sort((first, second) => first - second)[values.length >> 1] ?? 0;
  const { left, right, top, bottom } = frameOf(lattice);
  const from = middle(lattice.across.map((ruling) => ruling.from));
  const to = middle(lattice.across.map((ruling) => ruling.to));
  const xs = [...lattice.xs];
  const outer = { left: from < left - NEAR * 3 ? from : undefined, right: to > right + NEAR * 3 ? to : undefined };
  const beside = lines.filter((line) => (line.top + line.bottom) / 2 > top && (line.top + line.bottom) / 2 < bottom);
  const before = beside.flatMap((line) => line.phrases.filter((phrase) => phrase.right < left + NEAR).slice(-1));
  const after = beside.flatMap((line) => line.phrases.filter((phrase) => phrase.left > right - NEAR).slice(0, 1));
  outer.left ??= sideColumn(before, lattice) ? Math.min(...before.map((phrase) => phrase.left)) - 1 : undefined;
  outer.right ??= sideColumn(after, lattice) ? Math.max(...after.map((phrase) => phrase.right)) + 1 : undefined;
  if (outer.left !== undefined) xs.unshift(outer.left);
  if (outer.right !== undefined) xs.push(outer.right);
  const across = lattice.across.map((ruling) => ({
    at: ruling.at,
    from: outer.left !== undefined && ruling.from < left + NEAR ? Math.min(outer.left, ruling.from) : ruling.from,
    to: outer.right !== undefined && ruling.to > right - NEAR ? Math.max(outer.right, ruling.to) : ruling.to,
  }));
  return { ...lattice, xs, across };
}

const SIDE_ROWS = 0.6;
const SIDE_LETTERS = 40;

/** Whether phrases beside a lattice are a column of it: one for most rows, and short. */
function sideColumn(phrases: readonly Extent[], { ys }: Lattice): boolean {
  const bands = ys.length - 1;
  if (bands < 3 || phrases.length < bands * SIDE_ROWS || phrases.length > bands * 1.6) return false;
  const rows = new Set(phrases.map((phrase) => ys.findLastIndex((y) => y <= (phrase.top + phrase.bottom) / 2)));
  const letters = phrases.map((phrase) => (phrase.right - phrase.left) / Math.max(1, phrase.bottom - phrase.top)).sort((first, second) => first - second);
  return rows.size >= bands * SIDE_ROWS && (letters[letters.length >> 1] ?? 0) * 2 < SIDE_LETTERS;
}
