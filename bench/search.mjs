// Search in a document of 5,000 chunks, against plain BM25 as one would write it down: a map from word to texts, without stems, vectors, offsets or storing.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { productModule, textDocument } from "../scripts/cases/product.mjs";
import { inTurns, median, row } from "./measure.mjs";

const CHUNKS = 5_000;
const ROUNDS = 5;
const WORDS =
  "supplier buyer delivery payment penalty warranty interest notice order invoice period price goods term court liability insurance freight customs tax".split(
    " ",
  );
const QUERIES = Array.from(
  { length: 40 },
  (_, place) => `What is the ${WORDS[place % WORDS.length]} of the ${WORDS[(place * 3 + 1) % WORDS.length]} under R${place * 117}?`,
);

/** A chunk's text: the words in an order of their own, with numbers that only it has. */
function chunkOf(index) {
  const words = Array.from({ length: 60 }, (_, place) => WORDS[(index * 7 + place * (1 + (index % 11))) % WORDS.length]);
  return `Clause ${index}\n${words.join(" ")} reference R${index}.`;
}

const wordsOf = (text) => text.toLowerCase().match(/\w+/g) ?? [];

/** The yardstick. */
function plainBm25(texts) {
  const lists = new Map();
  const lengths = texts.map((text, index) => {
    const words = wordsOf(text);
    for (const word of words) {
      const list = lists.get(word) ?? new Map();
      lists.set(word, list.set(index, (list.get(index) ?? 0) + 1));
    }
    return words.length;
  });
  const average = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return (query) => {
    const scores = new Map();
    for (const word of new Set(wordsOf(query))) {
      const list = lists.get(word) ?? new Map();
      const weight = Math.log(1 + (texts.length - list.size + 0.5) / (list.size + 0.5));
      for (const [index, times] of list) {
        const gain = (weight * times * 2.2) / (times + 1.2 * (0.25 + (0.75 * lengths[index]) / average));
        scores.set(index, (scores.get(index) ?? 0) + gain);
      }
    }
    return [...scores].sort(([, left], [, right]) => right - left).slice(0, 3);
  };
}

async function benchDocument() {
  const texts = Array.from({ length: CHUNKS }, (_, index) => chunkOf(index));
  const document = await textDocument(texts.join("\n\n"));
  let start = 0;
  const chunks = texts.map((text, index) => {
    const chunk = { index, start, end: start + text.length, pages: [1, 1], tokens: 0 };
    start = chunk.end + 2;
    return chunk;
  });
  return { texts, document, chunks };
}

/** Megabytes that `make` leaves in use. */
async function megabytesOf(make) {
  setFlagsFromString("--expose_gc");
  const collect = runInNewContext("gc");
  const used = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  };
  const once = async () => {
    // What was left over by the making before is gone after a turn.
    await new Promise((resolve) => setImmediate(resolve));
    const before = used();
    const made = [await make()];
    await new Promise((resolve) => setImmediate(resolve));
    const size = used() - before;
    made.pop();
    return size;
  };
  return median([await once(), await once(), await once()]);
}

/** What is ready for searches: an opened index, with or without its vectors. */
async function openBench({ document, chunks, texts }, { withVectors }) {
  const { buildIndex, openIndex, openVectors } = await productModule("lib/retrieval/index");
  const { createLocalEmbedding } = await productModule("lib/adapters/embedding/local");
  const embedding = createLocalEmbedding();
  const bytes = buildIndex({ document, chunks, embeddingModel: embedding.model, vectors: await embedding.embed(texts, {}) });
  const index = openIndex(bytes.slice(0, openIndex(bytes).vectorsAt[0]));
  return { index, ...(withVectors ? { vectors: openVectors(index, bytes.slice(...index.vectorsAt)) } : {}) };
}

async function searches({ document, index, vectors }) {
  const { findPlaces } = await productModule("lib/retrieval/strategies");
  const { vectorDepth } = await productModule("lib/retrieval/strategy");
  const { searchVectors } = await productModule("lib/retrieval/dense");
  const { createLocalEmbedding } = await productModule("lib/adapters/embedding/local");
  const embedding = createLocalEmbedding();
  const nearest = async (asked) => (await embedding.embed(asked, {})).map((vector) => searchVectors(index, vectors, vector, vectorDepth(3)));
  const search = { index, document, topK: 3, quality: embedding.quality, nearest };
  return (strategy) => async () => {
    for (const query of QUERIES) await findPlaces(strategy, search, query);
  };
}

/** Milliseconds a query by each strategy, chunks indexed a second, and what an opened index takes of memory. */
export async function benchSearch() {
  const { RETRIEVAL_STRATEGIES } = await productModule("lib/schema/request");
  const { buildIndex } = await productModule("lib/retrieval/index");
  const material = await benchDocument();
  const { document, chunks, texts } = material;
  const opened = await openBench(material, { withVectors: true });
  const by = await searches({ document, ...opened });
  const plain = plainBm25(texts);
  const plainly = () => {
    for (const query of QUERIES) plain(query);
  };
  await by("simple")();
  const rows = [];
  for (const strategy of RETRIEVAL_STRATEGIES) {
    rows.push(row(`a query over 5,000 chunks: ${strategy}`, "ms", await inTurns(ROUNDS, by(strategy), plainly), "plain BM25", 1 / QUERIES.length));
  }
  const indexing = await inTurns(
    ROUNDS,
    () => buildIndex({ document, chunks, embeddingModel: "none" }),
    () => plainBm25(texts),
  );
  rows.push(row("indexing words", "ms a thousand chunks", indexing, "plain BM25", 1_000 / CHUNKS));
  const memory = { ours: await megabytesOf(() => openBench(material, { withVectors: false })), yardstick: await megabytesOf(() => plainBm25(texts)) };
  rows.push(row("memory of an opened index without vectors", "MB", [memory], "plain BM25's map"));
  return rows;
}
