/** JSON, tables and line items. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../lib/schema/json.ts";
import { facts, read } from "./support.ts";

describe("json", () => {
  test.each<[Json, Json]>([
    ['{"a":1}', { a: 1 }],
    ["[1,2]", [1, 2]],
    [{ a: [1] }, { a: [1] }],
    ['```json\n{"a": 1}\n```', { a: 1 }],
    ['Here is the data: {"a": {"b": "}"}} as asked.', { a: { b: "}" } }],
    ['{"a":1} {"b":2}', { a: 1 }],
    ["See [note] for {'a': 'b'}", { a: "b" }],
    ["{a: 1, b: 'two',}", { a: 1, b: "two" }],
    ['{"a": 1, "b": [1, 2', { a: 1, b: [1, 2] }],
    ['{"a": True, "b": None}', { a: true, b: null }],
    ['{"quote": "a \\"b\\" c"}', { quote: 'a "b" c' }],
    ["42", 42],
  ])("%j", (raw, value) => {
    const result = read("json", raw);
    expect(result.value).toEqual(value);
    expect(result.valid).toBe(true);
  });

  test.each([
    ["prose", "hello"],
    ["prose with signs", "no data: here"],
    ["a closing bracket", "}"],
    ["only opening brackets", "[".repeat(50_000)],
    ["200 braces", "{".repeat(200) + "}".repeat(200)],
    ["5000 nested lists", `${"[".repeat(5000)}${"]".repeat(5000)}`],
  ])("%s is none", (_, raw) => {
    expect(read("json", raw)).toMatchObject({ value: null, valid: false });
  });

  test("__proto__ is data", () => {
    for (const raw of ['{"__proto__": {"polluted": true}, "constructor": 1}', "{'__proto__': {polluted: true}, constructor: 1}"]) {
      const { value } = read("json", raw);
      expect(Object.keys(value ?? {})).toEqual(["__proto__", "constructor"]);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("anything that JSON.stringify writes is read back, also within prose", () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue(), { minLength: 1 }), fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })), (value) => {
        const text = JSON.stringify(value);
        const expected = JSON.parse(text);
        fc.pre(read("json", expected).value !== null);
        expect(read("json", text).value).toEqual(expected);
        expect(read("json", `The answer is ${text} as printed.`).value).toEqual(expected);
      }),
    );
  });
});

const ROWS = [
  { Item: "Bolt", Qty: "2" },
  { Item: "Nut", Qty: "3" },
];

describe("table", () => {
  test.each<[string, Json]>([
    [
      "lists",
      [
        ["Item", "Qty"],
        ["Bolt", "2"],
        ["Nut", "3"],
      ],
    ],
    ["objects", ROWS],
    [
      "headers and rows",
      {
        headers: ["Item", "Qty"],
        rows: [
          ["Bolt", "2"],
          ["Nut", "3"],
        ],
      },
    ],
    ["one list inside", { products: ROWS }],
    ["columns", { Item: ["Bolt", "Nut"], Qty: ["2", "3"] }],
    ["JSON text", JSON.stringify(ROWS)],
    ["Markdown", "| Item | Qty |\n|------|----:|\n| Bolt | 2 |\n| Nut | 3 |"],
    ["Markdown in prose", "The table:\n\n| Item | Qty |\n|---|---|\n| Bolt | 2 |\n| Nut | 3 |\n\nDone."],
    ["CSV", "Item,Qty\nBolt,2\nNut,3"],
    ["semicolons", "Item;Qty\nBolt;2\nNut;3\n"],
    ["wide gaps", "Item    Qty\n  Bolt      2\nNut       3"],
    ["tabs", "Item\tQty\nBolt\t2\nNut\t3"],
    [
      "empty rows",
      [
        ["Item", "Qty"],
        ["Bolt", "2"],
        ["", " "],
        ["Nut", "3"],
      ],
    ],
  ])("from %s", (_, raw) => {
    expect(read("table", raw)).toMatchObject({ value: ROWS, valid: true });
  });

  test("headers are made unique and never empty, ragged rows filled", () => {
    expect(read("table", [["Amount", "Amount", ""], ["1", "2", "3", "4"], ["5"]]).value).toEqual([
      { Amount: "1", "Amount 2": "2", "column 3": "3", "column 4": "4" },
      { Amount: "5", "Amount 2": null, "column 3": null, "column 4": null },
    ]);
  });

  test("objects with different keys get all of them", () => {
    expect(read("table", [{ a: 1 }, { b: "x" }]).value).toEqual([
      { a: 1, b: null },
      { a: null, b: "x" },
    ]);
  });

  test("a column called __proto__ is data", () => {
    const { value } = read("table", [["__proto__"], ["x"]]);
    expect(JSON.stringify(value)).toBe('[{"__proto__":"x"}]');
  });

  test.each<Json>(["no table", [["only", "header"]], [1, 2], 5, { a: { b: 1 }, c: [1] }, [Array.from({ length: 300 }, (_, index) => `c${index}`), ["x"]]])(
    "%.60j is none",
    (raw) => {
      expect(read("table", raw)).toMatchObject({ value: null, valid: false });
    },
  );
});

describe("line-item", () => {
  test("cells that clearly are numbers or dates are typed, identifiers stay", () => {
    const raw = [
      ["Pos", "Article no", "Description", "Date", "Qty", "Price", "VAT"],
      ["1", "00123", "Bolt M4", "20.03.2023", "2", "1.234,50 €", "19 %"],
      ["2", "00456", "Nut", "21.03.2023", "10", "0,05 €", "7 %"],
    ];
    expect(read("line-item", raw, "de").value).toEqual([
      { Pos: 1, "Article no": "00123", Description: "Bolt M4", Date: "2023-03-20", Qty: 2, Price: 1234.5, VAT: 19 },
      { Pos: 2, "Article no": "00456", Description: "Nut", Date: "2023-03-21", Qty: 10, Price: 0.05, VAT: 7 },
    ]);
  });

  test("an ambiguous cell is decided by its column, or stays as printed", () => {
    const rows = (...prices: string[]) => prices.map((price) => ({ price }));
    expect(read("line-item", rows("1,234", "5.50")).value).toEqual([{ price: 1234 }, { price: 5.5 }]);
    expect(read("line-item", rows("1,234", "2,500"), facts("en")).value).toEqual([{ price: "1,234" }, { price: "2,500" }]);
    expect(read("line-item", rows("1,234"), facts("en", { decimal: "point" })).value).toEqual([{ price: 1234 }]);
  });

  test("a word among numbers stays", () => {
    expect(read("line-item", [{ price: "5.00" }, { price: "free" }, { price: "7.00" }]).value).toEqual([{ price: 5 }, { price: "free" }, { price: 7 }]);
  });

  test.each([
    "Total",
    "TOTAL:",
    "Subtotal",
    "Grand total",
    "Summe",
    "Zwischensumme",
    "Gesamtbetrag",
    "Sous-total",
    "Total TTC",
    "Totale",
    "Totaal",
    "Razem",
    "Suma",
    "合計",
    "VAT 19%",
    "19 % MwSt",
    "Tax",
  ])("a closing row %s is left out", (label) => {
    const raw = [
      { description: "Bolt", amount: "5.00" },
      { description: label, amount: "5.00" },
    ];
    const result = read("line-item", raw);
    expect(result.value).toEqual([{ description: "Bolt", amount: 5 }]);
    expect(result.reason).toContain("1 rows of totals left out");
  });

  test.each(["Total Care Plan", "Tax advice", "Sum insured cover", "Totally", "Net"])("an item called %s stays", (label) => {
    const raw = [
      { description: "Bolt", amount: "5.00" },
      { description: label, amount: "5.00" },
    ];
    expect(read("line-item", raw).value).toHaveLength(2);
  });

  test("rows of totals stay where there is nothing else", () => {
    expect(read("line-item", [{ description: "Total", amount: "5.00" }]).value).toEqual([{ description: "Total", amount: 5 }]);
  });

  test("a single object is one row; values stay what they are", () => {
    expect(read("line-item", { description: "Bolt", qty: 2, taxed: true }).value).toEqual([{ description: "Bolt", qty: 2, taxed: true }]);
  });
});
