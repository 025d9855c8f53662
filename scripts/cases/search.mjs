// chunk and retrieval: the product's chunks, and its search over them.
import { productModule, textDocument } from "./product.mjs";

const MOST_RESULTS = 1_000;

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

/** Passages as the chunks of one document, found by the function that the strategies use. */
export async function retrieval() {
  const { buildIndex, openIndex } = await productModule("lib/retrieval/index");
  const { retrieveSimple } = await productModule("lib/retrieval/simple");
  const { searchVectors } = await productModule("lib/retrieval/dense");
  const { createLocalEmbedding } = await productModule("lib/adapters/embedding/local");
  const embedding = createLocalEmbedding();
  const context = { signal: new AbortController().signal };
  return {
    async answer(case_) {
      const passages = case_.lines("corpus.jsonl");
      const { document, chunks } = await documentOf(passages);
      const vectors = await embedding.embed(
        chunks.map(({ start, end }) => document.reading.text.slice(start, end)),
        context,
      );
      const index = openIndex(buildIndex({ document, chunks, embeddingModel: embedding.model, vectors }));
      const found = {};
      for (const { _id, text } of case_.lines("queries.jsonl")) {
        const [vector] = await embedding.embed([text], context);
        const dense = searchVectors(index, vector, MOST_RESULTS);
        const hits = retrieveSimple({ index, query: text, dense, quality: embedding.quality, topK: MOST_RESULTS });
        found[_id] = hits.map((hit) => passages[hit.chunk]._id);
      }
      return found;
    },
  };
}

/** One document that has each passage, with its title as a line above it, as a chunk. */
async function documentOf(passages) {
  const texts = passages.map(({ title, text }) => [title, text].filter(Boolean).join("\n") || "-");
  const document = await textDocument(texts.join("\n\n"));
  let start = 0;
  const chunks = texts.map((text, index) => {
    const chunk = { index, start, end: start + text.length, pages: [1, 1], tokens: 0 };
    start = chunk.end + 2;
    return chunk;
  });
  return { document, chunks };
}
