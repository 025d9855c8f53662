/** Finding the places of a document that an output's prompt is about. */
import { createAskModel } from "../lib/agents/search-question.ts";
import type { StageContext } from "../lib/pipeline/define.ts";
import { findPlaces } from "../lib/retrieval/strategies.ts";
import { DEFAULT_TOP_K, type Found, type Search, vectorDepth } from "../lib/retrieval/strategy.ts";
import type { DocumentText } from "../lib/schema/document.ts";
import { PermanentError, RetryableError } from "../lib/schema/errors.ts";
import type { Output } from "../lib/schema/request.ts";
import type { Searched } from "../lib/schema/result.ts";
import { settingsOf } from "./request.ts";
import type { Resources } from "./resources.ts";

/** A result says of so many places why they were read. */
const PLACES_SHOWN = 20;

/** The places for a prompt, best first, by the output's strategy. */
export async function retrieve(
  context: StageContext<Resources>,
  wanted: { output: Output; prompt: string; document: DocumentText; index: { indexId: string } | undefined },
): Promise<Found> {
  const { output, prompt, document } = wanted;
  const settings = settingsOf(context);
  const indexId = wanted.index?.indexId ?? "";
  const index = await context.resources.indexes(context.tenant).load(indexId);
  if (index === undefined)
    throw new PermanentError("internal", `The index "${indexId}" is gone from the store; it was deleted by hand, so run the document anew.`);
  const topK = output["similarity-top-k"] ?? DEFAULT_TOP_K;
  const embedding = context.resources.embedding(settings.embedding);
  const database = context.resources.vectorDatabase(settings.vectorDatabase, { ...embedding, tenant: context.tenant });
  const nearest: Search["nearest"] = async (texts) => {
    if (texts.length === 0) return [];
    const vectors = await embedding.embed(texts, context);
    const found = await Promise.all(vectors.map((vector) => database.query(indexId, vector, vectorDepth(topK), context)));
    const isEmpty = vectors.some((vector, position) => vector.some((value) => value !== 0) && found[position]?.length === 0);
    if (isEmpty && database.keeps === "service") throw withoutVectors(database.instance);
    return found;
  };
  const llm = context.resources.llm(settings.llm);
  const ask = llm.kind === "chat" ? { ask: createAskModel(llm, context) } : {};
  return findPlaces(strategyOf(output), { index, document, topK, quality: embedding.quality, nearest, ...ask }, prompt);
}

/** The strategy of an output. */
export function strategyOf(output: Output): NonNullable<Output["retrieval-strategy"]> {
  return output["retrieval-strategy"] ?? "simple";
}

/** What a result says about a search. Scores to three decimals. */
export function searchedOf(strategy: Searched["strategy"], { hits, how }: Found): Searched {
  const places = hits.slice(0, PLACES_SHOWN).map(({ pages: [first, last], range: [start, end], score, reason }) => ({
    pages: [first, last] satisfies [number, number],
    range: [start, end] satisfies [number, number],
    score: Math.round(score * 1000) / 1000,
    reason,
  }));
  return { strategy, how, places };
}

/** A service that has a document's vectors always has a nearest one. It may lag behind what was stored, so it is asked again. */
function withoutVectors(instance: string): RetryableError {
  return new RetryableError(
    "adapter_failed",
    `The vector database ${instance} has no vectors of this document, or can't be searched for them yet. If it stays so, they were deleted: rerun from chunk-embed.`,
    { source: instance },
  );
}
