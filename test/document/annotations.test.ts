import { expect, it } from "vitest";
import { faults, makePdf, type Pdf, read } from "./support/pdf.ts";

/** pdfkit writes a text as a name, and only a String object as a text. */
const annotate = (pdf: Pdf, kind: string, contents: string) =>
  pdf.annotate(100, 300, 200, 20, Object.fromEntries([["Subtype", kind] as const, ["Contents", Object(contents)] as const]));

it("a text box that a reader put onto a page is read, where it stands, and a closed note isn't", async () => {
  const bytes = await makePdf((pdf) => {
    pdf.fontSize(12).text("Invoice 7", 100, 100);
    annotate(pdf, "FreeText", "Paid on 3 May");
    annotate(pdf, "Text", "remember to call");
  });
  const document = await read(bytes);
  expect(document.reading.text.split(/\s+/)).toEqual(["Invoice", "7", "Paid", "on", "3", "May"]);
  const paid = document.words.find(({ text }) => text === "Paid");
  expect(paid?.box?.top).toBeCloseTo(300 / 800, 1);
  expect(faults(document)).toEqual([]);
});

it("what the page prints there already isn't read twice", async () => {
  const bytes = await makePdf((pdf) => {
    pdf.fontSize(12).text("Paid on 3 May", 102, 304);
    annotate(pdf, "FreeText", "Paid on 3 May");
  });
  expect((await read(bytes)).words.map(({ text }) => text)).toEqual(["Paid", "on", "3", "May"]);
});
