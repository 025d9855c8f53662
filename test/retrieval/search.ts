/** A document with an index as strategies search it, with the local embedding and, where given, answers of a model. */
import { createLocalEmbedding } from "../../lib/adapters/embedding/local.ts";
import { chunkDocument, chunkText } from "../../lib/document/chunk.ts";
import { searchVectors } from "../../lib/retrieval/dense.ts";
import { buildIndex, openIndex, openVectors } from "../../lib/retrieval/index.ts";
import type { AskModel, Search } from "../../lib/retrieval/strategy.ts";
import { documentOf } from "./documents.ts";

const context = { paid: () => Promise.reject(new Error("nothing may be paid for")), signal: new AbortController().signal };

export interface TestSearch extends Search {
  /** Every text that was embedded for a question. */
  embedded: string[];
  /** What a hit says, as the document has it. */
  textOf(hit: { range: readonly [number, number] }): string;
}

/** A search of pages cut into chunks of so many tokens, or one for each page. `ask` gives a model's answers by purpose. */
export async function searchOf(
  pages: readonly string[],
  options: {
    size?: number;
    byPage?: boolean;
    topK?: number;
    quality?: number;
    ask?: (purpose: string, instruction: string) => unknown;
    language?: string;
  } = {},
): Promise<TestSearch> {
  const document = documentOf(pages, { language: options.language ?? "en" });
  const pageChunks = document.pages.map(({ number, reading: [start, end] }, index) => ({
    index,
    start,
    end,
    pages: [number, number] as [number, number],
    tokens: 0,
  }));
  const chunks = options.byPage === true ? pageChunks : chunkDocument(document, { size: options.size ?? 20, overlap: 0 });
  const embedding = createLocalEmbedding();
  const texts = chunks.map((chunk) => chunkText(document, chunk));
  const bytes = buildIndex({ document, chunks, embeddingModel: embedding.model, vectors: await embedding.embed(texts, context) });
  const index = openIndex(bytes);
  const vectors = openVectors(index, bytes.subarray(...index.vectorsAt));
  const embedded: string[] = [];
  const ask: AskModel | undefined = options.ask && (async (purpose, { instruction }) => options.ask?.(purpose, instruction));
  return {
    index,
    document,
    topK: options.topK ?? 3,
    quality: options.quality ?? embedding.quality,
    embedded,
    nearest: async (asked) => {
      embedded.push(...asked);
      return (await embedding.embed(asked, context)).map((vector) => searchVectors(index, vectors, vector, 100));
    },
    textOf: ({ range: [start, end] }) => chunkText(document, { start, end }),
    ...(ask ? { ask } : {}),
  };
}
