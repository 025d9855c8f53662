// chunk: the product's cuts.
import { productModule, textDocument } from "./product.mjs";

function meanLength(chunks) {
  return chunks.reduce((sum, { start, end }) => sum + end - start, 0) / Math.max(1, chunks.length);
}

/** Chunks of about this mean length: the size that gives them is searched for, as the mean grows with it. The nearest of what there is. */
export async function nearestMean(characters, { low, high }, cut) {
  let best;
  let [from, to] = [low, high];
  while (from <= to) {
    const size = (from + to) >> 1;
    const chunks = await cut(size);
    const mean = meanLength(chunks);
    if (best === undefined || Math.abs(mean - characters) < Math.abs(best.mean - characters)) best = { chunks, mean, size };
    if (mean < characters) from = size + 1;
    else to = size - 1;
  }
  return best;
}

/** The product's chunks at about this mean length in characters, with the overlap that an output gets that asks only for a size; `size` is in tokens. */
export async function chunksOfMeanLength(text, characters) {
  const { chunkDocument, chunkSettings } = await productModule("lib/document/chunk");
  const document = await textDocument(text);
  const settings = (size) => chunkSettings({ name: "chunk", "chunk-size": size }, { contextTokens: 0, smart: true });
  return nearestMean(characters, { low: 1, high: characters }, (size) => chunkDocument(document, settings(size)));
}

/** The cuts only; the scorer ranks. */
export async function chunk({ chunkSize }) {
  return {
    async answer(case_) {
      const { chunks, mean, size } = await chunksOfMeanLength(case_.text("corpus.md"), chunkSize);
      console.error(`${case_.key}: ${chunks.length} chunks of ${size} tokens at most, ${Math.round(mean)} characters in the mean`);
      return { chunks: chunks.map(({ start, end }) => [start, end]) };
    },
  };
}
