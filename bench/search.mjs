// Search in a document of 5,000 chunks, against looking through its text for the query's words.
import { productModule, textDocument } from "../scripts/cases/product.mjs";
import { inTurns, row } from "./measure.mjs";

const CHUNKS = 5_000;
const ROUNDS = 5;
const WORDS =
  "supplier buyer delivery payment penalty warranty interest notice order invoice period price goods term court liability insurance freight customs tax".split(
    " ",
  );

/** A chunk's text: the words in an order of their own, with numbers that only it has. */
function chunkOf(index) {
  const words = Array.from({ length: 60 }, (_, place) => WORDS[(index * 7 + place * (1 + (index % 11))) % WORDS.length]);
  return `Clause ${index}\n${words.join(" ")} reference R${index}.`;
}

async function openBenchIndex(embedding) {
  const { buildIndex, openIndex } = await productModule("lib/retrieval/index");
  const texts = Array.from({ length: CHUNKS }, (_, index) => chunkOf(index));
  const document = await textDocument(texts.join("\n\n"));
  let start = 0;
  const chunks = texts.map((text, index) => {
    const chunk = { index, start, end: start + text.length, pages: [1, 1], tokens: 0 };
    start = chunk.end + 2;
    return chunk;
  });
  const index = openIndex(buildIndex({ document, chunks, embeddingModel: embedding.model, vectors: await embedding.embed(texts, {}) }));
  return { texts, index };
}

/** Milliseconds a query. */
export async function benchSearch() {
  const { createLocalEmbedding } = await productModule("lib/adapters/embedding/local");
  const { retrieveSimple } = await productModule("lib/retrieval/simple");
  const { searchVectors } = await productModule("lib/retrieval/dense");
  const embedding = createLocalEmbedding();
  const { texts, index } = await openBenchIndex(embedding);
  const queries = Array.from(
    { length: 40 },
    (_, place) => `What is the ${WORDS[place % WORDS.length]} of the ${WORDS[(place * 3 + 1) % WORDS.length]} under R${place * 117}?`,
  );
  const search = async () => {
    for (const query of queries) {
      const [vector] = await embedding.embed([query], {});
      retrieveSimple({ index, query, dense: searchVectors(index, vector, 20), quality: embedding.quality, topK: 3 });
    }
  };
  const lookThrough = async () => {
    let found = 0;
    for (const query of queries) {
      const words = query.toLowerCase().match(/\w+/g) ?? [];
      for (const text of texts) {
        const lower = text.toLowerCase();
        found += words.filter((word) => lower.includes(word)).length;
      }
    }
    return found;
  };
  const times = await inTurns(ROUNDS, search, lookThrough);
  return [row("a query over 5,000 chunks", "ms", times, "looking for its words in every chunk", 1 / queries.length)];
}
