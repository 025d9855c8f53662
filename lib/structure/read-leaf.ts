/** One printed value read as what a leaf of a schema wants. */
import type { Json } from "../schema/json.ts";
import type { LeafNode } from "../schema/structure.ts";
import { type DocumentFacts, parseValue } from "../values/index.ts";
import { isClearNumber } from "../values/number.ts";
import type { ReadLeaf } from "./conform.ts";

/** A reader of leaves for a document: by the value types, then held against the leaf's choices. */
export function leafReader(facts: DocumentFacts): ReadLeaf {
  return (raw, leaf) => {
    if (leaf.choices !== undefined) return chosen(raw, leaf);
    if (typeof raw === "string" && isNamed(raw, leaf.description)) return { value: raw.trim() };
    if (leaf.orNumber) {
      const number = typeof raw === "string" && !isClearNumber(raw, facts) ? null : parseValue({ raw, type: "number", enforce: true, facts }).value;
      if (number !== null) return { value: number };
    }
    const read = parseValue({ raw: typeof raw === "number" && leaf.type !== "number" ? String(raw) : raw, type: leaf.type, enforce: true, facts });
    if (!read.valid) return { value: null, problem: read.reason };
    if (leaf.integer && typeof read.value === "number" && !Number.isInteger(read.value)) return { value: null, problem: `${read.value} is no whole number` };
    return { value: read.value };
  };
}

/** Whether a description quotes a text, such as "NA", as an answer that may be given. */
function isNamed(raw: string, description: string): boolean {
  const text = raw.trim();
  return text !== "" && text.length < 40 && ["'", '"', "`", "\u2018", "\u201c"].some((mark) => description.includes(`${mark}${text}`));
}

function chosen(raw: Json, leaf: LeafNode): { value: Json; problem?: string } {
  const folded = fold(raw);
  const choice = leaf.choices?.find((candidate) => candidate === raw) ?? leaf.choices?.find((candidate) => fold(candidate) === folded);
  return choice === undefined ? { value: null, problem: `${JSON.stringify(raw).slice(0, 80)} is none of the schema's choices` } : { value: choice };
}

function fold(value: Json): string {
  return String(value)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
