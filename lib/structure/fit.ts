/** From what a reader answered to a value of the structure: known properties only, each single value typed, empty rows left out. */
import type { Json } from "../schema/json.ts";
import { jsonPointer } from "../schema/problems.ts";
import { type EitherNode, isJsonObject, type LeafNode, type ListNode, type MapNode, type ObjectNode, type StructureNode } from "../schema/structure.ts";

/** A single value of an answer: where it goes, what was read, and what that is. `value` is null where it can't be read as what the schema wants, and `problem` says why. */
export interface FittedLeaf {
  pointer: string;
  printed: string;
  value: Json;
  node: LeafNode;
  problem?: string;
}

/** Reads one single value. */
export type ReadLeaf = (raw: Json, leaf: LeafNode) => { value: Json; problem?: string };

/** An answer in the structure's form. `value` is undefined where nothing of it is left. */
export interface Fitted {
  value: Json | undefined;
  leaves: FittedLeaf[];
}

/** Deeper or longer answers are cut. */
const MOST_ENTRIES = 5_000;

/** Puts an answer into the structure's form. `pointer` is where the structure stands in the whole. Never throws; the answer is untrusted. */
export function fit(node: StructureNode, raw: Json | undefined, readLeaf: ReadLeaf, pointer = ""): Fitted {
  const fitting: Fitting = { readLeaf, leaves: [] };
  return { value: fitNode(fitting, node, raw ?? null, pointer), leaves: fitting.leaves };
}

interface Fitting {
  readLeaf: ReadLeaf;
  leaves: FittedLeaf[];
}

function fitNode(fitting: Fitting, node: StructureNode, raw: Json, pointer: string): Json | undefined {
  if (raw === null) return undefined;
  switch (node.is) {
    case "leaf":
      return fitLeaf(fitting, node, raw, pointer);
    case "list":
      return fitList(fitting, node, raw, pointer);
    case "map":
      return fitMap(fitting, node, raw, pointer);
    case "object":
      return isJsonObject(raw) ? fitObject(fitting, node, raw, pointer) : undefined;
    case "either":
      return fitEither(fitting, node, raw, pointer);
  }
}

function fitLeaf(fitting: Fitting, node: LeafNode, raw: Json, pointer: string): Json | undefined {
  // A list where one value is wanted gives its first.
  const single = Array.isArray(raw) ? raw[0] : raw;
  if (single === undefined || single === null || typeof single === "object" || single === "") return undefined;
  const { value, problem } = fitting.readLeaf(single, node);
  fitting.leaves.push({ pointer, printed: String(single).trim(), value, node, ...(problem === undefined ? {} : { problem }) });
  return value ?? undefined;
}

function fitList(fitting: Fitting, node: ListNode, raw: Json, pointer: string): Json | undefined {
  const entries = Array.isArray(raw) ? raw.slice(0, MOST_ENTRIES) : [raw];
  const values: Json[] = [];
  for (const entry of entries) {
    const before = fitting.leaves.length;
    const value = fitNode(fitting, node.item, entry, `${pointer}/${values.length}`);
    if (value === undefined) fitting.leaves.length = before;
    else values.push(value);
  }
  return values;
}

function fitObject(fitting: Fitting, node: ObjectNode, raw: { readonly [key: string]: Json }, pointer: string): Json | undefined {
  const properties: [string, Json][] = [];
  let isEmpty = true;
  for (const { name, node: property, required } of node.properties) {
    const value = Object.hasOwn(raw, name) ? fitNode(fitting, property, raw[name] ?? null, `${pointer}${jsonPointer([name])}`) : undefined;
    if (value !== undefined) isEmpty = false;
    if (value !== undefined || required || property.nullable) properties.push([name, value ?? null]);
  }
  return isEmpty ? undefined : Object.fromEntries(properties);
}

function fitMap(fitting: Fitting, node: MapNode, raw: Json, pointer: string): Json | undefined {
  const pairs = Array.isArray(raw)
    ? raw.flatMap((pair): [string, Json][] => (isJsonObject(pair) && typeof pair.key === "string" ? [[pair.key, pair.value ?? null]] : []))
    : isJsonObject(raw)
      ? Object.entries(raw)
      : [];
  const entries = pairs.slice(0, MOST_ENTRIES).flatMap(([key, value]): [string, Json][] => {
    const fitted = key === "" ? undefined : fitNode(fitting, node.value, value, `${pointer}${jsonPointer([key])}`);
    return fitted === undefined ? [] : [[key, fitted]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The first form that the answer has the shape of and of which most is left. */
function fitEither(fitting: Fitting, node: EitherNode, raw: Json, pointer: string): Json | undefined {
  let best: { value: Json; leaves: FittedLeaf[] } | undefined;
  for (const form of node.forms) {
    if (!hasShape(form, raw)) continue;
    const trial: Fitting = { readLeaf: fitting.readLeaf, leaves: [] };
    const value = fitNode(trial, form, raw, pointer);
    if (value !== undefined && (best === undefined || trial.leaves.length > best.leaves.length)) best = { value, leaves: trial.leaves };
  }
  if (best !== undefined) fitting.leaves.push(...best.leaves);
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
