import PDFDocument from "pdfkit";
import { describe, expect, it } from "vitest";
import type { PageRenderer } from "../../lib/report/page-images.ts";
import { renderReport } from "../../lib/report/report.ts";
import { citation, encodePng, noise, output, pagedDocument, runResult } from "./support.ts";

const MAXIMUM_BYTES = 8_000_000;

/** A PDF of lines of text. */
async function makePdf(pages: number): Promise<Uint8Array> {
  const pdf = new PDFDocument({ size: "A4", autoFirstPage: false });
  const parts: Uint8Array[] = [];
  pdf.on("data", (part: Uint8Array) => parts.push(part));
  const ended = new Promise<void>((resolve) => pdf.on("end", () => resolve()));
  for (let page = 1; page <= pages; page++) {
    pdf.addPage();
    for (let line = 0; line < 40; line++)
      pdf.fontSize(11).text(`Page ${page}, line ${line}: the quick brown fox jumps over the lazy dog`, 50, 50 + line * 18, { lineBreak: false });
  }
  pdf.end();
  await ended;
  return Buffer.concat(parts);
}

/** Draws pages that compress as badly as photographs, at an A4 page's size. */
function photographs(): PageRenderer {
  const drawn = new Map<number, Uint8Array>();
  return async ({ pages, dpi }) => {
    const png = drawn.get(dpi) ?? encodePng(noise(Math.round(8.27 * dpi), Math.round(11.69 * dpi)));
    drawn.set(dpi, png);
    return pages.map((page) => ({ page, png }));
  };
}

const PAGES = 40;
const document = pagedDocument(Array.from({ length: PAGES }, (_, index) => `Page ${index + 1}`));
/** Twelve values on twelve of the pages. */
const result = runResult(
  Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`value_${index}`, output({ citations: [citation({ page: index * 3 + 1 })] })])),
);

describe("renderReport", () => {
  it("draws only pages with a citation, well below the limit", async () => {
    const page = await renderReport({ result, document, bytes: await makePdf(PAGES) });
    expect(page.match(/<img /g)).toHaveLength(12);
    expect(page).toContain('alt="Page 34 of the document"');
    expect(Buffer.byteLength(page)).toBeLessThan(MAXIMUM_BYTES / 4);
  });

  it("stays below the limit when every page is a photograph", async () => {
    const page = await renderReport({ result, document, bytes: new Uint8Array(), render: photographs() });
    expect(page.match(/<img /g)).toHaveLength(12);
    expect(Buffer.byteLength(page)).toBeGreaterThan(MAXIMUM_BYTES / 4);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(MAXIMUM_BYTES);
  });

  it("shows text where the document can't be drawn", async () => {
    const page = await renderReport({ result, document, bytes: Buffer.from("not a PDF") });
    expect(page).not.toContain("<img ");
    expect(page.match(/Shown as text/g)).toHaveLength(12);
  });

  it("passes on what is not the document's fault", async () => {
    const render = async () => {
      throw new TypeError("a bug");
    };
    await expect(renderReport({ result, document, bytes: new Uint8Array(), render })).rejects.toThrow("a bug");
  });
});
