/** What a context is made of: the lines of the layout view, so that a label and its value in another column stay together. */
import { sentencesOf } from "../document/sentences.ts";
import { countTokens } from "../document/tokens.ts";
import { positionsInRange, positionsOf } from "../document/views.ts";
import type { DocumentText } from "../schema/document.ts";
import { buildPostings, type Postings } from "./bm25.ts";
import { createAnalyser } from "./words.ts";

/**
 * A line of the layout view with words on it, or a sentence of a line that is longer than any page's: [start, end) without the line break, `page` from 1.
 * `tokens` are its own and those of the white space since the one before it on the page.
 */
export interface Line {
  start: number;
  end: number;
  page: number;
  tokens: number;
}

/** The lines of a document in order, and which of their words are where. */
export interface Lines {
  lines: readonly Line[];
  postings: Postings;
}

/** A longer line comes from a file without line breaks: its sentences count as lines. */
const LONGEST_LINE = 600;
/** A longer sentence is cut between words. */
const LONGEST_SENTENCE = 1200;

const known = new WeakMap<DocumentText, Lines>();

/** The lines of a document. Made once and kept as long as the document is; time linear in its text. */
export function linesOf(document: DocumentText): Lines {
  const found = known.get(document);
  if (found !== undefined) return found;
  const { text } = document.layout;
  const lines: Line[] = [];
  for (const page of document.pages) {
    let start = page.layout[0];
    let previous = start;
    while (start < page.layout[1]) {
      const lineBreak = text.indexOf("\n", start);
      const end = lineBreak < 0 || lineBreak > page.layout[1] ? page.layout[1] : lineBreak;
      for (const [from, to] of cutLine(text, start, end, document.language)) {
        if (text.slice(from, to).trim() === "") continue;
        lines.push({ start: from, end: to, page: page.number, tokens: countTokens(text.slice(previous, from)) + countTokens(text.slice(from, to)) });
        previous = to;
      }
      start = end + 1;
    }
  }
  const analyse = createAnalyser(document.language);
  const made = { lines, postings: buildPostings(lines.map((line) => analyse(text.slice(line.start, line.end)))) };
  known.set(document, made);
  return made;
}

function cutLine(text: string, start: number, end: number, language: string): [number, number][] {
  if (end - start <= LONGEST_LINE) return [[start, end]];
  return sentencesOf(text.slice(start, end), language).flatMap((sentence) => cutSentence(text, start + sentence.start, start + sentence.end));
}

function cutSentence(text: string, start: number, end: number): [number, number][] {
  const pieces: [number, number][] = [];
  let from = start;
  while (end - from > LONGEST_SENTENCE) {
    const blank = text.lastIndexOf(" ", from + LONGEST_SENTENCE);
    const to = blank > from ? blank : from + LONGEST_SENTENCE;
    pieces.push([from, to]);
    from = blank > from ? to + 1 : to;
  }
  return [...pieces, [from, end]];
}

/** The numbers of the lines that have a word of a [start, end) range of the reading view, ascending. */
export function linesOfReading(document: DocumentText, range: readonly [number, number]): number[] {
  const { lines } = linesOf(document);
  const [from, to] = positionsInRange(document, "reading", range[0], range[1]);
  const positions = positionsOf(document, "layout");
  const found = new Set<number>();
  for (const word of document.reading.words.slice(from, to)) {
    const line = lineAt(lines, document.layout.starts[positions[word] ?? -1] ?? -1);
    if (line >= 0) found.add(line);
  }
  return [...found].sort((left, right) => left - right);
}

/** The number of the line that holds an offset of the layout view, or -1. */
function lineAt(lines: readonly Line[], offset: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return offset >= (lines[low]?.start ?? Number.POSITIVE_INFINITY) ? low : -1;
}
