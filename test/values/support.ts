/** Facts of a document that proves nothing but its language, and short ways to read. */
import type { Json } from "../../lib/schema/json.ts";
import type { OutputType } from "../../lib/schema/request.ts";
import { type DocumentFacts, documentFacts, parseValue, type TypedValue } from "../../lib/values/index.ts";

export function facts(language = "en", changes: Partial<DocumentFacts> = {}): DocumentFacts {
  return { ...documentFacts("", language), ...changes };
}

export function read(type: OutputType, raw: Json, language: string | DocumentFacts = "en", quote?: string): TypedValue {
  return parseValue({ raw, type, enforce: true, facts: typeof language === "string" ? facts(language) : language, quote });
}
