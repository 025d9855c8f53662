/** The document around a citation: its lines, cut into the pieces that stand apart on them. */
import { positionsInRange, upperBound } from "../document/views.ts";
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

/** Ranges of the layout's text that a citation covers: its range, or the words whose middles lie in its boxes. */
function rangesOf(document: DocumentText, citation: Citation): (readonly [number, number])[] {
  if (document.kind === "text") return citation.range === undefined ? [] : [citation.range];
  const { words, starts } = document.layout;
  const ranges: [number, number][] = [];
  for (const box of citation.boxes) {
    const page = document.pages.find(({ number }) => number === (box.page ?? citation.page));
    if (!page) continue;
    const [first, last] = positionsInRange(document, "layout", page.layout[0], page.layout[1]);
    for (let position = first; position < last; position++) {
      const word = document.words[words[position] ?? -1];
      if (!word?.box) continue;
      const [middle, height] = [word.box.left + word.box.width / 2, word.box.top + word.box.height / 2];
      const isInside = box.left <= middle && middle <= box.left + box.width && box.top <= height && height <= box.top + box.height;
      if (isInside) ranges.push([starts[position] ?? 0, (starts[position] ?? 0) + 1]);
    }
  }
  return ranges;
}

/** A piece that a citation touches, and the index of its line in linesOf. */
export interface CitedPiece {
  line: number;
  piece: Piece;
}

/** The pieces that citations stand on, in the document's order. */
export function citedPieces(document: DocumentText, citations: readonly Citation[]): CitedPiece[] {
  const lines = linesOf(document);
  const starts = lines.map(({ offset }) => offset);
  const found = new Map<string, CitedPiece>();
  for (const [from, to] of citations.flatMap((citation) => rangesOf(document, citation))) {
    for (let line = Math.max(0, upperBound(starts, from) - 1); line < lines.length && (starts[line] ?? 0) < to; line++) {
      const offset = starts[line] ?? 0;
      for (const piece of lines[line]?.pieces ?? [])
        if (offset + piece.start < to && from < offset + piece.end) found.set(`${line} ${piece.start}`, { line, piece });
    }
  }
  return [...found.values()].sort((one, other) => one.line - other.line || one.piece.start - other.piece.start);
}
