/** A caller's JSON Schema as a tree that questions are made from. What can't be followed safely (a cycle, an address outside, thousands of leaves) is named with its place. */
import type { Problem } from "./errors.ts";
import type { Json } from "./json.ts";
import { echo, jsonPointer } from "./problems.ts";

/** What a single value is read as. */
export type LeafType = "text" | "number" | "date" | "email" | "boolean";

/** A single value. `choices` are the only values allowed; `integer` numbers have no fraction; `orNumber` texts are numbers where they read as such. */
export interface LeafNode {
  is: "leaf";
  type: LeafType;
  integer: boolean;
  orNumber: boolean;
  choices: readonly Json[] | undefined;
  description: string;
  nullable: boolean;
}
/** An object with named properties. */
export interface ObjectNode {
  is: "object";
  properties: readonly { name: string; node: StructureNode; required: boolean }[];
  description: string;
  nullable: boolean;
}
/** A list of any length. */
export interface ListNode {
  is: "list";
  item: StructureNode;
  description: string;
  nullable: boolean;
}
/** An object whose keys the document gives. */
export interface MapNode {
  is: "map";
  value: StructureNode;
  description: string;
  nullable: boolean;
}
/** One of several forms. */
export interface EitherNode {
  is: "either";
  forms: readonly StructureNode[];
  description: string;
  nullable: boolean;
}
export type StructureNode = LeafNode | ObjectNode | ListNode | MapNode | EitherNode;

export type JsonObject = { readonly [key: string]: Json };

const MOST_LEAVES = 2_000;
const MOST_PARTS = 20_000;
const DEEPEST = 32;
const LONGEST_DESCRIPTION = 2_000;
/** Keywords that change what a value may be in a way that no question can be made from. */
const UNSUPPORTED = ["prefixItems", "not", "if", "dependentSchemas", "$dynamicRef", "$recursiveRef", "unevaluatedItems"];

/** A place in the schema that stops the reading. */
class Stop extends Error {
  readonly pointer: string;
  constructor(path: readonly PropertyKey[], message: string) {
    super(message);
    this.pointer = jsonPointer(path);
  }
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * The schema itself, where it comes wrapped: in the `json_schema` form of chat services ({ name, schema }), or under `schema_definition`.
 * What is no wrapper is given back as it is.
 */
export function unwrapSchema(schema: Json): Json {
  if (!isJsonObject(schema)) return schema;
  const isSchema = ["type", "properties", "items", "$ref", "anyOf", "oneOf", "allOf"].some(
    (key) => Object.hasOwn(schema, key) && typeof schema[key] !== "undefined",
  );
  if (isSchema && schema.type !== "json_schema") return schema;
  const inner = [schema.schema, schema.json_schema, schema.schema_definition].find(isJsonObject);
  return inner === undefined ? schema : unwrapSchema(inner);
}

/**
 * Reads a JSON Schema (draft 2020-12 as far as a document can answer it: types, properties, items, enum, const, anyOf, oneOf, allOf, local $ref, additionalProperties).
 * Other keywords restrict values and are held against the finished result. The first thing that can't be followed is a problem with its JSON pointer in the schema.
 */
export function readStructure(schema: Json): { node: StructureNode } | { problem: Problem } {
  const root = unwrapSchema(schema);
  const reading: Reading = { root, leaves: 0, parts: 0, refs: ["#"] };
  try {
    const node = read(reading, root, []);
    if (node.is === "leaf") throw new Stop([], "describes a single value; an output's type does that, a schema is for objects and lists");
    if (reading.leaves === 0) throw new Stop([], "asks for nothing: it has no properties");
    return { node };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { problem: { pointer: error.pointer, message: error.message } };
  }
}

interface Reading {
  root: Json;
  leaves: number;
  /** Schemas read so far: references make a small text large. */
  parts: number;
  /** The references that are being followed. */
  refs: string[];
}

type Path = readonly PropertyKey[];

function read(reading: Reading, schema: Json | undefined, path: Path): StructureNode {
  if (path.length > 4 * DEEPEST) throw new Stop(path, `is nested deeper than ${DEEPEST} levels`);
  if (++reading.parts > MOST_PARTS) throw new Stop([], `unfolds to more than ${MOST_PARTS} parts`);
  if (schema === true || schema === undefined) return leaf(reading, {}, path, []);
  if (!isJsonObject(schema)) throw new Stop(path, `must be a schema, not ${echo(schema)}`);
  const unsupported = UNSUPPORTED.find((keyword) => Object.hasOwn(schema, keyword));
  if (unsupported !== undefined) throw new Stop([...path, unsupported], "is not supported; describe the value with properties, items, enum or anyOf");
  if (schema.$ref !== undefined) return followed(reading, schema, path);
  if (Array.isArray(schema.allOf)) return read(reading, merged(reading, schema, schema.allOf, path), path);
  const forms = Array.isArray(schema.anyOf) ? "anyOf" : Array.isArray(schema.oneOf) ? "oneOf" : undefined;
  if (forms !== undefined) return either(reading, schema, forms, path);
  const types = typesOf(schema, path);
  const nullable = types.includes("null");
  const kinds = types.filter((type) => type !== "null");
  if (kinds.length > 1 && kinds.some((type) => type === "object" || type === "array")) {
    return withNull(
      eitherOf(
        kinds.map((type) => read(reading, { ...schema, type }, path)),
        describe(schema),
      ),
      nullable,
    );
  }
  if (kinds[0] === "object") return { ...objectOf(reading, schema, path), nullable };
  if (kinds[0] === "array") return { is: "list", item: read(reading, schema.items, [...path, "items"]), description: describe(schema), nullable };
  return { ...leaf(reading, schema, path, kinds), nullable: nullable || (Array.isArray(schema.enum) && schema.enum.includes(null)) };
}

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];

