/** What the local extractor promises whatever the document: readings best first, at their place, deterministic, none where nothing is known. */
import { describe, expect, it } from "vitest";
import { createLocalExtractor } from "../../../lib/adapters/llm/local.ts";
import { OUTPUT_TYPES } from "../../../lib/schema/request.ts";
import { ask, best, gridPages, withoutBoxes } from "./local-pages.ts";

const invoice = gridPages(`
Northwind Traders Ltd                            INVOICE
12 Harbour Street
Bristol BS1 4QA                                  Invoice No:      NW-20417
                                                 Invoice date:    4 March 2024
Bill to:                                         Payment due:     3 April 2024
Aurora Bakery Inc.
77 Mill Road
Springfield, IL 62701

Description                Qty      Unit price      Amount
Flour, 25 kg                 4           18.50       74.00
Yeast, fresh                10            1.20       12.00

                                    Net total        86.00
                                    VAT 20%          17.20
                                    Total           103.20
`);

describe("an ordinary invoice", () => {
  it.each([
    ["What is the invoice number?", "text", "NW-20417"],
    ["What is the invoice date?", "date", "4 March 2024"],
    ["When is payment due?", "date", "3 April 2024"],
    ["Who is the buyer?", "text", "Aurora Bakery Inc."],
    ["What is the city of the buyer?", "text", "Springfield"],
    ["What is the postal code of the customer?", "text", "62701"],
    ["What is the total before tax?", "number", "86.00"],
    ["What is the total amount including tax?", "number", "103.20"],
    ["Wie lautet die Rechnungsnummer?", "text", "NW-20417"],
    ["Quelle est la date de la facture ?", "date", "4 March 2024"],
    ["¿Cuál es el importe total?", "number", "103.20"],
    ["Qual è il totale senza IVA?", "number", "86.00"],
    ["Wat is het factuurnummer?", "text", "NW-20417"],
  ] as const)("%s", (prompt, type, expected) => {
    expect(best(invoice, prompt, type)).toBe(expected);
  });

  it.each([
    ["What is the IBAN of the supplier?", "text"],
    ["What is the e-mail address of the seller?", "email"],
    ["What is the cost of shipping?", "number"],
    ["What is the purchase order number?", "text"],
    ["Who supervised the thesis?", "text"],
    ["What is the maximum take-off weight of the aircraft?", "number"],
    ["On which date does the lease of the apartment end?", "date"],
    ["Was the patient vaccinated?", "boolean"],
    ["Which law governs the agreement?", "text"],
    ["Describe the seller as JSON", "json"],
    ["List the members of the board with: name, party.", "table"],
  ] as const)("says nothing where the document says nothing: %s", (prompt, type) => {
    expect(ask(invoice, prompt, type)).toEqual([]);
  });

  it("gives each value at its place in the layout view", () => {
    for (const prompt of ["What is the invoice number?", "Who is the buyer?"])
      for (const reading of ask(invoice, prompt)) expect(invoice.layout.text.slice(...reading.range)).toBe(reading.raw);
  });

  it("gives readings best first, with a confidence of 0 to 1 and a reason", () => {
    for (const type of ["text", "number", "date"] as const) {
      const readings = ask(invoice, "What is the total amount?", type);
      const confidences = readings.map((reading) => reading.confidence);
      expect(confidences).toEqual([...confidences].sort((left, right) => right - left));
      for (const reading of readings) {
        expect(reading.confidence).toBeGreaterThan(0);
        expect(reading.confidence).toBeLessThanOrEqual(1);
        expect(reading.reason).not.toBe("");
      }
    }
  });

  it("reads the same from text without boxes", () => {
    const plain = withoutBoxes(invoice);
    expect(best(plain, "What is the invoice number?")).toBe("NW-20417");
    expect(best(plain, "What is the total amount including tax?", "number")).toBe("103.20");
  });

  it("answers the same whichever questions came before, and from a fresh document object", () => {
    const other = createLocalExtractor();
    const question = { prompt: "What is the invoice date?", type: "date" as const, focus: [] };
    const first = other.extract({ ...question, document: invoice });
    other.extract({ prompt: "Who is the seller?", type: "text", document: invoice, focus: [] });
    expect(other.extract({ ...question, document: invoice })).toEqual(first);
    expect(other.extract({ ...question, document: structuredClone(invoice) })).toEqual(first);
  });
});

describe("strange input", () => {
  it("answers an empty document with nothing", () => {
    const empty = gridPages("");
    for (const type of OUTPUT_TYPES) expect(ask(empty, "What is the invoice number?", type)).toEqual([]);
  });

  it("answers an empty or endless prompt with nothing", () => {
    expect(ask(invoice, "?")).toEqual([]);
    expect(ask(invoice, "zzz ".repeat(5000))).toEqual([]);
  });

  it("gets through long runs of one character", () => {
    for (const run of [
      "1".repeat(20_000),
      "1.".repeat(10_000),
      "A".repeat(20_000),
      "- ".repeat(10_000),
      "a@".repeat(10_000),
      "1 234 ".repeat(4000),
      ": ".repeat(8000),
    ])
      for (const type of OUTPUT_TYPES) expect(Array.isArray(ask(gridPages(`Total: ${run}`), "What is the total amount?", type))).toBe(true);
  });
});
