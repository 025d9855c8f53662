/** Search by vectors: every chunk's vector is compared, which is exact and fast enough for one document. */
import type { VectorMatch } from "../adapters/contract.ts";
import type { DocumentIndex } from "./index.ts";

/** The chunks whose vectors are nearest to the query's by cosine, best first, equal scores by number; at most `topK`. None where the index has no vectors or the query's is another length. */
export function searchVectors(index: Pick<DocumentIndex, "chunks" | "dimensions" | "vectors">, query: Float32Array, topK: number): VectorMatch[] {
  const { dimensions, vectors, chunks } = index;
  if (dimensions === 0 || query.length !== dimensions) return [];
  const queryLength = lengthOf(query, 0, dimensions);
  const lengths = lengthsOf(vectors, dimensions);
  const matches = chunks.map((_, chunk) => {
    const start = chunk * dimensions;
    let product = 0;
    // Every place is there: the index was checked when it was opened.
    for (let place = 0; place < dimensions; place++) product += (vectors[start + place] as number) * (query[place] as number);
    return { chunk, score: product / (queryLength * (lengths[chunk] ?? 0) || 1) };
  });
  return matches.sort((left, right) => right.score - left.score || left.chunk - right.chunk).slice(0, topK);
}

const known = new WeakMap<Float32Array, Float64Array>();

/** The lengths of an index's vectors, reckoned once as long as they are kept. */
function lengthsOf(vectors: Float32Array, dimensions: number): Float64Array {
  const found = known.get(vectors);
  if (found !== undefined) return found;
  const lengths = Float64Array.from({ length: vectors.length / dimensions }, (_, chunk) => lengthOf(vectors, chunk * dimensions, dimensions));
  known.set(vectors, lengths);
  return lengths;
}

function lengthOf(values: Float32Array, start: number, count: number): number {
  let squares = 0;
  for (let place = start; place < start + count; place++) squares += (values[place] as number) ** 2;
  return Math.sqrt(squares);
}
