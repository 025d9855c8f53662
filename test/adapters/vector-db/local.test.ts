import { createIndexStore, createLocalVectorDatabase, type IndexStore } from "../../../lib/adapters/vector-db/local.ts";
import { buildIndex } from "../../../lib/retrieval/index.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { vectorDatabaseConformance } from "../../conformance/vector-database.ts";
import { documentOf } from "../../retrieval/documents.ts";

vectorDatabaseConformance({
  name: "local",
  async setup() {
    const store = createMemoryStore();
    const tenants = new Map<string, IndexStore>();
    const indexes = (tenant: string) => {
      const known = tenants.get(tenant) ?? createIndexStore(store, tenant);
      tenants.set(tenant, known);
      return known;
    };
    return {
      open: ({ tenant }) => createLocalVectorDatabase(indexes(tenant)),
      async store({ tenant, dimensions }, indexId, records) {
        const last = Math.max(...records.map(({ chunk }) => chunk));
        const chunks = Array.from({ length: last + 1 }, (_, index) => ({ index, start: 0, end: 1, pages: [1, 1] as [number, number], tokens: 1 }));
        const vectors = chunks.map(({ index }) => records.find(({ chunk }) => chunk === index)?.vector ?? new Float32Array(dimensions));
        await indexes(tenant).save(indexId, buildIndex({ document: documentOf(["x"]), chunks, embeddingModel: "m", vectors }));
      },
    };
  },
});
