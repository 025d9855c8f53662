/** A file of several documents, as a scanner's batch has them. */
import { makePdf, type Pdf } from "./pdf.ts";

/** A page as its lines; the first is large. An empty one is a blank page. */
export type PageLines = readonly string[];

/** A PDF of these pages. */
export function makePages(pages: readonly PageLines[]): Promise<Uint8Array> {
  return makePdf(
    (pdf: Pdf) => {
      for (const lines of pages) {
        pdf.addPage();
        for (const [index, line] of lines.entries()) pdf.fontSize(index === 0 ? 16 : 10).text(line, 50, 50 + index * 24, { lineBreak: false });
      }
    },
    { autoFirstPage: false },
  );
}

export const INVOICE_A: readonly PageLines[] = [
  [
    "INVOICE",
    "Northwind Ltd, accounts@northwind.example",
    "Invoice number: INV-2041",
    "Invoice date: 3 March 2024",
    "Bill to: Contoso GmbH",
    "Subtotal: 100.00",
    "Page 1 of 2",
  ],
  ["Terms", "Payment terms: thirty days from the invoice date.", "Total due: 120.00", "Page 2 of 2"],
];
export const INVOICE_B: readonly PageLines[] = [
  [
    "INVOICE",
    "Northwind Ltd, accounts@northwind.example",
    "Invoice number: INV-2042",
    "Invoice date: 9 March 2024",
    "Bill to: Fabrikam Inc",
    "Total due: 75.50",
    "Page 1 of 1",
  ],
];
export const LETTER: readonly PageLines[] = [
  ["Adventure Works", "office@adventure.example", "Dear Mr Miller,", "thank you for the parcel that reached us on Monday.", "Kind regards", "Ann Example"],
];
export const AGREEMENT: readonly PageLines[] = [
  [
    "CONSULTING AGREEMENT",
    "This agreement is between Contoso GmbH and Jane Doe (each party as named below).",
    "1. Services",
    "The consultant shall give the advice described in Exhibit A.",
    "2. Governing law",
    "German law applies. For fees see Section 3.1.",
    "3. Fees",
    "3.1 Rate",
    "The rate is 100 EUR an hour.",
  ],
  ["Exhibit A", "Statement of work", "Advice on the introduction of a new system."],
];
