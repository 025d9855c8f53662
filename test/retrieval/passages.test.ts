import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countTokens } from "../../lib/document/tokens.ts";
import { MARK_TOKENS, type Passage, selectPassages } from "../../lib/retrieval/passages.ts";
import { documentOf } from "./documents.ts";

const FILLER = Array.from({ length: 40 }, (_, index) => `Clause ${index} says nothing that anybody has ever asked about at all.`);
const INVOICE = ["INVOICE                         Acme Ltd", "", "Number                          4711", "Total due                       99.50 EUR"].join(
  "\n",
);
const whole = (document: { reading: { text: string } }) => [{ range: [0, document.reading.text.length] as const, score: 1 }];

const tokensOf = (passages: readonly Passage[]) => countTokens(passages.map(({ page, text }) => `[page ${page}]\n${text}`).join("\n\n"));

describe("selectPassages", () => {
  test("a document that fits is given whole, page by page, with its columns", () => {
    const document = documentOf([INVOICE, "Second page"]);
    const passages = selectPassages({ document, hits: [], query: "total", budgetTokens: 500 });
    expect(passages.map(({ page, text }) => [page, text])).toEqual([
      [1, INVOICE],
      [2, "Second page"],
    ]);
  });

  test("otherwise the lines around what the query asks for, whole lines with label and value, though the reading order has the columns apart", () => {
    const document = documentOf([FILLER.slice(0, 20).join("\n"), INVOICE, FILLER.slice(20).join("\n")], { columns: 30 });
    const passages = selectPassages({ document, hits: whole(document), query: "What is the total due?", budgetTokens: 60 });
    const passage = passages.find(({ page }) => page === 2);
    expect(passage?.text).toContain("Total due                       99.50 EUR");
    const read = passage?.reading.map(([start, end]) => document.reading.text.slice(start, end)).join(" | ");
    expect(read).toContain("Total due");
    expect(read).toContain("99.50 EUR");
  });

  test("the lines of the hits are given, all of them when they fit, and some around them", () => {
    const document = documentOf([FILLER.join("\n")]);
    const start = document.reading.text.indexOf("Clause 7 ");
    const end = document.reading.text.indexOf("Clause 10 ");
    const select = (budgetTokens: number) =>
      selectPassages({ document, hits: [{ range: [start, end - 1], score: 1 }], query: "nothing in common", budgetTokens }).map(({ text }) => text);
    expect(select(60)).toEqual([FILLER.slice(7, 10).join("\n")]);
    expect(select(500)).toEqual([FILLER.slice(6, 12).join("\n")]);
  });

  test("a line of a file without line breaks is given by sentences", () => {
    const document = documentOf([[...FILLER, "The password is swordfish.", ...FILLER].join(" ")]);
    const passages = selectPassages({ document, hits: whole(document), query: "Which password?", budgetTokens: 40 });
    expect(passages.map(({ text }) => text).join("\n")).toContain("The password is swordfish.");
    expect(passages.map(({ text }) => text).join("\n")).not.toContain("Clause 30");
  });

  test("no budget, no passage", () => {
    expect(selectPassages({ document: documentOf([INVOICE]), hits: [], query: "total", budgetTokens: 0 })).toEqual([]);
  });

  const word = fc.constantFrom("total", "amount", "12.50", "Ünïcode", "EUR", "(a)", "日本語", "rent", "x".repeat(150), "landlord,");
  const gap = fc.constantFrom(" ", "   ", `${" ".repeat(30)}`);
  const line = fc.array(fc.tuple(gap, word), { maxLength: 8 }).map((cells) => cells.map(([before, text]) => before + text).join(""));
  const page = fc.array(line, { maxLength: 15 }).map((lines) => lines.join("\n"));

  test("within the budget, in order, exact slices of the layout, no word cut, the same each time", () => {
    fc.assert(
      fc.property(
        fc.array(page, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 400 }),
        fc.constantFrom(undefined, 30),
        (pages, budgetTokens, columns) => {
          const document = documentOf(pages, columns === undefined ? {} : { columns });
          const input = { document, hits: whole(document), query: "total rent", budgetTokens };
          const passages = selectPassages(input);
          expect(tokensOf(passages)).toBeLessThanOrEqual(budgetTokens);
          expect(selectPassages({ ...input, document: structuredClone(document) })).toEqual(passages);
          let previous = 0;
          for (const { layout, text, page: number, reading } of passages) {
            expect(layout[0]).toBeGreaterThanOrEqual(previous);
            previous = layout[1];
            expect(document.layout.text.slice(...layout)).toBe(text);
            const bounds = document.pages[number - 1]?.layout ?? [0, 0];
            expect(layout[0] >= bounds[0] && layout[1] <= bounds[1]).toBe(true);
            expect(`${document.layout.text.charAt(layout[0] - 1)}|${document.layout.text.charAt(layout[1])}`).toMatch(/^\s?\|\s?$/);
            const inLayout = text.split(/\s+/).filter((part) => part !== "");
            const inReading = reading.flatMap(([start, end]) => document.reading.text.slice(start, end).split(/\s+/));
            expect(inReading.toSorted()).toEqual(inLayout.toSorted());
          }
          const marks = pages.length * MARK_TOKENS;
          if (countTokens(document.layout.text) + marks + pages.join("\n").split("\n").length * 2 <= budgetTokens) {
            expect(passages.flatMap(({ text }) => text.split(/\s+/)).filter((part) => part !== "")).toHaveLength(document.words.length);
          }
        },
      ),
      { numRuns: 200, seed: 11 },
    );
  });
});