function typesOf(schema: JsonObject, path: Path): string[] {
  const given =
    schema.type ?? (schema.properties !== undefined || isJsonObject(schema.additionalProperties) ? "object" : schema.items !== undefined ? "array" : []);
  const types = Array.isArray(given) ? given : [given];
  const names = types.filter((type): type is string => typeof type === "string");
  const unknown = types.find((type) => typeof type !== "string" || !TYPES.includes(type));
  if (unknown !== undefined) throw new Stop([...path, "type"], `${echo(unknown)} is no type; use one of ${TYPES.join(", ")}`);
  return names;
}

function leaf(reading: Reading, schema: JsonObject, path: Path, kinds: readonly string[]): LeafNode {
  reading.leaves++;
  if (reading.leaves > MOST_LEAVES) throw new Stop([], `has more than ${MOST_LEAVES} leaves; ask for less, or split it into several outputs`);
  const choices = schema.const !== undefined ? [schema.const] : Array.isArray(schema.enum) ? schema.enum.filter((choice) => choice !== null) : undefined;
  if (choices?.some((choice) => choice !== null && typeof choice === "object"))
    throw new Stop([...path, "enum"], "may hold only texts, numbers and true or false");
  return {
    is: "leaf",
    type: leafType(schema, kinds),
    integer: kinds.length === 1 && kinds[0] === "integer",
    orNumber: kinds.length > 1 && (kinds.includes("number") || kinds.includes("integer")),
    choices,
    description: describe(schema),
    nullable: false,
  };
}

function leafType(schema: JsonObject, kinds: readonly string[]): LeafType {
  // A number that may also be a text is printed as either.
  if (kinds.length === 1 && (kinds[0] === "number" || kinds[0] === "integer")) return "number";
  if (kinds.length === 1 && kinds[0] === "boolean") return "boolean";
  // Schemas without formats describe them in words.
  if (schema.format === "date" || (schema.format === undefined && /\bYYYY-MM-DD\b/.test(describe(schema)))) return "date";
  return schema.format === "email" || schema.format === "idn-email" ? "email" : "text";
}

function objectOf(reading: Reading, schema: JsonObject, path: Path): ObjectNode | MapNode {
  const { properties, additionalProperties } = schema;
  const description = describe(schema);
  if (properties === undefined && isJsonObject(additionalProperties)) {
    return { is: "map", value: read(reading, additionalProperties, [...path, "additionalProperties"]), description, nullable: false };
  }
  if (properties !== undefined && !isJsonObject(properties)) throw new Stop([...path, "properties"], "must be an object of schemas");
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const entries = Object.entries(properties ?? {});
  const bad = entries.find(([name]) => ["__proto__", "constructor", "prototype"].includes(name));
  if (bad) throw new Stop([...path, "properties", bad[0]], "can't be the name of a property");
  const read1 = ([name, value]: [string, Json]) => ({ name, node: read(reading, value, [...path, "properties", name]), required: required.has(name) });
  return { is: "object", properties: entries.map(read1), description, nullable: false };
}

