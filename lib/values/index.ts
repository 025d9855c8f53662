/** Values as printed to values of the eight output types. Deterministic, no model, never throws, time linear in the text. */
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import { isPrinted, meansAbsent } from "./absent.ts";
import { readBoolean } from "./boolean.ts";
import { readDate } from "./date.ts";
import { readEmail } from "./email.ts";
import { collapse } from "./fold.ts";
import { isShallow, MAXIMUM_DEPTH, readJson } from "./json.ts";
import { readLineItems } from "./line-item.ts";
import { readNumber } from "./number.ts";
import { heldAgainstQuote } from "./quoted.ts";
import { readTable } from "./table.ts";
import { readText } from "./text.ts";
import { type DocumentFacts, readable, type TypedValue, unreadable } from "./types.ts";

export { documentFacts } from "./facts.ts";
export type { DocumentFacts, TypedValue } from "./types.ts";

/** One reader per type. */
const READERS: Readonly<Record<OutputType, (raw: Json, facts: DocumentFacts) => TypedValue>> = {
  text: readText,
  number: readNumber,
  email: readEmail,
  date: readDate,
  boolean: readBoolean,
  json: readJson,
  table: readTable,
  "line-item": readLineItems,
};

/** What to read: `raw` as printed (from a model or the local extractor), `enforce` false keeps what can't be typed, `quote` is the text that the answer was read from. */
export interface ValueInput {
  raw: Json;
  type: OutputType;
  enforce: boolean;
  facts: DocumentFacts;
  quote?: string | undefined;
}

/**
 * Reads a value of a type. Absent answers ("N/A", "not found", null) give null, valid; a text that the quote itself prints stays, also if it is "NA".
 * A date or number that the answer typed by itself is held against the quote's digits (see heldAgainstQuote).
 * What can't be read gives null, invalid, with the reason; with `enforce` false it stays as printed, valid, and the reason says so.
 */
export function parseValue({ raw, type, enforce, facts, quote }: ValueInput): TypedValue {
  if (!isShallow(raw)) return unreadable(`nested deeper than ${MAXIMUM_DEPTH}`);
  if (meansAbsent(raw) && !(type === "text" && isPrinted(raw, quote))) return readable(null, "the answer says that there is no value");
  const read = READERS[type](raw, facts);
  const reading = type === "number" || type === "date" ? heldAgainstQuote(raw, read, quote, facts) : read;
  if (reading.valid || enforce) return reading;
  return readable(typeof raw === "string" ? collapse(raw) : raw, `kept as printed, not a ${type}: ${reading.reason}`, reading.alternatives);
}
