import { createLocalEmbedding } from "../../../lib/adapters/embedding/local.ts";
import { embeddingConformance } from "../../conformance/embedding.ts";

embeddingConformance({ name: "local", setup: async () => ({ embedding: createLocalEmbedding() }) });
