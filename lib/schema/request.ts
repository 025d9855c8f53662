/** What a person asks for: the paper's input specification, hyphenated keys included, with defaults and ranges. */
import { z } from "zod";

/** What a value can be. */
export const OUTPUT_TYPES = ["text", "number", "email", "date", "boolean", "json", "table", "line-item"] as const;
/** One of OUTPUT_TYPES. */
export const outputTypeSchema = z.enum(OUTPUT_TYPES);
export type OutputType = z.infer<typeof outputTypeSchema>;

/** How passages can be found, by the paper's names (docs/retrieval.md). */
export const RETRIEVAL_STRATEGIES = ["simple", "subquestion", "fusion", "recursive", "router", "keyword_table", "automerging"] as const;
/** One of RETRIEVAL_STRATEGIES. */
export const retrievalStrategySchema = z.enum(RETRIEVAL_STRATEGIES);

/** A caller's run id, and a tenant's name. */
export const identifierSchema = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 . _ -");

/** Null means "not given" everywhere, so that a client may send every key. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** Which checks run; all of them unless turned off. */
export const evaluationSettingsSchema = z.strictObject({
  evaluate: optional(z.boolean()),
  monitor_llm: optional(z.union([z.string(), z.array(z.string())])),
  exclude_failed: optional(z.boolean()),
  eval_quality_faithfulness: optional(z.boolean()),
  eval_quality_correctness: optional(z.boolean()),
  eval_quality_relevance: optional(z.boolean()),
  eval_security_pii: optional(z.boolean()),
  eval_guidance_toxicity: optional(z.boolean()),
  eval_guidance_completeness: optional(z.boolean()),
});

/** The paper's settings for tables; validate.ts refuses what is not built. */
export const tableSettingsSchema = z.strictObject({
  document_type: optional(z.string()),
  input_file: optional(z.string()),
  is_directory_mode: optional(z.boolean()),
});

/** A column of a table or of line items: its name, or also its type and what it holds. */
export const columnSchema = z.union([
  z.string().min(1).max(200),
  z.strictObject({
    name: z.string().min(1).max(200),
    type: optional(z.enum(["text", "number", "date", "email", "boolean"])),
    description: optional(z.string().max(2_000)),
  }),
]);

/** A column as a caller writes it. */
export type ColumnInput = z.input<typeof columnSchema>;

/** A prompt of the request. `chunk-size` and `chunk-overlap` are tokens; 0 means the whole document. */
export const outputSchema = z.strictObject({
  name: z.string().min(1, "a name is needed").max(200),
  active: optional(z.boolean()),
  sequence_number: optional(z.int()),
  prompt: z.string().min(1, "a prompt is needed"),
  promptx: optional(z.string()),
  "chunk-size": optional(z.int().min(0).max(1_000_000)),
  "chunk-overlap": optional(z.int().min(0)),
  "retrieval-strategy": optional(retrievalStrategySchema),
  "similarity-top-k": optional(z.int().min(1).max(1000)),
  type: optional(outputTypeSchema),
  enforce_type: optional(z.boolean()),
  /** JSON Schema of what is wanted: each leaf is asked by itself, and the value is nested and valid against it. */
  schema: optional(z.record(z.string(), z.json())),
  /** The columns of a table or of line items: rows have exactly these. */
  columns: optional(z.array(columnSchema).min(1).max(200)),
  eval_settings: optional(evaluationSettingsSchema),
  table_settings: optional(tableSettingsSchema),
});
export type Output = z.infer<typeof outputSchema>;

/** Which adapter instances, and how the document is cut and asked about. */
export const toolSettingsSchema = z.strictObject({
  llm: optional(z.string().min(1)),
  embedding: optional(z.string().min(1)),
  "vector-db": optional(z.string().min(1)),
  x2text_adapter: optional(z.string().min(1)),
  enable_challenge: optional(z.boolean()),
  challenge_llm: optional(z.string()),
  enable_highlight: optional(z.boolean()),
  enable_smart_chunking: optional(z.boolean()),
  single_pass_extraction_mode: optional(z.boolean()),
  summarize_as_source: optional(z.boolean()),
  summarize_prompt: optional(z.string()),
  preamble: optional(z.string()),
  postamble: optional(z.string()),
  grammar: optional(z.record(z.string(), z.json())),
});

/** How the document is read. */
export const extractionSettingsSchema = z.strictObject({
  x2text_instance_id: optional(z.string().min(1)),
  enable_highlight: optional(z.boolean()),
  tags: optional(z.array(z.string())),
  tool_execution_metadata: optional(z.record(z.string(), z.json())),
  pages: optional(z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, "page ranges such as 1-3,7")),
  language: optional(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)?$/, "a language such as en or de")),
});

/** A whole request. A run id that is missing is made. `file_path`, `file_name`, `file_hash`, `execution_id` and `tool_id` are labels: the document comes along with the request. */
export const processRequestSchema = z.strictObject({
  run_id: optional(identifierSchema),
  execution_id: optional(z.string().max(200)),
  tool_id: optional(z.string().max(200)),
  file_name: optional(z.string().max(1000)),
  file_hash: optional(z.string().max(200)),
  file_path: optional(z.string().max(4000)),
  output_file_path: optional(z.string().max(4000)),
  tool_settings: optional(toolSettingsSchema),
  extraction_settings: optional(extractionSettingsSchema),
  outputs: z.array(outputSchema).min(1, "at least one output is needed"),
});
export type ProcessRequest = z.infer<typeof processRequestSchema>;
/** A request as a caller writes it, before defaults. */
export type RequestInput = z.input<typeof processRequestSchema>;

/** `extraction_settings.pages`, such as "1-3,7", as ranges of page numbers from 1. */
export function pageRanges(text: string): [number, number][] {
  return text.split(",").map((part) => {
    const [first = 1, last = first] = part.split("-").map(Number);
    return [first, last];
  });
}
