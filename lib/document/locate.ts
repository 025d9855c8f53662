/** Citations: where a quote stands in a document. */
import type { DocumentText, ViewName } from "../schema/document.ts";
import type { Citation } from "../schema/result.ts";
import { findFuzzy } from "./fuzzy.ts";
import { normalizeText } from "./normalize.ts";
import { findExact, findNormalized } from "./search.ts";
import { boxesOf, mapRange, pageOf, type Range } from "./views.ts";

const QUOTE_MAXIMUM = 20_000;
const VALUE_MINIMUM = 3;
const VIEWS: readonly ViewName[] = ["reading", "layout"];

export interface LocateOptions {
  /** Where the quote is expected: of several occurrences the nearest is taken. */
  near?: { view: ViewName; range: Range };
  /** The value as printed: cited instead where the quote is nowhere, if it stands in the document only once, or inside `near`. */
  value?: string;
}

/**
 * Where `quote` stands: as it is, else with case, white space, dashes, quotes, ligatures and hyphenation ignored, else with a few words different but every number the same.
 * A word or number is never cut, and a number never taken for another. Undefined where it stands nowhere. Quotes over 20,000 characters are not looked for.
 */
export function locate(document: DocumentText, quote: string, options: LocateOptions = {}): Citation | undefined {
  const wanted = quote.trim();
  if (wanted === "" || wanted.length > QUOTE_MAXIMUM) return undefined;
  const near = nearOffsets(document, options.near);
  return find(document, wanted, near, true) ?? valueCitation(document, options, near);
}

/** The citation of a range that is known to prove something: its words, as they stand. */
export function citeRange(document: DocumentText, view: ViewName, range: Range): Citation {
  return citation(document, view, range, "exact");
}

function find(document: DocumentText, quote: string, near: Record<ViewName, number>, fuzzy: boolean): Citation | undefined {
  const views = document.kind === "text" ? VIEWS.slice(0, 1) : VIEWS;
  for (const view of views) {
    const range = findExact(document[view], quote, near[view]);
    if (range) return citation(document, view, range, "exact");
  }
  for (const view of views) {
    const range = findNormalized(document, view, quote, near[view]);
    if (range) return citation(document, view, range, "normalized");
  }
  for (const view of fuzzy ? views : []) {
    const range = findFuzzy(document, view, quote, near[view]);
    if (range) return citation(document, view, range, "fuzzy");
  }
  return undefined;
}

function valueCitation(document: DocumentText, options: LocateOptions, near: Record<ViewName, number>): Citation | undefined {
  const value = options.value?.trim() ?? "";
  if (value.length < VALUE_MINIMUM || value.length > QUOTE_MAXIMUM || normalizeText(value) === "") return undefined;
  if (options.near) {
    const { view, range } = options.near;
    const found = findNormalized(document, view, value, range[0]);
    if (found && found[0] >= range[0] && found[1] <= range[1]) return citation(document, view, found, "normalized");
  }
  const first = findNormalized(document, "reading", value, 0);
  const last = findNormalized(document, "reading", value, document.reading.text.length);
  return first && last && first[0] === last[0] ? find(document, value, near, false) : undefined;
}

/** The offsets of both views that mean the same place. */
function nearOffsets(document: DocumentText, near: LocateOptions["near"]): Record<ViewName, number> {
  if (!near) return { layout: 0, reading: 0 };
  const other: ViewName = near.view === "layout" ? "reading" : "layout";
  const mapped = mapRange(document, near.view, near.range, other)[0]?.[0] ?? 0;
  return near.view === "layout" ? { layout: near.range[0], reading: mapped } : { reading: near.range[0], layout: mapped };
}

function citation(document: DocumentText, view: ViewName, range: Range, match: Citation["match"]): Citation {
  const { text } = document[view];
  let [start, end] = range;
  while (start < end && /\s/.test(text[start] ?? "")) start++;
  while (end > start && /\s/.test(text[end - 1] ?? "")) end--;
  const quote = text.slice(start, end).replace(/\s+/g, " ");
  if (document.kind === "text") return { range: [start, end], quote, match, boxes: [] };
  return { page: pageOf(document, view, start), quote, match, boxes: boxesOf(document, view, start, end) };
}
