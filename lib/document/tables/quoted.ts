/** Quotes of a table's row: a model is shown rows with wrapped cells in one piece, which the page's text has with other cells in between. */
import type { DocumentText } from "../../schema/document.ts";
import { normalizeText, normalizeWord, sameDigits } from "../normalize.ts";
import { oncePerDocument } from "../once.ts";
import { tablesOf } from "./tables.ts";

interface ReducedRow {
  page: number;
  words: readonly number[];
  text: string;
  /** Where each word begins in `text`. */
  starts: readonly number[];
}

const rowsOf = oncePerDocument(reducedRows);

/** The words of the first row that says `quote`, cell by cell from the left: whole words only, and the same numbers. Undefined where no row does. */
export function wordsOfRow(document: DocumentText, quote: string): { page: number; words: readonly number[] } | undefined {
  const wanted = normalizeText(quote);
  if (wanted === "") return undefined;
  for (const { page, words, text, starts } of rowsOf(document)) {
    const at = text.indexOf(wanted);
    const first = starts.indexOf(at);
    const last = at + wanted.length === text.length ? starts.length : starts.indexOf(at + wanted.length);
    if (at < 0 || first < 0 || last < 0) continue;
    const found = words.slice(first, last);
    if (sameDigits(found.map((word) => document.words[word]?.text ?? "").join(" "), quote)) return { page, words: found };
  }
  return undefined;
}

function reducedRows(document: DocumentText): ReducedRow[] {
  return tablesOf(document).flatMap(({ rows }) =>
    rows.map(({ page, cells }) => {
      const words = cells.flatMap((cell) => cell.words);
      const starts: number[] = [];
      let text = "";
      for (const word of words) {
        starts.push(text.length);
        text += normalizeWord(document.words[word]?.text ?? "");
      }
      return { page, words, text, starts };
    }),
  );
}
