/** BM25 over postings: which texts of a collection share a query's rare words (Robertson et al., TREC-3; idf as in Lucene). */

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

/** How rare a term is: the larger, the fewer texts have it. */
function rarity(textsWithTerm: number, texts: number): number {
  return Math.log(1 + (texts - textsWithTerm + 0.5) / (textsWithTerm + 0.5));
}

/** A text's score for a query, and the query's terms that it has, the weightiest first. */
export interface TermMatch {
  text: number;
  score: number;
  terms: string[];
}

/** The texts that share a term with the query, best first; equal scores in the texts' order. A term counts as often as the query has it. */
export function searchPostings(index: Postings, query: readonly string[]): TermMatch[] {
  const texts = index.lengths.length;
  let total = 0;
  for (const length of index.lengths) total += length;
  const average = total / Math.max(1, texts) || 1;
  const scores = new Float64Array(texts);
  const found = new Map<number, { term: string; weight: number }[]>();
  const counts = new Map<string, number>();
  for (const term of query) counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const [term, repeated] of counts) {
    const place = placeOf(index.terms, term);
    if (place < 0) continue;
    const start = index.starts[place] ?? 0;
    const end = index.starts[place + 1] ?? 0;
    const weight = rarity(end - start, texts) * repeated;
    for (let pair = start; pair < end; pair++) {
      const text = index.postings[pair * 2] ?? 0;
      const times = index.postings[pair * 2 + 1] ?? 0;
      const gain = (weight * times * (K1 + 1)) / (times + K1 * (1 - B + (B * (index.lengths[text] ?? 0)) / average));
      scores[text] = (scores[text] ?? 0) + gain;
      const list = found.get(text);
      if (list === undefined) found.set(text, [{ term, weight: gain }]);
      else list.push({ term, weight: gain });
    }
  }
  return [...found.entries()]
    .map(([text, terms]) => ({ text, score: scores[text] ?? 0, terms: terms.sort((left, right) => right.weight - left.weight).map(({ term }) => term) }))
    .sort((left, right) => right.score - left.score || left.text - right.text);
}
