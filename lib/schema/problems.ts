/** Turns what zod found wrong into problems a person can act on: an RFC 6901 pointer and a sentence. */
import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { Problem } from "./errors.ts";

const LONGEST_ECHO = 60;

/** The JSON pointer of a path: ["outputs", 3, "chunk-size"] is "/outputs/3/chunk-size"; the whole value is "". */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The candidate that `word` was most likely meant to be, or undefined when none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const short = word.slice(0, LONGEST_ECHO).toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(short, candidate.toLowerCase()) }))
    .sort((left, right) => left.edits - right.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** A value of the input as a message may repeat it: JSON, on one line, cut. */
export function echo(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST_ECHO ? text : `${text.slice(0, LONGEST_ECHO)}…`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (current === null || typeof current !== "object") return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

function describe(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === "invalid_value") {
    const right = issue.values.map(String);
    const near = typeof found === "string" ? closest(found, right) : undefined;
    return `unknown value ${echo(found)}; use one of ${right.join(", ")}${near ? ` (did you mean ${near}?)` : ""}`;
  }
  if (issue.code === "invalid_type") {
    return found === undefined ? `is missing; ${article(issue.expected)} is needed` : `must be ${article(issue.expected)}, not ${echo(found)}`;
  }
  if (issue.code === "invalid_union") {
    const expected = new Set(issue.errors.flat().flatMap((error) => (error.code === "invalid_type" ? [article(error.expected)] : [])));
    return expected.size > 0 ? `must be ${[...expected].join(" or ")}, not ${echo(found)}` : `${echo(found)} is not accepted here`;
  }
  if (issue.code === "too_small" && issue.origin !== "string" && issue.origin !== "array") {
    return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}, not ${echo(found)}`;
  }
  if (issue.code === "too_big") return tooBig(issue, found);
  return issue.message;
}

function tooBig(issue: z.core.$ZodIssueTooBig, found: unknown): string {
  if (issue.origin === "string" && typeof found === "string") return `must have at most ${issue.maximum} characters, not ${found.length}`;
  if (issue.origin === "array" && Array.isArray(found)) return `must have at most ${issue.maximum} entries, not ${found.length}`;
  return `must be at most ${issue.maximum}, not ${echo(found)}`;
}

function article(type: string): string {
  const name = type === "int" ? "integer" : type === "record" ? "object" : type;
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}

/** One problem per thing that is wrong; an unknown key is a problem of its own, at the key. `known` lists right keys for suggestions. */
export function problemsOf(error: z.ZodError, value: unknown, known: readonly string[] = []): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [{ pointer: jsonPointer(issue.path), message: describe(issue, at(value, issue.path)) }];
    return issue.keys.map((key) => {
      const near = closest(key, known);
      return { pointer: jsonPointer([...issue.path, key]), message: `unknown key${near ? `; did you mean ${near}?` : ""}` };
    });
  });
}
