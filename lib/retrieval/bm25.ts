/** BM25 over postings: which texts of a collection share a query's rare words (Robertson et al., TREC-3; idf as in Lucene). */
import { closePairs, type TermOrder } from "./proximity.ts";
import { bestOf } from "./ranking.ts";

/** For each term, in ascending order, the texts that have it: `postings` holds (text, times) pairs from `starts[i]` to `starts[i + 1]`, counted in pairs. `lengths` are the texts' numbers of terms. */
export interface Postings {
  terms: readonly string[];
  starts: Uint32Array;
  postings: Uint32Array;
  lengths: Uint32Array;
}

const K1 = 1.2;
const B = 0.75;

/** The postings of texts that were turned into terms. Terms are in code unit order, so the same texts give the same postings. */
export function buildPostings(texts: readonly (readonly string[])[]): Postings {
  const lists = new Map<string, number[]>();
  texts.forEach((terms, text) => {
    for (const term of terms) {
      const list = lists.get(term);
      if (list === undefined) lists.set(term, [text, 1]);
      else if (list[list.length - 2] === text) list[list.length - 1] = (list[list.length - 1] ?? 0) + 1;
      else list.push(text, 1);
    }
  });
  const terms = [...lists.keys()].sort((left, right) => (left < right ? -1 : 1));
  const starts = new Uint32Array(terms.length + 1);
  let pairs = 0;
  terms.forEach((term, index) => {
    pairs += (lists.get(term)?.length ?? 0) / 2;
    starts[index + 1] = pairs;
  });
  const postings = new Uint32Array(pairs * 2);
  terms.forEach((term, index) => {
    postings.set(lists.get(term) ?? [], (starts[index] ?? 0) * 2);
  });
  return { terms, starts, postings, lengths: Uint32Array.from(texts, (terms) => terms.length) };
}

