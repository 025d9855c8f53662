/** Search by vectors: every chunk's vector is compared, which is exact and fast enough for one document. */
import type { VectorMatch } from "../adapters/contract.ts";
import type { DocumentIndex } from "./index.ts";
import { bestOf } from "./ranking.ts";

/** The chunks whose vectors are nearest to the query's by cosine, best first, equal scores by number; at most `topK`. None where the index has no vectors or the query's is another length. */
export function searchVectors(
  { dimensions, chunks }: Pick<DocumentIndex, "chunks" | "dimensions">,
  vectors: Float32Array,
  query: Float32Array,
  topK: number,
): VectorMatch[] {
  if (dimensions === 0 || query.length !== dimensions || vectors.length !== dimensions * chunks.length) return [];
  const queryLength = lengthOf(query, 0, dimensions);
  const lengths = lengthsOf(vectors, dimensions);
  const products = isSparse(query) ? sparseProducts(vectors, query, chunks.length) : denseProducts(vectors, query, chunks.length);
  const scores = products.map((product, chunk) => product / (queryLength * (lengths[chunk] ?? 0) || 1));
  return bestOf(scores, topK, Number.NEGATIVE_INFINITY).map((chunk) => ({ chunk, score: scores[chunk] ?? 0 }));
}

/** Below this share of numbers that are not 0, looking them up is faster than going through all. */
const SPARSE_SHARE = 0.2;

function isSparse(query: Float32Array): boolean {
  let used = 0;
  for (const value of query) if (value !== 0) used++;
  return used < query.length * SPARSE_SHARE;
}

function sparseProducts(vectors: Float32Array, query: Float32Array, count: number): Float64Array {
  const places = [...query.keys()].filter((place) => query[place] !== 0);
  const products = new Float64Array(count);
  for (let chunk = 0; chunk < count; chunk++) {
    const start = chunk * query.length;
    let product = 0;
    for (const place of places) product += (vectors[start + place] as number) * (query[place] as number);
    products[chunk] = product;
  }
  return products;
}

function denseProducts(vectors: Float32Array, query: Float32Array, count: number): Float64Array {
  const dimensions = query.length;
  const products = new Float64Array(count);
  const even = dimensions & ~3;
  for (let chunk = 0; chunk < count; chunk++) {
    const start = chunk * dimensions;
    // Four sums at once, as each addition waits for the one before it. Every place is there: the index was checked when it was opened.
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let place = 0; place < even; place += 4) {
      const at = start + place;
      first += (vectors[at] as number) * (query[place] as number);
      second += (vectors[at + 1] as number) * (query[place + 1] as number);
      third += (vectors[at + 2] as number) * (query[place + 2] as number);
      fourth += (vectors[at + 3] as number) * (query[place + 3] as number);
    }
    for (let place = even; place < dimensions; place++) first += (vectors[start + place] as number) * (query[place] as number);
    products[chunk] = first + second + third + fourth;
  }
  return products;
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
