// retrieval: passages as the chunks of one document, found by the strategies themselves.
import { performance } from "node:perf_hooks";
import { productModule, textDocument } from "./product.mjs";
import { mean, ndcg, pValue, relevanceOf } from "./significance.mjs";

const MOST_RESULTS = 1_000;
/** What is measured is the first ten, so that is what a strategy is asked for; the rest of a prediction is what "simple" has besides. */
const TOP_K = 10;
const SIGNAL = new AbortController().signal;

/** Opened collections by folder, so that several strategies share an index. */
const opened = new Map();

/** Predictions by one strategy. With `compare` the answers are opened, too, after a case's predictions are made, and the report compares them with BM25 over the same index. */
export async function retrieval({ strategy = "simple", embedding: url, compare, dir }) {
  const { findPlaces } = await productModule("lib/retrieval/strategies");
  const { RETRIEVAL_STRATEGIES } = await productModule("lib/schema/request");
  if (!RETRIEVAL_STRATEGIES.includes(strategy)) throw new Error(`there is no strategy ${strategy}, but ${RETRIEVAL_STRATEGIES.join(", ")}`);
  const embedding = await embeddingAt(url);
  const compared = [];
  return {
    async answer(case_) {
      const key = `${dir}/${case_.id}`;
      const collection = opened.get(key) ?? (await openCollection(case_, embedding));
      opened.set(key, collection);
      const { passages, search, queries } = collection;
      const idsOf = ({ hits }) => hits.flatMap(({ chunks }) => chunks).map((chunk) => passages[chunk]._id);
      const found = {};
      let ms = 0;
      for (const { _id, text } of queries) {
        const started = performance.now();
        const best = idsOf(await findPlaces(strategy, search(TOP_K), text));
        ms += performance.now() - started;
        const rest = idsOf(await findPlaces("simple", search(MOST_RESULTS), text));
        found[_id] = [...new Set([...best.slice(0, TOP_K), ...rest])].slice(0, MOST_RESULTS);
      }
      if (compare) compared.push({ id: case_.id, ms: ms / queries.length, ...compareWith(case_, found, collection) });
      return found;
    },
    report: () => (compare ? `\n${reportOf(strategy, compared)}` : ""),
  };
}

async function openCollection(case_, embedding) {
  const { buildIndex, openIndex, openVectors } = await productModule("lib/retrieval/index");
  const { searchVectors } = await productModule("lib/retrieval/dense");
  const { vectorDepth } = await productModule("lib/retrieval/strategy");
  const { searchPostings } = await productModule("lib/retrieval/bm25");
  const { createAnalyser } = await productModule("lib/retrieval/words");
  const passages = case_.lines("corpus.jsonl");
  const queries = case_.lines("queries.jsonl");
  const { document, chunks } = await documentOf(passages);
  const context = { signal: SIGNAL };
  const texts = chunks.map(({ start, end }) => document.reading.text.slice(start, end));
  const bytes = buildIndex({ document, chunks, embeddingModel: embedding.model, vectors: await embedding.embed(texts, context) });
  const index = openIndex(bytes);
  const vectors = openVectors(index, bytes.subarray(...index.vectorsAt));
  const known = new Map();
  const vectorsOf = async (asked) => {
    const missing = [...new Set(asked)].filter((text) => !known.has(text));
    const made = missing.length > 0 ? await embedding.embed(missing, context) : [];
    missing.forEach((text, place) => {
      known.set(text, made[place]);
    });
    return asked.map((text) => known.get(text));
  };
  // The time of a strategy is without a service's.
  await vectorsOf(queries.map(({ text }) => text));
  const analyse = createAnalyser(document.language);
  return {
    passages,
    queries,
    bm25: (text) => searchPostings(index.postings, analyse(text), TOP_K).map((match) => passages[match.text]._id),
    search: (topK) => ({
      index,
      document,
      topK,
      quality: embedding.quality,
      nearest: async (asked) => (await vectorsOf(asked)).map((vector) => searchVectors(index, vectors, vector, vectorDepth(topK))),
    }),
  };
}

/** The local embedding, or one behind an OpenAI-compatible API. */
async function embeddingAt(url) {
  const { createLocalEmbedding } = await productModule("lib/adapters/embedding/local");
  if (url === undefined) return createLocalEmbedding();
  const ask = async (input) => {
    const response = await fetch(`${url}/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "all-MiniLM-L6-v2", input, encoding_format: "float" }),
    });
    if (!response.ok) throw new Error(`the embedding server answered ${response.status}`);
    return (await response.json()).data.map(({ embedding }) => Float32Array.from(embedding));
  };
  const embed = async (texts) => {
    const vectors = [];
    for (let start = 0; start < texts.length; start += 64) vectors.push(...(await ask(texts.slice(start, start + 64))));
    return vectors;
  };
  const [probe] = await ask(["a"]);
  return { instance: "server", model: url, dimensions: probe.length, quality: SERVICE_QUALITY, embed };
}

/** What the adapter of such services declares. */
const SERVICE_QUALITY = 1;

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

function compareWith(case_, found, { queries, bm25 }) {
  const relevance = relevanceOf(case_.text("qrels.tsv"));
  const judged = queries.filter(({ _id }) => relevance.has(_id));
  const scores = judged.map(({ _id }) => ndcg(relevance.get(_id), found[_id]));
  const baseline = judged.map(({ _id, text }) => ndcg(relevance.get(_id), bm25(text)));
  const complete = judged.map(({ _id }) => [...relevance.get(_id).keys()].every((id) => found[_id].slice(0, TOP_K).includes(id)));
  return { scores, baseline, complete };
}

function reportOf(strategy, compared) {
  const pooled = { id: "all queries", scores: compared.flatMap(({ scores }) => scores), baseline: compared.flatMap(({ baseline }) => baseline) };
  const rows = [...compared, pooled].map(({ id, scores, baseline, complete, ms }) => {
    const halves = [0, 1].map((half) => mean(scores.filter((_, place) => place % 2 === half)) - mean(baseline.filter((_, place) => place % 2 === half)));
    const cells = [strategy, id, scores.length, mean(scores).toFixed(4), mean(baseline).toFixed(4), pValue(scores, baseline).toFixed(4)];
    const more = [halves.map((gain) => gain.toFixed(4)).join(" "), complete ? mean(complete.map(Number)).toFixed(3) : "", ms ? ms.toFixed(2) : ""];
    return `| ${[...cells, ...more].join(" | ")} |`;
  });
  const head = "| strategy | set | queries | nDCG@10 | BM25 | p | gain in either half | all_relevant@10 | ms a query |\n|---|---|---|---|---|---|---|---|---|";
  return [head, ...rows].join("\n");
}
