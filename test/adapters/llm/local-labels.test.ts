/** Labels and where their values stand. */
import { describe, expect, it } from "vitest";
import { ask, best, gridPages } from "./local-pages.ts";

describe("a value right of its label", () => {
  it("after a colon in the same cell, up to the next label", () => {
    const page = gridPages("DATE: 04/12/2017 TIME: 16:15   CASHIER: MAYA");
    expect(best(page, "What is the invoice date?", "date")).toBe("04/12/2017");
    expect(best(page, "Who was the cashier?")).toBe("MAYA");
  });

  it("without a blank after the colon, and after number signs", () => {
    expect(best(gridPages("Kundennummer:4711"), "What is the customer number?")).toBe("4711");
    expect(best(gridPages("Invoice#20417"), "What is the invoice number?")).toBe("20417");
    expect(best(gridPages("Facture n°562044387 du 02 Juillet 2015"), "What is the invoice number?")).toBe("562044387");
  });

  it("in the next cell of its row, not in a farther one", () => {
    const page = gridPages("Order number     A-1001        Customer number     C-7");
    expect(best(page, "What is the order number?")).toBe("A-1001");
    expect(best(page, "What is the customer number?")).toBe("C-7");
  });

  it("an empty label takes nothing from its neighbour", () => {
    expect(ask(gridPages("Deal #:            Order flight:   12/30/19 - 03/29/20"), "What is the deal number?")).toEqual([]);
  });
});

describe("a value below its label", () => {
  it("in its column", () => {
    const page = gridPages(`
Your reference        Due date             Payment terms
X-9                   March 3, 2026        30 days
`);
    expect(best(page, "When is the payment due?", "date")).toBe("March 3, 2026");
  });

  it("rather than the heading of the next column", () => {
    const page = gridPages(`
Advertiser                 Original Date / Revision
Harbour Coffee             04/29/20  /  04/29/20
`);
    expect(best(page, "Who is the advertiser?")).toBe("Harbour Coffee");
  });

  it("where the column of a heading meets the row of totals", () => {
    const page = gridPages(`
Month          Spots      Gross amount      Net amount
February          21         $7,495.00       $6,370.75
March              9         $2,295.00       $1,950.75
Totals            30         $9,790.00       $8,321.50
`);
    expect(best(page, "What is the total gross amount?", "number")).toBe("$9,790.00");
    expect(best(page, "What is the net amount?", "number")).toBe("$8,321.50");
  });
});

describe("which label", () => {
  it("a label inside a longer one does not count", () => {
    const page = gridPages(`
Total GST        2.70
Total           47.70
`);
    expect(best(page, "What is the total amount?", "number")).toBe("47.70");
    expect(best(page, "How much tax is it?", "number")).toBe("2.70");
  });

  it("the question's own words find labels that no lexicon knows", () => {
    const page = gridPages(`
Wingspan:            17.4 m
Boiling point:       96.5
Harvest supervisor:  Ines Duarte
`);
    expect(best(page, "Who is the harvest supervisor?")).toBe("Ines Duarte");
    expect(best(page, "What is the boiling point?", "number")).toBe("96.5");
    expect(ask(page, "What is the melting point?", "number")).toEqual([]);
  });

  it("words of the question that the document does not have weigh against an answer", () => {
    const page = gridPages("E-mail: shop@example.org");
    expect(best(page, "What is the e-mail address?", "email")).toBe("shop@example.org");
    expect(ask(page, "What is the e-mail address for warranty claims?", "email")).toEqual([]);
  });

  it("two rival values are less sure than one", () => {
    const one = ask(gridPages("Order no: 555123"), "What is the order number?")[0]?.confidence ?? 0;
    const two = ask(gridPages("Order no: 555123\n\nOrder no: 555999"), "What is the order number?")[0]?.confidence ?? 1;
    expect(one).toBeGreaterThan(two);
  });
});

