/** What of a structure is asked by itself: each single value, and each list as a whole, since its rows belong together. */
import { jsonPointer } from "../schema/problems.ts";
import type { OutputType } from "../schema/request.ts";
import type { ObjectNode, StructureNode } from "../schema/structure.ts";

/** A question that a structure is made of. `pointer` is where its answer goes (RFC 6901; "" is the whole). */
export interface Part {
  pointer: string;
  node: Exclude<StructureNode, ObjectNode>;
  /** What is asked for, in words: its name and what it belongs to. */
  label: string;
  /** The same with the schema's description. */
  prompt: string;
  /** A single value's own type; "json" for lists and whatever else has parts of its own. */
  type: OutputType;
}

/** The parts of a structure, in the schema's order. */
export function partsOf(node: StructureNode): Part[] {
  return partsAt(node, []);
}

function partsAt(node: StructureNode, path: readonly string[]): Part[] {
  if (node.is === "object") return node.properties.flatMap((property) => partsAt(property.node, [...path, property.name]));
  return [{ pointer: jsonPointer(path), node, ...wordsFor(path, node.description), type: node.is === "leaf" ? node.type : "json" }];
}

function wordsFor(path: readonly string[], description: string): { label: string; prompt: string } {
  const [own = "", ...belongsTo] = path.map(inWords).reverse();
  const label = belongsTo.length > 0 ? `${own} (${belongsTo.join(", ")})` : own;
  return { label, prompt: [label, description].filter((text) => text !== "").join(": ") };
}

/** A property's name as words: "issueDate", "issue_date" and "issue-date" are "issue date". */
export function inWords(name: string): string {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2")
    .replace(/[_\-.\s]+/g, " ")
    .trim()
    .toLowerCase();
}
