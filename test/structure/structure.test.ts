/** From a schema to questions, from answers back to its form, and where each value stands. */
import { describe, expect, test } from "vitest";
import { plainDocument } from "../../lib/document/plain.ts";
import type { Json } from "../../lib/schema/json.ts";
import { readStructure, type StructureNode } from "../../lib/schema/structure.ts";
import { answerSchemaOf } from "../../lib/structure/answer-schema.ts";
import { assemble } from "../../lib/structure/assemble.ts";
import { conform } from "../../lib/structure/conform.ts";
import { columnsStructure } from "../../lib/structure/output.ts";
import { partsOf } from "../../lib/structure/parts.ts";
import { proveLeaves } from "../../lib/structure/prove.ts";
import { leafReader } from "../../lib/structure/read-leaf.ts";
import { fromRow, rowColumns } from "../../lib/structure/rows.ts";
import { documentFacts } from "../../lib/values/index.ts";

const TEXT = `Invoice A-77 of March 4, 2025

Item            Quantity     Price
Blue lamp              2     1,250.50
Red chair             10       80.00
Old table              2     (40.00)

Total                        3,261.00
`;
const document = await plainDocument(TEXT, "text");
const facts = documentFacts(TEXT, "en");
const SCHEMA: Json = {
  type: "object",
  required: ["invoice"],
  properties: {
    invoice: {
      type: "object",
      required: ["number", "total"],
      properties: { number: { type: "string" }, total: { type: "number" }, issueDate: { type: "string", format: "date" } },
    },
    lines: {
      type: "array",
      description: "What was sold",
      items: {
        type: "object",
        properties: {
          item: { type: "string" },
          quantity: { type: "integer" },
          price: { type: "number" },
          kind: { enum: ["goods", "service"] },
          tags: { type: "array", items: { type: "string" } },
        },
      },
    },
    note: { type: ["string", "null"] },
    contacts: { type: "object", additionalProperties: { type: "string" } },
  },
};

function nodeOf(schema: Json): StructureNode {
  const read = readStructure(schema);
  if ("problem" in read) throw new Error(read.problem.message);
  return read.node;
}
const node = nodeOf(SCHEMA);
const partAt = (pointer: string) => {
  const part = partsOf(node).find((each) => each.pointer === pointer);
  if (part === undefined) throw new Error(pointer);
  return part;
};
const lines = partAt("/lines").node;
const answered = (raw: Json, of: StructureNode = lines) => conform(of, raw, leafReader(facts));

describe("partsOf", () => {
  test("asks for each single value by itself, and for each list as a whole", () => {
    expect(partsOf(node).map(({ pointer, type, prompt }) => [pointer, type, prompt])).toEqual([
      ["/invoice/number", "text", "number (invoice)"],
      ["/invoice/total", "number", "total (invoice)"],
      ["/invoice/issueDate", "date", "issue date (invoice)"],
      ["/lines", "json", "lines: What was sold"],
      ["/note", "text", "note"],
      ["/contacts", "json", "contacts"],
    ]);
  });
});

describe("answerSchemaOf", () => {
  test("is strict throughout, and asks for texts as printed", () => {
    const schema = answerSchemaOf(lines);
    expect(schema).toMatchObject({
      type: "array",
      items: { type: "object", additionalProperties: false, required: ["item", "quantity", "price", "kind", "tags"] },
    });
    expect(JSON.stringify(schema)).not.toContain('"number"');
    expect(answerSchemaOf(partAt("/contacts").node)).toMatchObject({ type: "array", items: { required: ["key", "value"] } });
  });
});

