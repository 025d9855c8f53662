/** The two texts over a document's words: building them, and going between offsets, words and boxes. */
import type { Box, DocumentText, Page, TextView, ViewName } from "../schema/document.ts";

/** A range of offsets: [start, end). */
export type Range = readonly [number, number];

/** A box and the page that it is on, from 1. */
export type PageBox = Box & { page: number };

/** A view under construction. `word` places word number `index` at the end of the text so far; `gap` adds white space; `take` gives what was added since the last `take`, its starts counted from the beginning of the whole text. */
export interface ViewBuilder {
  word(index: number, text: string): void;
  gap(white: string): void;
  length(): number;
  take(): TextView;
}

/** A new, empty view. */
export function viewBuilder(): ViewBuilder {
  let parts: string[] = [];
  let words: number[] = [];
  let starts: number[] = [];
  let length = 0;
  return {
    word(index, text) {
      words.push(index);
      starts.push(length);
      parts.push(text);
      length += text.length;
    },
    gap(white) {
      parts.push(white);
      length += white.length;
    },
    length: () => length,
    take() {
      const taken = { text: parts.join(""), words, starts };
      parts = [];
      words = [];
      starts = [];
      return taken;
    },
  };
}

/** The first position in an ascending list whose value is greater than `value`. */
export function upperBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The positions [from, to) in `view.words` of the words that share at least one character with [start, end). */
export function positionsInRange(document: DocumentText, viewName: ViewName, start: number, end: number): [number, number] {
  const view = document[viewName];
  if (end <= start) return [0, 0];
  let from = upperBound(view.starts, start);
  const before = view.words[from - 1];
  if (before !== undefined && (view.starts[from - 1] ?? 0) + (document.words[before]?.text.length ?? 0) > start) from--;
  const to = upperBound(view.starts, end - 1);
  return [from, Math.max(from, to)];
}

/** The indices of the words that share at least one character with [start, end) of the view, in the view's order. */
export function wordsInRange(document: DocumentText, viewName: ViewName, start: number, end: number): number[] {
  const [from, to] = positionsInRange(document, viewName, start, end);
  return document[viewName].words.slice(from, to);
}

/** The number of the page that the offset of the view is on, from 1; the first page for an offset before all pages. */
export function pageOf(document: DocumentText, viewName: ViewName, offset: number): number {
  return pageAt(document, viewName, offset)?.number ?? 1;
}

function pageAt(document: DocumentText, viewName: ViewName, offset: number): Page | undefined {
  const starts = document.pages.map((page) => page[viewName][0]);
  return document.pages[Math.max(0, upperBound(starts, offset) - 1)];
}

/** The boxes of the words of [start, end) of the view: neighbouring words on one line are one box. Empty for documents without boxes. */
export function boxesOf(document: DocumentText, viewName: ViewName, start: number, end: number): PageBox[] {
  return mergeBoxes(document, wordsInRange(document, viewName, start, end));
}

/** The boxes of words, given in the order of a view; neighbours on one line are one box. */
export function mergeBoxes(document: DocumentText, words: readonly number[]): PageBox[] {
  const boxes: PageBox[] = [];
  for (const index of words) {
    const word = document.words[index];
    if (!word?.box) continue;
    const box = { ...word.box, page: word.page };
    const last = boxes.at(-1);
    if (last && onOneLine(last, box)) boxes[boxes.length - 1] = { ...union(last, box), page: last.page };
    else boxes.push(box);
  }
  return boxes;
}

function onOneLine(first: PageBox, second: PageBox): boolean {
  if (first.page !== second.page) return false;
  return beside(first.top, first.height, second.top, second.height, first.left, first.width, second.left, second.width);
}

/** Words of upright text share their height and are less than three heights apart. */
function beside(
  top: number,
  height: number,
  otherTop: number,
  otherHeight: number,
  left: number,
  width: number,
  otherLeft: number,
  otherWidth: number,
): boolean {
  const overlap = Math.min(top + height, otherTop + otherHeight) - Math.max(top, otherTop);
  if (overlap < Math.min(height, otherHeight) * 0.5) return false;
  const gap = Math.max(otherLeft - left - width, left - otherLeft - otherWidth);
  return gap < Math.max(height, otherHeight) * 3;
}

function union(first: Box, second: Box): Box {
  const left = Math.min(first.left, second.left);
  const top = Math.min(first.top, second.top);
  const right = Math.max(first.left + first.width, second.left + second.width);
  const bottom = Math.max(first.top + first.height, second.top + second.height);
  return { left, top, width: rounded(right - left), height: rounded(bottom - top) };
}

/** The box around boxes of one page; undefined for none. */
export function boxAround(boxes: readonly Box[]): Box | undefined {
  return boxes.length === 0 ? undefined : boxes.reduce(union);
}

/** Four decimals, as boxes have. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** Where the words of a range of one view stand in the other: one range for each unbroken row of words, ascending. Whole words, also where the range cuts one. */
export function mapRange(document: DocumentText, from: ViewName, range: Range, to: ViewName): [number, number][] {
  const [first, last] = positionsInRange(document, from, range[0], range[1]);
  const target = document[to];
  const positions = positionsOf(document, to);
  const places = document[from].words
    .slice(first, last)
    .map((word) => positions[word] ?? -1)
    .filter((position) => position >= 0)
    .sort((one, other) => one - other);
  const ranges: [number, number][] = [];
  let previous = Number.NaN;
  for (const position of places) {
    const start = target.starts[position] ?? 0;
    const end = start + (document.words[target.words[position] ?? -1]?.text.length ?? 0);
    const open = ranges.at(-1);
    if (open && position === previous + 1) open[1] = end;
    else ranges.push([start, end]);
    previous = position;
  }
  return ranges;
}

const known = new WeakMap<TextView, Uint32Array>();

/** For each word of the document its position in the view's list of words. */
export function positionsOf(document: DocumentText, viewName: ViewName): Uint32Array {
  const view = document[viewName];
  const found = known.get(view);
  if (found) return found;
  const positions = new Uint32Array(document.words.length);
  for (const [position, word] of view.words.entries()) positions[word] = position;
  known.set(view, positions);
  return positions;
}
