/** Runs of text gathered into lines. */
import { hasRightToLeft } from "./bidi.ts";
import { around, bottomOf, joinWords, type Line, type Rectangle, type Run, rightOf } from "./parsed.ts";

const LINES_LOOKED_BACK = 4;
const RUNS_CHECKED = 64;

interface OpenLine extends Line {
  main: Rectangle;
  letters: number;
}

/** Lines from top to bottom, their runs from left to right. Runs that share a baseline, or sit beside one as its index or exponent, are one line. */
export function linesOf(runs: readonly Run[]): Line[] {
  const sorted = [...runs].sort((first, second) => bottomOf(first.upright) - bottomOf(second.upright) || first.upright.left - second.upright.left);
  const lines: OpenLine[] = [];
  for (const run of sorted) {
    const letters = run.words.reduce((sum, word) => sum + word.text.length, 0);
    const line = lines.slice(-LINES_LOOKED_BACK).findLast((candidate) => belongs(candidate, run));
    if (!line) {
      lines.push({ runs: [run], main: run.upright, letters, bottom: bottomOf(run.upright), height: run.upright.height });
      continue;
    }
    line.runs.push(run);
    if (letters > line.letters) Object.assign(line, { main: run.upright, letters, bottom: bottomOf(run.upright), height: run.upright.height });
  }
  for (const line of lines) line.runs.sort((first, second) => first.upright.left - second.upright.left);
  return lines.sort((first, second) => first.bottom - second.bottom).map(({ runs: members, bottom, height }) => ({ runs: members, bottom, height }));
}

function belongs(line: OpenLine, run: Run): boolean {
  const box = run.upright;
  const smaller = Math.min(box.height, line.height);
  const sameBaseline = Math.abs(bottomOf(box) - line.bottom) <= smaller * 0.35;
  const overlap = Math.min(bottomOf(box), bottomOf(line.main)) - Math.max(box.top, line.main.top);
  const besides = overlap >= smaller * 0.6 && smaller <= Math.max(box.height, line.height) * 0.85;
  if (!sameBaseline && !besides) return false;
  return !line.runs.slice(-RUNS_CHECKED).some((other) => overlapsAcross(other.upright, box));
}

function overlapsAcross(first: Rectangle, second: Rectangle): boolean {
  const shared = Math.min(rightOf(first), rightOf(second)) - Math.max(first.left, second.left);
  return shared > Math.min(first.width, second.width) * 0.4 && shared > 1;
}

/** Runs in which no word is in parts: kerned words come as several runs, so the last word of one and the first of the next are joined where nothing is between them. */
export function joinParts(runs: readonly Run[]): Run[] {
  return linesOf(runs).flatMap((line) => joinTouching(line.runs));
}

function joinTouching(runs: Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (!last || !touches(last, run)) {
      joined.push(run);
      continue;
    }
    const words = [...last.words];
    const end = words.pop();
    const [start, ...rest] = run.words;
    if (end && start) words.push(joinWords(end, start));
    joined[joined.length - 1] = { words: [...words, ...rest], upright: around(last.upright, run.upright) };
  }
  return joined;
}

function touches(first: Run, second: Run): boolean {
  const end = first.words.at(-1);
  const start = second.words[0];
  if (!end || !start || hasRightToLeft(end.text) || hasRightToLeft(start.text)) return false;
  const gap = start.upright.left - rightOf(end.upright);
  const height = Math.min(end.upright.height, start.upright.height);
  const alike = height >= Math.max(end.upright.height, start.upright.height) * 0.75;
  // Two numbers side by side must not become one.
  const nearness = /\p{Nd}$/u.test(end.text) && /^\p{Nd}/u.test(start.text) ? 0.02 : 0.06;
  return alike && Math.abs(gap) <= height * nearness && Math.abs(bottomOf(end.upright) - bottomOf(start.upright)) <= height * 0.25;
}
