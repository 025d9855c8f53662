/** Questions that hold earlier answers: whose value is asked for, and what their words don't count against. */
import { describe, expect, it } from "vitest";
import { withoutGiven } from "../../../lib/adapters/llm/local/given.ts";
import { ask, best, gridPages } from "./local-pages.ts";

const invoice = gridPages(`
From                                  Bill to
Quarry Lane Optics Ltd                Pellham Observatory Trust
4 Quarry Lane                         81 Beacon Hill
Bristol BS1 4QA                       Leeds LS1 3AB
VAT number: GB 123 4567 82            Email: accounts@pellham.example.org

Invoice number      QL-3108
Due date            13 April 2025

Total                                 480.00

IBAN                GB33 BUKB 2020 1555 5555 55
Questions? Write to billing@quarrylane.example.com
`);
const seller = "Quarry Lane Optics Ltd";
const customer = "Pellham Observatory Trust";

describe("a prompt with earlier answers in it", () => {
  it.each([
    [`What is the IBAN of ${seller}, for the payment of invoice QL-3108?`, "text", [seller, "QL-3108"], "GB33 BUKB 2020 1555 5555 55"],
    [`What is the email address of ${customer}?`, "email", [customer], "accounts@pellham.example.org"],
    [`What is the email address of ${seller}?`, "email", [seller], "billing@quarrylane.example.com"],
    [`In which city is ${customer} located?`, "text", [customer], "Leeds"],
    [`What is the postal code of ${seller}?`, "text", [seller], "BS1 4QA"],
    [`When must ${customer} pay invoice QL-3108?`, "date", [customer, "QL-3108"], "13 April 2025"],
  ] as const)("%s", (prompt, type, given, expected) => {
    expect(best(invoice, prompt, type, given)).toBe(expected);
  });

  it.each([
    [`What is the VAT number of ${customer}?`, [customer]],
    [`What is the phone number of ${seller}?`, [seller]],
    [`What is the parcel tracking number for ${customer}?`, [customer]],
    // What stands in for a value that was not found is no given text.
    ["What is the IBAN of not found?", []],
  ] as const)("without an answer in the document: %s", (prompt, given) => {
    expect(best(invoice, prompt, "text", given)).toBeUndefined();
  });

  it("takes an address from the row whose label names the side", () => {
    const contract = gridPages(`
Agreement number       C-17
Client                 Alder Foods plc
Consultant             Birch Analytics Ltd
Monthly fee            GBP 7,250.00
Client contact         Orla Quint, orla@alder.example.com
`);
    expect(best(contract, "What is the email address of Alder Foods plc?", "email", ["Alder Foods plc"])).toBe("orla@alder.example.com");
    expect(best(contract, "What is the email address of Birch Analytics Ltd?", "email", ["Birch Analytics Ltd"])).toBeUndefined();
    const fee = "What is the monthly fee that Alder Foods plc pays to Birch Analytics Ltd?";
    expect(best(contract, fee, "number", ["Alder Foods plc", "Birch Analytics Ltd"])).toBe("GBP 7,250.00");
  });

  it("prefers, of equal values, the one near the given text", () => {
    const lines = Array.from({ length: 12 }, (_, index) => `Remark ${index + 1}: the vessel was cleaned and tested again.`).join("\n");
    const reports = gridPages(`Report             R-101\nBoiler pressure:   6.20\n${lines}\nReport             R-102\nBoiler pressure:   7.40`);
    expect(best(reports, "What is the boiler pressure in R-102?", "number", ["R-102"])).toBe("7.40");
    expect(best(reports, "What is the boiler pressure in R-101?", "number", ["R-101"])).toBe("6.20");
  });

  it("hardly answers with the given text itself", () => {
    const other = ask(invoice, `Who signed for ${customer}?`, "text", [customer]);
    expect(other.map(({ raw }) => raw)).not.toContain(customer);
  });
});

describe("withoutGiven", () => {
  it("takes whole words out, the longest text first", () => {
    expect(withoutGiven("Fee of Alder Foods plc and Alder", ["Alder", "Alder Foods plc"]).replace(/[\s,]+/g, " ")).toBe("Fee of and ");
    expect(withoutGiven("Pages of report 7 in 1977", ["7"])).toContain("1977");
  });

  it("leaves a prompt that is nothing else", () => {
    expect(withoutGiven("What is the VAT number?", ["VAT number"])).toBe("What is the VAT number?");
    expect(withoutGiven("What is the total?", [""])).toBe("What is the total?");
  });
});
