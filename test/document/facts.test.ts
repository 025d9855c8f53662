import { describe, expect, test } from "vitest";
import { factsOf } from "../../lib/facts/facts.ts";
import { kindOfText, titleOf } from "../../lib/facts/kinds.ts";
import type { DocumentText } from "../../lib/schema/document.ts";
import { AGREEMENT, INVOICE_A, INVOICE_B, LETTER, makePages, type PageLines } from "./support/packet.ts";
import { read } from "./support/pdf.ts";

const documentOf = async (pages: readonly PageLines[]): Promise<DocumentText> => read(await makePages(pages));
const found = async (pages: readonly PageLines[]) => factsOf(await documentOf(pages)).documents.map(({ pages: range, kind }) => [range[0], range[1], kind]);

describe("what a document is", () => {
  test.each([
    ["Rechnung Nr. 4711\nRechnungsdatum: 3.3.2024\nGesamtbetrag 100,00 EUR inkl. MwSt.", "invoice"],
    ["Handelsrechnung (380) Nr. 471102 vom 05.06.2018\n  Bestellung:        2013-471331\n  Vertrag:     7", "invoice"],
    ["FACTURE\nNuméro de facture 12\nMontant TTC 100,00", "invoice"],
    ["Gutschrift\nzur Rechnung 4711\nRechnungsnummer 4711", "credit note"],
    ["Lieferschein\nLieferdatum 3.3.2024\nLieferadresse: Berlin", "delivery note"],
    ["PURCHASE ORDER\nPO number 77\nVendor: Contoso\nShip to: Berlin", "order"],
    ["Kontoauszug\nKontoinhaber: Max Muster\nAlter Saldo 10,00\nNeuer Saldo 20,00", "bank statement"],
    ["Corner Shop\nReceipt no. 77\nCashier: Ann\nCash tendered 10.00\nChange due 2.50", "receipt"],
    ["Jane Doe\nCurriculum vitae\nWork experience\nEducation\nSkills", "resume"],
    ["Mietvertrag\nDie Vertragsparteien vereinbaren\nKündigung\nHaftung", "contract"],
    ["Annual report\nExecutive summary\nFindings\nRecommendations", "report"],
    ["Application form\nPlease print\nDate of birth\nFor office use only", "form"],
    ["Sehr geehrte Damen und Herren,\nvielen Dank.\nMit freundlichen Grüßen\nAnlage: Plan", "letter"],
    ["請求書\n合計 1,000円", "invoice"],
    ["It was a dark night, and the invoice was the last thing on his mind.", "unknown"],
    ["", "unknown"],
  ])("%j", (text, kind) => {
    expect(kindOfText(text).kind).toBe(kind);
  });

  test("the reason names the words", () => {
    expect(kindOfText("INVOICE\nInvoice number: 7\nBill to: Contoso").reason).toBe('headed "invoice"; has "invoice number", "bill to"');
  });

  test("a label with its value is no title", () => {
    expect(titleOf("Invoice: 4711")).toBeUndefined();
    expect(titleOf("Order 4711")).toBeUndefined();
    expect(titleOf("Tax invoice")).toEqual({ kind: "invoice", title: "tax invoice", alone: true });
  });
});

