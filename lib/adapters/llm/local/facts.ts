/** What is known about a document before any question: its tokens, lines and cells with their places, computed once per document. */
import type { DocumentText } from "../../../schema/document.ts";
import { comparable } from "./words.ts";

/** A piece of a word: `start` and `end` in the layout view, `left` and `right` in points. Colons and number signs are tokens of their own. */
export interface Token {
  text: string;
  norm: string;
  start: number;
  end: number;
  left: number;
  right: number;
  line: number;
  cell: number;
}

/** Tokens [first, last) of a line that stand together, apart from the next by a wide gap. */
export interface Cell {
  index: number;
  line: number;
  first: number;
  last: number;
  start: number;
  end: number;
  left: number;
  right: number;
}

/** A line of the layout view. `top` and `bottom` in points on its page; `cells` from left to right. */
export interface Line {
  index: number;
  page: number;
  top: number;
  bottom: number;
  cells: Cell[];
}

/** A document as the extractor sees it, in its layout view's offsets. */
export interface Facts {
  document: DocumentText;
  text: string;
  tokens: Token[];
  cells: Cell[];
  lines: Line[];
  /** Tokens by their comparable word. */
  byWord: ReadonlyMap<string, readonly number[]>;
  /** Of the first page, or of plain text, in points. */
  pageWidth: number;
  pageHeight: number;
}

const COLUMN_POINTS = 6;
const LINE_POINTS = 12;
/** The width of plain text, in points: that of its longest line within these bounds. */
const NARROWEST_TEXT = 240;
const WIDEST_TEXT = 900;
/** Signs between the parts of one line of text, such as a sender's address. */
const SEPARATOR = /^[●·•∙|]$/;

