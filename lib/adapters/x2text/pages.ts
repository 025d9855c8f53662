/** What services say of a document's pages, as a document: blocks of lines in the order that the service gives, each word with the smallest box that the service knows around it. */
import { LAYOUT_PAGE_BREAK, READING_PAGE_BREAK } from "../../document/assemble.ts";
import { detectLanguage } from "../../document/language.ts";
import { viewBuilder } from "../../document/views.ts";
import type { Box, DocumentText, Page, Word } from "../../schema/document.ts";
import { PermanentError } from "../../schema/errors.ts";
import type { ExtractionInput } from "../contract.ts";

/** Text in one box. `indent` is how many blanks stand before it where columns are kept apart; 2 between parts of a line when not given. */
export interface Part {
  text: string;
  box?: Box | undefined;
  indent?: number;
}

/** A page as a service gives it: blocks of lines of parts. Sizes in points, or in any unit where only the shape is known. */
export interface ServicePage {
  number: number;
  width: number;
  height: number;
  blocks: readonly (readonly (readonly Part[])[])[];
}

/** The document of pages, of which only the wanted ones are taken. Throws PermanentError "limit_exceeded" that names the limit. */
export function documentOfPages(pages: readonly ServicePage[], parser: string, input: ExtractionInput): DocumentText {
  const wanted = pages.filter(({ number }) => input.pages === undefined || input.pages.some(([first, last]) => number >= first && number <= last));
  if (wanted.length > input.maximumPages) throw tooMuch(input, `${wanted.length} pages`, `${input.maximumPages} pages`);
  const layout = viewBuilder();
  const reading = viewBuilder();
  const words: Word[] = [];
  const made: Page[] = [];
  for (const page of [...wanted].sort((first, second) => first.number - second.number)) {
    if (made.length > 0) {
      layout.gap(LAYOUT_PAGE_BREAK);
      reading.gap(READING_PAGE_BREAK);
    }
    const starts = [layout.length(), reading.length()] as const;
    for (const [position, block] of page.blocks.entries()) {
      if (position > 0) for (const view of [layout, reading]) view.gap("\n\n");
      for (const [row, line] of block.entries()) {
        if (row > 0) for (const view of [layout, reading]) view.gap("\n");
        writeLine(line, page.number);
      }
    }
    made.push({ number: page.number, width: page.width, height: page.height, layout: [starts[0], layout.length()], reading: [starts[1], reading.length()] });
  }

  function writeLine(line: readonly Part[], page: number): void {
    let first = true;
    for (const { text, box, indent } of line) {
      let gap = " ".repeat(indent ?? (first ? 0 : 2));
      for (const [word] of text.matchAll(/\S+/g)) {
        if (gap !== "") layout.gap(gap);
        if (!first) reading.gap(" ");
        const index = words.push({ text: word, page, ...(box === undefined ? {} : { box }) }) - 1;
        layout.word(index, word);
        reading.word(index, word);
        gap = " ";
        first = false;
      }
    }
  }

  const views = { layout: layout.take(), reading: reading.take() };
  const bytes = Buffer.byteLength(views.layout.text);
  if (bytes > input.maximumTextBytes) throw tooMuch(input, `${bytes} bytes of text`, `${input.maximumTextBytes} bytes`);
  const kind = made.length > 1 || words.some(({ box }) => box !== undefined) ? "pages" : "text";
  // A text without places has one page, and both views are the same.
  if (kind === "text") Object.assign(views, { layout: views.reading });
  for (const page of kind === "text" ? made : []) page.layout = page.reading;
  return { v: 1, kind, parser, language: input.language ?? detectLanguage(views.reading.text), words, pages: made.length > 0 ? made : [EMPTY_PAGE], ...views };
}

const EMPTY_PAGE: Page = { number: 1, width: 0, height: 0, layout: [0, 0], reading: [0, 0] };

function tooMuch({ fileName }: ExtractionInput, has: string, limit: string): PermanentError {
  return new PermanentError("limit_exceeded", `${fileName} has ${has}; the limit is ${limit}. Read fewer pages (--pages), or raise the limit.`);
}

/** A text's lines as the blocks of a page, an empty line between two; each line one part. */
export function blocksOfText(text: string, box?: Box): Part[][][] {
  return text
    .split(/\n[ \t]*\n+/)
    .map((block) => block.split("\n").flatMap((line) => (line.trim() === "" ? [] : [[{ text: line, box }]])))
    .filter((block) => block.length > 0);
}

/** A rectangle as fractions of its page; undefined where nothing of it is on the page. */
export function boxOf(edges: { left: number; top: number; right: number; bottom: number }, page: { width: number; height: number }): Box | undefined {
  const fraction = (value: number, whole: number) =>
    whole > 0 && Number.isFinite(value) ? Math.round(Math.min(1, Math.max(0, value / whole)) * 1e4) / 1e4 : 0;
  const [left, right] = [fraction(edges.left, page.width), fraction(edges.right, page.width)];
  const [top, bottom] = [fraction(edges.top, page.height), fraction(edges.bottom, page.height)];
  const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
  return right > left && bottom > top ? { left, top, width: rounded(right - left), height: rounded(bottom - top) } : undefined;
}

/** Ranges of pages as services write them: "1-3,7". `first` is the number of the first page there. */
export function rangesText(pages: ExtractionInput["pages"], first: 0 | 1): string | undefined {
  return pages?.map(([from, to]) => (from === to ? `${from - 1 + first}` : `${from - 1 + first}-${to - 1 + first}`)).join(",");
}

/** The document as a file of a form. */
export function formWith(
  field: string,
  { bytes, fileName }: ExtractionInput,
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): FormData {
  const form = new FormData();
  form.append(field, new Blob([new Uint8Array(bytes)]), fileName);
  for (const [name, value] of Object.entries(values)) if (value !== undefined) form.append(name, String(value));
  return form;
}
