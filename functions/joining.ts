/** The result of an output with a schema, out of the results of its parts. */
import type { Json } from "../lib/schema/json.ts";
import type { Output } from "../lib/schema/request.ts";
import { GRADES, type Grade, type IssueCode, type Leaf, type OutputResult } from "../lib/schema/result.ts";
import { sumUsage } from "../lib/schema/usage.ts";
import { schemaProblems } from "../lib/schema/validity.ts";
import { assemble } from "../lib/structure/assemble.ts";
import { structureOf } from "../lib/structure/output.ts";

/** A part's result, and where it goes. */
export interface PartResult {
  pointer: string;
  result: OutputResult;
}

/**
 * The nested value with a leaf for every single value. The status is the worst that matters: failed when nothing else is left, uncertain when any value is or any part failed,
 * absent when no part found anything. Scores are means over the parts that have them, the grade is the lowest. A value that the schema doesn't allow says so in `error`.
 */
export function joinParts(output: Output, parts: readonly PartResult[]): OutputResult {
  const structure = structureOf(output);
  const found = parts.filter(({ result }) => result.value !== null);
  const values = new Map<string, Json>(found.map(({ pointer, result }) => [pointer, result.value]));
  const value = (structure && assemble(structure, values)) ?? null;
  const leaves = Object.fromEntries(parts.flatMap(leavesOf));
  const results = parts.map(({ result }) => result);
  const problems = value === null || output.schema === undefined ? [] : schemaProblems(output.schema, value);
  const mismatch = problems.map(({ pointer, message }) => `${pointer === "" ? "the value" : pointer} ${message}`).join("; ");
  const failures = results.filter(({ status }) => status === "failed" || status === "skipped");
  const error =
    failures[0]?.error ??
    (mismatch === "" ? undefined : { code: "schema_mismatch" satisfies IssueCode, message: `The value is not what the schema describes: ${mismatch}.` });
  const lowest = lowestGrade(results);
  return {
    value,
    type: output.type ?? "json",
    status: statusOf(results, mismatch !== ""),
    citations: found.flatMap(({ result }) => result.citations),
    alternatives: [],
    scores: meanScores(results),
    ...(lowest === undefined ? {} : { grade: lowest }),
    reasoning: reasonOf(parts),
    leaves,
    attempts: results.reduce((most, { attempts }) => Math.max(most, attempts), 1),
    usage: sumUsage(results.map(({ usage }) => usage)),
    ...(error === undefined ? {} : { error }),
  };
}

/** A single value is a leaf itself; a list has its own. */
function leavesOf({ pointer, result }: PartResult): [string, Leaf][] {
  const { value, status, citations, grade, reasoning, leaves } = result;
  if (leaves === undefined) return [[pointer, { value, status, citations, ...(grade ? { grade } : {}), reasoning }]];
  return Object.entries(leaves).map(([inner, leaf]) => [`${pointer}${inner}`, leaf]);
}

function statusOf(results: readonly OutputResult[], isInvalid: boolean): OutputResult["status"] {
  const statuses = new Set(results.map(({ status }) => status));
  const has = (status: OutputResult["status"]) => statuses.has(status);
  if (!has("extracted") && !has("uncertain")) return has("failed") ? "failed" : has("skipped") ? "skipped" : "absent";
  return isInvalid || has("uncertain") || has("failed") || has("skipped") ? "uncertain" : "extracted";
}

function meanScores(results: readonly OutputResult[]): Record<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { scores } of results) {
    for (const [key, score] of Object.entries(scores)) {
      const known = sums.get(key) ?? { sum: 0, count: 0 };
      sums.set(key, { sum: known.sum + score, count: known.count + 1 });
    }
  }
  return Object.fromEntries([...sums].map(([key, { sum, count }]) => [key, Math.round((sum / count) * 1000) / 1000]));
}

function lowestGrade(results: readonly OutputResult[]): Grade | undefined {
  const grades = results.flatMap(({ value, grade }) => (value !== null && grade ? [GRADES.indexOf(grade)] : []));
  return grades.length === 0 ? undefined : GRADES[Math.min(...grades)];
}

/** Which parts have no proven value, and why the first of them has none. */
function reasonOf(parts: readonly PartResult[]): string {
  const open = parts.filter(({ result }) => result.status !== "extracted");
  const first = open[0];
  const summary = `${parts.length - open.length} of ${parts.length} parts found and proven`;
  return first === undefined ? summary : `${summary}; ${first.pointer || "the value"}: ${first.result.status}, ${first.result.reasoning}`;
}
