/** What of a result is shown by itself: each output, and of an output with a schema each of its parts, so that a person sees values and not one long text. */
import type { Json } from "../schema/json.ts";
import type { Citation, Leaf, OutputResult, RunResult } from "../schema/result.ts";

/** The values of a result by the names under which they are shown. A part is called by its path, as in "document.seller.name"; a list is one value. */
export function shownOutputs(result: RunResult): [string, OutputResult][] {
  return Object.entries(result.outputs).flatMap(([name, output]) => {
    const { value, leaves } = output;
    if (leaves === undefined || value === null || typeof value !== "object" || Array.isArray(value)) return [[name, output] as [string, OutputResult]];
    return partsOf(leaves).map(({ path, leaves: own }): [string, OutputResult] => [[name, ...path].join("."), partResult(output, valueAt(value, path), own)]);
  });
}

interface ShownPart {
  path: readonly string[];
  leaves: readonly Leaf[];
}

/** Leaves by the part that they belong to: a list's leaves are one part. */
function partsOf(leaves: Readonly<Record<string, Leaf>>): ShownPart[] {
  const parts = new Map<string, { path: string[]; leaves: Leaf[] }>();
  for (const [pointer, leaf] of Object.entries(leaves)) {
    const names = pointer
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    const list = names.findIndex((name) => /^\d+$/.test(name));
    const path = list < 0 ? names : names.slice(0, list);
    const key = JSON.stringify(path);
    const part = parts.get(key) ?? { path, leaves: [] };
    parts.set(key, part);
    part.leaves.push(leaf);
  }
  return [...parts.values()];
}

function valueAt(value: Json, path: readonly string[]): Json {
  let current: Json | undefined = value;
  for (const name of path) {
    if (current === null || current === undefined || typeof current !== "object" || Array.isArray(current)) return null;
    current = Object.hasOwn(current, name) ? current[name] : undefined;
  }
  return current ?? null;
}

function partResult(output: OutputResult, value: Json, leaves: readonly Leaf[]): OutputResult {
  const [first] = leaves;
  const open = leaves.find(({ status }) => status !== "extracted") ?? first;
  const { grade: _grade, score_reasons: _reasons, error: _error, leaves: _leaves, ...common } = output;
  const grade = first?.grade;
  const citations: Citation[] = leaves.flatMap((leaf) => leaf.citations);
  const status = open?.status ?? "absent";
  return {
    ...common,
    value,
    type: typeOf(value),
    status,
    citations,
    alternatives: [],
    scores: {},
    reasoning: open?.reasoning ?? "",
    ...(grade && leaves.length === 1 ? { grade } : {}),
  };
}

function typeOf(value: Json): OutputResult["type"] {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (value === null || typeof value === "string") return "text";
  return Array.isArray(value) && value.every((row) => row !== null && typeof row === "object" && !Array.isArray(row)) ? "table" : "json";
}