describe("dates", () => {
  const page = gridPages("Order flight   12/30/19 - 03/29/20");

  it("take the asked end of a period", () => {
    expect(best(page, "What is the start date of the flight?", "date")).toBe("12/30/19");
    expect(best(page, "What is the end date of the flight?", "date")).toBe("03/29/20");
  });

  it("a period without a first year gets the year of its end", () => {
    expect(best(gridPages("Billing period: July 1 - July 31, 2014"), "When does the billing period start?", "date")).toBe("July 1, 2014");
  });

  it("a date for early payment is not the due date", () => {
    const terms = gridPages("Zahlbar bis 15.03.2018 mit 3% Skonto, netto bis 04.04.2018");
    expect(best(terms, "What is the payment due date?", "date")).toBe("04.04.2018");
  });

  it("number and date in the title", () => {
    const title = gridPages("Handelsrechnung (380) Nr. 471102 vom 05.03.2018");
    expect(best(title, "What is the invoice number?")).toBe("471102");
    expect(best(title, "What is the invoice date?", "date")).toBe("05.03.2018");
  });

  it("a lone date without a label is the document's, with little confidence", () => {
    const reading = ask(gridPages("CORNER SHOP\n21/01/2018   15:46\nMILK   2.10"), "What is the date of the receipt?", "date")[0];
    expect(reading?.raw).toBe("21/01/2018");
    expect(reading?.confidence).toBeLessThan(0.75);
  });
});

describe("numbers and codes", () => {
  it("percentages, times, phone numbers and codes are no amounts", () => {
    expect(best(gridPages("VAT 19%      63,84 €"), "How much tax is it?", "number")).toBe("63,84 €");
    expect(ask(gridPages("Total: 12:45"), "What is the total amount?", "number")).toEqual([]);
    expect(ask(gridPages("Total: TX-471102"), "What is the total amount?", "number")).toEqual([]);
  });

  it("a discount of zero is no discount", () => {
    expect(best(gridPages("Discount:  5.00"), "What is the amount of the discount?", "number")).toBe("5.00");
    expect(ask(gridPages("Discount:  0.00"), "What is the amount of the discount?", "number")).toEqual([]);
  });

  it("an IBAN is known by its form, a code that only starts like one is not", () => {
    expect(best(gridPages("Please pay to DE12 1234 5678 9012 3456 78 soon"), "What is the IBAN of the supplier?")).toBe("DE12 1234 5678 9012 3456 78");
    expect(ask(gridPages("Tape  TS20TV1937AH"), "What is the IBAN of the supplier?")).toEqual([]);
  });
});

describe("money in and money out", () => {
  const labels = gridPages(`
Opening balance      8,412.60      Total paid in       11,813.75
Closing balance      9,821.09      Total paid out      10,405.26
`);
  const row = gridPages(`
Date         Description       Paid out     Paid in      Balance
02 Jun 2025  Card payment        312.40                 8,100.20
03 Jun 2025  Transfer                      1,860.00     9,960.20
Totals                           312.40    1,860.00
`);
  it.each([
    ["What is the total paid in?", "11,813.75", "1,860.00"],
    ["What is the total paid out?", "10,405.26", "312.40"],
    ["How much money came in?", "11,813.75", "1,860.00"],
    ["What is the sum of all debits?", "10,405.26", "312.40"],
    ["Total credits", "11,813.75", "1,860.00"],
  ])("%s", (prompt, fromLabels, fromRow) => {
    expect(best(labels, prompt, "number")).toBe(fromLabels);
    expect(best(row, prompt, "number")).toBe(fromRow);
  });

  it("is not what the first row of a table without totals says", () => {
    expect(best(gridPages(row.layout.text.split("\n").slice(0, 3).join("\n")), "What is the total paid in?", "number")).toBeUndefined();
  });

  it("decides between labels of other words", () => {
    const german = gridPages("Summe Gutschriften        900,00\nSumme Belastungen         450,00");
    expect(best(german, "Wie hoch ist die Summe der Belastungen?", "number")).toBe("450,00");
    expect(best(german, "Wie hoch ist die Summe der Gutschriften?", "number")).toBe("900,00");
  });
});

describe("an IBAN over two lines", () => {
  it("is joined to its country's length", () => {
    const page = gridPages("Payment to:\nIBAN: DE89 3704 0044\n      0532 0130 00\nThank you.");
    expect(best(page, "What is the IBAN?")).toBe("DE89 3704 0044 0532 0130 00");
    const columns = gridPages("Bank   DE89 3704 0044 0532      Phone  0431 555 01\n       0130 00                  Fax    0431 555 02");
    expect(best(columns, "What is the IBAN?")).toBe("DE89 3704 0044 0532 0130 00");
  });

  it("is not made of what else stands below", () => {
    const page = gridPages("IBAN: DE89 3704 0044\n      0532 0130 00 77\nThank you.");
    expect(best(page, "What is the IBAN?")).not.toBe("DE89 3704 0044 0532 0130 00");
  });
});
