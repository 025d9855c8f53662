import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { citeRange, locate } from "../../lib/document/locate.ts";
import { plainDocument } from "../../lib/document/plain.ts";
import { makePdf, read } from "./support/pdf.ts";

const contract = plainDocument(
  [
    "Agreement between “Muster & Söhne GmbH” and the tenant – signed on 3 May 2021.",
    "The monthly rent of EUR 1.250,00 is due on the first work-",
    "ing day of each month; the ﬁnal payment is EUR 99,00.",
    "Invoice INV-2021-117 was paid. Invoice INV-2021-118 was not.",
    "The deposit is 1 250,00 and the fee is 12,00.",
  ].join("\n"),
  "test",
);

describe("locate", () => {
  it.each([
    ["signed on 3 May 2021", "exact", "signed on 3 May 2021"],
    ["INVOICE inv-2021-118", "normalized", "Invoice INV-2021-118"],
    ['"Muster & Söhne GmbH"', "normalized", "“Muster & Söhne GmbH”"],
    ["the tenant - signed", "normalized", "the tenant – signed"],
    ["first   working\nday", "normalized", "first work- ing day"],
    ["the final payment", "normalized", "the ﬁnal payment"],
    ["deposit is 1250,00", "normalized", "deposit is 1 250,00"],
    ["The montly rent of EUR 1.250,00 falls due on the first working day", "fuzzy", "The monthly rent of EUR 1.250,00 is due on the first work- ing day"],
  ])("finds %j", (quote, match, found) => {
    const citation = locate(contract, quote);
    expect(citation).toMatchObject({ match, quote: found, boxes: [] });
    const [start, end] = citation?.range ?? [0, 0];
    expect(contract.reading.text.slice(start, end).replace(/\s+/g, " ")).toBe(found);
  });

  it.each([
    "INV-2021-11",
    "INV-2021-119",
    "EUR 1.251,00",
    "The monthly rent of EUR 1.350,00 is due on the first working day",
    "the fee is 2,00",
    "and the fee is -12,00 and nothing else",
    "eposit is",
    "a sentence that this contract does not have at all",
    "",
    "   ",
  ])("does not find %j", (quote) => {
    expect(locate(contract, quote)).toBeUndefined();
  });

  it("finds a quote with omissions by its parts, in order", () => {
    expect(locate(contract, "The monthly rent of EUR 1.250,00 ... the final payment is EUR 99,00")).toMatchObject({
      match: "normalized",
      quote: "The monthly rent of EUR 1.250,00 ... the ﬁnal payment is EUR 99,00",
      range: [contract.reading.text.indexOf("The monthly"), contract.reading.text.indexOf("99,00") + 5],
    });
    expect(locate(contract, "the final payment is EUR 99,00 … The monthly rent of EUR 1.250,00")).toBeUndefined();
    expect(locate(contract, "The monthly rent ... EUR 98,00")).toBeUndefined();
  });

  it("takes the occurrence nearest to where it is expected", () => {
    const document = plainDocument(`${"filler ".repeat(50)}total 12,00 ${"filler ".repeat(50)}total 12,00 ${"filler ".repeat(50)}`, "test");
    const second = document.reading.text.lastIndexOf("total");
    expect(locate(document, "total 12,00")?.range?.[0]).toBe(document.reading.text.indexOf("total"));
    expect(locate(document, "total 12,00", { near: { view: "layout", range: [second - 3, second + 3] } })?.range?.[0]).toBe(second);
    expect(locate(document, "TOTAL 12,00", { near: { view: "layout", range: [second - 3, second + 3] } })?.range?.[0]).toBe(second);
  });

  it("falls back to the value only where it can't be mistaken", () => {
    expect(locate(contract, "words the model made up", { value: "INV-2021-118" })).toMatchObject({ quote: "INV-2021-118" });
    expect(locate(contract, "words the model made up", { value: "Invoice" })).toBeUndefined();
    expect(locate(contract, "words the model made up", { value: "INV-2021-119" })).toBeUndefined();
  });

  it("cites page and boxes, also across columns of the layout", async () => {
    const document = await read(
      await makePdf((pdf) => {
        pdf.fontSize(11).text("first page", 60, 60);
        pdf.addPage().text("Grand total", 60, 100, { lineBreak: false }).text("5,738", 400, 100, { lineBreak: false });
      }),
    );
    const citation = locate(document, "Grand total          5,738");
    expect(citation).toMatchObject({ page: 2, quote: "Grand total 5,738" });
    expect(citation?.boxes).toHaveLength(2);
    expect(citation?.boxes.every((box) => box.page === 2)).toBe(true);
    const start = document.layout.text.indexOf("5,738");
    expect(citeRange(document, "layout", [start - 2, start + 6])).toMatchObject({ page: 2, quote: "5,738", match: "exact", boxes: [citation?.boxes[1]] });
  });

  it("finds every run of whole words, as it stands and in other case and spacing", () => {
    const words = contract.reading.text.match(/\S+/g) ?? [];
    fc.assert(
      fc.property(fc.nat(words.length - 1), fc.integer({ min: 1, max: 12 }), (from, count) => {
        const quote = words.slice(from, from + count).join("  ");
        if (!/[\p{L}\p{N}]/u.test(quote)) return;
        for (const wanted of [quote, quote.toUpperCase()]) {
          const found = locate(contract, wanted)?.quote ?? "";
          expect(found.toLowerCase().replace(/[\s-]+/g, "")).toBe(quote.toLowerCase().replace(/[\s-]+/g, ""));
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it("never takes one number for another", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 6, maxLength: 40 }), fc.integer({ min: 0, max: 99 }), (numbers, wanted) => {
        const document = plainDocument(numbers.map((number) => `the amount of item number ${number} euros`).join("\n"), "test");
        const citation = locate(document, `the amount of item numbr ${wanted} euros`);
        expect(citation === undefined).toBe(!numbers.includes(wanted));
        if (citation) expect(citation.quote).toContain(` ${wanted} `);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
