/** What prompts are understood to ask for, in whatever words. */
import { describe, expect, it } from "vitest";
import { understand } from "../../../lib/adapters/llm/local/prompt.ts";
import type { OutputType } from "../../../lib/schema/request.ts";
import { best, gridPages } from "./local-pages.ts";

describe("the concept that a prompt asks for", () => {
  const prompts: readonly (readonly [string, OutputType, string])[] = [
    ["Invoice ID", "text", "invoice-number"],
    ["Bill number", "text", "invoice-number"],
    ["Identifier of the invoice", "text", "invoice-number"],
    ["Numéro de facture ?", "text", "invoice-number"],
    ["PO no.", "text", "order-number"],
    ["On what day was this document issued?", "date", "invoice-date"],
    ["Deadline for payment", "date", "due-date"],
    ["Bis wann ist zu zahlen?", "date", "due-date"],
    ["Day of delivery", "date", "delivery-date"],
    ["Sum without VAT", "number", "net"],
    ["Total before taxes", "number", "net"],
    ["Gesamtbetrag ohne Umsatzsteuer", "number", "net"],
    ["How much VAT is charged?", "number", "tax"],
    ["Total incl. VAT", "number", "total"],
    ["Outstanding amount", "number", "amount-due"],
    ["Town where the seller is located", "text", "city"],
    ["What's the buyer's ZIP?", "text", "postcode"],
    ["Where is the shop?", "text", "address"],
    ["Who sent the bill?", "text", "name"],
    ["VAT registration of the vendor", "text", "vat-id"],
  ];
  it.each(prompts)("%s", (prompt, type, concept) => {
    expect(understand(prompt, type).concepts[0]?.concept).toBe(concept);
  });

  it("fits the type: a number is never a date, a date never an amount", () => {
    for (const { concept } of understand("What is the invoice date?", "number").concepts) expect(concept).not.toBe("invoice-date");
    for (const { concept } of understand("What is the total amount?", "date").concepts) expect(concept).not.toBe("total");
  });
});

describe("whose, which end, what is left", () => {
  it("the side", () => {
    expect(understand("Who is billed?", "text").role).toBe("buyer");
    expect(understand("Name of the issuing company", "text").role).toBe("seller");
    expect(understand("Shipping address", "text").role).toBe("ship-to");
    expect(understand("What is the contract (or invoice) number?", "text").role).toBeUndefined();
  });

  it("the end of a period", () => {
    expect(understand("From when do the ads run?", "date")).toMatchObject({ part: "start", concepts: [{ concept: "flight-start" }] });
    expect(understand("Last day of the billing period", "date")).toMatchObject({ part: "end", concepts: [{ concept: "period-end" }] });
  });

  it("the words that nothing explains", () => {
    expect(understand("What is the e-mail address for warranty claims?", "email").unexplained).toEqual(["warranty", "claim"]);
    expect(understand("What is the e-mail address of the seller?", "email").unexplained).toEqual([]);
  });

  it("the columns of a table", () => {
    expect(understand("List the line items with: name, qty, price_unit.", "line-item").columns).toEqual(["name", "qty", "price_unit"]);
    expect(understand("All item rows, columns: name and amount", "table").columns).toEqual(["name", "amount"]);
    expect(understand("List all line items.", "line-item").columns).toEqual([]);
  });
});

describe("a question for a person", () => {
  it("is answered neither by a date nor by the next label", () => {
    expect(best(gridPages("Signed for the Lessee     Signed for the Lessor"), "Who signed for the lessee?")).toBeUndefined();
    const page = gridPages("Signed for the Lessee        24 April 2025");
    expect(best(page, "Who signed for the lessee?")).toBeUndefined();
    expect(best(page, "When was it signed for the lessee?", "date")).toBe("24 April 2025");
  });
});

describe("a more specific meaning", () => {
  it("wins over one whose words are some of its own", () => {
    const concepts = (prompt: string) => understand(prompt, "number").concepts.map(({ concept }) => concept);
    expect(concepts("How much is the total with VAT?")).toEqual(["total"]);
    expect(concepts("What is the total VAT?")).toEqual(["tax"]);
  });
});
