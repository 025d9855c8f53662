/** Finding the places of a document that an output's prompt is about. */
import type { StageContext } from "../lib/pipeline/define.ts";
import { DEFAULT_TOP_K, type Hit, retrieveSimple } from "../lib/retrieval/simple.ts";
import { PermanentError, RetryableError } from "../lib/schema/errors.ts";
import type { Output } from "../lib/schema/request.ts";
import { settingsOf } from "./request.ts";
import type { Resources } from "./resources.ts";

/** A hit with the first and last page that it touches. */
export type FoundChunk = Hit & { pages: [number, number] };

/** The chunks for a prompt, best first, by the output's strategy ("simple" is the one there is). */
export async function retrieve(
  context: StageContext<Resources>,
  wanted: { output: Output; prompt: string; index: { indexId: string } | undefined },
): Promise<FoundChunk[]> {
  const settings = settingsOf(context);
  const indexId = wanted.index?.indexId ?? "";
  const index = await context.resources.indexes(context.tenant).load(indexId);
  if (index === undefined)
    throw new PermanentError("internal", `The index "${indexId}" is gone from the store; it was deleted by hand, so run the document anew.`);
  const topK = wanted.output["similarity-top-k"] ?? DEFAULT_TOP_K;
  const embedding = context.resources.embedding(settings.embedding);
  const needsVectors = index.chunks.length > 1;
  const [vector] = needsVectors ? await embedding.embed([wanted.prompt], context) : [];
  const database = context.resources.vectorDatabase(settings.vectorDatabase, { ...embedding, tenant: context.tenant });
  const dense = vector ? await database.query(indexId, vector, Math.max(topK * 4, 20), context) : [];
  if (vector?.some((value) => value !== 0) && dense.length === 0 && database.keeps === "service") throw withoutVectors(database.instance);
  return retrieveSimple({ index, query: wanted.prompt, dense, quality: embedding.quality, topK }).map((hit) => ({
    ...hit,
    pages: index.chunks[hit.chunk]?.pages ?? [1, 1],
  }));
}

/** A service that has a document's vectors always has a nearest one. It may lag behind what was stored, so it is asked again. */
function withoutVectors(instance: string): RetryableError {
  return new RetryableError(
    "adapter_failed",
    `The vector database ${instance} has no vectors of this document, or can't be searched for them yet. If it stays so, they were deleted: rerun from chunk-embed.`,
    { source: instance },
  );
}
