/** Cuts a document's reading view into chunks: whole sentences and rows, packed up to a number of tokens, with an overlap. */
import type { DocumentText, Page } from "../schema/document.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Output } from "../schema/request.ts";
import { type Part, packParts } from "./pack.ts";
import { rowStarts } from "./rows.ts";
import { type Span, sentencesOf, trimSpan } from "./sentences.ts";
import { countTokens } from "./tokens.ts";

/** How a document is cut. `size` and `overlap` are tokens; size 0 means the whole document as one chunk. Outputs with equal settings share an index. */
export interface ChunkSettings {
  size: number;
  overlap: number;
}

/** A piece of the reading view, [start, end) in code units, without blanks at its ends. `pages` are the first and last page it touches, from 1. */
export interface Chunk {
  index: number;
  start: number;
  end: number;
  pages: [number, number];
  tokens: number;
}

const SMART_SHARE = 0.6;
const SMART_OVERLAP_SHARE = 0.1;
const PLAIN: ChunkSettings = { size: 1000, overlap: 100 };
const LONGEST_DEFAULT_OVERLAP = 100;
/** A reading view has at most two line breaks in a row; white space beyond this is not counted. */
const LONGEST_GAP = 16;
/** No o200k token is longer than this many code units of ordinary text; more than that many per token is never a sentence that fits. */
const CODE_UNITS_PER_TOKEN_AT_MOST = 128;
/** What it costs to begin a chunk at a place, in what a chunk of no size at all would cost. A paragraph's beginning costs nothing. Only their order matters much to what is found. */
const BREAK_COST = { line: 0.5, sentence: 1, insideSentence: 2, afterHeading: 4 };
const LONGEST_HEADING = 80;

/**
 * How an output wants its document cut. With "chunk-size" (tokens; 0: the whole document) as it says, overlap min(100, a tenth of the size) unless given.
 * Without: 60 % of the model's context with 10 % overlap, or 1000 and 100 when `smart` is false.
 * Throws PermanentError "invalid_request" where the overlap is not smaller than the size.
 */
export function chunkSettings(
  output: Pick<Output, "name" | "chunk-size" | "chunk-overlap">,
  options: { contextTokens: number; smart: boolean },
): ChunkSettings {
  const givenSize = output["chunk-size"];
  if (givenSize === 0) return { size: 0, overlap: 0 };
  const settings =
    givenSize === undefined ? automaticSettings(options) : { size: givenSize, overlap: Math.min(LONGEST_DEFAULT_OVERLAP, Math.floor(givenSize / 10)) };
  const overlap = output["chunk-overlap"] ?? settings.overlap;
  if (overlap >= settings.size) {
    throw new PermanentError(
      "invalid_request",
      `chunk-overlap of output "${output.name}" is ${overlap}, but must be smaller than its chunk size of ${settings.size} tokens`,
    );
  }
  return { size: settings.size, overlap };
}

function automaticSettings(options: { contextTokens: number; smart: boolean }): ChunkSettings {
  if (!options.smart) return PLAIN;
  const size = Math.max(1, Math.floor(options.contextTokens * SMART_SHARE));
  return { size, overlap: Math.floor(size * SMART_OVERLAP_SHARE) };
}

/**
 * The chunks of a document in reading order, numbered from 0; none when it has no words. No chunk begins or ends inside a word (but one longer than a chunk),
 * nor inside a sentence or a table's row that fits in a chunk; a longer sentence is cut at line ends, then between words. Chunks end with a paragraph where their sizes allow it,
 * and never between a heading and its text where both fit. The overlap is whole sentences, as many as fit in it. Deterministic; time linear in the text's length.
 */
export function chunkDocument(document: DocumentText, settings: ChunkSettings): Chunk[] {
  const { text } = document.reading;
  if (settings.size === 0) {
    const whole = trimSpan(text, 0, text.length);
    return whole === undefined ? [] : [toChunk(document.pages, 0, whole.start, whole.end, countTokens(text))];
  }
  const sentences = sentencesOf(text, document.language, rowStarts(document));
  const spans = sentences.flatMap((sentence) => splitToFit(text, sentence, settings.size));
  const { parts, packs } = packParts(withBreakCosts(text, sentences, spans), settings.size, settings.overlap);
  return packs.map(({ first, last, tokens }, index) => toChunk(document.pages, index, parts[first]?.start ?? 0, parts[last]?.end ?? 0, tokens));
}

/** The text of a chunk. */
export function chunkText(document: DocumentText, chunk: Pick<Chunk, "start" | "end">): string {
  return document.reading.text.slice(chunk.start, chunk.end);
}

/** Spans of text with their tokens. */
type Measured = Span & { tokens: number };

