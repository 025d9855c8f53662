/** A page as lines of phrases: words that stand together, apart from the next by more than a blank. Everything in points. */
import type { DocumentText, Page } from "../../schema/document.ts";
import { positionsInRange } from "../views.ts";

/** Edges of a piece of text on the displayed page. */
export interface Extent {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A word of the document with its edges. */
export interface PagedWord extends Extent {
  index: number;
  text: string;
}

/** Words side by side, at least one. */
export interface Phrase extends Extent {
  words: readonly PagedWord[];
}

/** A line of text, its phrases from left to right. */
export interface TextLine extends Extent {
  phrases: readonly Phrase[];
  height: number;
}

/** Wider than this share of the line's height, a gap parts phrases. */
const PHRASE_GAP = 0.62;
const WORDS_MAXIMUM = 20_000;

/** The lines of a page in reading order: columns of running text one after the other. A page with more than 20,000 words has none. */
export function linesOfPage(document: DocumentText, page: Page): TextLine[] {
  const { text, starts, words } = document.reading;
  const [from, to] = positionsInRange(document, "reading", page.reading[0], page.reading[1]);
  if (to - from > WORDS_MAXIMUM) return [];
  const lines: TextLine[] = [];
  let line: PagedWord[] = [];
  let previousEnd = 0;
  for (let position = from; position < to; position++) {
    const index = words[position] ?? -1;
    const word = document.words[index];
    const start = starts[position] ?? 0;
    if (line.length > 0 && text.slice(previousEnd, start).includes("\n")) {
      lines.push(lineOf(line));
      line = [];
    }
    previousEnd = start + (word?.text.length ?? 0);
    if (!word?.box || word.page !== page.number) continue;
    const { left, top, width, height } = word.box;
    line.push({
      index,
      text: word.text,
      left: left * page.width,
      right: (left + width) * page.width,
      top: top * page.height,
      bottom: (top + height) * page.height,
    });
  }
  if (line.length > 0) lines.push(lineOf(line));
  return lines;
}

/** What a character of a file without pages measures, and the distance between its lines. */
const CHARACTER = { width: 6, height: 10, line: 12 };
const TEXT_WORDS_MAXIMUM = 200_000;

/** The lines of a file without pages, each character as wide as the other. One with more than 200,000 words has none. */
export function linesOfText({ layout, words }: DocumentText): TextLine[] {
  if (words.length > TEXT_WORDS_MAXIMUM) return [];
  const lines: TextLine[] = [];
  let line: PagedWord[] = [];
  let row = 0;
  let lineStart = 0;
  let scanned = 0;
  for (const [position, index] of layout.words.entries()) {
    const text = words[index]?.text ?? "";
    const start = layout.starts[position] ?? 0;
    const before = row;
    for (; scanned < start; scanned++) {
      if (layout.text.charCodeAt(scanned) !== 10) continue;
      row++;
      lineStart = scanned + 1;
    }
    if (row > before && line.length > 0) {
      lines.push(lineOf(line));
      line = [];
    }
    const left = (start - lineStart) * CHARACTER.width;
    line.push({ index, text, left, right: left + text.length * CHARACTER.width, top: row * CHARACTER.line, bottom: row * CHARACTER.line + CHARACTER.height });
  }
  if (line.length > 0) lines.push(lineOf(line));
  return lines;
}

/** A line of its words. */
export function lineOf(words: readonly PagedWord[]): TextLine {
  const sorted = [...words].sort((first, second) => first.left - second.left);
  const heights = sorted.map((word) => word.bottom - word.top).sort((first, second) => first - second);
  const height = heights[heights.length >> 1] ?? 0;
  const phrases: Phrase[] = [];
  let current: PagedWord[] = [];
  let edge = Number.NEGATIVE_INFINITY;
  for (const word of sorted) {
    if (current.length > 0 && word.left - edge > height * PHRASE_GAP) {
      phrases.push(phraseOf(current));
      current = [];
    }
    current.push(word);
    edge = Math.max(edge, word.right);
  }
  if (current.length > 0) phrases.push(phraseOf(current));
  return { phrases, height, ...extentOf(sorted) };
}

/** A phrase of its words, at least one. */
export function phraseOf(words: readonly PagedWord[]): Phrase {
  return { words, ...extentOf(words) };
}

/** The edges around all. */
export function extentOf(parts: readonly Extent[]): Extent {
  const extent = { left: Number.POSITIVE_INFINITY, right: Number.NEGATIVE_INFINITY, top: Number.POSITIVE_INFINITY, bottom: Number.NEGATIVE_INFINITY };
  for (const part of parts) {
    extent.left = Math.min(extent.left, part.left);
    extent.right = Math.max(extent.right, part.right);
    extent.top = Math.min(extent.top, part.top);
    extent.bottom = Math.max(extent.bottom, part.bottom);
  }
  return extent;
}

/** The text of a phrase, one blank between words. */
export function textOf(phrase: Phrase): string {
  return phrase.words.map((word) => word.text).join(" ");
}