/** Where a word is cut: before and after ":", "=" and "#", after "n°", and at "/" between two words of letters. Offsets inside the word. */
function pieces(word: string): [number, number][] {
  if (word.includes("://") || word.includes("@") || !/[:=#/°º№(]/.test(word)) return [[0, word.length]];
  const result: [number, number][] = [];
  let from = 0;
  const cut = (at: number) => {
    if (at > from) result.push([from, at]);
    from = at;
  };
  for (let at = 0; at < word.length; at++) {
    const before = word[at - 1] ?? "";
    const after = word[at + 1] ?? "";
    const character = word[at] ?? "";
    const between = /\d/.test(before) && /\d/.test(after);
    if ((character === ":" && !between) || character === "=" || (character === "#" && !/\d/.test(before))) {
      cut(at);
      cut(at + 1);
    } else if (character === "(" && /\p{L}{2}/u.test(before + (word[at - 2] ?? "")) && /\p{L}/u.test(after)) cut(at);
    else if (/[°º№]/.test(character) && /\d/.test(after)) cut(at + 1);
    else if (character === "/" && /^\p{L}{2}/u.test(word.slice(at + 1)) && /\p{L}{2}$/u.test(word.slice(0, at))) {
      cut(at);
      from = at + 1;
    }
  }
  cut(word.length);
  return result;
}

interface Placed {
  text: string;
  start: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  page: number;
  row: number;
}

/** The words of the layout view with their places; words without boxes get them from line and column of the text. */
function placedWords(document: DocumentText): Placed[] {
  const { layout, words } = document;
  const pages = new Map(document.pages.map((page) => [page.number, page]));
  const result: Placed[] = [];
  let row = 0;
  let lineStart = 0;
  let scanned = 0;
  for (let index = 0; index < layout.words.length; index++) {
    const word = words[layout.words[index] ?? -1];
    const start = layout.starts[index] ?? 0;
    if (word === undefined) continue;
    for (; scanned < start; scanned++) {
      if (layout.text[scanned] === "\n" || layout.text[scanned] === "\f") {
        row += 1;
        lineStart = scanned + 1;
      }
    }
    const page = pages.get(word.page);
    const box = word.box;
    if (box !== undefined && page !== undefined) {
      const left = box.left * page.width;
      const top = box.top * page.height;
      result.push({ text: word.text, start, left, right: left + box.width * page.width, top, bottom: top + box.height * page.height, page: word.page, row });
    } else {
      const left = (start - lineStart) * COLUMN_POINTS;
      const top = row * LINE_POINTS;
      result.push({ text: word.text, start, left, right: left + word.text.length * COLUMN_POINTS, top, bottom: top + LINE_POINTS, page: word.page, row });
    }
  }
  return result;
}

/** Whether a wide gap lies between two words of a line: more than a blank of the text, measured by boxes or, without boxes, by two blanks. */
function apart(previous: Placed, next: Placed, boxed: boolean, text: string): boolean {
  const between = next.start - (previous.start + previous.text.length);
  if (/^[:=]$/.test(next.text)) return between > 40;
  if (SEPARATOR.test(previous.text) || SEPARATOR.test(next.text)) return next.left - previous.right > 60;
  if (!boxed) return between >= 2;
  const height = Math.max(4, Math.min(previous.bottom - previous.top, next.bottom - next.top));
  const gap = next.left - previous.right;
  return gap > height * 0.85 || (between >= 2 && gap > height * 0.55) || text.slice(next.start - between, next.start).includes("\t");
}

/** Gives a word its line: the last one, or a new one where row or page change. */
function lineFor(lines: Line[], word: Placed, previous: Placed | undefined): Line {
  const last = lines.at(-1);
  if (last !== undefined && previous !== undefined && previous.row === word.row && previous.page === word.page) {
    last.top = Math.min(last.top, word.top);
    last.bottom = Math.max(last.bottom, word.bottom);
    return last;
  }
  const line = { index: lines.length, page: word.page, top: word.top, bottom: word.bottom, cells: [] };
  lines.push(line);
  return line;
}

/** comparable() with a memory, for words repeat. */
function remembering(): (part: string) => string {
  const norms = new Map<string, string>();
  return (part) => {
    let norm = norms.get(part);
    if (norm === undefined) {
      norm = part === ":" ? ":" : comparable(part);
      norms.set(part, norm);
    }
    return norm;
  };
}

function byNorm(tokens: readonly Token[]): ReadonlyMap<string, readonly number[]> {
  const result = new Map<string, number[]>();
  tokens.forEach((token, index) => {
    const list = result.get(token.norm);
    if (list === undefined) result.set(token.norm, [index]);
    else list.push(index);
  });
  return result;
}

function build(document: DocumentText): Facts {
  const boxed = document.kind === "pages" && document.words.some((word) => word.box !== undefined);
  const text = document.layout.text;
  const tokens: Token[] = [];
  const cells: Cell[] = [];
  const lines: Line[] = [];
  const normOf = remembering();
  let previous: Placed | undefined;
  for (const word of placedWords(document)) {
    const line = lineFor(lines, word, previous);
    let cell = line.cells.at(-1);
    if (cell === undefined || previous === undefined || apart(previous, word, boxed, text)) {
      const at = tokens.length;
      cell = { index: cells.length, line: line.index, first: at, last: at, start: word.start, end: word.start, left: word.left, right: word.right };
      cells.push(cell);
      line.cells.push(cell);
    }
    const scale = (word.right - word.left) / Math.max(1, word.text.length);
    for (const [from, to] of pieces(word.text)) {
      const part = word.text.slice(from, to);
      const [left, right] = [word.left + from * scale, word.left + to * scale];
      tokens.push({ text: part, norm: normOf(part), start: word.start + from, end: word.start + to, left, right, line: line.index, cell: cell.index });
    }
    cell.last = tokens.length;
    cell.end = word.start + word.text.length;
    cell.right = Math.max(cell.right, word.right);
    previous = word;
  }
  const page = boxed ? document.pages[0] : undefined;
  const pageWidth = page?.width ?? cells.reduce((widest, cell) => Math.max(widest, Math.min(cell.right, WIDEST_TEXT)), NARROWEST_TEXT);
  const pageHeight = page?.height ?? Math.max(1, lines.length) * LINE_POINTS;
  return { document, text, tokens, cells, lines, byWord: byNorm(tokens), pageWidth, pageHeight };
}

const cache = new WeakMap<DocumentText, Facts>();

/** The facts of a document, computed once per document object. */
export function factsOf(document: DocumentText): Facts {
  let facts = cache.get(document);
  if (facts === undefined) {
    facts = build(document);
    cache.set(document, facts);
  }
  return facts;
}

/** A cache for something computed once from the facts of a document. */
export function oncePerDocument<T>(compute: (facts: Facts) => T): (facts: Facts) => T {
  const values = new WeakMap<Facts, { value: T }>();
  return (facts) => {
    let held = values.get(facts);
    if (held === undefined) {
      held = { value: compute(facts) };
      values.set(facts, held);
    }
    return held.value;
  };
}

/** The cells of the lines below a cell that overlap it horizontally, nearest first, at most `count` lines down on the same page. */
export function cellsBelow(facts: Facts, left: number, right: number, line: number, count: number): Cell[] {
  const result: Cell[] = [];
  const page = facts.lines[line]?.page;
  for (let index = line + 1; index <= line + count; index++) {
    const below = facts.lines[index];
    if (below === undefined || below.page !== page) break;
    for (const cell of below.cells) if (cell.left < right + 2 && cell.right > left - 2) result.push(cell);
  }
  return result;
}
