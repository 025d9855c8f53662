/** Sellers, buyers and their addresses. */
import { describe, expect, it } from "vitest";
import { ask, best, gridPages } from "./local-pages.ts";

const letter = gridPages(`
                                                       Muster Druck GmbH
                                                       Ecke 12
Muster Druck GmbH · Ecke 12 · 12345 Stadthausen        12345 Stadthausen
                                                       Tel. (0123) 4567
Theodor Est                                            info@muster.example
Bahnstr. 42
88802 Spielkreis

Rechnung Nr. 17 vom 03.04.2023
Gesamtbetrag            20,00 EUR

USt-IdNr: DE136695976
Ihre USt-IdNr: DE987654321
`);

describe("a letter with an address window", () => {
  it.each([
    ["What is the name of the seller?", "Muster Druck GmbH"],
    ["What is the postal code of the seller?", "12345"],
    ["In which city is the supplier?", "Stadthausen"],
    ["What is the name of the buyer?", "Theodor Est"],
    ["What is the postal code of the buyer?", "88802"],
    ["Wie lautet die Stadt des Käufers?", "Spielkreis"],
    ["What is the VAT identification number of the seller?", "DE136695976"],
    ["What is the VAT identification number of the buyer?", "DE987654321"],
  ])("%s", (prompt, expected) => {
    expect(best(letter, prompt)).toBe(expected);
  });

  it("a side without address has none", () => {
    expect(ask(gridPages("Invoice no: 17\nTotal 20.00"), "What is the city of the buyer?")).toEqual([]);
  });
});

describe("a form with headings for the sides", () => {
  const form = gridPages(`
Verkäufer
Nummer:            549910
Name:              Lieferant GmbH
Anschrift:         Lieferantenstraße 20
                   DE 80333 München

Käufer
Nummer:            GE2020211
Name:              Kunden AG Mitte
Anschrift:         Kundenstraße 15
                   DE 69876 Frankfurt
`);

  it.each([
    ["What is the name of the seller?", "Lieferant GmbH"],
    ["What is the city of the seller?", "München"],
    ["What is the name of the buyer?", "Kunden AG Mitte"],
    ["What is the street address of the buyer?", "Kundenstraße 15"],
    ["What is the postal code of the buyer?", "69876"],
  ])("%s", (prompt, expected) => {
    expect(best(form, prompt)).toBe(expected);
  });
});

describe("a receipt", () => {
  const receipt = gridPages(`
HARBOUR HARDWARE SDN BHD (81109-A)
NO 290, JALAN AIR PANAS,
SETAPAK,
53200, KUALA LUMPUR
TEL : 03-40210276
`);

  it("starts with the seller's name, without its register number, and address", () => {
    expect(best(receipt, "What is the name of the company that issued the receipt?")).toBe("HARBOUR HARDWARE SDN BHD");
    expect(best(receipt, "What is the address of the store?")).toBe("NO 290, JALAN AIR PANAS, SETAPAK, 53200, KUALA LUMPUR");
  });
});
