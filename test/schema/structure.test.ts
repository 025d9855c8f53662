import { describe, expect, test } from "vitest";
import type { Json } from "../../lib/schema/json.ts";
import { readStructure } from "../../lib/schema/structure.ts";
import { validateRequest } from "../../lib/schema/validate.ts";
import { schemaProblems } from "../../lib/schema/validity.ts";
import { refusal } from "../support/refusal.ts";

const object = (properties: { [key: string]: Json }, more: { [key: string]: Json } = {}) => ({ type: "object", properties, ...more });
const problemOf = (schema: Json) => {
  const read = readStructure(schema);
  return "problem" in read ? read.problem : undefined;
};
const nodeOf = (schema: Json) => {
  const read = readStructure(schema);
  if ("problem" in read) throw new Error(read.problem.message);
  return read.node;
};

describe("readStructure", () => {
  test("reads objects, lists, choices, forms and references", () => {
    const node = nodeOf(
      object(
        {
          total: { type: "number", description: "The total due" },
          issued: { type: ["string", "null"], format: "date" },
          due: { type: "string", description: "In YYYY-MM-DD format" },
          currency: { enum: ["EUR", "USD"] },
          rank: { anyOf: [{ type: "integer" }, { type: "string" }] },
          lines: { type: "array", items: { $ref: "#/$defs/line" } },
          skills: {
            anyOf: [
              { type: "array", items: { type: "string" } },
              { type: "object", additionalProperties: { type: "string" } },
            ],
          },
        },
        { required: ["total"], $defs: { line: object({ amount: { type: "number" } }) } },
      ),
    );
    expect(node).toMatchObject({
      is: "object",
      properties: [
        { name: "total", required: true, node: { is: "leaf", type: "number", description: "The total due" } },
        { name: "issued", required: false, node: { is: "leaf", type: "date", nullable: true } },
        { name: "due", node: { is: "leaf", type: "date" } },
        { name: "currency", node: { is: "leaf", choices: ["EUR", "USD"] } },
        { name: "rank", node: { is: "leaf", type: "text", orNumber: true } },
        { name: "lines", node: { is: "list", item: { is: "object", properties: [{ name: "amount" }] } } },
        { name: "skills", node: { is: "either", forms: [{ is: "list" }, { is: "map" }] } },
      ],
    });
  });

  test.each<[string, Json]>([
    ["a chat service's wrapper", { type: "json_schema", json_schema: { name: "x", schema: object({ a: { type: "string" } }) } }],
    ["a named schema", { name: "x", schema: object({ a: { type: "string" } }) }],
    ["schema_definition", { name: "x", description: "y", schema_definition: object({ a: { type: "string" } }) }],
    ["allOf of objects", { allOf: [object({ a: { type: "string" } }), { $ref: "#/$defs/b" }], $defs: { b: object({ b: { type: "string" } }) } }],
  ])("reads %s", (_, schema) => {
    expect(nodeOf(schema)).toMatchObject({ is: "object", properties: [{ name: "a" }, ...("allOf" in (schema as object) ? [{ name: "b" }] : [])] });
  });

  test.each<[string, Json, string, RegExp]>([
    ["a cycle", object({ child: { $ref: "#" } }), "/properties/child/$ref", /leads back to itself/],
    [
      "a longer cycle",
      object({ a: { $ref: "#/$defs/a" } }, { $defs: { a: object({ b: { $ref: "#/$defs/b" } }), b: object({ a: { $ref: "#/$defs/a" } }) } }),
      "/properties/a/properties/b/properties/a/$ref",
      /leads back to itself/,
    ],
    ["a $ref to an address", object({ a: { $ref: "https://example.com/a.json" } }), "/properties/a/$ref", /nothing is fetched/],
    ["a $ref to a file", object({ a: { $ref: "a.json" } }), "/properties/a/$ref", /nothing is fetched/],
    ["a $ref to nothing", object({ a: { $ref: "#/$defs/a" } }), "/properties/a/$ref", /points to nothing/],
    ["a $ref into what every object has", object({ a: { $ref: "#/__proto__" } }), "/properties/a/$ref", /points to nothing/],
    ["10,000 leaves", object(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { type: "string" }]))), "", /more than 2000 leaves/],
    ["an unknown type", object({ a: { type: "strng" } }), "/properties/a/type", /"strng" is no type/],
    ["prefixItems", object({ a: { type: "array", prefixItems: [] } }), "/properties/a/prefixItems", /not supported/],
    ["a schema for one value", { type: "string" }, "", /single value/],
    ["nothing asked for", object({}), "", /asks for nothing/],
    ["only null", object({ a: { anyOf: [{ type: "null" }] } }), "/properties/a/anyOf", /nothing but null/],
    ["a choice that is an object", object({ a: { enum: [{}] } }), "/properties/a/enum", /only texts, numbers/],
    ["__proto__ as a property", JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'), "/properties/__proto__", /can't be the name/],
    ["a property that is no schema", object({ a: 5 }), "/properties/a", /must be a schema/],
  ])("refuses %s", (_, schema, pointer, message) => {
    expect(problemOf(schema)).toEqual({ pointer, message: expect.stringMatching(message) });
  });

  test("refuses a small schema that unfolds without end in sight", () => {
    const levels = Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => [`l${level}`, object({ a: { $ref: `#/$defs/l${level + 1}` }, b: { $ref: `#/$defs/l${level + 1}` } })]),
    );
    expect(problemOf({ $ref: "#/$defs/l0", $defs: { ...levels, l40: object({}) } })?.message).toMatch(/unfolds to more than/);
    let deep: Json = { type: "string" };
    for (let level = 0; level < 5_000; level++) deep = object({ a: deep });
    expect(problemOf(deep)?.message).toMatch(/nested deeper/);
  });
});