/** The parts with what it costs to begin a chunk with each. */
function withBreakCosts(text: string, sentences: readonly Span[], spans: readonly Measured[]): Part[] {
  const beginnings = new Set(sentences.map(({ start }) => start));
  return spans.map((span, index) => {
    const previous = spans[index - 1];
    if (previous === undefined) return { ...span, breakCost: 0 };
    if (!beginnings.has(span.start)) return { ...span, breakCost: BREAK_COST.insideSentence };
    if (isHeading(text, previous, spans[index - 2], span)) return { ...span, breakCost: BREAK_COST.afterHeading };
    const breaks = lineBreaks(text, previous.end, span.start);
    return { ...span, breakCost: breaks > 1 ? 0 : breaks === 1 ? BREAK_COST.line : BREAK_COST.sentence };
  });
}

/** Whether a span is a heading of the one after it: a line by itself, short, and not ended like a sentence. */
function isHeading(text: string, span: Span, before: Span | undefined, after: Span): boolean {
  const line = text.slice(span.start, span.end);
  if (line.length > LONGEST_HEADING || line.includes("\n") || !/\p{L}/u.test(line)) return false;
  const opensBlock = before === undefined || lineBreaks(text, before.end, span.start) > 1;
  const breaks = lineBreaks(text, span.end, after.start);
  if (breaks === 0 || !opensBlock) return false;
  return /^#{1,6} /.test(line) || (!/[.!?,;…。]$/.test(line) && (breaks > 1 || after.end - after.start > LONGEST_HEADING));
}

function lineBreaks(text: string, start: number, end: number): number {
  let breaks = 0;
  for (let offset = start; offset < end; offset++) if (text.charCodeAt(offset) === 10) breaks++;
  return breaks;
}

/** A sentence as parts that each fit: itself, else its lines, else its words, else pieces of a word. */
function splitToFit(text: string, span: Span, size: number, level: 0 | 1 | 2 = 0): Measured[] {
  if (span.end - span.start <= size * CODE_UNITS_PER_TOKEN_AT_MOST) {
    const tokens = costOf(text, span);
    if (tokens <= size || isOneCharacter(text, span)) return [{ ...span, tokens }];
  }
  if (level === 2) return halves(text, span).flatMap((half) => splitToFit(text, half, size, 2));
  const pieces = piecesBetween(text, span, level === 0 ? /\n/g : /\s+/g);
  const parts = pieces.flatMap((piece) => splitToFit(text, piece, size, level === 0 ? 1 : 2));
  return level === 1 ? mergeWords(parts, size) : parts;
}

/** A part's tokens where it follows another: counted with the white space before it, as most tokens of words include a blank. */
function costOf(text: string, span: Span): number {
  let start = span.start;
  while (start > 0 && span.start - start < LONGEST_GAP && /\s/.test(text.charAt(start - 1))) start--;
  return countTokens(text.slice(start, span.end));
}

function piecesBetween(text: string, span: Span, separator: RegExp): Span[] {
  const pieces: Span[] = [];
  let start = span.start;
  for (const match of text.slice(span.start, span.end).matchAll(separator)) {
    const piece = trimSpan(text, start, span.start + match.index);
    if (piece !== undefined) pieces.push(piece);
    start = span.start + match.index + match[0].length;
  }
  const rest = trimSpan(text, start, span.end);
  return rest === undefined ? pieces : [...pieces, rest];
}

/** Joins neighbouring words again up to a sixteenth of a chunk, so that a line without sentences does not become a part per word. */
function mergeWords(words: readonly Measured[], size: number): Measured[] {
  const most = Math.max(1, Math.floor(size / 16));
  const merged: Measured[] = [];
  let last: Measured | undefined;
  for (const word of words) {
    if (last !== undefined && last.tokens + word.tokens <= most) {
      last.end = word.end;
      last.tokens += word.tokens;
    } else {
      last = { ...word };
      merged.push(last);
    }
  }
  return merged;
}

function isOneCharacter(text: string, span: Span): boolean {
  const length = span.end - span.start;
  return length === 1 || (length === 2 && (text.codePointAt(span.start) ?? 0) > 0xffff);
}

/** Two parts of a text of more than one character, not cut inside a surrogate pair. */
function halves(text: string, span: Span): Span[] {
  let middle = (span.start + span.end) >> 1;
  const code = text.charCodeAt(middle);
  if (code >= 0xdc00 && code <= 0xdfff) middle += middle + 1 < span.end ? 1 : -1;
  return [
    { start: span.start, end: middle },
    { start: middle, end: span.end },
  ];
}

function toChunk(pages: readonly Page[], index: number, start: number, end: number, tokens: number): Chunk {
  const first = pageAt(pages, start);
  return { index, start, end, pages: [first, Math.max(first, pageAt(pages, end - 1))], tokens };
}

/** The number of the last page that begins at or before this offset of the reading view. */
function pageAt(pages: readonly Page[], offset: number): number {
  let low = 0;
  let high = pages.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pages[middle]?.reading[0] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return pages[low]?.number ?? 1;
}