describe("documents of a packet", () => {
  test("two invoices, a letter and an agreement with its exhibit", async () => {
    expect(await found([...INVOICE_A, ...INVOICE_B, ...LETTER, ...AGREEMENT])).toEqual([
      [1, 2, "invoice"],
      [3, 3, "invoice"],
      [4, 4, "letter"],
      [5, 6, "contract"],
    ]);
  });

  test("each boundary has its evidence", async () => {
    const { documents, kind, kindReason } = factsOf(await documentOf([...INVOICE_A, ...INVOICE_B, ...LETTER]));
    expect(documents.map(({ reason }) => reason.split("; ")[0])).toEqual([
      "the first page",
      'page numbering begins again ("Page 1 of 1"), another invoice number (INV-2042 after INV-2041), headed "invoice"',
      'the page before was the last of its own ("Page 1 of 1"), headed "dear mr", another letterhead',
    ]);
    expect([kind, kindReason]).toEqual(["unknown", "3 documents of different kinds"]);
  });

  test("invoices without page numbers, by their own numbers", async () => {
    const unnumbered = [...INVOICE_A, ...INVOICE_B].map((lines) => lines.filter((line) => !line.startsWith("Page")));
    expect(await found(unnumbered)).toEqual([
      [1, 2, "invoice"],
      [3, 3, "invoice"],
    ]);
    expect(factsOf(await documentOf(unnumbered)).kind).toBe("invoice");
  });

  test("a separator sheet parts, and belongs to no document", async () => {
    const plain = ["Meeting", "We met on Tuesday and talked about the new building."];
    expect(await found([plain, plain, ["Separator sheet"], plain])).toEqual([
      [1, 2, "unknown"],
      [4, 4, "unknown"],
    ]);
  });

  test.each<[string, PageLines[]]>([
    ["a blank page in the middle", [...AGREEMENT.slice(0, 1), [], ["4. Term", "The agreement ends in two years."]]],
    [
      "the same title and number at the head of each page",
      [1, 2, 3].map((page) => ["INVOICE", "Invoice number: INV-7", `Position ${page}`, `Page ${page} of 3`]),
    ],
    [
      "pages that go on in a sentence",
      [
        ["Report", "It was found that the"],
        ["contract was good.", "Order", "Invoice"],
      ],
    ],
    [
      "a form that prints page 1 on every page",
      [
        ["Table A", "Numbers of the year", "Page 1"],
        ["Table B", "Numbers of the year", "Page 1"],
      ],
    ],
  ])("%s begins no document", async (_, pages) => {
    expect(await found(pages)).toHaveLength(1);
  });

  test("a file without pages is one document", async () => {
    const document = await read(Buffer.from("Invoice\nInvoice number: 1\nInvoice date: 2024-01-01\n"), { fileName: "a.txt" });
    expect(factsOf(document).documents).toEqual([{ pages: [1, 1], kind: "invoice", reason: 'headed "invoice"; has "invoice number", "invoice date"' }]);
  });
});

describe("sections and references", () => {
  test("headings with their pages, and what refers to them", async () => {
    const { sections, references } = factsOf(await documentOf([...AGREEMENT]));
    expect(sections.map(({ heading, level, pages }) => [heading, level, pages])).toEqual([
      ["CONSULTING AGREEMENT", 2, [1, 1]],
      ["1. Services", 2, [1, 1]],
      ["2. Governing law", 2, [1, 1]],
      ["3. Fees", 2, [1, 1]],
      ["3.1 Rate", 3, [1, 1]],
      ["Exhibit A", 1, [2, 2]],
    ]);
    expect(references.map(({ words, page, section }) => [words, page, section?.heading])).toEqual([
      ["Exhibit A", 1, "Exhibit A"],
      ["Section 3.1", 1, "3.1 Rate"],
    ]);
  });

  test("headings without a number, by their size", async () => {
    const document = await documentOf([
      ["Results of the year", "The year was good. Sales went up in all regions,", "Berlin and Paris first."],
      ["Outlook", "We expect more of the same in the coming year."],
    ]);
    expect(factsOf(document).sections.map(({ heading, pages }) => [heading, pages])).toEqual([
      ["Results of the year", [1, 1]],
      ["Outlook", [2, 2]],
    ]);
  });

  test("a reference to what is not there has no section", async () => {
    const document = await read(Buffer.from("1. Terms\n\nFor the rest see Annex 7 of the old contract.\n"), { fileName: "a.txt" });
    expect(factsOf(document).references).toMatchObject([{ key: "attached:7", words: "Annex 7", section: undefined }]);
  });
});
