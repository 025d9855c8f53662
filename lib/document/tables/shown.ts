/** Tables as text for a model: one line a row, columns kept apart by blanks, wrapped cells in one piece. */
import type { DocumentText } from "../../schema/document.ts";
import { tableText } from "../grid-text.ts";
import { countTokens } from "../tokens.ts";
import type { Range } from "../views.ts";
import { mapRange } from "../views.ts";
import { type Table, textRows } from "./table.ts";
import { tablesOf } from "./tables.ts";

/** A table as text, and the page that it begins on. */
export interface ShownTable {
  page: number;
  text: string;
}

/** A table as text. */
export function shownTable(table: Table): string {
  return tableText(textRows(table));
}

/** The tables that stand in these ranges of the reading view (all tables without any), in document order, as far as they fit `budgetTokens`; one that doesn't fit is left out. */
export function shownTables(document: DocumentText, ranges: readonly Range[], budgetTokens: number): ShownTable[] {
  const wanted = ranges.flatMap((range) => mapRange(document, "reading", range, "layout"));
  let left = budgetTokens;
  return tablesOf(document).flatMap((table) => {
    if (wanted.length > 0 && !wanted.some(([start, end]) => start < table.range[1] && table.range[0] < end)) return [];
    const text = shownTable(table);
    const tokens = countTokens(text);
    if (tokens > left) return [];
    left -= tokens;
    return [{ page: table.pages[0], text }];
  });
}
