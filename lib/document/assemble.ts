/** Parsed pages to a document: the words, the layout view and the reading view over them. It comes in parts, so that the thread that reads a large file never holds all of it. */
import type { Box, DocumentText, Page, TextView, ViewName, Word } from "../schema/document.ts";
import { detectLanguage } from "./language.ts";
import { type GridRow, gridOf } from "./layout.ts";
import { joinParts, linesOf } from "./lines.ts";
import type { ParsedPage, PlacedWord, Rectangle, Run } from "./parsed.ts";
import { type Block, blocksOf } from "./reading.ts";
import type { Ruling } from "./tables/rulings.ts";
import { type ViewBuilder, viewBuilder } from "./views.ts";
import { runsOf, type Turn } from "./words.ts";

/** What stands between two pages of the layout view: a line with a form feed. */
export const LAYOUT_PAGE_BREAK = "\n\f\n";
/** What stands between two pages of the reading view: an empty line. */
export const READING_PAGE_BREAK = "\n\n";

/** Some pages of a document. Indices and offsets count from the beginning of the document, so that parts only need to be put one after the other. */
export type DocumentPart = Pick<DocumentText, "words" | "pages" | "layout" | "reading">;

/** Takes parsed pages in order. `take` gives what they became since the last `take`; nothing of it is kept. */
export interface Assembler {
  add(page: ParsedPage): void;
  take(): DocumentPart;
}

/** An assembler without pages. */
export function assembler(): Assembler {
  const layout = viewBuilder();
  const reading = viewBuilder();
  let words: Word[] = [];
  let pages: Page[] = [];
  let wordsTaken = 0;
  let pagesAdded = 0;
  return {
    add(parsed) {
      const page = { ...parsed, width: size(parsed.width), height: size(parsed.height) };
      if (pagesAdded++ > 0) {
        layout.gap(LAYOUT_PAGE_BREAK);
        reading.gap(READING_PAGE_BREAK);
      }
      const starts = { layout: layout.length(), reading: reading.length() };
      const numbers = new Map<PlacedWord, number>();
      const groups = groupsOf(page);
      const number = (word: PlacedWord, made: Word): number => {
        const index = wordsTaken + words.push(made) - 1;
        numbers.set(word, index);
        return index;
      };
      for (const [position, runs] of groups.entries()) writeBlocks(blocksOf(runs), position > 0, page, number, reading);
      for (const [position, runs] of groups.entries()) writeRows(gridOf(linesOf(runs)), position > 0, numbers, layout);
      pages.push({
        number: page.number,
        width: page.width,
        height: page.height,
        layout: [starts.layout, layout.length()],
        reading: [starts.reading, reading.length()],
        ...rulingsIn(page),
      });
    },
    take() {
      const part = { words, pages, layout: layout.take(), reading: reading.take() };
      wordsTaken += words.length;
      words = [];
      pages = [];
      return part;
    },
  };
}

/** The document of all its parts, in order. `language` is the user's; without it the text decides. */
export function documentOfParts(parts: readonly DocumentPart[], parser: string, language: string | undefined): DocumentText {
  const view = (name: ViewName): TextView => ({
    text: parts.map((part) => part[name].text).join(""),
    words: parts.flatMap((part) => part[name].words),
    starts: parts.flatMap((part) => part[name].starts),
  });
  const reading = view("reading");
  return {
    v: 1,
    kind: "pages",
    parser,
    language: language ?? detectLanguage(reading.text),
    words: parts.flatMap((part) => part.words),
    pages: parts.flatMap((part) => part.pages),
    layout: view("layout"),
    reading,
  };
}

/** A broken file's page may have no size; sizes are positive. */
function size(points: number): number {
  return Number.isFinite(points) && points > 0 ? points : 1;
}

/** Runs by turn, the turn with the most letters first: text at another angle (margins, stamps) comes after the page's own. */
function groupsOf(page: ParsedPage): Run[][] {
  const letters = (runs: readonly Run[]) => runs.reduce((sum, run) => sum + run.words.reduce((count, word) => count + word.text.length, 0), 0);
  const groups: [Turn, Run[]][] = [...runsOf(page)];
  return groups.sort((first, second) => letters(second[1]) - letters(first[1])).map(([, runs]) => joinParts(runs));
}

function writeBlocks(blocks: readonly Block[], after: boolean, page: ParsedPage, number: (word: PlacedWord, made: Word) => number, view: ViewBuilder): void {
  for (const [blockIndex, block] of blocks.entries()) {
    if (blockIndex > 0 || after) view.gap("\n\n");
    for (const [lineIndex, line] of block.entries()) {
      if (lineIndex > 0) view.gap("\n");
      for (const [wordIndex, word] of line.entries()) {
        if (wordIndex > 0) view.gap(" ");
        const box = boxOf(word.shown, page);
        const made: Word = { text: word.text, page: page.number };
        if (box) made.box = box;
        if (word.confidence !== undefined) made.confidence = word.confidence;
        view.word(number(word, made), word.text);
      }
    }
  }
}

function writeRows(rows: readonly GridRow[], after: boolean, numbers: Map<PlacedWord, number>, view: ViewBuilder): void {
  if (after) view.gap("\n\n");
  for (const [rowIndex, row] of rows.entries()) {
    if (rowIndex > 0) view.gap("\n");
    const start = view.length();
    for (const [cellIndex, cell] of row.entries()) {
      const at = view.length() - start;
      const blanks = cell.column === undefined ? Math.min(1, cellIndex) : Math.max(cellIndex === 0 ? 0 : 2, cell.column - at);
      if (blanks > 0) view.gap(" ".repeat(blanks));
      view.word(numbers.get(cell.word) ?? 0, cell.word.text);
    }
  }
}

/** The part of a rectangle that is on the page, as fractions of it; undefined where nothing is. */
function boxOf(rectangle: Rectangle, page: ParsedPage): Box | undefined {
  const left = fraction(rectangle.left, page.width);
  const top = fraction(rectangle.top, page.height);
  const width = round(fraction(rectangle.left + rectangle.width, page.width) - left);
  const height = round(fraction(rectangle.top + rectangle.height, page.height) - top);
  return width > 0 && height > 0 ? { left, top, width, height } : undefined;
}

/** The rulings of a page as fractions of it; nothing where it has none. */
function rulingsIn({ rulings, width, height }: ParsedPage): Pick<Page, "rulings"> {
  if (!rulings || rulings.across.length + rulings.down.length === 0) return {};
  const scaled = ({ at, from, to }: Ruling, across: number, along: number): [number, number, number] => [
    fraction(at, across),
    fraction(from, along),
    fraction(to, along),
  ];
  return {
    rulings: {
      across: rulings.across.map((ruling) => scaled(ruling, height, width)),
      down: rulings.down.map((ruling) => scaled(ruling, width, height)),
    },
  };
}

function fraction(value: number, whole: number): number {
  const share = whole > 0 ? value / whole : 0;
  return Number.isFinite(share) ? round(Math.min(1, Math.max(0, share))) : 0;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
