import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckInput } from "../../lib/evaluation/check.ts";
import { CHECKS } from "../../lib/evaluation/checks.ts";
import { correctness } from "../../lib/evaluation/correctness.ts";
import { faithfulness } from "../../lib/evaluation/faithfulness.ts";
import type { Json } from "../../lib/schema/json.ts";
import { evaluationSettingsSchema, OUTPUT_TYPES, type OutputType } from "../../lib/schema/request.ts";
import type { Citation } from "../../lib/schema/result.ts";
import { documentFacts } from "../../lib/values/index.ts";

const ENGLISH = documentFacts("1,234.50 and 25/12/2023", "en");
const GERMAN = documentFacts("1.234,50 und 25.12.2023", "de");

function cite(quote: string, match: Citation["match"] = "exact"): Citation {
  return { page: 1, quote, match, boxes: [] };
}

function input(type: OutputType, value: Json, quote: string, facts = ENGLISH): CheckInput {
  return { type, value, citations: quote === "" ? [] : [cite(quote)], facts };
}

/** The right value and what a reader could get wrong, with the text that proves the right one. */
const PLANTED: readonly [type: OutputType, quote: string, right: Json, wrong: readonly Json[], facts?: typeof ENGLISH][] = [
  ["number", "Total due 1,249.50 USD", 1249.5, [1294.5, 1249.05, 124.95, 12495, 1249, 0, 2149.5]],
  ["number", "Gesamtbetrag 1.249,50 €", 1249.5, [1294.5, 1.2495, 1249.05], GERMAN],
  ["number", "Credit (1,249.50)", -1249.5, [-1294.5]],
  ["number", "VAT 19 %", 19, [91, 20]],
  ["number", "Revenue of 1.2 million", 1200000, [12, 1.3, 2100000]],
  ["date", "Invoice date: 20 March 2023", "2023-03-20", ["2023-03-02", "2032-03-20", "2023-02-20", "2023-03-21"]],
  ["date", "Date 04/05/2023", "2023-05-04", ["2023-06-04", "2032-05-04"]],
  ["date", "Datum 20.03.23", "2023-03-20", ["2023-03-23"], GERMAN],
  ["email", "Contact: Jane.Doe@example.com", "jane.doe@example.com", ["jane.deo@example.com", "jane.doe@example.org", "doe@example.com"]],
  ["boolean", "Auto-renewal: ☑ Yes ☐ No".slice(14), true, [false]],
  ["text", "Invoice no. INV-2023-0017 of today", "INV-2023-0017", ["INV-2032-0017", "INV-2023-0071", "INV-2023-001"]],
  ["text", "Supplier: Smith & Sons Ltd., London", "Smith & Sons Ltd.", ["Simth & Sons Ltd.", "Jones & Sons Ltd.", "Berlin", "Smith & Sons GmbH"]],
  ["text", "Käufer Müller GmbH", "Müller GmbH", ["Möller GmbH"], GERMAN],
  ["text", "买方：北京科技有限公司", "北京科技有限公司", ["上海科技有限公司"]],
  [
    "json",
    "Total 12.50, due 20 March 2023, Smith Ltd",
    { total: 12.5, due: "2023-03-20", name: "Smith Ltd" },
    [
      { total: 12.05, due: "2023-03-20", name: "Smith Ltd" },
      { total: 12.5, due: "2023-03-02", name: "Smith Ltd" },
    ],
  ],
  [
    "line-item",
    "Bolt 2 5.00\nNut 3 7.50",
    [
      { item: "Bolt", qty: 2, price: 5 },
      { item: "Nut", qty: 3, price: 7.5 },
    ],
    [
      [
        { item: "Bolt", qty: 2, price: 5 },
        { item: "Nut", qty: 3, price: 5.7 },
      ],
    ],
  ],
];

