/** The retrieval strategy "simple": the best chunks by shared rare words and by vectors, mixed by how far the embedding can be trusted. */
import type { VectorMatch } from "../adapters/contract.ts";
import { searchPostings } from "./bm25.ts";
import type { DocumentIndex } from "./index.ts";
import { createAnalyser } from "./words.ts";

/** A chunk that was found: its number, its [start, end) range of the reading view, a score from 0 to 1 (comparable within one query only), and why. */
export interface Hit {
  chunk: number;
  range: readonly [number, number];
  score: number;
  reason: string;
}

export const DEFAULT_TOP_K = 3;
const TERMS_IN_REASON = 5;

/** The share of the vectors in a mixed score: none for an embedding of no quality, half for a perfect one. */
function vectorShare(quality: number): number {
  const bounded = Math.min(1, Math.max(0, quality));
  return bounded / (1 + bounded);
}

/**
 * The best `topK` chunks for a query, best first, equal scores in document order. `dense` are the vector database's matches, `quality` the embedding's (0 to 1).
 * Each list is scaled by its best score. A document of one chunk is its one result; where nothing matches at all, the document's beginning is given with score 0. Pure.
 */
export function retrieveSimple(input: { index: DocumentIndex; query: string; dense: readonly VectorMatch[]; quality: number; topK?: number }): Hit[] {
  const { index, dense } = input;
  const topK = input.topK ?? DEFAULT_TOP_K;
  const only = index.chunks.length === 1 ? index.chunks[0] : undefined;
  if (only !== undefined) return [{ chunk: 0, range: [only.start, only.end], score: 1, reason: "the whole document is one chunk" }];
  const lexical = searchPostings(index.postings, createAnalyser(index.language)(input.query));
  const share = vectorShare(input.quality);
  const bestLexical = lexical[0]?.score ?? 0;
  const bestDense = dense[0]?.score ?? 0;
  const scores = new Map<number, number>();
  const reasons = new Map<number, string[]>();
  const add = (chunk: number, score: number, reason: string) => {
    scores.set(chunk, (scores.get(chunk) ?? 0) + score);
    reasons.set(chunk, [...(reasons.get(chunk) ?? []), reason]);
  };
  for (const match of lexical) {
    const terms = match.terms.slice(0, TERMS_IN_REASON).join(", ");
    add(match.text, ((1 - share) * match.score) / bestLexical, `words ${match.score.toFixed(2)} (${terms})`);
  }
  if (share > 0 && bestDense > 0) {
    for (const match of dense) if (match.score > 0) add(match.chunk, (share * match.score) / bestDense, `vector ${match.score.toFixed(2)}`);
  }
  const hits = index.chunks
    .filter(({ index: chunk }) => scores.has(chunk))
    .map(({ index: chunk, start, end }): Hit => ({ chunk, range: [start, end], score: scores.get(chunk) ?? 0, reason: (reasons.get(chunk) ?? []).join("; ") }))
    .sort((left, right) => right.score - left.score || left.chunk - right.chunk);
  if (hits.length > 0) return hits.slice(0, topK);
  return index.chunks
    .slice(0, topK)
    .map(({ index: chunk, start, end }) => ({ chunk, range: [start, end], score: 0, reason: "nothing matched; the document's beginning" }));
}
