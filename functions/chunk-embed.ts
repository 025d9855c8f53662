/** Stage 2: the document cut and indexed, once for each way of cutting that the outputs ask for. */
import { z } from "zod";
import { type Chunk, type ChunkSettings, chunkDocument, chunkSettings, chunkText } from "../lib/document/chunk.ts";
import { defineStage, type GraphStage, type StageContext } from "../lib/pipeline/define.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import { buildIndex, indexId } from "../lib/retrieval/index.ts";
import { artifactSchema, type DocumentText } from "../lib/schema/document.ts";
import { PermanentError } from "../lib/schema/errors.ts";
import type { ItemGraph } from "../lib/schema/pipeline.ts";
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

/** What an item does: makes an index, of the vectors that other items (`batches`) embedded where there are any, or embeds the chunks [from, to) of an index. */
const taskSchema = z.union([z.object({ index: z.int(), from: z.int(), to: z.int() }), z.object({ index: z.int(), batches: z.array(z.int()) })]);
/** Vectors one after the other, as 32-bit numbers. */
const embeddedSchema = z.object({ vectors: artifactSchema });
const itemSchema = z.union([indexSchema, embeddedSchema]);

export const chunkEmbed: GraphStage<Resources, z.infer<typeof outputSchema>, z.infer<typeof itemSchema>> = defineStage<
  Resources,
  z.infer<typeof outputSchema>,
  z.infer<typeof itemSchema>
>({
  id: "chunk-embed",
  kind: "graph",
  after: ["extract-text"],
  policy: paperPolicy(15, 3),
  itemPolicy: paperPolicy(15, 3),
  onError: "fail",
  itemOutput: itemSchema,
  output: outputSchema,
  async plan(context): Promise<ItemGraph> {
    const { distinct } = plannedIndexes(requestOf(context), settingsOf(context));
    const graph = {
      count: distinct.length,
      edges: [] as [number, number][],
      labels: distinct.map(indexLabel),
      inputs: distinct.map((_, index): Task => ({ index, batches: [] })),
    };
    const { batch } = context.resources.embedding(settingsOf(context).embedding);
    if (batch === undefined) return graph;
    for (const [index, chunking] of distinct.entries()) {
      const { chunks, ready } = await openChunks(context, chunking);
      if (ready || chunks.length <= batch) continue;
      const batches: number[] = [];
      graph.inputs[index] = { index, batches };
      for (let from = 0; from < chunks.length; from += batch) {
        const to = Math.min(from + batch, chunks.length);
        graph.edges.push([graph.count, index]);
        graph.labels.push(`chunks ${from + 1}-${to}`);
        graph.inputs.push({ index, from, to });
        batches.push(graph.count++);
      }
    }
    return graph;
  },
  async work(context, item) {
    // A plan of an earlier version gave its items nothing.
    const task = taskSchema.parse(context.input ?? { index: item, batches: [] });
    const chunking = plannedIndexes(requestOf(context), settingsOf(context)).distinct[task.index] ?? { size: 0, overlap: 0 };
    const opened = await openChunks(context, chunking);
    if ("from" in task) return embedBatch(context, opened, task);
    if (!opened.ready) await makeIndex(context, opened, task.batches);
    return { indexId: opened.id, ...chunking, chunks: opened.chunks.length, splitting: SPLITTING };
  },
  async join(context) {
    const { distinct, indexOf } = plannedIndexes(requestOf(context), settingsOf(context));
    const items = await Promise.all(distinct.map((_, item) => context.item(chunkEmbed, item)));
    return { indexes: items.flatMap((item) => (item.is === "done" && "indexId" in item.output ? [item.output] : [])), indexOf };
  },
});

type Task = z.infer<typeof taskSchema>;

function indexLabel({ size }: ChunkSettings): string {
  return size === 0 ? "whole document" : `${size} tokens`;
}

/** The document cut in one way, and whether its index and its vectors are there already. */
async function openChunks(context: StageContext<Resources>, chunking: ChunkSettings) {
  const settings = settingsOf(context);
  const { resources, tenant } = context;
  const { text } = await context.result(extractText);
  const document = await resources.openText(text);
  const embedding = resources.embedding(settings.embedding);
  const database = resources.vectorDatabase(settings.vectorDatabase, { ...embedding, tenant });
  const embeddingModel = database.keeps === "index" ? embedding.model : `${embedding.model} in ${database.instance}`;
  const id = indexId({ tenant, documentSha256: text.sha256, parser: document.parser, chunking, embeddingModel });
  const known = await resources.indexes(tenant).load(id);
  const chunks = known?.chunks ?? chunksOf(document, chunking);
  // A collection may have been deleted since.
  const ready = known !== undefined && (database.keeps === "index" || chunks.length < 2 || (await database.has(id, chunks.length, context)));
  return { id, document, embedding, embeddingModel, database, chunks, ready };
}

const cut = new WeakMap<DocumentText, Map<string, readonly Chunk[]>>();

/** The chunks of a document; cut once while the document is remembered, because every batch asks for them. */
function chunksOf(document: DocumentText, chunking: ChunkSettings): readonly Chunk[] {
  const ways = cut.get(document) ?? new Map<string, readonly Chunk[]>();
  cut.set(document, ways);
  const way = `${chunking.size}/${chunking.overlap}`;
  const chunks = ways.get(way) ?? chunkDocument(document, chunking);
  ways.set(way, chunks);
  return chunks;
}

type Opened = Awaited<ReturnType<typeof openChunks>>;

async function embedBatch(context: StageContext<Resources>, { document, chunks, embedding }: Opened, { from, to }: { from: number; to: number }) {
  const vectors = await embedding.embed(
    chunks.slice(from, to).map((chunk) => chunkText(document, chunk)),
    context,
  );
  return { vectors: await context.artifacts.put(Buffer.concat(vectors.map((vector) => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)))) };
}

async function makeIndex(context: StageContext<Resources>, opened: Opened, batches: readonly number[]): Promise<void> {
  const { id, document, embeddingModel, database, chunks } = opened;
  const vectors = await vectorsOf(context, opened, batches);
  // The index says that all is ready, so it comes last.
  await database.upsert(
    id,
    vectors.flatMap((vector, position) => (chunks[position] ? [{ chunk: chunks[position].index, vector }] : [])),
    context,
  );
  const kept = database.keeps === "index" && vectors.length > 0 ? { vectors } : {};
  await context.resources.indexes(context.tenant).save(id, buildIndex({ document, chunks, embeddingModel, ...kept }));
}

/** The vectors of all chunks: embedded by other items, or here where they fit into one request. One chunk needs none where they cost something: it is found without. */
async function vectorsOf(context: StageContext<Resources>, opened: Opened, batches: readonly number[]): Promise<readonly Float32Array[]> {
  const { document, chunks, embedding } = opened;
  if (chunks.length === 1 && embedding.batch !== undefined) return [];
  if (batches.length === 0) {
    return embedding.embed(
      chunks.map((chunk) => chunkText(document, chunk)),
      context,
    );
  }
  const items = await Promise.all(batches.map((item) => context.item(chunkEmbed, item)));
  const vectors: Float32Array[] = [];
  for (const item of items) {
    if (item.is !== "done" || !("vectors" in item.output)) throw new PermanentError("internal", "A batch of vectors has no result.");
    const bytes = Uint8Array.from(await context.artifacts.get(item.output.vectors));
    const numbers = new Float32Array(bytes.buffer);
    for (let start = 0; start < numbers.length; start += embedding.dimensions) vectors.push(numbers.subarray(start, start + embedding.dimensions));
  }
  return vectors;
}
