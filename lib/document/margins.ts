/** Running titles, page numbers and the like: lines at the top and bottom edge of pages that come again on others. Derived from the document, which keeps them in its text. */
import type { DocumentText, Page } from "../schema/document.ts";
import { positionsInRange, type Range } from "./views.ts";

/** A line in the margin of a page: "header" above the text, "footer" below it, and where it stands in the reading view. */
export interface MarginLine {
  page: number;
  kind: "header" | "footer";
  reading: Range;
}

/** Margins reach so far into the page, as a share of its height, and hold so many lines. */
const REACH = 0.13;
const LINES_MAXIMUM = 4;
/** What parts margins from the text, in heights of a line. */
const GAP = 1.2;
/** On how many pages a line must stand, at least, and on what share of all: titles of left and right pages take turns. */
const PAGES_MINIMUM = 2;
const PAGES_SHARE = 0.3;
/** Lines at the same height, as a share of the page's. */
const HEIGHT_STEP = 0.02;

interface Candidate extends MarginLine {
  key: string;
  height: number;
}

/** A line of a page: its offsets in the reading view, its edges as shares of the page's height. */
interface Placed {
  start: number;
  end: number;
  top: number;
  bottom: number;
}

const known = new WeakMap<DocumentText, readonly MarginLine[]>();

/** The lines in the margins of a document with at least two pages, by page and then from the top; the same text apart from its numbers, at the same height, on several pages. Found once. */
export function marginLinesOf(document: DocumentText): readonly MarginLine[] {
  const held = known.get(document);
  if (held) return held;
  const candidates = document.kind === "pages" ? document.pages.flatMap((page) => candidatesOf(document, page)) : [];
  const pagesByKey = new Map<string, Map<number, Set<number>>>();
  for (const { key, height, page } of candidates) {
    const heights = pagesByKey.get(key) ?? new Map<number, Set<number>>();
    pagesByKey.set(key, heights);
    const step = Math.round(height / HEIGHT_STEP);
    heights.set(step, (heights.get(step) ?? new Set<number>()).add(page));
  }
  const least = Math.max(PAGES_MINIMUM, document.pages.length * PAGES_SHARE);
  const lines = candidates
    .filter(({ key, height }) => {
      const step = Math.round(height / HEIGHT_STEP);
      const pages = [step - 1, step, step + 1].flatMap((near) => [...(pagesByKey.get(key)?.get(near) ?? [])]);
      return new Set(pages).size >= least;
    })
    .map(({ page, kind, reading }) => ({ page, kind, reading }));
  known.set(document, lines);
  return lines;
}

function candidatesOf(document: DocumentText, page: Page): Candidate[] {
  const { text, starts, words } = document.reading;
  const [from, to] = positionsInRange(document, "reading", page.reading[0], page.reading[1]);
  const lines: Placed[] = [];
  for (let position = from; position < to; position++) {
    const word = document.words[words[position] ?? -1];
    const start = starts[position] ?? 0;
    if (!word?.box) continue;
    const end = start + word.text.length;
    const last = lines.at(-1);
    const { top, height } = word.box;
    if (last && !text.slice(last.end, start).includes("\n")) {
      last.end = end;
      last.top = Math.min(last.top, top);
      last.bottom = Math.max(last.bottom, top + height);
    } else lines.push({ start, end, top, bottom: top + height });
  }
  const byTop = [...lines].sort((first, second) => first.top - second.top);
  const header = untilGap(
    byTop,
    (line) => line.bottom <= REACH,
    (line, next) => next.top - line.bottom,
  );
  const footer = untilGap(
    byTop.reverse(),
    (line) => line.top >= 1 - REACH,
    (line, next) => line.top - next.bottom,
  );
  const candidate = (kind: MarginLine["kind"]) => (line: Placed) => ({
    page: page.number,
    kind,
    reading: [line.start, line.end] as const,
    key: `${kind} ${keyOf(text.slice(line.start, line.end))}`,
    height: (line.top + line.bottom) / 2,
  });
  return [...header.map(candidate("header")), ...footer.reverse().map(candidate("footer"))];
}

/** The outermost lines, up to the last gap that parts them from the text of the page. */
function untilGap(lines: readonly Placed[], reaches: (line: Placed) => boolean, gap: (line: Placed, next: Placed) => number): Placed[] {
  let end = 0;
  for (const [index, line] of lines.slice(0, LINES_MAXIMUM).entries()) {
    if (!reaches(line)) break;
    const next = lines[index + 1];
    if (!next || gap(line, next) >= (line.bottom - line.top) * GAP) end = index + 1;
  }
  return lines.slice(0, end);
}

/** What lines on different pages share: their letters, any number in place of another. */
function keyOf(text: string): string {
  return text
    .slice(0, 200)
    .toLowerCase()
    .replace(/\p{N}+/gu, "#")
    .replace(/\b[ivxlc]{1,7}\b/g, "#")
    .replace(/\s+/g, " ");
}
