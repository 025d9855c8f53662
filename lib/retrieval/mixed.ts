/** The ranking that strategies build on: shared rare words and vectors in one score. */
import type { VectorMatch } from "../adapters/contract.ts";
import { addProximity, matchedTerms, scorePostings } from "./bm25.ts";
import type { DocumentIndex } from "./index.ts";
import { bestOf } from "./ranking.ts";
import type { Hit, Search } from "./strategy.ts";
import { createAnalyser } from "./words.ts";

/** A chunk's rank in one search: its mixed score (0 to 1), and what it is mixed from. `words` is 0 where it shares none; `vector` is missing where it is not among the nearest. */
export interface Ranked {
  chunk: number;
  score: number;
  words: number;
  vector?: number;
}

/** In how many of the best the terms that stand together are looked for: with each one more the search takes longer. */
const LOOKED_CLOSER = 20;
const TERMS_IN_REASON = 5;

/** The terms of a text as the index has them. */
export function termsIn(index: DocumentIndex, text: string): string[] {
  return createAnalyser(index.language)(text);
}

/** The share of the vectors in a mixed score: none for an embedding of no quality, half for a perfect one. */
export function vectorShare(quality: number): number {
  const bounded = Math.min(1, Math.max(0, quality));
  return bounded / (1 + bounded);
}

/** The chunks that share words with the query, scored; the best with what their terms that stand together add. */
export function scoreWords(index: DocumentIndex, query: readonly string[]): Float64Array {
  const scores = scorePostings(index.postings, query);
  addProximity(index.postings, query, bestOf(scores, LOOKED_CLOSER), scores);
  return scores;
}

/**
 * The best `most` chunks for terms and the nearest vectors, best first, equal scores in document order. `quality` is the embedding's (0 to 1).
 * Each list is scaled by its best; a chunk that a list of the nearest doesn't reach counts as its last, as it can't be nearer. Pure.
 */
export function rankMixed(input: { index: DocumentIndex; query: readonly string[]; dense: readonly VectorMatch[]; quality: number; most: number }): Ranked[] {
  const { index, query, dense } = input;
  const words = scoreWords(index, query);
  const share = vectorShare(input.quality);
  const bestWords = words.reduce((most, score) => Math.max(most, score), 0) || 1;
  const bestVector = Math.max(0, dense[0]?.score ?? 0);
  const scores = words.map((score) => ((1 - share) * score) / bestWords);
  const vectors = new Map<number, number>();
  if (share > 0 && bestVector > 0) {
    const beyond = dense.length < index.chunks.length ? Math.max(0, dense.at(-1)?.score ?? 0) : 0;
    for (const { chunk, score } of dense) {
      if (score <= 0 || chunk >= scores.length) continue;
      vectors.set(chunk, score);
      scores[chunk] = (scores[chunk] ?? 0) + (share * score) / bestVector;
    }
    if (beyond > 0) words.forEach((score, chunk) => void (score > 0 && !vectors.has(chunk) && add(scores, chunk, (share * beyond) / bestVector)));
  }
  return bestOf(scores, input.most).map((chunk) => {
    const vector = vectors.get(chunk);
    return { chunk, score: scores[chunk] ?? 0, words: words[chunk] ?? 0, ...(vector === undefined ? {} : { vector }) };
  });
}

function add(scores: Float64Array, place: number, more: number): void {
  scores[place] = (scores[place] ?? 0) + more;
}

/** A search for each text, by words and vectors; at most `most` chunks each. */
export async function rankTexts(search: Search, texts: readonly string[], most: number): Promise<Ranked[][]> {
  const { index, quality } = search;
  const nearest = await search.nearest(texts);
  return texts.map((text, place) => rankMixed({ index, query: termsIn(index, text), dense: nearest[place] ?? [], quality, most }));
}

/** Why a chunk was found, for people: the words that it shares with the query, the weightiest first, and its vector's cosine. */
export function reasonFor(index: DocumentIndex, query: readonly string[], { chunk, words, vector }: Ranked): string {
  const terms = words > 0 ? matchedTerms(index.postings, query, chunk).slice(0, TERMS_IN_REASON) : [];
  return [words > 0 ? `words ${words.toFixed(2)} (${terms.join(", ")})` : "", vector === undefined ? "" : `vector ${vector.toFixed(2)}`]
    .filter((part) => part !== "")
    .join("; ");
}

/** One chunk as a hit. */
export function hitOf(index: DocumentIndex, chunk: number, score: number, reason: string): Hit {
  const { start = 0, end = 0, pages = [1, 1] } = index.chunks[chunk] ?? {};
  return { chunks: [chunk], range: [start, end], pages, score, reason };
}

/** Neighbouring chunks as one hit: from the beginning of the first to the end of the last. `chunks` are the best first. */
export function spanOf(index: DocumentIndex, first: number, last: number, hit: Pick<Hit, "chunks" | "score" | "reason">): Hit {
  const [from, to] = [index.chunks[first], index.chunks[last]];
  return { ...hit, range: [from?.start ?? 0, to?.end ?? 0], pages: [from?.pages[0] ?? 1, to?.pages[1] ?? 1] };
}

/** Where nothing is found: the document's beginning. */
export function beginning({ index, topK }: Pick<Search, "index" | "topK">): Hit[] {
  return index.chunks.slice(0, topK).map(({ index: chunk }) => hitOf(index, chunk, 0, "nothing matched; the document's beginning"));
}
