/** Finding a quote with small differences: a word misread, left out or added. Numbers must be the same. */
import { distance } from "fastest-levenshtein";
import type { DocumentText, TextView, ViewName } from "../schema/document.ts";
import { normalizeWord, sameDigits } from "./normalize.ts";
import { type Range, upperBound } from "./views.ts";

const QUOTE_WORDS_MINIMUM = 3;
const QUOTE_WORDS_MAXIMUM = 300;
const ANCHORS = 4;
const PLACES_MAXIMUM = 400;
const WINDOWS_ALIGNED = 6;
const ACCEPTED_COST = 0.25;

interface Tokens {
  /** Reduced words without points, in the view's order; a word cut by a hyphen is whole at its second part, its first part empty. */
  words: string[];
  places: Map<string, number[]>;
}

const indexes = new WeakMap<TextView, Tokens>();

function tokensOf(document: DocumentText, viewName: ViewName): Tokens {
  const view = document[viewName];
  const known = indexes.get(view);
  if (known) return known;
  const words: string[] = [];
  const places = new Map<string, number[]>();
  let cut = "";
  for (const [position, index] of view.words.entries()) {
    const raw = document.words[index]?.text ?? "";
    if (CUT_WORD.test(raw) && cut === "") {
      cut = raw;
      words.push("");
      continue;
    }
    const word = core(cut + raw);
    cut = "";
    words.push(word);
    if (word === "") continue;
    const list = places.get(word);
    if (list) list.push(position);
    else places.set(word, [position]);
  }
  const made = { words, places };
  indexes.set(view, made);
  return made;
}

/** A word that goes on in the next line. */
const CUT_WORD = /\p{L}{2}[-\u00ad\u2010]$/u;

function core(word: string): string {
  return normalizeWord(word).replace(/[^\p{L}\p{N}]/gu, "");
}

/** The place most like the quote: at least three quarters of it word for word (or nearly so), every number the same. Quotes of fewer than 3 or more than 300 words have none. `near` decides between equals. */
export function findFuzzy(document: DocumentText, viewName: ViewName, quote: string, near: number): Range | undefined {
  const wanted = (quote.match(/\S+/g) ?? [])
    .slice(0, QUOTE_WORDS_MAXIMUM + 1)
    .map(core)
    .filter((word) => word !== "");
  if (wanted.length < QUOTE_WORDS_MINIMUM || wanted.length > QUOTE_WORDS_MAXIMUM) return undefined;
  const view = document[viewName];
  const tokens = tokensOf(document, viewName);
  const starts = windows(tokens, wanted, upperBound(view.starts, near)).sort(
    (first, second) => second.hits - first.hits || Math.abs((view.starts[first.start] ?? 0) - near) - Math.abs((view.starts[second.start] ?? 0) - near),
  );
  let best: { range: Range; cost: number } | undefined;
  for (const { start } of starts.slice(0, WINDOWS_ALIGNED)) {
    const from = Math.max(0, start - 3);
    const aligned = align(wanted, tokens.words.slice(from, start + Math.ceil(wanted.length * 1.3) + 4));
    if (!aligned || aligned.cost > ACCEPTED_COST * wanted.length || (best && aligned.cost >= best.cost)) continue;
    const last = from + aligned.to - 1;
    const begin = from + aligned.from;
    const first = CUT_WORD.test(document.words[view.words[begin - 1] ?? -1]?.text ?? "") && tokens.words[begin - 1] === "" ? begin - 1 : begin;
    const range: Range = [view.starts[first] ?? 0, (view.starts[last] ?? 0) + (document.words[view.words[last] ?? -1]?.text.length ?? 0)];
    if (sameDigits(view.text.slice(range[0], range[1]), quote)) best = { range, cost: aligned.cost };
  }
  return best?.range;
}

/** Where the quote may begin: by its rarest words, those nearest to position `near`, with how many of its words stand there. */
function windows(tokens: Tokens, wanted: readonly string[], near: number): { start: number; hits: number }[] {
  const anchors = wanted
    .map((word, offset) => ({ offset, places: tokens.places.get(word) ?? [] }))
    .filter(({ places }) => places.length > 0)
    .sort((first, second) => first.places.length - second.places.length)
    .slice(0, ANCHORS);
  const starts = new Set(anchors.flatMap(({ offset, places }) => nearest(places, near).map((place) => Math.max(0, place - offset))));
  const set = new Set(wanted);
  return [...starts].map((start) => {
    const there = new Set(tokens.words.slice(Math.max(0, start - 2), start + wanted.length + 3));
    return { start, hits: [...set].reduce((sum, word) => sum + (there.has(word) ? 1 : 0), 0) };
  });
}

function nearest(places: readonly number[], near: number): readonly number[] {
  const middle = Math.max(0, upperBound(places, near) - PLACES_MAXIMUM / 2);
  return places.slice(Math.min(middle, Math.max(0, places.length - PLACES_MAXIMUM)), middle + PLACES_MAXIMUM);
}

/** The cheapest way to turn the quote into a stretch [from, to) of the text's words. */
function align(wanted: readonly string[], text: readonly string[]): { from: number; to: number; cost: number } | undefined {
  const width = text.length + 1;
  let costs = new Float64Array(width);
  let origins = Int32Array.from({ length: width }, (_, index) => index);
  for (const word of wanted) {
    const nextCosts = new Float64Array(width);
    const nextOrigins = new Int32Array(width);
    const missing = omission(word);
    nextCosts[0] = (costs[0] ?? 0) + missing;
    for (let at = 1; at < width; at++) {
      const other = text[at - 1] ?? "";
      const options: [number, number][] = [
        [(costs[at - 1] ?? 0) + replacement(word, other), origins[at - 1] ?? 0],
        [(costs[at] ?? 0) + missing, origins[at] ?? 0],
        [(nextCosts[at - 1] ?? 0) + omission(other), nextOrigins[at - 1] ?? 0],
      ];
      const [cost, origin] = options.reduce((least, option) => (option[0] < least[0] ? option : least));
      nextCosts[at] = cost;
      nextOrigins[at] = origin;
    }
    costs = nextCosts;
    origins = nextOrigins;
  }
  let to = 0;
  for (let at = 1; at < width; at++) if ((costs[at] ?? 0) < (costs[to] ?? 0)) to = at;
  const from = origins[to] ?? 0;
  return to > from ? { from, to, cost: costs[to] ?? 0 } : undefined;
}

function omission(word: string): number {
  return /\p{Nd}/u.test(word) ? 1000 : word === "" ? 0 : 1;
}

function replacement(word: string, other: string): number {
  if (word === other) return 0;
  if (/\p{Nd}/u.test(word) || /\p{Nd}/u.test(other)) return sameDigits(word, other) && word.length <= 40 && other.length <= 40 ? share(word, other) : 1000;
  return Math.abs(word.length - other.length) > 3 || word.length > 60 ? 1 : share(word, other);
}

/** The share of letters that differ; more than a third is another word. */
function share(word: string, other: string): number {
  const differing = distance(word, other) / Math.max(word.length, other.length);
  return differing > 0.34 ? 1 : differing;
}
