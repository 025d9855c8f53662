/** References to other outputs in a prompt: `{{ name }}`. */
import type { Json } from "../schema/json.ts";

/** Nothing between the braces may be a brace, so `{{{ a }}}` refers to a, and a brace without a partner is plain text. Every character is looked at a fixed number of times. */
const REFERENCE = /\{\{([^{}]*)\}\}/g;

/** What stands in a prompt for a value that the document does not have. An empty string would read as if the question were about nothing. */
export const ABSENT_TEXT = "not found";

/** UTF-16 code units of a value that a prompt holds: a table of a hundred pages must not fill the model's context. */
const LONGEST_VALUE = 8_000;
const CUT_MARK = " … (cut)";

/** The names that a prompt refers to, trimmed, each once, in the order of first appearance. `{{ }}` refers to nothing. */
export function findVariables(prompt: string): string[] {
  const names = new Set<string>();
  for (const [, inside = ""] of prompt.matchAll(REFERENCE)) {
    const name = inside.trim();
    if (name !== "") names.add(name);
  }
  return [...names];
}

/** A value as a prompt shows it: a string as it is, null as "not found", everything else (also 0, false and empty lists) as JSON; what is longer than 8,000 code units is cut, and says so. */
export function variableText(value: Json): string {
  if (value === null) return ABSENT_TEXT;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE).replace(/[\ud800-\udbff]$/, "")}${CUT_MARK}`;
}

/**
 * The prompt with each reference to a name of `values` (trimmed names) replaced by its value. References to other names stay literally.
 * What is put in is not looked at again: a value that contains `{{ x }}` brings no other value in. Never throws.
 */
export function substituteVariables(prompt: string, values: ReadonlyMap<string, Json>): string {
  return prompt.replace(REFERENCE, (literal: string, inside: string) => {
    const value = values.get(inside.trim());
    return value === undefined ? literal : variableText(value);
  });
}
