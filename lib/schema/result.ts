/** What a run gives back. Everything that shows results (command line, report, HTTP) draws this. */
import { z } from "zod";
import { artifactSchema, boxSchema } from "./document.ts";
import { outputTypeSchema, retrievalStrategySchema } from "./request.ts";

/** How a quote was found: as it stands, after normalising (case, blanks, dashes, quotes), or with small differences. */
export const matchSchema = z.enum(["exact", "normalized", "fuzzy"]);

/** The place that proves a value. `page` from 1; `boxes` are of the words of the quote and may be several; documents without pages give `range` ([start, end) in the text), `row` or `cell`. */
export const citationSchema = z.object({
  page: z.number().int().optional(),
  range: z.tuple([z.number().int(), z.number().int()]).optional(),
  row: z.number().int().optional(),
  cell: z.string().optional(),
  quote: z.string(),
  match: matchSchema,
  boxes: z.array(boxSchema.extend({ page: z.number().int().optional() })),
});
export type Citation = z.infer<typeof citationSchema>;

/** How good a value is for people, from the worst to the best. */
export const GRADES = ["poor", "fair", "good", "excellent"] as const;
/** One of GRADES. */
export const gradeSchema = z.enum(GRADES);
export type Grade = z.infer<typeof gradeSchema>;

/** Tokens and money. `cost_usd` is missing where no price is known; `possibly_billed_twice` counts requests that had to be sent again although the service may have taken the first. */
export const usageSchema = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().optional(),
  possibly_billed_twice: z.int().optional(),
});
export type Usage = z.infer<typeof usageSchema>;

/** One evaluation: 0 to 1, where 1 is always good, and why. */
export const scoreSchema = z.object({ score: z.number().min(0).max(1), reason: z.string() });
export type Score = z.infer<typeof scoreSchema>;

/** Personal data in a value: its kind (named as in Microsoft Presidio), and [start, end) in UTF-16 code units of the text at the JSON pointer `at` ("" is the value itself). */
export const piiPlaceSchema = z.object({ kind: z.string(), at: z.string(), start: z.number().int(), end: z.number().int() });

/**
 * Where an answer was looked for: by which strategy, how that went about it, and the best places, at most 20: first and last page, the [start, end) range of the text in reading order,
 * a score of 0 to 1 that is comparable within this list, and why.
 */
export const searchedSchema = z.object({
  strategy: retrievalStrategySchema,
  how: z.string(),
  places: z.array(
    z.object({
      pages: z.tuple([z.number().int(), z.number().int()]),
      range: z.tuple([z.number().int(), z.number().int()]),
      score: z.number(),
      reason: z.string(),
    }),
  ),
});
export type Searched = z.infer<typeof searchedSchema>;

/** extracted: found and proven. absent: the document does not say. uncertain: a value without proof. failed: the call failed. skipped: something it depends on failed. */
export const valueStatusSchema = z.enum(["extracted", "absent", "uncertain", "failed", "skipped"]);

/** A single value inside of a nested one. */
export const leafSchema = z.object({
  value: z.json(),
  status: valueStatusSchema,
  citations: z.array(citationSchema),
  grade: gradeSchema.optional(),
  reasoning: z.string().optional(),
});
export type Leaf = z.infer<typeof leafSchema>;

/** What a run found for an output. `scores` by the names of the checks; `attempts` is failures + 1. */
export const outputResultSchema = z.object({
  value: z.json(),
  type: outputTypeSchema,
  status: valueStatusSchema,
  citations: z.array(citationSchema),
  alternatives: z.array(z.json()),
  grade: gradeSchema.optional(),
  scores: z.record(z.string(), z.number()),
  score_reasons: z.record(z.string(), z.string()).optional(),
  pii: z.array(piiPlaceSchema).optional(),
  reasoning: z.string(),
  searched: searchedSchema.optional(),
  /** Of an output with a schema or columns: its single values by their JSON pointers in `value`. */
  leaves: z.record(z.string(), leafSchema).optional(),
  attempts: z.number().int(),
  usage: usageSchema,
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type OutputResult = z.infer<typeof outputResultSchema>;

/** Where a run stands; the last four are ends. */
export const runStatusSchema = z.enum(["queued", "running", "completed", "completed_with_issues", "failed", "cancelled"]);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** Codes of issues that are no errors; docs/errors.md has a row for each. */
export const ISSUE_CODES = ["uncertain", "unknown_variable", "inactive_variable", "self_reference", "cycle", "output_not_written", "schema_mismatch"] as const;
export type IssueCode = (typeof ISSUE_CODES)[number];

/** Something that a run that gave its result still has to say; `code` is an error's or one of ISSUE_CODES. */
export const issueSchema = z.object({ code: z.string(), message: z.string(), output: z.string().optional(), stage: z.string().optional() });
export type Issue = z.infer<typeof issueSchema>;

/** What a document can be, as far as its words tell. */
export const DOCUMENT_KINDS = [
  "invoice",
  "receipt",
  "credit note",
  "order",
  "delivery note",
  "contract",
  "bank statement",
  "letter",
  "resume",
  "report",
  "form",
  "unknown",
] as const;
/** One of DOCUMENT_KINDS. */
export const documentKindSchema = z.enum(DOCUMENT_KINDS);
export type DocumentKind = z.infer<typeof documentKindSchema>;

/** One of several documents in a file: its first and last page (from 1), what it is, and why it begins there. */
export const packetDocumentSchema = z.object({ pages: z.tuple([z.int(), z.int()]), kind: documentKindSchema, reason: z.string() });
export type PacketDocument = z.infer<typeof packetDocumentSchema>;

/** The file of a run. `documents` where it holds more than one. */
export const resultFileSchema = z.object({
  name: z.string(),
  sha256: z.string(),
  bytes: z.number().int(),
  pages: z.number().int(),
  language: z.string(),
  kind: documentKindSchema.optional(),
  documents: z.array(packetDocumentSchema).optional(),
});

/** The result of a run: first our own form, then the paper's (`final_output`, `storage_location`, `execution_summary`). */
export const runResultSchema = z.object({
  run_id: z.string(),
  status: runStatusSchema,
  file: resultFileSchema,
  outputs: z.record(z.string(), outputResultSchema),
  usage: z.object({
    by_stage: z.record(z.string(), usageSchema),
    by_model: z.record(z.string(), usageSchema),
    input_tokens: z.number(),
    output_tokens: z.number(),
    cost_usd: z.number().optional(),
  }),
  issues: z.array(issueSchema),
  artifacts: z.record(z.string(), artifactSchema),
  final_output: z.record(z.string(), z.json()),
  storage_location: z.string(),
  execution_summary: z.record(z.string(), z.json()),
});
export type RunResult = z.infer<typeof runResultSchema>;
