/** What a check gets. A check is a pure function from one output's result to a score: 0 to 1, where 1 is always good, and why in plain words, never quoting the document. */
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import type { Citation, OutputResult, Score } from "../schema/result.ts";
import type { DocumentFacts } from "../values/index.ts";

/** One output's result. `quoteText` is the document's text at the cited places (where it is missing, the citations' quotes). */
export interface CheckInput {
  value: Json;
  type: OutputType;
  citations: readonly Citation[];
  facts: DocumentFacts;
  quoteText?: string | undefined;
  status?: OutputResult["status"] | undefined;
  /** The question, with its variables filled in, and the document that was asked; checks that need one say so where it is missing. */
  prompt?: string | undefined;
  document?: DocumentText | undefined;
  /** The output's enforce_type: false allows a value that is kept as printed. */
  enforce?: boolean | undefined;
}

/** A check: pure and deterministic. */
export type Check = (input: CheckInput) => Score;

/** A score of two decimals within 0 and 1. */
export function score(value: number, reason: string): Score {
  return { score: Math.round(Math.min(1, Math.max(0, value)) * 100) / 100, reason };
}
