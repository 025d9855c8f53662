/** Reciprocal-rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): lists whose scores can't be compared, joined by rank. */
import { bestOf } from "./ranking.ts";

/** A ranked list of chunks and how much it counts. */
export interface RankedList {
  chunks: readonly number[];
  weight: number;
}

/** So many places at the top of a list count about the same; the paper's value. */
const RANK_OFFSET = 60;

/** The best `most` chunks of several lists, best first, equal scores in document order; a score of 1 is the first of every list. */
export function fuse(lists: readonly RankedList[], chunkCount: number, most: number): { chunk: number; score: number }[] {
  const scores = new Float64Array(chunkCount);
  let total = 0;
  for (const { chunks, weight } of lists) {
    total += weight;
    chunks.forEach((chunk, rank) => {
      if (chunk < chunkCount) scores[chunk] = (scores[chunk] ?? 0) + (weight * (RANK_OFFSET + 1)) / (RANK_OFFSET + 1 + rank);
    });
  }
  return bestOf(scores, most).map((chunk) => ({ chunk, score: (scores[chunk] ?? 0) / (total || 1) }));
}
