/** Values that somebody else already typed (a model's 2023-04-05), held against what the quote prints (04/05/2023). */
import type { Decimal } from "decimal.js";
import type { Json } from "../schema/json.ts";
import { readNumericDate } from "./date.ts";
import { dayInOrder, findDates, foldDateText } from "./date-patterns.ts";
import { numbersIn } from "./number.ts";
import { type DocumentFacts, readable, type TypedValue } from "./types.ts";

/** A longer quote proves no single value; it is not looked at. UTF-16 code units. */
const MAXIMUM_QUOTE_LENGTH = 2000;

const CONTRADICTED = "as the document writes it elsewhere; the answer read the same digits the other way";

/** The answer took one of two readings: the document's evidence decides, and where it has none, the answer's choice stays with the other as alternative. */
function decide(reading: TypedValue, other: Json, evidence: Json | undefined): TypedValue {
  if (evidence === undefined) return readable(reading.value, `${reading.reason}; the quote may also mean the other reading`, [other]);
  return evidence === reading.value ? reading : readable(evidence, CONTRADICTED, [reading.value]);
}

function dateInQuote(reading: TypedValue, quote: string, facts: DocumentFacts): TypedValue {
  for (const found of findDates(foldDateText(quote), facts.language).dates) {
    if (found.is !== "numeric") {
      if (found.iso === reading.value) return reading;
      continue;
    }
    const days = [dayInOrder(found.parts, "dmy"), dayInOrder(found.parts, "mdy")];
    const other = days.find((day) => day !== undefined && day !== reading.value);
    if (other === undefined || !days.some((day) => day === reading.value)) continue;
    const evidence = readNumericDate(found, facts);
    return decide(reading, other, evidence.other === undefined ? evidence.iso : undefined);
  }
  return reading;
}

/** The size of a reading without its sign: a quote may print it in parentheses, or the minus apart. */
function magnitude(reading: Decimal | undefined): number {
  return reading?.abs().toNumber() ?? Number.NaN;
}

function numberInQuote(reading: TypedValue, value: number, quote: string, facts: DocumentFacts): TypedValue {
  const open = numbersIn(quote, { ...facts, decimal: "unknown" }).map((number) => number.readings.map(magnitude));
  if (open.some(([only, other]) => other === undefined && only === Math.abs(value))) return reading;
  const pair = open.find((readings) => readings.length === 2 && readings.includes(Math.abs(value)));
  const other = pair?.find((number) => number !== Math.abs(value));
  if (other === undefined) return reading;
  const sign = value < 0 ? -1 : 1;
  const decided = numbersIn(quote, facts).find((number) => number.readings.length === 1 && [Math.abs(value), other].includes(magnitude(number.readings[0])));
  return decide(reading, sign * other, decided && facts.decimal !== "unknown" ? sign * magnitude(decided.readings[0]) : undefined);
}

/**
 * Checks a date or number that the answer did not copy from the quote but typed by itself. Where the quote's digits allow two readings,
 * the document's evidence decides against the answer (whose reading stays as alternative); without evidence both are kept. Any other reading is returned as it is.
 */
export function heldAgainstQuote(raw: Json, reading: TypedValue, quote: string | undefined, facts: DocumentFacts): TypedValue {
  if (quote === undefined || quote.length > MAXIMUM_QUOTE_LENGTH || !reading.valid || reading.alternatives.length > 0) return reading;
  if (typeof raw === "string" && quote.includes(raw.trim())) return reading;
  if (typeof reading.value === "number") return numberInQuote(reading, reading.value, quote, facts);
  return typeof reading.value === "string" ? dateInQuote(reading, quote, facts) : reading;
}
