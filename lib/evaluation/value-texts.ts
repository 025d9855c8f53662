/** The texts of a value, each with its place in it. */

import type { Json } from "../schema/json.ts";
import { jsonPointer } from "../schema/problems.ts";

/** A text of a value. `at` is a JSON pointer into the value; "" is the value itself. */
export interface ValueText {
  at: string;
  text: string;
}

/** More texts than these are not looked at. */
const MOST_TEXTS = 10_000;

/** Strings and numbers of a value in order, without recursion. */
export function textsOf(value: Json): ValueText[] {
  const open: { path: (string | number)[]; entry: Json }[] = [{ path: [], entry: value }];
  const texts: ValueText[] = [];
  for (let next = open.pop(); next !== undefined && texts.length < MOST_TEXTS; next = open.pop()) {
    const { path, entry } = next;
    if (typeof entry === "string" || typeof entry === "number") texts.push({ at: jsonPointer(path), text: String(entry) });
    else if (entry !== null && typeof entry === "object") {
      const children = Array.isArray(entry) ? entry.map((child, index): [string | number, Json] => [index, child]) : Object.entries(entry);
      for (const [key, child] of children.reverse()) open.push({ path: [...path, key], entry: child });
    }
  }
  return texts;
}
