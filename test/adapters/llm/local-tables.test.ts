/** Tables, line items, yes or no, and running text. */
import { describe, expect, it } from "vitest";
import { ask, best, gridPages, withoutBoxes } from "./local-pages.ts";

const page = gridPages(`
Pos   Beschreibung             Menge     Preis      Betrag
1     Trennblätter A4             20      9,90      198,00
      mit Register
2     Joghurt Banane              50      5,50      275,00
                              Summe                 473,00
                              zzgl. USt              56,87
`);

describe("line items", () => {
  it("are rows by the printed headings, wrapped text joined, ended by the totals", () => {
    expect(best(page, "List all line items.", "line-item")).toEqual([
      { Pos: "1", Beschreibung: "Trennblätter A4 mit Register", Menge: "20", Preis: "9,90", Betrag: "198,00" },
      { Pos: "2", Beschreibung: "Joghurt Banane", Menge: "50", Preis: "5,50", Betrag: "275,00" },
    ]);
  });

  it("take the asked names in whatever language the headings are", () => {
    expect(best(page, "List the line items with: name, qty, price_unit, price_subtotal.", "line-item")).toEqual([
      { name: "Trennblätter A4 mit Register", qty: "20", price_unit: "9,90", price_subtotal: "198,00" },
      { name: "Joghurt Banane", qty: "50", price_unit: "5,50", price_subtotal: "275,00" },
    ]);
  });

  it("take columns by their initials, and a table of which most is asked for though more is", () => {
    const stock = gridPages(`
Item              Qty    UoM     Price     Amount
Copper wire         2    m        3.00       6.00
Blue paint          4    l        5.00      20.00`);
    expect(best(stock, "List all line items with: item, qty, unit_of_measure, weight, colour, serial_number, amount.", "line-item")).toEqual([
      { item: "Copper wire", qty: "2", unit_of_measure: "m", amount: "6.00" },
      { item: "Blue paint", qty: "4", unit_of_measure: "l", amount: "20.00" },
    ]);
    expect(ask(stock, "List all line items with: item, weight, colour, serial_number, age.", "line-item")).toEqual([]);
  });

  it("cover the table in the layout view", () => {
    const [start, end] = ask(page, "List all line items.", "line-item")[0]?.range ?? [0, 0];
    const text = page.layout.text.slice(start, end);
    expect(text.startsWith("Pos")).toBe(true);
    expect(text.endsWith("275,00")).toBe(true);
  });

  it("go on under the same headings on the next page", () => {
    const heading = "Item          Qty     Price     Amount";
    const pages = gridPages(`${heading}\nApples          2      1.00       2.00`, `${heading}\nPears           3      2.00       6.00`);
    expect(best(pages, "List all line items.", "line-item")).toHaveLength(2);
  });

  it("without boxes, by the columns of the text", () => {
    expect(best(withoutBoxes(page), "List all line items.", "line-item")).toHaveLength(2);
  });

  it("are none where the columns are not those asked for, or there is no table", () => {
    expect(ask(page, "List the goals with: scorer, minute, stadium.", "table")).toEqual([]);
    expect(ask(gridPages("Dear Sir,\nthank you for your letter."), "List all line items.", "line-item")).toEqual([]);
  });
});

describe("yes or no", () => {
  it("is read beside the label or from a checked box", () => {
    expect(best(gridPages("Smoker:  No        Insured:  Yes"), "Is the patient a smoker?", "boolean")).toBe("No");
    expect(best(gridPages("[x] Express delivery      [ ] Gift wrapping"), "Express delivery?", "boolean")).toBe("yes");
    expect(best(gridPages("☒ Express delivery      ☐ Gift wrapping"), "Gift wrapping?", "boolean")).toBe("no");
  });

  it("is not guessed", () => {
    expect(ask(gridPages("Smoker:  sometimes"), "Is the patient a smoker?", "boolean")).toEqual([]);
    expect(ask(gridPages("The insured may ask for express delivery."), "Is express delivery wanted?", "boolean")).toEqual([]);
  });
});

