/** The document around a citation: its lines, cut into the pieces that stand apart on them. */
import { upperBound } from "../document/views.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Citation } from "../schema/result.ts";

/** A piece of a line: at least two blanks away from the next. `start` is its column from 0. */
export interface Piece {
  text: string;
  start: number;
  end: number;
}

/** A line of the layout that has text. `offset` is where it begins in the layout's text. */
export interface DocumentLine {
  page: number;
  offset: number;
  text: string;
  pieces: readonly Piece[];
}

const known = new WeakMap<DocumentText, readonly DocumentLine[]>();

/** The lines of a document's layout without the empty ones; worked out once per document. */
export function linesOf(document: DocumentText): readonly DocumentLine[] {
  const found = known.get(document);
  if (found) return found;
  const starts = document.pages.map(({ layout }) => layout[0]);
  const lines: DocumentLine[] = [];
  let offset = 0;
  for (const text of document.layout.text.split("\n")) {
    if (text.trim() !== "")
      lines.push({ page: document.pages[Math.max(0, upperBound(starts, offset) - 1)]?.number ?? 1, offset, text, pieces: piecesOf(text) });
    offset += text.length + 1;
  }
  known.set(document, lines);
  return lines;
}

function piecesOf(text: string): Piece[] {
  return [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: piece, index }) => ({ text: piece, start: index, end: index + piece.length }));
}

function offsetsOf(document: DocumentText, citation: Citation): number[] {
  if (citation.range !== undefined) return document.kind === "text" ? [citation.range[0], Math.max(citation.range[0], citation.range[1] - 1)] : [];
  const { words, starts } = document.layout;
  const offsets: number[] = [];
  const pages = new Set(citation.boxes.map((box) => box.page ?? citation.page));
  for (const [position, index] of words.entries()) {
    const word = document.words[index];
    if (!word?.box || !pages.has(word.page)) continue;
    const [middle, height] = [word.box.left + word.box.width / 2, word.box.top + word.box.height / 2];
    const isInside = citation.boxes.some(
      (box) =>
        (box.page ?? citation.page) === word.page &&
        box.left <= middle &&
        middle <= box.left + box.width &&
        box.top <= height &&
        height <= box.top + box.height,
    );
    if (isInside) offsets.push(starts[position] ?? 0);
  }
  return offsets;
}

/** The indices, in linesOf, of the lines that a citation stands on, ascending. */
export function citedLines(document: DocumentText, citations: readonly Citation[]): number[] {
  const lines = linesOf(document);
  const starts = lines.map(({ offset }) => offset);
  const found = new Set<number>();
  for (const citation of citations) {
    const at = offsetsOf(document, citation).map((offset) => Math.max(0, upperBound(starts, offset) - 1));
    if (document.kind === "text" && at.length === 2) for (let line = at[0] ?? 0; line <= (at[1] ?? 0); line++) found.add(line);
    else for (const line of at) found.add(line);
  }
  return [...found].sort((one, other) => one - other);
}
