/** The embedding that needs nothing: words hashed into a vector. It finds shared words and word pairs, not shared meaning. */
import { createAnalyser, stemmerName } from "../../retrieval/words.ts";
import type { EmbeddingAdapter } from "../contract.ts";

const DIMENSIONS = 1024;
/** A pair of neighbouring words says more than either, but is seldom repeated in other words. */
const PAIR_WEIGHT = 0.5;
/** Measured on three retrieval sets (docs/quality.md): what shares no words isn't found anyway, so vectors only break near ties; at twice this weight each set loses. */
const QUALITY = 0.01;

/** 32-bit FNV-1a with a final mix, so that neighbouring words don't share low bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Feature hashing with signs (Weinberger et al. 2009): what collides cancels out on average. Counts are damped, the length is 1 (0 for a text without words). */
function vectorOf(terms: readonly string[]): Float32Array {
  const counts = new Map<string, number>();
  terms.forEach((term, index) => {
    counts.set(term, (counts.get(term) ?? 0) + 1);
    const next = terms[index + 1];
    if (next !== undefined) counts.set(`${term} ${next}`, (counts.get(`${term} ${next}`) ?? 0) + PAIR_WEIGHT);
  });
  const sums = new Float64Array(DIMENSIONS);
  for (const [feature, count] of counts) {
    const hashed = hash(feature);
    const place = hashed % DIMENSIONS;
    sums[place] = (sums[place] ?? 0) + (hashed & 0x80000000 ? -1 : 1) * Math.sqrt(count);
  }
  let squares = 0;
  for (const value of sums) squares += value * value;
  const length = Math.sqrt(squares) || 1;
  return Float32Array.from(sums, (value) => value / length);
}

/**
 * The local embedding for texts of a language (as in DocumentText.language; without one, English). Asks nobody and costs nothing, so it writes nothing to the ledger.
 * The same text gives the same vector on every machine.
 */
export function createLocalEmbedding(options: { instance?: string; language?: string } = {}): EmbeddingAdapter {
  const language = options.language ?? "";
  const analyse = createAnalyser(language);
  return {
    instance: options.instance ?? "local",
    model: `local-hash-1-${DIMENSIONS}-${stemmerName(language)}`,
    dimensions: DIMENSIONS,
    quality: QUALITY,
    embed: async (texts) => texts.map((text) => vectorOf(analyse(text))),
  };
}
