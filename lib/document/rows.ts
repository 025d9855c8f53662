/** Which lines of the reading view are rows of a table or label and value: what stands in one must stay together. */
import type { DocumentText } from "../schema/document.ts";
import { positionsOf } from "./views.ts";

/** So many blanks between two words of a layout line part columns; justified prose has fewer. */
const COLUMN_GAP = 3;
/** A line with one gap is a row (a label and its value) unless this much follows it: then it is prose beside a number or a mark in the margin. */
const LONGEST_VALUE = 45;
const TABULATED = /\t\S|\|[^|\n]*\|/;

/** The offsets at which the rows of the reading view begin: lines whose words stand in columns on the page, or that are parted by tabs or bars. Linear in the text's length. */
export function rowStarts(document: DocumentText): ReadonlySet<number> {
  const { text, words, starts } = document.reading;
  const places = positionsOf(document, "layout");
  const rows = new Set<number>();
  let lineStart = 0;
  let position = 0;
  while (lineStart < text.length) {
    const lineBreak = text.indexOf("\n", lineStart);
    const lineEnd = lineBreak < 0 ? text.length : lineBreak;
    let previousEnd = Number.NaN;
    let gaps = 0;
    let lastCell = lineStart;
    for (; position < starts.length && (starts[position] ?? 0) < lineEnd; position++) {
      const word = words[position] ?? -1;
      const start = document.layout.starts[places[word] ?? -1] ?? Number.NaN;
      if (start - previousEnd >= COLUMN_GAP && isBlankBetween(document.layout.text, previousEnd, start)) {
        gaps++;
        lastCell = starts[position] ?? lastCell;
      }
      previousEnd = start + (document.words[word]?.text.length ?? 0);
    }
    const inColumns = gaps > 1 || (gaps === 1 && lineEnd - lastCell < LONGEST_VALUE);
    if (inColumns || TABULATED.test(text.slice(lineStart, lineEnd))) rows.add(lineStart);
    lineStart = lineEnd + 1;
  }
  return rows;
}

/** Whether two words are neighbours on one line of the layout view. */
function isBlankBetween(text: string, start: number, end: number): boolean {
  for (let offset = start; offset < end; offset++) if (text.charCodeAt(offset) !== 32) return false;
  return true;
}
