/** What the six stages need, all of it in this process: the local extractor, the local index, the built-in reader. */
import type { Resources } from "../../functions/resources.ts";
import { createLocalEmbedding } from "../../lib/adapters/embedding/local.ts";
import { createLocalExtractor } from "../../lib/adapters/llm/local.ts";
import { createIndexStore, createLocalVectorDatabase } from "../../lib/adapters/vector-db/local.ts";
import { createBuiltinExtractor } from "../../lib/adapters/x2text/builtin.ts";
import { documentTextSchema } from "../../lib/schema/document.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";

/** Resources over a store, without copies of texts and results. */
export function createTestResources(store: ObjectStore): Resources {
  const embedding = createLocalEmbedding();
  const extractor = createBuiltinExtractor({ deadlineMs: 60_000, memoryLimitMb: 1_024 });
  return {
    llm: createLocalExtractor,
    embedding: () => embedding,
    vectorDatabase: (_, { tenant }) => createLocalVectorDatabase(createIndexStore(store, tenant)),
    textExtractor: () => extractor,
    indexes: (tenant) => createIndexStore(store, tenant),
    openText: async ({ key }) => documentTextSchema.parse(JSON.parse(Buffer.from((await store.get(key)) ?? []).toString("utf8"))),
    limits: { documentBytes: 1e7, promptBytes: 1e5, textBytes: 1e7, pages: 100, outputs: 100 },
    password: () => undefined,
    copyText: async () => undefined,
    copyResult: async () => undefined,
  };
}