describe("conform", () => {
  test("types every value, leaves out what the schema doesn't name, and drops empty rows", () => {
    const raw = [
      { item: "Blue lamp", quantity: "2", price: "1,250.50", kind: "Goods", colour: "blue" },
      { item: null, quantity: "", price: null, kind: null },
      { item: "Old table", quantity: "2.5", price: "(40.00)", kind: "animal", tags: ["a", ""] },
    ];
    const { value, leaves } = answered(raw);
    expect(value).toEqual([
      { item: "Blue lamp", quantity: 2, price: 1250.5, kind: "goods" },
      { item: "Old table", price: -40, tags: ["a"] },
    ]);
    expect(leaves.filter(({ problem }) => problem).map(({ pointer, problem }) => [pointer, problem])).toEqual([
      ["/1/quantity", "2.5 is no whole number"],
      ["/1/kind", '"animal" is none of the schema\'s choices'],
    ]);
  });

  test("takes keys that the document gives as pairs, and the form of several that an answer has", () => {
    const contacts = answered(
      [
        { key: "Sales", value: "Ann" },
        { key: "", value: "x" },
        { key: "__proto__", value: "y" },
      ],
      partAt("/contacts").node,
    );
    expect(JSON.stringify(contacts.value)).toBe('{"Sales":"Ann","__proto__":"y"}');
    const either = nodeOf({
      type: "object",
      properties: {
        s: {
          anyOf: [
            { type: "array", items: { type: "string" } },
            { type: "object", additionalProperties: { type: "array", items: { type: "string" } } },
          ],
        },
      },
    });
    const forms = partsOf(either)[0]?.node;
    if (forms === undefined) throw new Error("no part");
    expect(answered(["x", "y"], forms).value).toEqual(["x", "y"]);
    expect(answered([{ key: "tools", value: ["x"] }], forms).value).toEqual({ tools: ["x"] });
  });

  test.each<[string, Json]>([
    ["a text", "no list"],
    ["numbers for rows", [1, 2]],
    ["lists in lists", [[["x"]]]],
    ["nothing", null],
  ])("makes nothing of %s", (_, raw) => {
    expect(answered(raw).value ?? []).toEqual([]);
  });

  test("keeps a text that the schema names as an answer, and a number where a text may be one", () => {
    const schema = nodeOf({
      type: "object",
      properties: {
        a: { type: "string", description: "'NA' if unknown" },
        b: { type: ["number", "string"] },
        c: { type: ["number", "string"] },
        d: { type: "string" },
      },
    });
    expect(answered({ a: "NA", b: "1,250.50", c: "3-4", d: "N/A" }, schema).value).toEqual({ a: "NA", b: 1250.5, c: "3-4" });
  });
});

describe("proveLeaves", () => {
  test("finds each value in its own row, also where it is printed in another form", () => {
    const { leaves } = answered([
      { item: "Blue lamp", quantity: "2", price: "1250.5", kind: "goods" },
      { item: "Old table", quantity: "2", price: "-40", kind: null },
    ]);
    const proven = proveLeaves(document, facts, leaves);
    const places = proven.map(({ pointer, proven: is, citations }) => [
      pointer,
      is,
      citations[0]?.quote,
      TEXT.slice(0, citations[0]?.range?.[0]).split("\n").length,
    ]);
    expect(places).toEqual([
      ["/0/item", true, "Blue lamp", 4],
      ["/0/quantity", true, "2", 4],
      ["/0/price", true, "1,250.50", 4],
      ["/0/kind", false, "Blue lamp", 4],
      ["/1/item", true, "Old table", 6],
      ["/1/quantity", true, "2", 6],
      ["/1/price", true, "(40.00)", 6],
    ]);
  });

  test("gives two values of a row that print the same a place each, and takes none from the next row", async () => {
    const text = "Red chair       80.00     80.00\nBlue chair      80.00     80.00\n";
    const columns = columnsStructure(["item", { name: "price", type: "number" }, { name: "amount", type: "number" }, { name: "again", type: "number" }]);
    const rows = [{ item: "Red chair", price: "80.00", amount: "80.00", again: "80.00" }];
    const proven = proveLeaves(await plainDocument(text, "text"), facts, answered(rows, columns).leaves);
    expect(proven.map(({ citations }) => citations[0]?.range?.[0])).toEqual([0, 16, 26, 16]);
  });

  test("doesn't prove what the document doesn't say", () => {
    const { leaves } = answered([{ item: "Green sofa", quantity: "7", price: "99.99", kind: null }]);
    expect(proveLeaves(document, facts, leaves).filter(({ proven }) => proven)).toEqual([]);
  });
});

describe("assemble", () => {
  test("nests what was found, and leaves out or nulls what was not", () => {
    const values = new Map<string, Json>([
      ["/invoice/number", "A-77"],
      ["/lines", [{ item: "Blue lamp" }]],
    ]);
    expect(assemble(node, values)).toEqual({ invoice: { number: "A-77", total: null }, lines: [{ item: "Blue lamp" }], note: null });
    expect(assemble(node, new Map())).toBeUndefined();
  });
});

describe("rows", () => {
  test("are objects with what is nested as columns, and back", () => {
    const item = nodeOf({
      type: "object",
      properties: {
        name: { type: "string" },
        price: { type: "object", properties: { amount: { type: "number" }, name: { type: "string" } } },
        tags: { type: "array", items: { type: "string" } },
      },
    });
    const columns = rowColumns(item);
    expect(columns.map(({ label }) => label)).toEqual(["name", "amount", "price name"]);
    expect(fromRow({ name: "a", amount: "5", "price name": "net" }, columns)).toEqual({ name: "a", price: { amount: "5", name: "net" } });
  });

  test("of columns that a request names", () => {
    expect(columnsStructure(["a", { name: "b", type: "number" }])).toMatchObject({
      is: "list",
      item: {
        properties: [
          { name: "a", node: { type: "text" } },
          { name: "b", node: { type: "number" } },
        ],
      },
    });
  });
});
