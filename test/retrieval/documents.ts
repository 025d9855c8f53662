/** Documents for tests, made from page texts as a reader of plain text would: the layout view is the text itself. */
import type { DocumentText, Page, TextView, Word } from "../../lib/schema/document.ts";

interface View {
  parts: string[];
  length: number;
  words: number[];
  starts: number[];
}

const emptyView = (): View => ({ parts: [], length: 0, words: [], starts: [] });

function add(view: View, text: string, word?: number): void {
  if (word !== undefined) {
    view.words.push(word);
    view.starts.push(view.length);
  }
  view.parts.push(text);
  view.length += text.length;
}

const finish = (view: View): TextView => ({ text: view.parts.join(""), words: view.words, starts: view.starts });

/** Pages of layout text as a document. The reading view has the same lines with single blanks; with `columns`, the left half of each page's lines (cut at that column) is read before the right. */
export function documentOf(pageTexts: readonly string[], options: { language?: string; columns?: number } = {}): DocumentText {
  const words: Word[] = [];
  const pages: Page[] = [];
  const layout = emptyView();
  const reading = emptyView();
  pageTexts.forEach((pageText, index) => {
    if (index > 0) {
      add(layout, "\n\f\n");
      add(reading, "\n\n");
    }
    const layoutStart = layout.length;
    const readingStart = reading.length;
    const lines = pageText.split("\n").map((line) => cells(line, index + 1, words, layout, layoutStart));
    const columns = options.columns === undefined ? [lines] : splitColumns(lines, options.columns);
    columns.forEach((column, place) => {
      if (place > 0) add(reading, "\n\n");
      writeReading(column, words, reading);
    });
    pages.push({ number: index + 1, width: 612, height: 792, layout: [layoutStart, layout.length], reading: [readingStart, reading.length] });
  });
  return { v: 1, kind: "pages", parser: "test", language: options.language ?? "en", words, pages, layout: finish(layout), reading: finish(reading) };
}

interface Cell {
  word: number;
  column: number;
}

function cells(line: string, page: number, words: Word[], layout: View, pageStart: number): Cell[] {
  if (layout.length > pageStart || layout.parts.at(-1) === "") add(layout, "\n");
  const found: Cell[] = [];
  let end = 0;
  for (const match of line.matchAll(/\S+/g)) {
    add(layout, line.slice(end, match.index));
    add(layout, match[0], words.length);
    found.push({ word: words.length, column: match.index });
    words.push({ text: match[0], page });
    end = match.index + match[0].length;
  }
  if (found.length === 0) layout.parts.push("");
  return found;
}

function splitColumns(lines: readonly Cell[][], column: number): Cell[][][] {
  return [lines.map((line) => line.filter((cell) => cell.column < column)), lines.map((line) => line.filter((cell) => cell.column >= column))];
}

function writeReading(lines: readonly Cell[][], words: readonly Word[], reading: View): void {
  let isFirst = true;
  let isBlock = false;
  for (const line of lines) {
    if (line.length === 0) {
      isBlock = !isFirst;
      continue;
    }
    if (!isFirst) add(reading, isBlock ? "\n\n" : "\n");
    isFirst = false;
    isBlock = false;
    line.forEach((cell, index) => {
      if (index > 0) add(reading, " ");
      add(reading, words[cell.word]?.text ?? "", cell.word);
    });
  }
}
