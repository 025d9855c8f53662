/** Finding a quote in one view: as it stands, and with everything reduced that doesn't count. */
import type { DocumentText, TextView, ViewName } from "../schema/document.ts";
import { cutsWord, endInWord, normalizeText, normalizeWord, offsetInWord, sameDigits } from "./normalize.ts";
import { type Range, upperBound } from "./views.ts";

/** Occurrences looked at in each direction before giving up: bounds the work on texts that repeat one word. */
const TRIES_MAXIMUM = 2000;

/** The occurrence of `quote` as it stands in the view that is nearest to the offset `near`, doesn't cut a word or number, and begins where `isFree` says that it may. */
export function findExact(view: Pick<TextView, "text">, quote: string, near: number, isFree: (start: number) => boolean = () => true): Range | undefined {
  if (quote === "") return undefined;
  const accepts = (start: number): boolean => {
    const end = start + quote.length;
    if (cutsWord(view.text[start - 1], quote[0]) || cutsWord(quote.at(-1), view.text[end])) return false;
    return !cutsNumber(view.text, start) && !cutsNumber(view.text, end) && isFree(start);
  };
  const start = nearest(view.text, quote, near, accepts);
  return start === undefined ? undefined : [start, start + quote.length];
}

/** Whether a place is inside of a number, before or behind the separator: "40" is not what "40.99" says. */
function cutsNumber(text: string, at: number): boolean {
  return /\d[.,]\d/.test(text.slice(Math.max(0, at - 2), at + 1)) || /\d[.,]\d/.test(text.slice(Math.max(0, at - 1), at + 2));
}

/** The start of the accepted occurrence of `wanted` nearest to `near`. */
function nearest(text: string, wanted: string, near: number, accepts: (start: number) => boolean): number | undefined {
  let after = text.indexOf(wanted, near);
  for (let tries = 1; after >= 0 && !accepts(after); tries++) after = tries < TRIES_MAXIMUM ? text.indexOf(wanted, after + 1) : -1;
  let before = near > 0 ? text.lastIndexOf(wanted, near - 1) : -1;
  for (let tries = 1; before >= 0 && !accepts(before); tries++) before = before > 0 && tries < TRIES_MAXIMUM ? text.lastIndexOf(wanted, before - 1) : -1;
  if (after < 0) return before < 0 ? undefined : before;
  return before >= 0 && near - before - wanted.length <= after - near ? before : after;
}

/** A view's words reduced and joined without blanks; word i of the view begins at `starts[i]`. */
export interface ReducedView {
  text: string;
  starts: number[];
}

const reduced = new WeakMap<TextView, ReducedView>();

/** The reduced form of a view; made once for each. */
export function reducedView(document: DocumentText, viewName: ViewName): ReducedView {
  const view = document[viewName];
  const known = reduced.get(view);
  if (known) return known;
  const parts: string[] = [];
  const starts: number[] = [];
  let length = 0;
  for (const index of view.words) {
    const word = normalizeWord(document.words[index]?.text ?? "");
    parts.push(word);
    starts.push(length);
    length += word.length;
  }
  const made = { text: parts.join(""), starts };
  reduced.set(view, made);
  return made;
}

/** The occurrence of `quote` in the view, both reduced, nearest to the offset `near`: whole words and numbers only, and the same numbers. */
export function findNormalized(document: DocumentText, viewName: ViewName, quote: string, near: number): Range | undefined {
  const wanted = normalizeText(quote);
  if (wanted === "") return undefined;
  const view = document[viewName];
  const text = reducedView(document, viewName);
  const position = upperBound(view.starts, near) - 1;
  let found: Range | undefined;
  const accepts = (start: number): boolean => {
    const range = rangeOf(document, viewName, start, start + wanted.length);
    if (cutsWord(view.text[range[0] - 1], view.text[range[0]]) || cutsWord(view.text[range[1] - 1], view.text[range[1]])) return false;
    if (!sameDigits(view.text.slice(range[0], range[1]), quote)) return false;
    return true;
  };
  const start = nearest(text.text, wanted, position < 0 ? 0 : (text.starts[position] ?? 0), accepts);
  if (start !== undefined) found = rangeOf(document, viewName, start, start + wanted.length);
  return found;
}

/** The range of the view that the characters [start, end) of its reduced form come from. */
function rangeOf(document: DocumentText, viewName: ViewName, start: number, end: number): Range {
  const view = document[viewName];
  const { starts } = reducedView(document, viewName);
  const first = upperBound(starts, start) - 1;
  const last = upperBound(starts, end - 1) - 1;
  const from = (view.starts[first] ?? 0) + offsetInWord(wordAt(document, view, first), start - (starts[first] ?? 0));
  const to = (view.starts[last] ?? 0) + endInWord(wordAt(document, view, last), end - (starts[last] ?? 0));
  return [from, to];
}

function wordAt(document: DocumentText, view: TextView, position: number): string {
  return document.words[view.words[position] ?? -1]?.text ?? "";
}
