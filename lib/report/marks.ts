/** Text with marks, for pages that have no image: where a citation's words stand in a view of the document. */
import type { Box, DocumentText, TextView } from "../schema/document.ts";
import type { Citation } from "../schema/result.ts";

/** A marked stretch of a text, [start, end). `id` says what it marks. */
export interface Mark<Id> {
  start: number;
  end: number;
  id: Id;
}

/** A piece of text with everything that marks it. */
export interface Piece<Id> {
  text: string;
  ids: readonly Id[];
}

/** Cuts text [start, end) at the ends of its marks: pieces that together are that text, each with the marks over it. */
export function cutPieces<Id>(text: string, start: number, end: number, marks: readonly Mark<Id>[]): readonly Piece<Id>[] {
  const inside = marks.filter((mark) => mark.start < end && mark.end > start && mark.start < mark.end);
  const cuts = new Set([start, end, ...inside.flatMap((mark) => [Math.max(start, mark.start), Math.min(end, mark.end)])]);
  const places = [...cuts].sort((left, right) => left - right);
  return places.slice(0, -1).map((from, index) => {
    const to = places[index + 1] ?? end;
    return { text: text.slice(from, to), ids: inside.filter((mark) => mark.start <= from && mark.end >= to).map(({ id }) => id) };
  });
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function holdsQuote(view: TextView, range: readonly [number, number], quote: string): boolean {
  return plain(view.text.slice(range[0], range[1])) === plain(quote);
}

function centreInside(word: Box, box: Box): boolean {
  const x = word.left + word.width / 2;
  const y = word.top + word.height / 2;
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}

function rangeOfBoxes(document: DocumentText, page: number, boxes: readonly Box[]): readonly [number, number] | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  const { words, starts } = document.layout;
  words.forEach((index, place) => {
    const word = document.words[index];
    const start = starts[place];
    if (!word?.box || word.page !== page || start === undefined) return;
    const { box, text } = word;
    if (!boxes.some((candidate) => centreInside(box, candidate))) return;
    first = Math.min(first, start);
    last = Math.max(last, start + text.length);
  });
  return last < 0 ? undefined : [first, last];
}

/** Where a citation stands in the layout view: by its range where that holds the quote, by the words in its boxes, by its quote as it stands; undefined when by none. */
export function rangeOf(document: DocumentText, citation: Citation, page: number): readonly [number, number] | undefined {
  const { layout } = document;
  if (citation.range && holdsQuote(layout, citation.range, citation.quote)) return citation.range;
  const boxes = citation.boxes.filter((box) => (box.page ?? citation.page) === page);
  const byBoxes = boxes.length > 0 ? rangeOfBoxes(document, page, boxes) : undefined;
  if (byBoxes) return byBoxes;
  const quote = citation.quote.trim();
  const [start, end] = document.pages.find(({ number }) => number === page)?.layout ?? [0, layout.text.length];
  const found = quote === "" ? -1 : layout.text.slice(start, end).indexOf(quote);
  if (found >= 0) return [start + found, start + found + quote.length];
  return citation.range && citation.range[1] <= layout.text.length && document.kind === "text" ? citation.range : undefined;
}

/** How much text is shown around marks in a long text, in characters. */
const AROUND = 700;

/** The stretches of [start, end) to show: everything when it is short, else the surroundings of the marks, cut at line ends where one is near. */
export function excerptsOf<Id>(text: string, start: number, end: number, marks: readonly Mark<Id>[]): readonly (readonly [number, number])[] {
  if (end - start <= 8 * AROUND) return [[start, end]];
  const stretches: [number, number][] = [];
  for (const mark of [...marks].sort((left, right) => left.start - right.start)) {
    const lineStart = text.lastIndexOf("\n", Math.max(start, mark.start - AROUND)) + 1;
    const from = Math.max(start, mark.start - lineStart > 2 * AROUND ? mark.start - AROUND : lineStart);
    const lineEnd = text.indexOf("\n", Math.min(end, mark.end + AROUND));
    const to = Math.min(end, lineEnd < 0 || lineEnd - mark.end > 2 * AROUND ? mark.end + AROUND : lineEnd);
    const last = stretches.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else stretches.push([from, to]);
  }
  return stretches.length > 0 ? stretches : [[start, Math.min(end, start + 4 * AROUND)]];
}
