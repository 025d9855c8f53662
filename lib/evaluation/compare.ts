/** Whether an answer is the expected one, by its type: numbers by value, days as days, text without case, blanks and punctuation, rows cell by cell. */
import { Decimal } from "decimal.js";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import { collapse, squash } from "../values/fold.ts";

/** `cells` counts single values: one for a scalar, every cell of rows; `right` of them are as expected. */
export interface Compared {
  isRight: boolean;
  right: number;
  cells: number;
}

type JsonObject = { [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "";
}

function decimalOf(value: Json): Decimal | undefined {
  if (typeof value === "number") return new Decimal(value);
  return typeof value === "string" && /^\s*[-+]?\d{1,30}(?:\.\d{1,30})?\s*$/.test(value) ? new Decimal(value.trim()) : undefined;
}

function sameText(expected: string, got: string): boolean {
  const [one, other] = [squash(expected), squash(got)];
  return one === "" && other === "" ? collapse(expected) === collapse(got) : one === other;
}

/** One value against one: as numbers where both are, else as text. */
function sameScalar(expected: Json, got: Json, type: OutputType): boolean {
  if (isEmpty(expected) || isEmpty(got)) return isEmpty(expected) && isEmpty(got);
  if (typeof expected === "boolean" || typeof got === "boolean") return expected === got;
  if (type === "date") return String(expected).slice(0, 10) === String(got).slice(0, 10);
  if (type === "email") return String(expected).trim().toLowerCase() === String(got).trim().toLowerCase();
  if (typeof expected === "number" || typeof got === "number") {
    const [one, other] = [decimalOf(expected), decimalOf(got)];
    return one !== undefined && other !== undefined && one.equals(other);
  }
  return sameText(String(expected), String(got));
}

/** How deep structures are compared; deeper ones differ. */
const MAXIMUM_DEPTH = 50;

function add(one: Compared, other: Compared): Compared {
  return { isRight: one.isRight && other.isRight, right: one.right + other.right, cells: one.cells + other.cells };
}

const NOTHING: Compared = { isRight: true, right: 0, cells: 0 };

function compareStructures(expected: Json | undefined, got: Json | undefined, type: OutputType, depth: number): Compared {
  if (depth > MAXIMUM_DEPTH) return { isRight: false, right: 0, cells: 1 };
  if (Array.isArray(expected) || Array.isArray(got)) {
    const [one, other] = [Array.isArray(expected) ? expected : [expected ?? null], Array.isArray(got) ? got : [got ?? null]];
    return Array.from({ length: Math.max(one.length, other.length) }, (_, index) => compareStructures(one[index], other[index], type, depth + 1)).reduce(
      add,
      NOTHING,
    );
  }
  if (isObject(expected) || isObject(got)) {
    // Names of columns as text: "Unit Price" is "unit price".
    const byName = (value: Json | undefined) => new Map(isObject(value) ? Object.entries(value).map(([name, entry]) => [squash(name) || name, entry]) : []);
    const [one, other] = [byName(expected), byName(got)];
    return [...new Set([...one.keys(), ...other.keys()])]
      .map((name) => compareStructures(one.get(name), other.get(name), type, depth + 1))
      .reduce(add, NOTHING);
  }
  const isRight = sameScalar(expected ?? null, got ?? null, type);
  return { isRight, right: isRight ? 1 : 0, cells: 1 };
}

/** Compares an answer with the expected one. Null is "the document does not say": only null is the same. Rows count in their order; a missing or additional row is wrong in each of its cells. */
export function compareValues(expected: Json, got: Json, type: OutputType): Compared {
  if (expected === null || got === null) return { isRight: expected === got, right: expected === got ? 1 : 0, cells: 1 };
  return compareStructures(expected, got, type, 0);
}
