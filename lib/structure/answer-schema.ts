/** The JSON Schema with which a model is asked for a part of a structure, in the strict form that services take: every property required, none besides. */
import type { Json } from "../schema/json.ts";
import type { LeafNode, StructureNode } from "../schema/structure.ts";

/** The strict schema of a part's value. Single values are texts as printed, except yes and no; keys that the document gives are a list of { key, value }. */
export function answerSchemaOf(node: StructureNode): Json {
  const schema = schemaOf(node);
  return node.nullable ? { anyOf: [schema, { type: "null" }] } : schema;
}

function schemaOf(node: StructureNode): { [key: string]: Json } {
  const described = node.description === "" ? {} : { description: node.description };
  switch (node.is) {
    case "leaf":
      return { ...leafSchema(node), ...described };
    case "list":
      return { type: "array", items: answerSchemaOf(node.item), ...described };
    case "either":
      return { anyOf: node.forms.map(answerSchemaOf), ...described };
    case "map":
      return {
        type: "array",
        items: strictObject([
          ["key", { type: "string", description: "As printed in the document." }],
          ["value", answerSchemaOf(node.value)],
        ]),
        ...described,
      };
    case "object":
      return {
        ...strictObject(
          node.properties.map(({ name, node: property, required }) => [name, answerSchemaOf(required ? property : { ...property, nullable: true })]),
        ),
        ...described,
      };
  }
}

function strictObject(properties: readonly [string, Json][]): { [key: string]: Json } {
  return { type: "object", properties: Object.fromEntries(properties), required: properties.map(([name]) => name), additionalProperties: false };
}

const LEAF_HINTS: Readonly<Record<LeafNode["type"], string>> = {
  text: "As printed in the document.",
  number: "The number as printed in the document, with its separators and sign.",
  date: "The date as printed in the document.",
  email: "The e-mail address as printed in the document.",
  boolean: "What the document says.",
};

function leafSchema({ choices, type }: LeafNode): { [key: string]: Json } {
  if (choices !== undefined && choices.length > 0) return { enum: [...choices] };
  return type === "boolean" ? { type: "boolean" } : { type: "string", description: LEAF_HINTS[type] };
}
