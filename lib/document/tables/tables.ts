/** The tables of a document, found from its words' places and the lines drawn on its pages. No model, no choice left to chance: the same document always has the same tables. */

import type { DocumentText, Page } from "../../schema/document.ts";
import { marginLinesOf } from "../margins.ts";
import { oncePerDocument } from "../once.ts";
import { boxAround, positionsOf, wordsInRange } from "../views.ts";
import type { Grid } from "./grid.ts";
import { joinedAcrossPages, type PageTable } from "./join.ts";
import { kindsOf, textOfCell } from "./kinds.ts";
import { openGrids } from "./open.ts";
import { linesOfPage, linesOfText, type TextLine } from "./phrases.ts";
import { linesOutside, ruledGrids } from "./ruled.ts";
import type { Ruling, Rulings } from "./rulings.ts";
import type { Table, TableCell, TableRow } from "./table.ts";

/** More cells than this are not looked for: what comes later in the document is left out. */
const CELLS_MAXIMUM = 200_000;

/** The tables of a document, in order, found once. In a file without pages columns are what is kept apart by two blanks or more, as the texts of workbooks, CSV files, Word documents and web pages are written. */
export const tablesOf: (document: DocumentText) => readonly Table[] = oncePerDocument(findTables);

function findTables(document: DocumentText): Table[] {
  const parts: PageTable[] = [];
  const margins = marginWords(document);
  let cells = 0;
  for (const page of document.pages) {
    if (cells > CELLS_MAXIMUM) break;
    for (const part of tablesOfPage(document, page, margins)) {
      cells += part.grid.cells.length;
      parts.push(part);
    }
  }
  const places = positionsOf(document, "layout");
  return joinedAcrossPages(parts).map((list) => tableOf(document, list, places));
}

function tablesOfPage(document: DocumentText, page: Page, margins: ReadonlySet<number>): PageTable[] {
  const lines = document.kind === "pages" ? linesOfPage(document, page) : linesOfText(document);
  const rulings = rulingsOfPage(page);
  const ruled = ruledGrids(lines, rulings);
  const frames = ruled.map((grid) => grid.frame);
  const text = lines.filter((line) => !isMargin(line, margins));
  const open = openGrids(linesOutside(text, frames), rulings);
  return [...ruled, ...open]
    .sort((first, second) => first.frame.top - second.frame.top || first.frame.left - second.frame.left)
    .map((grid) => ({ page: page.number, width: page.width, grid, kinds: kindsOf(grid), ...linesAround(text, grid) }));
}

/** The words of the lines in the margins. */
function marginWords(document: DocumentText): ReadonlySet<number> {
  return new Set(marginLinesOf(document).flatMap(({ reading: [start, end] }) => wordsInRange(document, "reading", start, end)));
}

/** The headings of a table may come again at the top of each page, and are no title then. */
const TITLE_PHRASES = 2;

function isMargin(line: TextLine, margins: ReadonlySet<number>): boolean {
  return line.phrases.length <= TITLE_PHRASES && line.phrases.every((phrase) => phrase.words.every((word) => margins.has(word.index)));
}

function linesAround(lines: readonly TextLine[], { frame }: Grid): Pick<PageTable, "linesAbove" | "linesBelow"> {
  return { linesAbove: lines.filter((line) => line.bottom <= frame.top + 1).length, linesBelow: lines.filter((line) => line.top >= frame.bottom - 1).length };
}

function rulingsOfPage({ rulings, width, height }: Page): Rulings {
  if (!rulings) return { across: [], down: [] };
  const scaled = ([at, from, to]: readonly [number, number, number], across: number, along: number): Ruling => ({
    at: at * across,
    from: from * along,
    to: to * along,
  });
  return { across: rulings.across.map((ruling) => scaled(ruling, height, width)), down: rulings.down.map((ruling) => scaled(ruling, width, height)) };
}

/** One table of its parts; the headings of all but the first are left out. */
function tableOf(document: DocumentText, parts: readonly PageTable[], places: Uint32Array): Table {
  const rows = parts.flatMap((part, index) => rowsOf(document, part).filter((row) => index === 0 || row.kind !== "heading"));
  const first = parts[0];
  const last = parts.at(-1) ?? first;
  return {
    columns: first?.grid.columns ?? 0,
    rows,
    pages: [first?.page ?? 1, last?.page ?? 1],
    headingPages: parts.filter((part) => part.kinds[0] === "heading").map((part) => part.page),
    ruled: parts.every((part) => part.grid.ruled),
    range: rangeOf(document, rows, places),
  };
}

function rowsOf(document: DocumentText, { grid, kinds, page }: PageTable): TableRow[] {
  const rows = kinds.map((kind): { kind: typeof kind; page: number; cells: TableCell[] } => ({ kind, page, cells: [] }));
  for (const cell of grid.cells) {
    const words = cell.words.map((word) => word.index);
    const box = boxAround(words.flatMap((index) => document.words[index]?.box ?? []));
    const { column, rowSpan, columnSpan } = cell;
    rows[cell.row]?.cells.push({ column, rowSpan, columnSpan, text: textOfCell(cell), words, ...(box ? { box } : {}) });
  }
  for (const row of rows) row.cells.sort((first, second) => first.column - second.column);
  return rows;
}

function rangeOf(document: DocumentText, rows: readonly TableRow[], places: Uint32Array): [number, number] {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const row of rows) {
    for (const cell of row.cells) {
      for (const word of cell.words) {
        const at = document.layout.starts[places[word] ?? -1];
        if (at === undefined) continue;
        start = Math.min(start, at);
        end = Math.max(end, at + (document.words[word]?.text.length ?? 0));
      }
    }
  }
  return end === 0 ? [0, 0] : [start, end];
}
