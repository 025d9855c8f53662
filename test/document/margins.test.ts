import { describe, expect, it } from "vitest";
import { marginLinesOf } from "../../lib/document/margins.ts";
import { createAnalyser } from "../../lib/retrieval/words.ts";
import { makePdf, read } from "./support/pdf.ts";

describe("lines in the margins", () => {
  it("are titles and page numbers that come again, and nothing of the text", async () => {
    const document = await read(
      await makePdf((pdf) => {
        for (let page = 1; page <= 4; page++) {
          if (page > 1) pdf.addPage();
          pdf.fontSize(9).text("Northern Tool Works, annual report", 60, 30, { lineBreak: false });
          for (let line = 0; line < 40; line++)
            pdf.fontSize(10).text(`The year had months, of which number ${line} was the ${"abcdefghij"[(line + page * 3) % 10]} one.`, 60, 80 + line * 15, {
              lineBreak: false,
            });
          pdf.fontSize(9).text(`Page ${page} of 4`, 280, 745, { lineBreak: false });
        }
      }),
    );
    const lines = marginLinesOf(document).map(({ page, kind, reading }) => [page, kind, document.reading.text.slice(...reading)]);
    expect(lines).toEqual(
      [1, 2, 3, 4].flatMap((page) => [
        [page, "header", "Northern Tool Works, annual report"],
        [page, "footer", `Page ${page} of 4`],
      ]),
    );
  });

  it("are none on a single page", async () => {
    const document = await read(await makePdf((pdf) => pdf.fontSize(9).text("Annual report", 60, 30, { lineBreak: false })));
    expect(marginLinesOf(document)).toEqual([]);
  });
});

describe("words cut at the end of a line", () => {
  it("are found whole, and keep their own hyphens", () => {
    const terms = createAnalyser("en");
    expect(terms("the agree-\nment ends")).toEqual(terms("the agreement ends"));
    expect(terms("drinks of Coca-\nCola sold")).toEqual(terms("drinks of Coca-Cola sold"));
    expect(terms("pages 12-\n14")).toEqual(terms("pages 12-14"));
  });
});