/** The place of a term in the sorted terms, or -1. */
function placeOf(terms: readonly string[], term: string): number {
  let low = 0;
  let high = terms.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = terms[middle] ?? "";
    if (found === term) return middle;
    if (found < term) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** How many texts have a term. */
export function textsWith(index: Postings, term: string): number {
  const place = placeOf(index.terms, term);
  return place < 0 ? 0 : (index.starts[place + 1] ?? 0) - (index.starts[place] ?? 0);
}

/** How rare a term is: the larger, the fewer texts have it. */
function rarity(textsWithTerm: number, texts: number): number {
  return Math.log(1 + (texts - textsWithTerm + 0.5) / (textsWithTerm + 0.5));
}

/** A text's score for a query. */
export interface TermMatch {
  text: number;
  score: number;
}

/** A term of a query that some text has: its place in the terms, its pairs in `postings` from `start` to `end`, and what it weighs. */
interface QueryTerm {
  term: string;
  place: number;
  weight: number;
  start: number;
  end: number;
}

function countsOf(query: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of query) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function queryTerms(index: Postings, query: readonly string[]): QueryTerm[] {
  return [...countsOf(query)].flatMap(([term, repeated]) => {
    const place = placeOf(index.terms, term);
    if (place < 0) return [];
    const start = index.starts[place] ?? 0;
    const end = index.starts[place + 1] ?? 0;
    return [{ term, place, start, end, weight: rarity(end - start, index.lengths.length) * repeated }];
  });
}

function averageLength(lengths: Uint32Array): number {
  let total = 0;
  for (const length of lengths) total += length;
  return total / Math.max(1, lengths.length) || 1;
}

/** What a term adds to the score of a text of this length that has it so often. */
function gain(weight: number, times: number, length: number, average: number, k1 = K1): number {
  return (weight * times * (k1 + 1)) / (times + k1 * (1 - B + (B * length) / average));
}

/** The score of each text for a query, 0 where they share no term. A term counts as often as the query has it. */
export function scorePostings(index: Postings, query: readonly string[]): Float64Array {
  const { postings, lengths } = index;
  const average = averageLength(lengths);
  const scores = new Float64Array(lengths.length);
  for (const { weight, start, end } of queryTerms(index, query)) {
    for (let pair = start; pair < end; pair++) {
      const text = postings[pair * 2] ?? 0;
      scores[text] = (scores[text] ?? 0) + gain(weight, postings[pair * 2 + 1] ?? 0, lengths[text] ?? 0, average);
    }
  }
  return scores;
}

/** The texts that share a term with the query, best first; equal scores in the texts' order; at most `most`. */
export function searchPostings(index: Postings, query: readonly string[], most = Number.POSITIVE_INFINITY): TermMatch[] {
  const scores = scorePostings(index, query);
  return bestOf(scores, most).map((text) => ({ text, score: scores[text] ?? 0 }));
}

/** With so small a k1, a second occurrence adds little: what counts is which keywords a text has. */
const KEYWORD_K1 = 0.4;

/** How much of a question's keywords each text has, 0 to 1: rare ones count more, those that no text has count too. `all` is the number of different keywords. */
export function scoreKeywords(index: Postings, query: readonly string[]): { scores: Float64Array; all: number } {
  const { postings, lengths } = index;
  const average = averageLength(lengths);
  const counts = countsOf(query);
  const scores = new Float64Array(lengths.length);
  let most = 0;
  for (const [term, repeated] of counts) {
    const [known] = queryTerms(index, [term]);
    const weight = (known?.weight ?? rarity(0, lengths.length)) * (1 + Math.log(repeated));
    most += weight * (KEYWORD_K1 + 1);
    if (known === undefined) continue;
    for (let pair = known.start; pair < known.end; pair++) {
      const text = postings[pair * 2] ?? 0;
      scores[text] = (scores[text] ?? 0) + gain(weight, postings[pair * 2 + 1] ?? 0, lengths[text] ?? 0, average, KEYWORD_K1);
    }
  }
  return { scores: most > 0 ? scores.map((score) => score / most) : scores, all: counts.size };
}

/** How much a pair of terms that stand together counts against a single term. */
const PAIR_WEIGHT = 0.2;

/** Adds to the scores of some texts what their pairs of query terms that stand together are worth: as a term would be that is as rare as the more frequent of the two. */
export function addProximity(index: Postings & { order: TermOrder }, query: readonly string[], texts: readonly number[], scores: Float64Array): void {
  const average = averageLength(index.lengths);
  const rarities = new Map(queryTerms(index, [...new Set(query)]).map(({ place, weight }) => [place, weight]));
  if (rarities.size < 2) return;
  const wanted = new Set(rarities.keys());
  for (const text of texts) {
    closePairs(index.order, text, wanted, (first, second, times) => {
      const weight = PAIR_WEIGHT * Math.min(rarities.get(first) ?? 0, rarities.get(second) ?? 0);
      scores[text] = (scores[text] ?? 0) + gain(weight, times, index.lengths[text] ?? 0, average);
    });
  }
}

/** The query's terms that a text has, the weightiest first. */
export function matchedTerms(index: Postings, query: readonly string[], text: number): string[] {
  const average = averageLength(index.lengths);
  const found = queryTerms(index, query).flatMap(({ term, weight, start, end }) => {
    const times = timesIn(index.postings, start, end, text);
    return times === 0 ? [] : [{ term, gain: gain(weight, times, index.lengths[text] ?? 0, average) }];
  });
  return found.sort((left, right) => right.gain - left.gain).map(({ term }) => term);
}

/** How often a text has a term whose pairs, in the order of their texts, are from `start` to `end`. */
function timesIn(postings: Uint32Array, start: number, end: number, text: number): number {
  let [low, high] = [start, end - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = postings[middle * 2] ?? 0;
    if (found === text) return postings[middle * 2 + 1] ?? 0;
    if (found < text) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}
