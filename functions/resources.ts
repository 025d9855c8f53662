/** What the six stages need besides a run's data: adapters by instance name, the tenant's indexes, limits. Made once by the composition root. */
import { z } from "zod";
import type { EmbeddingAdapter, LlmAdapter, TextExtractor, VectorDatabase, VectorSpace } from "../lib/adapters/contract.ts";
import type { IndexStore } from "../lib/adapters/vector-db/local.ts";
import type { Artifact, DocumentText } from "../lib/schema/document.ts";

/** Bounds on what a run may bring. Sizes in bytes. */
export interface Limits {
  documentBytes: number;
  promptBytes: number;
  textBytes: number;
  pages: number;
  outputs: number;
}

/** What every stage may ask for. */
export interface Resources {
  /** Each throws PermanentError "unknown_adapter" for a name that is not configured. */
  llm(instance: string): LlmAdapter;
  embedding(instance: string): EmbeddingAdapter;
  vectorDatabase(instance: string, space: VectorSpace): VectorDatabase;
  textExtractor(instance: string): TextExtractor;
  indexes(tenant: string): IndexStore;
  /** A document's text; the same object for the same artifact while it is remembered. */
  openText(artifact: Artifact): Promise<DocumentText>;
  limits: Limits;
  /** A document's password, which only the process that was given it knows. */
  password(tenant: string, runId: string): string | undefined;
  /** Copies the extracted text to the paper's fixed place. */
  copyText(tenant: string, runId: string, text: string): Promise<void>;
  /** Copies a run's result to where the request asked for it. Throws when that is outside the working folder, in the store, or a file that is no earlier result. */
  copyResult(path: string, text: string): Promise<void>;
}

/** What a run's adapters were when it was accepted; frozen into the run. No secrets. */
export const runSettingsSchema = z.object({
  llm: z.string(),
  model: z.string(),
  contextTokens: z.int(),
  embedding: z.string(),
  vectorDatabase: z.string(),
  textExtractor: z.string(),
  needsPassword: z.boolean(),
});
export type RunSettings = z.infer<typeof runSettingsSchema>;
