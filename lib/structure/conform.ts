/** From what a reader answered to a value of the structure: known properties only, each single value typed, empty rows left out. */
import type { Json } from "../schema/json.ts";
import { jsonPointer } from "../schema/problems.ts";
import { type EitherNode, isJsonObject, type LeafNode, type ListNode, type MapNode, type ObjectNode, type StructureNode } from "../schema/structure.ts";

/** A single value of an answer: where it goes, what was read, and what that is. `value` is null where it can't be read as what the schema wants, and `problem` says why. */
export interface ConformedLeaf {
  pointer: string;
  printed: string;
  value: Json;
  node: LeafNode;
  problem?: string;
}

/** Reads one single value. */
export type ReadLeaf = (raw: Json, leaf: LeafNode) => { value: Json; problem?: string };

/** An answer in the structure's form. `value` is undefined where nothing of it is left. */
export interface Conformed {
  value: Json | undefined;
  leaves: ConformedLeaf[];
}

/** Deeper or longer answers are cut. */
const MOST_ENTRIES = 5_000;

/** Puts an answer into the structure's form. `pointer` is where the structure stands in the whole. Never throws; the answer is untrusted. */
export function conform(node: StructureNode, raw: Json | undefined, readLeaf: ReadLeaf, pointer = ""): Conformed {
  const conforming: Conforming = { readLeaf, leaves: [] };
  return { value: conformNode(conforming, node, raw ?? null, pointer), leaves: conforming.leaves };
}

interface Conforming {
  readLeaf: ReadLeaf;
  leaves: ConformedLeaf[];
}

function conformNode(conforming: Conforming, node: StructureNode, raw: Json, pointer: string): Json | undefined {
  if (raw === null) return undefined;
  switch (node.is) {
    case "leaf":
      return conformLeaf(conforming, node, raw, pointer);
    case "list":
      return conformList(conforming, node, raw, pointer);
    case "map":
      return conformMap(conforming, node, raw, pointer);
    case "object":
      return isJsonObject(raw) ? conformObject(conforming, node, raw, pointer) : undefined;
    case "either":
      return conformEither(conforming, node, raw, pointer);
  }
}

function conformLeaf(conforming: Conforming, node: LeafNode, raw: Json, pointer: string): Json | undefined {
  // A list where one value is wanted gives its first.
  const single = Array.isArray(raw) ? raw[0] : raw;
  if (single === undefined || single === null || typeof single === "object" || single === "") return undefined;
  const { value, problem } = conforming.readLeaf(single, node);
  conforming.leaves.push({ pointer, printed: String(single).trim(), value, node, ...(problem === undefined ? {} : { problem }) });
  return value ?? undefined;
}

function conformList(conforming: Conforming, node: ListNode, raw: Json, pointer: string): Json | undefined {
  const entries = Array.isArray(raw) ? raw.slice(0, MOST_ENTRIES) : [raw];
  const values: Json[] = [];
  for (const entry of entries) {
    const before = conforming.leaves.length;
    const value = conformNode(conforming, node.item, entry, `${pointer}/${values.length}`);
    if (value === undefined) conforming.leaves.length = before;
    else values.push(value);
  }
  return values;
}

function conformObject(conforming: Conforming, node: ObjectNode, raw: { readonly [key: string]: Json }, pointer: string): Json | undefined {
  const properties: [string, Json][] = [];
  let isEmpty = true;
  for (const { name, node: property, required } of node.properties) {
    const value = Object.hasOwn(raw, name) ? conformNode(conforming, property, raw[name] ?? null, `${pointer}${jsonPointer([name])}`) : undefined;
    if (value !== undefined) isEmpty = false;
    if (value !== undefined || required || property.nullable) properties.push([name, value ?? null]);
  }
  return isEmpty ? undefined : Object.fromEntries(properties);
}

function conformMap(conforming: Conforming, node: MapNode, raw: Json, pointer: string): Json | undefined {
  const pairs = Array.isArray(raw)
    ? raw.flatMap((pair): [string, Json][] => (isJsonObject(pair) && typeof pair.key === "string" ? [[pair.key, pair.value ?? null]] : []))
    : isJsonObject(raw)
      ? Object.entries(raw)
      : [];
  const entries = pairs.slice(0, MOST_ENTRIES).flatMap(([key, value]): [string, Json][] => {
    const conformed = key === "" ? undefined : conformNode(conforming, node.value, value, `${pointer}${jsonPointer([key])}`);
    return conformed === undefined ? [] : [[key, conformed]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The first form that the answer has the shape of and of which most is left. */
function conformEither(conforming: Conforming, node: EitherNode, raw: Json, pointer: string): Json | undefined {
  let best: { value: Json; leaves: ConformedLeaf[] } | undefined;
  for (const form of node.forms) {
    if (!hasShape(form, raw)) continue;
    const trial: Conforming = { readLeaf: conforming.readLeaf, leaves: [] };
    const value = conformNode(trial, form, raw, pointer);
    if (value !== undefined && (best === undefined || trial.leaves.length > best.leaves.length)) best = { value, leaves: trial.leaves };
  }
  if (best !== undefined) conforming.leaves.push(...best.leaves);
  return best?.value;
}

function hasShape(node: StructureNode, raw: Json): boolean {
  if (node.is === "either") return true;
  if (node.is === "leaf") return raw === null || typeof raw !== "object";
  if (node.is === "list") return Array.isArray(raw) && !raw.every((entry) => isJsonObject(entry) && Object.hasOwn(entry, "key") && !asks(node.item, "key"));
  if (node.is === "map") return isJsonObject(raw) || (Array.isArray(raw) && raw.every((entry) => isJsonObject(entry) && Object.hasOwn(entry, "key")));
  return isJsonObject(raw);
}

function asks(node: StructureNode, name: string): boolean {
  return node.is === "object" && node.properties.some((property) => property.name === name);
}