describe("running text", () => {
  const contract = gridPages(`
This Agreement is entered into as of March 3, 2021 between the parties.
Confidential information must be returned within ten days after termination.
This Agreement shall be governed by and construed in accordance with the
laws of the State of Delaware, without regard to conflicts of law.
`);

  it("what a defining phrase introduces", () => {
    expect(best(contract, "Which state's law governs the agreement?")).toBe("State of Delaware");
    expect(best(contract, "What is the effective date of the agreement?", "date")).toBe("March 3, 2021");
  });

  it("what stands before a defined term, and the only value of a sentence", () => {
    const services = gridPages(`
This Services Agreement is made as of 1 June 2023 (the "Start Date") by and between
Blue Lake Software Ltd., a company registered in England ("Provider"), and
Marlow Retail plc ("Customer").

Customer shall pay a monthly fee of GBP 4,500 to the bank account of Provider.
`);
    expect(best(services, "Who is the provider?")).toBe("Blue Lake Software Ltd.");
    expect(best(services, "Who is the customer?")).toBe("Marlow Retail plc");
    expect(best(services, "What is the start date?", "date")).toBe("1 June 2023");
    expect(best(services, "What is the monthly fee?", "number")).toBe("GBP 4,500");
    expect(ask(services, "Who is the guarantor?")).toEqual([]);
    expect(ask(services, "What is the late fee?", "number")).toEqual([]);
  });

  it.each([
    ["By and among First Bank, N.A., as agent for the Banks, 3C Company (the “Borrower”) and the Banks.", "Who is the borrower?", "3C Company"],
    ["In connection with his announced departure from Blue Lake Data, Inc. (the “Company”) he agrees.", "What is the company?", "Blue Lake Data, Inc."],
    ["Lease between Marlow Retail plc, 12 High Street, London (the “Tenant”) and others.", "Who is the tenant?", "Marlow Retail plc"],
    [
      "Tidewell plc, whose registered office is at 3 Saltmarsh Road (the “Client”).\n1.2   Brackenridge Ltd, whose registered office is at 40 Loom Street (the “Consultant”).",
      "Who is the consultant?",
      "Brackenridge Ltd",
    ],
  ])("the name before a defined term, not what it is named beside: %s", (text, question, name) => {
    expect(best(gridPages(text), question)).toBe(name);
  });

  it("the name before its part in a contract", () => {
    const cover = gridPages(`
                 Credit Agreement
           Dated as of November 15, 2019
                       Among
                    3C COMPANY
                    as Borrower,
              FIRST LAKE BANK, N.A.,
             as Administrative Agent,
           SECOND TRUST SECURITIES INC.,
                as Lead Arranger
The Bank serves,
as Custodian, at will.`);
    expect(best(cover, "Who is the borrower?")).toBe("3C COMPANY");
    expect(best(cover, "Who is the administrative agent?")).toBe("FIRST LAKE BANK, N.A.");
    expect(best(cover, "Who is the lead arranger?")).toBe("SECOND TRUST SECURITIES INC.");
    expect(ask(cover, "Who is the custodian?").filter(({ reason }) => reason.includes("part"))).toEqual([]);
  });

  it("a defined term that only begins like a word of the question says little", () => {
    const [reading] = ask(gridPages("By First Bank plc (the “Borrower”) and others."), "borrowing request", "text");
    expect(reading?.confidence ?? 0).toBeLessThan(0.6);
  });

  it("the sentence that has the question's words", () => {
    expect(best(contract, "When must confidential information be returned?")).toBe(
      "Confidential information must be returned within ten days after termination.",
    );
    expect(ask(contract, "When must the leased vehicles be inspected?")).toEqual([]);
  });
});

describe("the end of a table", () => {
  const head = `
Date         Description        Paid out     Balance
02 Jun 2025  Card payment         312.40    8,100.20
03 Jun 2025  Account fee           12.50    8,087.70`;
  const last = { Date: "03 Jun 2025", Description: "Account fee", "Paid out": "12.50", Balance: "8,087.70" };
  const lastRow = (document: ReturnType<typeof gridPages>) => {
    const rows = best(document, "List all transactions in the table with date, description and balance.", "table");
    return Array.isArray(rows) ? rows.at(-1) : undefined;
  };
  const expected = { date: last.Date, description: last.Description, balance: last.Balance };

  it.each([
    ["a label under a column of dates", `${head}\nOverdraft    No`],
    ["text after a gap", `${head}\n\n             See overleaf`],
    ["a sentence across the columns", `${head}\nPlease check every entry and tell us within 60 days if one is wrong.`],
    ["labels after a gap, then a sentence", `${head}\n\nOverdraft    No      Deposit protection     Yes\n\nPlease check every entry.`],
  ])("is before %s", (_, text) => {
    expect(lastRow(gridPages(text))).toEqual(expected);
    expect(lastRow(withoutBoxes(gridPages(text)))).toEqual(expected);
  });

  it("is after text that wraps in its column", () => {
    const wrapped = { ...expected, description: "Account fee for June" };
    expect(lastRow(gridPages(`${head}\n             for June`))).toEqual(wrapped);
    expect(lastRow(gridPages(`${head}\n             for June\n\nOverdraft    No`))).toEqual(wrapped);
  });
});

describe("tables whose headings nobody knows", () => {
  it("are found by their places", () => {
    const ships = gridPages(`
The fleet of the northern harbour is listed below.


Vessel        Keel        Crew
Anna          oak         12
Berta         iron        34
Clara         oak         5
`);
    expect(best(ships, "Which vessels does the fleet have? Give the table.", "table")).toEqual([
      { Vessel: "Anna", Keel: "oak", Crew: "12" },
      { Vessel: "Berta", Keel: "iron", Crew: "34" },
      { Vessel: "Clara", Keel: "oak", Crew: "5" },
    ]);
    expect(ask(ships, "List all line items.", "line-item")).toEqual([]);
  });
});
