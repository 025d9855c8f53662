/** Stage 2: the document cut and indexed, once for each way of cutting that the outputs ask for. */
import { z } from "zod";
import { type ChunkSettings, chunkDocument, chunkSettings, chunkText } from "../lib/document/chunk.ts";
import { defineStage, type GraphStage } from "../lib/pipeline/define.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import { buildIndex, indexId } from "../lib/retrieval/index.ts";
import type { Output, ProcessRequest } from "../lib/schema/request.ts";
import { extractText } from "./extract-text.ts";
import { questionsOf, requestOf, settingsOf } from "./request.ts";
import type { Resources, RunSettings } from "./resources.ts";

/** `splitting` says what the cuts follow. Only sentences: by meaning was measured with the local embedding and found less (docs/quality.md), so it is not chosen for any size. */
const indexSchema = z.object({ indexId: z.string(), size: z.int(), overlap: z.int(), chunks: z.int(), splitting: z.literal("sentence") });
const SPLITTING = "sentence" as const;
const outputSchema = z.object({ indexes: z.array(indexSchema), indexOf: z.array(z.int()) });

/** The strategies that begin with small chunks and grow them, and the tokens of such a chunk where the output doesn't say. */
const FROM_SMALL: ReadonlySet<Output["retrieval-strategy"]> = new Set(["recursive", "automerging", "router"] as const);
const SMALL_CHUNK_TOKENS = 256;

/** The output with the chunks that its strategy needs: small ones that don't overlap, as neighbours are joined again. */
function withSmallChunks(output: Output): Output {
  if (!FROM_SMALL.has(output["retrieval-strategy"]) || output["chunk-size"] === 0) return output;
  return { ...output, "chunk-size": output["chunk-size"] ?? SMALL_CHUNK_TOKENS, "chunk-overlap": output["chunk-overlap"] ?? 0 };
}

/** The distinct ways of cutting, and for each question which of them is its own. */
export function plannedIndexes(request: ProcessRequest, settings: RunSettings): { distinct: ChunkSettings[]; indexOf: number[] } {
  const smart = request.tool_settings?.enable_smart_chunking !== false;
  const distinct: ChunkSettings[] = [];
  const positions = new Map<string, number>();
  const indexOf = questionsOf(request).map(({ output }) => {
    const wanted = chunkSettings(withSmallChunks(output), { contextTokens: settings.contextTokens, smart });
    const key = `${wanted.size}/${wanted.overlap}`;
    const known = positions.get(key) ?? distinct.push(wanted) - 1;
    positions.set(key, known);
    return known;
  });
  return { distinct, indexOf };
}

export const chunkEmbed: GraphStage<Resources, z.infer<typeof outputSchema>, z.infer<typeof indexSchema>> = defineStage<
  Resources,
  z.infer<typeof outputSchema>,
  z.infer<typeof indexSchema>
>({
  id: "chunk-embed",
  kind: "graph",
  after: ["extract-text"],
  policy: paperPolicy(15, 3),
  itemPolicy: paperPolicy(15, 3),
  onError: "fail",
  itemOutput: indexSchema,
  output: outputSchema,
  async plan(context) {
    const { distinct } = plannedIndexes(requestOf(context), settingsOf(context));
    return { count: distinct.length, edges: [], labels: distinct.map(({ size }) => (size === 0 ? "whole document" : `${size} tokens`)) };
  },
  async work(context, item) {
    const settings = settingsOf(context);
    const chunking = plannedIndexes(requestOf(context), settings).distinct[item] ?? { size: 0, overlap: 0 };
    const { text } = await context.result(extractText);
    const document = await context.resources.openText(text);
    const embedding = context.resources.embedding(settings.embedding);
    const id = indexId({ tenant: context.tenant, documentSha256: text.sha256, parser: document.parser, chunking, embeddingModel: embedding.model });
    const indexes = context.resources.indexes(context.tenant);
    const ready = await indexes.load(id);
    if (ready) return { indexId: id, ...chunking, chunks: ready.chunks.length, splitting: SPLITTING };
    const chunks = chunkDocument(document, chunking);
    const vectors = await embedding.embed(
      chunks.map((chunk) => chunkText(document, chunk)),
      context,
    );
    const database = context.resources.vectorDatabase(settings.vectorDatabase, context.tenant);
    // The index says that all is ready, so it comes last.
    await database.upsert(
      id,
      chunks.map((chunk, position) => ({ chunk: chunk.index, vector: vectors[position] ?? new Float32Array(embedding.dimensions) })),
      context,
    );
    await indexes.save(id, buildIndex({ document, chunks, embeddingModel: embedding.model, ...(database.keeps === "index" ? { vectors } : {}) }));
    return { indexId: id, ...chunking, chunks: chunks.length, splitting: SPLITTING };
  },
  async join(context) {
    const { distinct, indexOf } = plannedIndexes(requestOf(context), settingsOf(context));
    const items = await Promise.all(distinct.map((_, item) => context.item(chunkEmbed, item)));
    return { indexes: items.flatMap((item) => (item.is === "done" ? [item.output] : [])), indexOf };
  },
});
