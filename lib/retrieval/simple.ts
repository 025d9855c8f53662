/** The retrieval strategy "simple": the best chunks by shared rare words and by vectors, mixed by how far the embedding can be trusted. */
import type { VectorMatch } from "../adapters/contract.ts";
import { matchedTerms, searchPostings } from "./bm25.ts";
import type { DocumentIndex } from "./index.ts";
import { createAnalyser } from "./words.ts";

/** A chunk that was found: its number, its [start, end) range of the reading view, a score from 0 to 1 (comparable within one query only), and why. */
export interface Hit {
  chunk: number;
  range: readonly [number, number];
  score: number;
  reason: string;
}

/** How many chunks are read where the output doesn't say. */
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
  const query = createAnalyser(index.language)(input.query);
  const lexical = searchPostings(index.postings, query);
  const share = vectorShare(input.quality);
  const bestLexical = lexical[0]?.score ?? 0;
  const bestDense = share > 0 ? (dense[0]?.score ?? 0) : 0;
  const words = new Map(lexical.map(({ text, score }) => [text, score]));
  const vectors = new Map(bestDense > 0 ? dense.flatMap(({ chunk, score }) => (score > 0 ? [[chunk, score]] : [])) : []);
  const scoreOf = (chunk: number) => ((1 - share) * (words.get(chunk) ?? 0)) / (bestLexical || 1) + (share * (vectors.get(chunk) ?? 0)) / (bestDense || 1);
  const found = [...new Set([...words.keys(), ...vectors.keys()])]
    .map((chunk) => ({ chunk, score: scoreOf(chunk) }))
    .sort((left, right) => right.score - left.score || left.chunk - right.chunk)
    .slice(0, topK);
  const reasonOf = (chunk: number) => {
    const [word, vector] = [words.get(chunk), vectors.get(chunk)];
    const terms = word === undefined ? [] : matchedTerms(index.postings, query, chunk).slice(0, TERMS_IN_REASON);
    return [word === undefined ? "" : `words ${word.toFixed(2)} (${terms.join(", ")})`, vector === undefined ? "" : `vector ${vector.toFixed(2)}`]
      .filter((part) => part !== "")
      .join("; ");
  };
  const rangeOf = (chunk: number): readonly [number, number] => [index.chunks[chunk]?.start ?? 0, index.chunks[chunk]?.end ?? 0];
  if (found.length > 0) return found.map(({ chunk, score }) => ({ chunk, range: rangeOf(chunk), score, reason: reasonOf(chunk) }));
  return index.chunks
    .slice(0, topK)
    .map(({ index: chunk }) => ({ chunk, range: rangeOf(chunk), score: 0, reason: "nothing matched; the document's beginning" }));
}
