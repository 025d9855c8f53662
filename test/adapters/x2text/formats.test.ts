import { describe, expect, it } from "vitest";
import type { DocumentText } from "../../../lib/schema/document.ts";
import { deflatedZip, makeDocx, makeXlsx, paragraph, zipOf } from "../../document/support/office.ts";
import { caseFile, faults, read } from "../../document/support/pdf.ts";

const linesOf = (document: DocumentText) => document.layout.text.split("\n").map((line) => line.trimEnd());

describe("Word documents", () => {
  it("give paragraphs, and tables with their columns apart", async () => {
    const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
    const table = [
      ["Item", "Amount"],
      ["Blue paint", "12.50"],
    ].map((row) => `<w:tr>${row.map(cell).join("")}</w:tr>`);
    const body = `${paragraph("Invoice 4711 &amp; more")}<w:tbl>${table.join("")}</w:tbl>${paragraph("Thank you")}`;
    const document = await read(makeDocx(body), { fileName: "a.docx" });
    expect(document.kind).toBe("text");
    expect(linesOf(document)).toEqual(["Invoice 4711 & more", "", "Item        Amount", "Blue paint  12.50", "", "Thank you"]);
    expect(faults(document)).toEqual([]);
  });

  it("a real one with spans", async () => {
    const document = await read(await caseFile("word-tables", "input.docx"), { fileName: "input.docx" });
    expect(linesOf(document)).toEqual(expect.arrayContaining(["Header 0.0  Header 0.1  Header 0.2", "Cell 2.0    Merged Cell 2.1 2.2              Cell 2.3"]));
  });

  it("eight megabytes are read, and refused where the limit is lower", async () => {
    const body = paragraph("All work and no play makes a dull text. ".repeat(25)).repeat(8_000);
    const bytes = makeDocx(body);
    await expect(read(bytes, { fileName: "a.docx" })).rejects.toMatchObject({ code: "limit_exceeded", message: expect.stringContaining("1000000 bytes") });
    expect((await read(bytes, { fileName: "a.docx", maximumTextBytes: 20_000_000 })).layout.text.length).toBeGreaterThan(7_900_000);
  }, 60_000);
});

describe("workbooks", () => {
  it("give values, dates and what formulas had stored, and say where nothing was", async () => {
    const rows = `
      <row r="1"><c r="A1" t="inlineStr"><is><t>Day</t></is></c><c r="B1" t="inlineStr"><is><t>Sum</t></is></c></row>
      <row r="3"><c r="A3" s="1"><v>45733</v></c><c r="B3"><f>1+1</f><v>0.30000000000000004</v></c><c r="C3" t="b"><v>1</v></c></row>
      <row r="4"><c r="A4" s="1"><v>45733.5</v></c><c r="B4"><f>SUM(B3)</f></c><c r="C4" t="str"><f>A1</f></c><c r="D4" t="str"><f>X</f><v>kept</v></c></row>
      <row r="5"><c r="B5"><v>123456789012345680000</v></c><c r="C5" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`;
    const document = await read(makeXlsx({ Sheet1: rows, Empty: "" }), { fileName: "a.xlsx" });
    const stored = "(formula without a stored value)";
    expect(linesOf(document).map((line) => line.split(/ {2,}/))).toEqual([
      ["Sheet1"],
      ["Day", "Sum"],
      ["2025-03-17", "0.3", "TRUE"],
      ["2025-03-17 12:00:00", stored, stored, "kept"],
      ["", "123456789012346000000", "#DIV/0!"],
    ]);
    expect(document.origins?.cells?.slice(0, 6)).toEqual(["", "Sheet1!A1", "Sheet1!B1", "Sheet1!A3", "Sheet1!B3", "Sheet1!C3"]);
    expect(faults(document)).toEqual([]);
  });

  it("a real one with macros", async () => {
    const document = await read(await caseFile("workbook", "input.xlsm"), { fileName: "input.xlsm" });
    expect(linesOf(document)).toEqual(expect.arrayContaining(["Product   Date        Quantity  Revenue", "Widget A  2024-01-01  5         5000"]));
  });
});

describe("files of text", () => {
  it.each([
    ["a.csv", "Name;Amount\nMüller;12,50\n", "Name    Amount\nMüller  12,50"],
    ["a.html", "<p>One<p>Two", "One\n\nTwo"],
    ["page", "<!DOCTYPE html><title>T</title><p>Without an ending", "Without an ending"],
    ["nested.html", `${"<div>".repeat(500)}inside`, "inside"],
    ["a.md", "# Title\n\n| a | b |\n", "# Title\n\n| a | b |\n"],
    ["a.json", '{"amount": 12.50}', '{"amount": 12.50}'],
    ["a.txt", "<html>is shown as it is", "<html>is shown as it is"],
  ])("%s", async (fileName, content, text) => {
    const document = await read(Buffer.from(content), { fileName });
    expect(document.layout.text).toBe(text);
    expect(document.kind).toBe("text");
    expect(faults(document)).toEqual([]);
  });
});

describe("refused", () => {
  const bomb = deflatedZip("word/document.xml", Buffer.alloc(8 * 1024 * 1024));
  const tiff = Buffer.from("II*\0 and so on", "latin1");
  it.each<[string, string, Uint8Array, string]>([
    ["limit_exceeded", "bomb.docx", bomb, "zip bomb"],
    ["document_broken", "cut.docx", makeDocx(paragraph("x")).subarray(0, -30), "damaged Word document"],
    ["document_broken", "none.docx", zipOf({ "word/other.xml": "<a/>" }), "damaged Word document"],
    ["document_broken", "bad.xlsx", zipOf({ "xl/workbook.xml": "<a/>" }), "damaged Excel workbook"],
    ["document_empty", "empty.docx", makeDocx(paragraph(" ")), "holds no text"],
    ["document_empty", "empty.csv", Buffer.from("\n\n"), "holds no text"],
    ["document_mislabelled", "a.xlsx", makeDocx(paragraph("x")), "it is a Word document. Rename it to end in .docx"],
    ["document_mislabelled", "a.docx", Buffer.from("text"), "it is a text file"],
    ["document_mislabelled", "a.docx", zipOf({ "ppt/presentation.xml": "" }), "a PowerPoint presentation"],
    ["document_mislabelled", "a.png", Buffer.from("%PDF-1.7\n"), "it is a PDF. Rename it to end in .pdf"],
    ["document_mislabelled", "a.csv", makeXlsx({ S: "" }), "it is an Excel workbook"],
    ["not_supported", "scan.tiff", tiff, "a TIFF image, which can't be read. Convert it to PDF"],
    ["document_mislabelled", "scan.pdf", tiff, "a TIFF image"],
    ["not_supported", "old.doc", Buffer.from("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "latin1"), "an old Office document"],
    ["limit_exceeded", "deep.html", Buffer.from(`<html>${"<div>".repeat(40_000)}x`), "nested too deep"],
  ])("%s: %s", async (code, fileName, bytes, message) => {
    await expect(read(bytes, { fileName })).rejects.toMatchObject({ name: "PermanentError", code, message: expect.stringContaining(message) });
  });
});
