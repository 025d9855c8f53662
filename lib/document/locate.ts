/** Citations: where a quote stands in a document. */
import type { DocumentText, ViewName } from "../schema/document.ts";
import type { Citation } from "../schema/result.ts";
import { findFuzzy } from "./fuzzy.ts";
import { normalizeText } from "./normalize.ts";
import { placeOf } from "./origins.ts";
import { findExact, findNormalized } from "./search.ts";
import { wordsOfRow } from "./tables/quoted.ts";
import { boxesOf, mapRange, mergeBoxes, pageOf, type Range } from "./views.ts";

const QUOTE_MAXIMUM = 20_000;
const VALUE_MINIMUM = 3;
const OMISSION = /\s*\[?(?:\.{3}|\u2026)\]?\s*/;
/** Letters and digits that a part of a quote with omissions needs, how many parts it may have, and how many characters may be left out between two. */
const PART_MINIMUM = 4;
const PARTS_MAXIMUM = 6;
const OMISSION_MAXIMUM = 3000;

/** What helps to find the right place. */
export interface LocateOptions {
  /** Where the quote is expected: of several occurrences the nearest is taken. */
  near?: { view: ViewName; range: Range };
  /** The value as printed: cited instead where the quote is nowhere, if it stands in the document only once, or inside `near`. */
  value?: string;
}

/**
 * Where `quote` stands: as it is, else with case, white space, dashes, quotes, ligatures and hyphenation ignored, else with a few words different but every number the same.
 * A word or number is never cut, and a number never taken for another. A quote with "..." in it is found by its parts, in order and close together; one of a table's row by its cells.
 * Undefined where it stands nowhere. Quotes over 20,000 characters are not looked for.
 */
export function locate(document: DocumentText, quote: string, options: LocateOptions = {}): Citation | undefined {
  const wanted = quote.trim();
  if (wanted === "" || wanted.length > QUOTE_MAXIMUM) return undefined;
  const near = nearOffsets(document, options.near);
  const found = find(document, wanted, near, true);
  if (found) return citation(document, found.view, found.range, found.match);
  return inParts(document, wanted, near) ?? inRow(document, wanted) ?? valueCitation(document, options, near);
}

/** A quote of a table's row, whose cells the text has apart. */
function inRow(document: DocumentText, quote: string): Citation | undefined {
  const found = wordsOfRow(document, quote);
  if (found === undefined) return undefined;
  const text = found.words.map((word) => document.words[word]?.text ?? "").join(" ");
  const places = found.words.map((word) => document.layout.starts[document.layout.words.indexOf(word)] ?? 0);
  const [start, last] = [Math.min(...places), Math.max(...places)];
  if (document.kind === "text") return { range: [start, last], ...placeOf(document, start, last), quote: text, match: "normalized", boxes: [] };
  return { page: found.page, quote: text, match: "normalized", boxes: mergeBoxes(document, found.words) };
}

/** The citation of a range that is known to prove something: its words, as they stand. */
export function citeRange(document: DocumentText, view: ViewName, range: Range): Citation {
  return citation(document, view, range, "exact");
}

/**
 * The place nearest to offset `near` of the layout view where one of `texts` stands: the first of them as it is or with what doesn't count ignored, the others as they are.
 * With `reach`, at most so many characters before or after, and not where one of `taken` is. Undefined where none does. For values whose surroundings are known, such as the
 * cells of a row, two of which may print the same.
 */
export function locateNear(
  document: DocumentText,
  texts: readonly string[],
  near: number,
  { reach, taken = [] }: { reach?: number; taken?: readonly Range[] } = {},
): { citation: Citation; range: Range } | undefined {
  const { layout } = document;
  const isFree = (start: number) => !taken.some(([first, end]) => start >= first && start < end);
  const from = reach === undefined ? 0 : Math.max(0, near - reach);
  const part = reach === undefined ? layout : { text: layout.text.slice(from, near + reach) };
  const placed = (range: Range, match: Citation["match"]) => ({ citation: citation(document, "layout", range, match), range });
  for (const [index, text] of texts.entries()) {
    if (text.trim() === "" || text.length > QUOTE_MAXIMUM) continue;
    const exact = findExact(part, text, near - from, (start) => isFree(start + from));
    if (exact) return placed([exact[0] + from, exact[1] + from], "exact");
    const normalized = index === 0 ? findNormalized(document, "layout", text, near) : undefined;
    if (normalized && isFree(normalized[0]) && (reach === undefined || (normalized[0] >= from && normalized[1] <= near + reach)))
      return placed(normalized, "normalized");
  }
  return undefined;
}

interface Found {
  view: ViewName;
  range: Range;
  match: Citation["match"];
}

function find(document: DocumentText, quote: string, near: Record<ViewName, number>, fuzzy: boolean, views = viewsOf(document)): Found | undefined {
  for (const view of views) {
    const range = findExact(document[view], quote, near[view]);
    if (range) return { view, range, match: "exact" };
  }
  for (const view of views) {
    const range = findNormalized(document, view, quote, near[view]);
    if (range) return { view, range, match: "normalized" };
  }
  for (const view of fuzzy ? views : []) {
    const range = findFuzzy(document, view, quote, near[view]);
    if (range) return { view, range, match: "fuzzy" };
  }
  return undefined;
}

/** The views to look in: they are one where a document has no pages. */
function viewsOf(document: DocumentText): readonly ViewName[] {
  return document.kind === "text" ? ["reading"] : ["reading", "layout"];
}

/** A quote with omissions: each part after the one before it, in the reading view. */
function inParts(document: DocumentText, quote: string, near: Record<ViewName, number>): Citation | undefined {
  const parts = quote.split(OMISSION).filter((part) => normalizeText(part).length >= PART_MINIMUM);
  if (parts.length < 2 || parts.length > PARTS_MAXIMUM) return undefined;
  const citations: Citation[] = [];
  let edge: Range | undefined;
  for (const part of parts) {
    const found = find(document, part, edge ? { ...near, reading: edge[1] } : near, false, ["reading"]);
    if (!found || (edge && (found.range[0] < edge[1] || found.range[0] - edge[1] > OMISSION_MAXIMUM))) return undefined;
    citations.push(citation(document, "reading", found.range, "normalized"));
    edge = [edge?.[0] ?? found.range[0], found.range[1]];
  }
  const joined = {
    ...citations[0],
    quote: citations.map((one) => one.quote).join(" ... "),
    match: "normalized" as const,
    boxes: citations.flatMap((one) => one.boxes),
  };
  return document.kind === "text" && edge ? { ...joined, range: [edge[0], edge[1]], ...placeOf(document, edge[0], edge[1]) } : joined;
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
  if (!first || !last || first[0] !== last[0]) return undefined;
  const found = find(document, value, near, false);
  return found && citation(document, found.view, found.range, found.match);
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
  if (document.kind === "text") return { range: [start, end], ...placeOf(document, start, end), quote, match, boxes: [] };
  return { page: pageOf(document, view, start), quote, match, boxes: boxesOf(document, view, start, end) };
}
