/** JSON out of an answer: strictly, else cut out of prose, else repaired. */
import { jsonrepair } from "jsonrepair";
import type { Json } from "../schema/json.ts";
import { readable, type TypedValue, unreadable } from "./types.ts";

/** Deeper data is refused: later code walks it recursively. */
export const MAXIMUM_DEPTH = 100;

/** Longer broken JSON is refused, UTF-16 code units; valid JSON of any length is read. */
const MAXIMUM_REPAIR_LENGTH = 262_144;

/** True where a JSON value nests at most `limit` lists and objects. Does not recurse. */
export function isShallow(value: Json, limit: number = MAXIMUM_DEPTH): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: Json[] = [];
    for (const entry of level) {
      if (entry !== null && typeof entry === "object") for (const child of Object.values(entry)) next.push(child);
    }
    if (depth > limit) return false;
    level = next;
  }
  return true;
}

function parse(text: string): { value: Json } | undefined {
  try {
    // JSON.parse makes __proto__ an own property like any other.
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function repair(text: string): { value: Json } | undefined {
  if (text.length > MAXIMUM_REPAIR_LENGTH || nestsDeeper(text)) return undefined;
  try {
    return parse(jsonrepair(text));
  } catch {
    return undefined;
  }
}

/** The repair recurses, so that text with more open brackets than data may have is refused before. */
function nestsDeeper(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth = Math.max(0, depth - 1);
    if (depth > MAXIMUM_DEPTH) return true;
  }
  return false;
}

/** The pieces of a text that begin with a bracket outside any other and end where it closes (or at the end), in order; one pass. */
function bracketed(text: string): readonly string[] {
  const pieces: string[] = [];
  let start = -1;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === "{" || character === "[") {
      if (depth++ === 0) start = at;
    } else if (depth > 0 && character === '"') inString = true;
    else if (depth > 0 && (character === "}" || character === "]") && --depth === 0) pieces.push(text.slice(start, at + 1));
  }
  if (depth > 0) pieces.push(text.slice(start));
  return pieces;
}

function isStructure(value: Json): boolean {
  return value !== null && typeof value === "object";
}

/** The first JSON value in a text, and whether it had to be cut out or repaired; undefined where there is none. */
export function jsonIn(text: string): { value: Json; how: string } | undefined {
  const trimmed = text.trim();
  const whole = parse(trimmed);
  if (whole) return { value: whole.value, how: "valid JSON" };
  const fenced = /```(?:json5?|javascript|js)?\s{0,20}\n?([^`]*)```/i.exec(trimmed)?.[1]?.trim();
  const fencedValue = fenced === undefined ? undefined : parse(fenced);
  if (fencedValue) return { value: fencedValue.value, how: "JSON cut out of the answer" };
  const pieces = bracketed(fenced ?? trimmed);
  for (const piece of pieces) {
    const value = parse(piece);
    if (value) return { value: value.value, how: "JSON cut out of the answer" };
  }
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), "");
  const repaired = longest === "" ? undefined : repair(longest);
  return repaired && isStructure(repaired.value) ? { value: repaired.value, how: "broken JSON, repaired" } : undefined;
}

/** Reads JSON. Data stays as it is; a text must hold a JSON value. */
export function readJson(raw: Json): TypedValue {
  if (typeof raw !== "string") return readable(raw, "given as JSON");
  const found = jsonIn(raw);
  if (!found) return unreadable("holds no JSON");
  return isShallow(found.value) ? readable(found.value, found.how) : unreadable(`nested deeper than ${MAXIMUM_DEPTH}`);
}
