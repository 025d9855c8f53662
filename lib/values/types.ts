/** What every reader of a type gets and gives. */
import type { Json } from "../schema/json.ts";

/** Which of day, month and year a numeric date gives first, second and third. */
export type DateOrder = "dmy" | "mdy" | "ymd";

/** What the document's own text says about how its numbers and dates are written (see documentFacts). */
export interface DocumentFacts {
  /** As given, lower case: "de", "en-gb", or "und". */
  language: string;
  /** The decimal separator that the document proves; "unknown" where it proves none. */
  decimal: "comma" | "point" | "unknown";
  /** Why `decimal` is what it is, in plain words. */
  decimalReason: string;
  /** The order of numeric dates, where there is evidence. */
  dateOrder: DateOrder | undefined;
  /** Which kind of evidence decided `dateOrder`. */
  dateOrderFrom: "dates" | "addresses" | "country" | "currency" | "language" | undefined;
  /** That evidence in plain words. */
  dateOrderReason: string;
  /** ISO 4217 code of the currency named most often. */
  currency: string | undefined;
}

/**
 * A value read from what was printed. `valid` false: the text could not be read as the type, and `value` is null (with enforce_type false: the text itself, valid).
 * `value` null with `valid` true: absent, the answer says that there is none. `alternatives` are other readings of the same text, best first, without `value`.
 */
export interface TypedValue {
  value: Json;
  alternatives: readonly Json[];
  valid: boolean;
  reason: string;
}

/** A reading that worked. */
export function readable(value: Json, reason: string, alternatives: readonly Json[] = []): TypedValue {
  return { value, alternatives, valid: true, reason };
}

/** A reading that did not work: null, never a guess. `alternatives` are what the text holds, where it holds several. */
export function unreadable(reason: string, alternatives: readonly Json[] = []): TypedValue {
  return { value: null, alternatives, valid: false, reason };
}

/** No number, date, address or yes/no is longer, in UTF-16 code units; longer text is refused unread. */
export const MAXIMUM_SCALAR_LENGTH = 1000;

/** The primary part of a language tag: "de" of "de-CH". */
export function primaryLanguage(language: string): string {
  return language.toLowerCase().split(/[-_]/, 1)[0] ?? "";
}
