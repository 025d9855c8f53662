/** Ruling lines of a page: what is drawn as strokes and thin rectangles, gathered into a few long lines. */

/** A straight line as a PDF draws it, in points on the displayed page. */
export interface DrawnLine {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** A ruling along an axis: `at` is its place across the axis, `from` and `to` its ends along it. */
export interface Ruling {
  at: number;
  from: number;
  to: number;
}

/** The rulings of a page: `across` run from left to right (`at` is their height), `down` from top to bottom. */
export interface Rulings {
  across: readonly Ruling[];
  down: readonly Ruling[];
}

/** Slanted lines are no rulings: an end may be off by so many points. */
const STRAIGHT = 1;
/** Both edges of a thick line, and the parts of one line that were drawn a little apart, are one line. */
const THICKNESS = 2.6;
const GAP = 3.2;
const SHORTEST = 7;
/** A page of more drawn lines is a drawing; what is over it is not looked at, and of rulings the longest stay. */
const DRAWN_MAXIMUM = 40_000;
const RULINGS_MAXIMUM = 400;

/** The rulings among drawn lines, each list from top to bottom or left to right. The work grows no faster than sorting, and there are at most 400 of each. */
export function rulingsOf(drawn: readonly DrawnLine[]): Rulings {
  const across: Ruling[] = [];
  const down: Ruling[] = [];
  for (const { x1, y1, x2, y2 } of drawn.slice(0, DRAWN_MAXIMUM)) {
    if (![x1, y1, x2, y2].every(Number.isFinite)) continue;
    if (Math.abs(y1 - y2) <= STRAIGHT && Math.abs(x1 - x2) > STRAIGHT) across.push({ at: (y1 + y2) / 2, from: Math.min(x1, x2), to: Math.max(x1, x2) });
    else if (Math.abs(x1 - x2) <= STRAIGHT && Math.abs(y1 - y2) > 0) down.push({ at: (x1 + x2) / 2, from: Math.min(y1, y2), to: Math.max(y1, y2) });
  }
  return { across: gathered(across), down: gathered(down) };
}

/** Rulings at the same place that meet are one; too short ones are dropped. */
function gathered(rulings: Ruling[]): Ruling[] {
  const sorted = rulings.sort((first, second) => first.at - second.at || first.from - second.from);
  const result: Ruling[] = [];
  for (let start = 0; start < sorted.length; ) {
    const first = sorted[start]?.at ?? 0;
    let end = start + 1;
    while (end < sorted.length && (sorted[end]?.at ?? 0) - first <= THICKNESS) end++;
    result.push(...joined(sorted.slice(start, end)));
    start = end;
  }
  const long = result.filter((ruling) => ruling.to - ruling.from >= SHORTEST);
  if (long.length <= RULINGS_MAXIMUM) return long;
  return [...long]
    .sort((first, second) => second.to - second.from - (first.to - first.from))
    .slice(0, RULINGS_MAXIMUM)
    .sort((first, second) => first.at - second.at || first.from - second.from);
}

function joined(band: readonly Ruling[]): Ruling[] {
  const result: Ruling[] = [];
  let weight = 0;
  for (const ruling of [...band].sort((first, second) => first.from - second.from)) {
    const last = result.at(-1);
    const length = ruling.to - ruling.from;
    if (!last || ruling.from - last.to > GAP) {
      result.push({ ...ruling });
      weight = length;
      continue;
    }
    last.at = (last.at * weight + ruling.at * length) / Math.max(1e-6, weight + length);
    last.to = Math.max(last.to, ruling.to);
    weight += length;
  }
  return result;
}