describe("faithfulness", () => {
  test.each(PLANTED)("%s in %j", (type, quote, right, wrong, facts) => {
    expect(faithfulness(input(type, right, quote, facts)).score).toBeGreaterThan(0.5);
    for (const fault of wrong) expect(faithfulness(input(type, fault, quote, facts)).score, JSON.stringify(fault)).toBeLessThan(0.5);
  });

  test("an amount with two swapped digits is never supported", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100000, max: 99999999 }), fc.nat({ max: 6 }), (cents, at) => {
        const digits = String(cents).split("");
        const first = digits[at % (digits.length - 1)] ?? "";
        const second = digits[(at % (digits.length - 1)) + 1] ?? "";
        fc.pre(first !== second && !(at % (digits.length - 1) === 0 && second === "0"));
        const swapped = Number(digits.toSpliced(at % (digits.length - 1), 2, second, first).join(""));
        const quote = `Total ${new Intl.NumberFormat("en-US", { minimumFractionDigits: 2 }).format(cents / 100)} USD`;
        expect(faithfulness(input("number", cents / 100, quote)).score).toBe(1);
        expect(faithfulness(input("number", swapped / 100, quote)).score).toBeLessThan(0.5);
      }),
    );
  });

  test("a reading that only the other order allows is worth less than the one the document speaks for", () => {
    const open = documentFacts("", "en");
    const best = faithfulness(input("date", "2023-04-05", "04/05/2023", open)).score;
    const other = faithfulness(input("date", "2023-05-04", "04/05/2023", open)).score;
    expect(best).toBe(1);
    expect(other).toBeGreaterThan(0.5);
    expect(other).toBeLessThan(best);
  });

  test("long text may be put in other words, up to a point", () => {
    const quote = "The supplier shall deliver the goods within fourteen business days after receipt of the written order to the buyer's warehouse.";
    expect(faithfulness(input("text", "The supplier delivers the goods within fourteen business days after receipt of the order", quote)).score).toBeLessThan(
      1,
    );
    expect(
      faithfulness(input("text", "The goods, the supplier shall deliver within fourteen business days after receipt of the written order", quote)).score,
    ).toBeGreaterThan(0.5);
    expect(faithfulness(input("text", "Either party may terminate this agreement with thirty days of notice at any given time", quote)).score).toBeLessThan(
      0.5,
    );
  });

  test("a text in other words that drops a not is no support", () => {
    const quote = "The supplier shall not be liable for any loss of profit that arises from late delivery of the goods.";
    const value = "The supplier is not liable for loss of profit that arises from late delivery";
    expect(faithfulness(input("text", value, quote)).score).toBeGreaterThan(0.5);
    expect(faithfulness(input("text", value.replace(" not", ""), quote)).score).toBeLessThan(0.5);
  });

  test("a short word is not found within another", () => {
    expect(faithfulness(input("text", "art", "a party of five")).score).toBeLessThan(0.5);
  });

  test("nothing cited supports nothing; no value needs no support", () => {
    expect(faithfulness(input("number", 5, "")).score).toBe(0);
    expect(faithfulness(input("number", null, "")).score).toBe(1);
  });

  test("the document's own text at the cited place counts more than the quote", () => {
    expect(faithfulness({ ...input("number", 5, "Total 5"), quoteText: "Total 6" }).score).toBeLessThan(0.5);
  });

  test("a quote found with differences proves a little less", () => {
    expect(faithfulness({ ...input("number", 5, ""), citations: [cite("Total 5", "fuzzy")] }).score).toBe(0.9);
    expect(faithfulness({ ...input("number", 5, ""), citations: [cite("Total 5", "normalized")] }).score).toBe(1);
  });
});

describe("correctness", () => {
  test.each<[OutputType, Json]>([
    ["text", "ACME GmbH"],
    ["number", -12.5],
    ["number", 0],
    ["date", "2024-02-29"],
    ["email", "a@example.com"],
    ["boolean", false],
    ["json", { a: 1 }],
    ["json", [1]],
    [
      "table",
      [
        { a: "1", b: null },
        { a: "2", b: "x" },
      ],
    ],
    ["line-item", [{ item: "Bolt", price: 5 }]],
  ])("%s %j has the right form", (type, value) => {
    expect(correctness(input(type, value, "x")).score).toBe(1);
  });

  test.each<[OutputType, Json]>([
    ["text", ""],
    ["text", "  "],
    ["text", 5],
    ["text", "Stra\ufffde"],
    ["text", { a: 1 }],
    ["number", "12"],
    ["number", 1e15],
    ["date", "2023-02-31"],
    ["date", "20.03.2023"],
    ["date", "1023-02-03"],
    ["date", "2190-01-01"],
    ["date", 20230320],
    ["email", "a@b"],
    ["email", "nobody"],
    ["boolean", "yes"],
    ["boolean", 1],
    ["json", "text"],
    ["json", {}],
    ["table", []],
    ["table", [["a"], ["b"]]],
    ["table", "a,b"],
    ["line-item", {}],
  ])("%s %j has not", (type, value) => {
    expect(correctness(input(type, value, "x")).score).toBeLessThan(0.5);
  });

  test("rows that miss columns or most cells score in between", () => {
    expect(correctness(input("table", [{ a: 1 }, { a: 1, b: 2 }], "x")).score).toBe(0.5);
    expect(correctness(input("table", [{ a: 1, b: null, c: null, d: null }], "x")).score).toBeGreaterThan(0.5);
    expect(correctness(input("table", [{ a: 1, b: null, c: null, d: null }], "x")).score).toBeLessThan(1);
  });

  test("what is kept as printed on request is no fault, but no typed value either", () => {
    expect(correctness({ ...input("number", "about ten", "x"), enforce: false }).score).toBe(0.6);
    expect(correctness({ ...input("number", "", "x"), enforce: false }).score).toBe(0);
    expect(correctness({ ...input("number", 10, "x"), enforce: false }).score).toBe(1);
  });

  test("no value is right where the document says none", () => {
    expect(correctness({ ...input("number", null, ""), status: "absent" }).score).toBe(1);
    expect(correctness({ ...input("number", null, ""), status: "uncertain" }).score).toBe(0);
  });
});

describe("all checks", () => {
  test("have a key of their own and a switch that the request knows", () => {
    expect(new Set(CHECKS.map((check) => check.key)).size).toBe(CHECKS.length);
    for (const { setting, key } of CHECKS) {
      expect(Object.keys(evaluationSettingsSchema.shape)).toContain(setting);
      expect(key.startsWith(setting.slice(setting.lastIndexOf("_") + 1))).toBe(true);
    }
  });

  test("score any value between 0 and 1, with a short reason that quotes nothing long", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...OUTPUT_TYPES), fc.string(), (value, type, quote) => {
        for (const { check } of CHECKS) {
          const { score, reason } = check(input(type, value as Json, quote));
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(reason.length).toBeGreaterThan(3);
          expect(reason.length).toBeLessThan(160);
        }
      }),
      { numRuns: 500 },
    );
  });
});