describe("a request with structures", () => {
  const limits = { promptBytes: 1_000, outputs: 20 };
  const output = (more: object) => ({ outputs: [{ name: "a", prompt: "b", ...more }] });
  const schema = object({ a: { type: "string" } });

  test.each<[string, object, string, RegExp]>([
    ["a schema beside another type", output({ schema, type: "number" }), "/outputs/0/type", /must be json beside a schema/],
    ["columns of a number", output({ columns: ["a"], type: "number" }), "/outputs/0/columns", /type table or line-item/],
    ["equal columns", output({ columns: ["a", "a"], type: "table" }), "/outputs/0/columns/1", /names must differ/],
    ["a faulty schema", output({ schema: object({ a: { $ref: "#" } }) }), "/outputs/0/schema/properties/a/$ref", /leads back/],
    ["what is no JSON Schema", output({ schema: object({ a: { type: "string", minLength: "x" } }) }), "/outputs/0/schema", /no valid JSON Schema/],
    [
      "more leaves than outputs may be",
      output({ schema: object(Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`p${index}`, { type: "string" }]))) }),
      "/outputs",
      /ask for 21 values.*limit of 20/,
    ],
  ])("is refused for %s", (_, request, pointer, message) => {
    expect(refusal(() => validateRequest(request, limits)).problems).toEqual([{ pointer, message: expect.stringMatching(message) }]);
  });

  test("is accepted with a schema, with names of columns, and with columns in full", () => {
    expect(validateRequest(output({ schema }), limits).outputs[0]?.schema).toEqual(schema);
    const columns = ["item", { name: "amount", type: "number", description: "net" }];
    expect(validateRequest(output({ columns, type: "line-item" }), limits).outputs[0]?.columns).toEqual(columns);
  });
});

describe("schemaProblems", () => {
  test("says what of a value isn't what the schema describes", () => {
    const schema = object({ total: { type: "number" }, day: { type: "string", format: "date" } }, { required: ["total"] });
    expect(schemaProblems(schema, { total: 5, day: "2025-01-02" })).toEqual([]);
    expect(schemaProblems(schema, { day: "tomorrow" }).map(({ pointer }) => pointer)).toEqual(["", "/day"]);
  });

  test("doesn't run patterns, which anybody may send", () => {
    const schema = object({ a: { type: "string", pattern: "^(a+)+$" } });
    expect(schemaProblems(schema, { a: `${"a".repeat(40)}!` })).toEqual([]);
  });
});