function either(reading: Reading, schema: JsonObject, keyword: "anyOf" | "oneOf", path: Path): StructureNode {
  const { [keyword]: given, ...common } = schema;
  const options = Array.isArray(given) ? given : [];
  const isNull = (option: Json) => isJsonObject(option) && (option.type === "null" || option.const === null);
  const forms = options.filter((option) => !isNull(option));
  if (forms.length === 0) throw new Stop([...path, keyword], "allows nothing but null");
  const nullable = forms.length < options.length;
  const whole = (option: Json): Json => (isJsonObject(option) ? { ...common, ...option } : option);
  const leaves = forms.every((form) => isJsonObject(form) && isPlain(form));
  if (forms.length > 1 && leaves) {
    const types = forms.flatMap((form) => (isJsonObject(form) ? typesOf(form, path) : []));
    const enums = forms.flatMap((form) => (isJsonObject(form) ? (Array.isArray(form.enum) ? form.enum : form.const === undefined ? [] : [form.const]) : []));
    const allChosen = forms.every((form) => isJsonObject(form) && (form.enum !== undefined || form.const !== undefined));
    return withNull(read(reading, { ...common, type: [...new Set(types)], ...(allChosen ? { enum: enums } : {}) }, path), nullable);
  }
  const nodes = forms.map((form, index) => read(reading, whole(form), [...path, keyword, index]));
  return withNull(nodes.length === 1 && nodes[0] ? nodes[0] : eitherOf(nodes, describe(schema)), nullable);
}

/** Whether a schema describes a single value by itself. */
function isPlain(schema: JsonObject): boolean {
  const structural = ["$ref", "anyOf", "oneOf", "allOf", "properties", "items", "additionalProperties"];
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? "string"];
  return !structural.some((key) => Object.hasOwn(schema, key)) && !types.includes("object") && !types.includes("array");
}

function eitherOf(forms: readonly StructureNode[], description: string): EitherNode {
  return { is: "either", forms, description, nullable: false };
}

function withNull(node: StructureNode, nullable: boolean): StructureNode {
  return nullable ? { ...node, nullable: true } : node;
}

/** allOf of objects: their properties together. */
function merged(reading: Reading, schema: JsonObject, parts: readonly Json[], path: Path): JsonObject {
  const { allOf: _allOf, ...common } = schema;
  const properties = new Map<string, Json>(Object.entries(isJsonObject(common.properties) ? common.properties : {}));
  const required = new Set<Json>(Array.isArray(common.required) ? common.required : []);
  const whole = new Map<string, Json>(Object.entries(common));
  for (const [index, part] of parts.entries()) {
    const own = resolved(reading, part, [...path, "allOf", index]);
    if (!isJsonObject(own)) throw new Stop([...path, "allOf", index], "must be a schema");
    for (const [key, value] of Object.entries(own)) if (!whole.has(key)) whole.set(key, value);
    for (const [name, value] of Object.entries(isJsonObject(own.properties) ? own.properties : {})) if (!properties.has(name)) properties.set(name, value);
    for (const name of Array.isArray(own.required) ? own.required : []) required.add(name);
  }
  if (properties.size > 0) whole.set("properties", Object.fromEntries(properties));
  if (required.size > 0) whole.set("required", [...required]);
  return Object.fromEntries(whole);
}

function resolved(reading: Reading, schema: Json, path: Path): Json {
  return isJsonObject(schema) && schema.$ref !== undefined ? target(reading, schema.$ref, [...path, "$ref"]) : schema;
}

function followed(reading: Reading, schema: JsonObject, path: Path): StructureNode {
  const { $ref: reference, ...own } = schema;
  const name = String(reference);
  if (reading.refs.includes(name))
    throw new Stop([...path, "$ref"], `${echo(name)} leads back to itself; a result has no end then, so unfold as many levels as you need`);
  const found = target(reading, reference, [...path, "$ref"]);
  reading.refs.push(name);
  const node = read(reading, isJsonObject(found) ? { ...found, ...own } : found, path);
  reading.refs.pop();
  return node;
}

/** What a local reference points to (RFC 6901 in a fragment). */
function target(reading: Reading, reference: Json | undefined, path: Path): Json {
  if (typeof reference !== "string") throw new Stop(path, "must be a text such as #/$defs/address");
  if (!reference.startsWith("#")) throw new Stop(path, `${echo(reference)} lies outside of the schema, and nothing is fetched; put it under $defs`);
  let current: Json | undefined = reading.root;
  for (const part of reference.slice(1).split("/").slice(1)) {
    const key = decode(part);
    current =
      current !== null && typeof current === "object" && Object.hasOwn(current, key) ? Object.entries(current).find(([name]) => name === key)?.[1] : undefined;
  }
  if (current === undefined) throw new Stop(path, `${echo(reference)} points to nothing`);
  return current;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}

function describe(schema: JsonObject): string {
  const text = typeof schema.description === "string" ? schema.description : typeof schema.title === "string" ? schema.title : "";
  return text.replace(/\s+/g, " ").trim().slice(0, LONGEST_DESCRIPTION);
}
