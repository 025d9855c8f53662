import { describe, expect, it } from "vitest";
import { boxesOf } from "../../lib/document/views.ts";
import type { Box } from "../../lib/schema/document.ts";
import { caseFile, faults, makePdf, plainWords, read, setPage } from "./support/pdf.ts";

/** The box of a word's only occurrence. */
function boxOf(document: Awaited<ReturnType<typeof read>>, text: string): Box {
  const box = document.words.find((word) => word.text === text)?.box;
  if (!box) throw new Error(`no box for ${text}`);
  return box;
}

describe("boxes on the displayed page", () => {
  it("are where the word was drawn", async () => {
    const document = await read(await makePdf((pdf) => pdf.fontSize(20).text("Invoice 4711", 300, 400, { lineBreak: false })));
    const box = boxOf(document, "Invoice");
    expect(document.pages[0]).toMatchObject({ number: 1, width: 600, height: 800 });
    expect(box.left).toBeCloseTo(0.5, 1);
    expect(box.top).toBeCloseTo(0.5, 1);
    expect(box.left + box.width).toBeLessThan(boxOf(document, "4711").left);
    expect(faults(document)).toEqual([]);
  });

  it("turn with the page", async () => {
    const drawn = (rotate: number) =>
      makePdf((pdf) => {
        setPage(pdf, "Rotate", rotate);
        pdf.fontSize(20).text("Invoice 4711", 60, 80, { lineBreak: false });
      });
    const quarter = await read(await drawn(90));
    expect(quarter.pages[0]).toMatchObject({ width: 800, height: 600 });
    expect(boxOf(quarter, "Invoice").left).toBeGreaterThan(0.85);
    expect(boxOf(quarter, "Invoice").top).toBeCloseTo(0.1, 1);
    expect(boxOf(quarter, "4711").top).toBeGreaterThan(boxOf(quarter, "Invoice").top);
    const half = await read(await drawn(180));
    expect(boxOf(half, "Invoice").top).toBeGreaterThan(0.85);
    expect(boxOf(half, "4711").left).toBeLessThan(boxOf(half, "Invoice").left);
    const three = await read(await drawn(270));
    expect(boxOf(three, "Invoice").left).toBeCloseTo(0.1, 1);
    expect(boxOf(three, "4711").top).toBeLessThan(boxOf(three, "Invoice").top);
    for (const document of [quarter, half, three]) {
      expect(document.layout.text).toBe("Invoice 4711");
      expect(document.reading.text).toBe("Invoice 4711");
      expect(faults(document)).toEqual([]);
    }
  });

  it("count from the crop box", async () => {
    const document = await read(
      await makePdf((pdf) => {
        setPage(pdf, "CropBox", [100, 400, 500, 800]);
        pdf.fontSize(20).text("Invoice", 300, 200, { lineBreak: false });
        pdf.text("Outside", 300, 700, { lineBreak: false });
      }),
    );
    expect(document.pages[0]).toMatchObject({ width: 400, height: 400 });
    expect(boxOf(document, "Invoice").left).toBeCloseTo(0.5, 1);
    expect(boxOf(document, "Invoice").top).toBeCloseTo(0.5, 1);
    expect(faults(document)).toEqual([]);
  });

  it("of words on one line are one", async () => {
    const document = await read(await makePdf((pdf) => pdf.fontSize(20).text("Total amount due\nnext line", 60, 80)));
    const boxes = boxesOf(document, "reading", 0, document.reading.text.length);
    expect(boxes).toHaveLength(2);
    expect(boxes.map((box) => box.page)).toEqual([1, 1]);
    expect(boxes[0]?.width).toBeGreaterThan(boxOf(document, "amount").width * 2);
  });
});

describe("third-party pages", () => {
  it("rotated text is read whole, whichever way it is turned", async () => {
    const document = await read(await caseFile("rotated-pages"));
    const expected = plainWords((await caseFile("rotated-pages", "expected.txt")).toString());
    expect(document.pages).toHaveLength(6);
    expect(plainWords(document.reading.text)).toEqual(expected);
    expect(faults(document)).toEqual([]);
  });

  it("right-to-left text is in the order read", async () => {
    const document = await read(await caseFile("right-to-left"));
    const expected = plainWords((await caseFile("right-to-left", "expected.txt")).toString());
    const words = plainWords(document.reading.text);
    // The file spells its lam-alef ligatures backwards, so only the letters of a word can be compared.
    const letters = (word: string) => [...word].sort().join("");
    expect(words.slice(0, 12).map(letters)).toEqual(expected.slice(0, 12).map(letters));
    expect(document.language).toBe("ar");
    expect(faults(document)).toEqual([]);
  });

  it("a table without lines keeps its columns", async () => {
    const document = await read(await caseFile("borderless-table"));
    const expected = plainWords((await caseFile("borderless-table", "expected.txt")).toString());
    expect(plainWords(document.reading.text)).toEqual(expected);
    expect(document.layout.text.split("\n").filter((line) => / {2,}\S+.* {2,}\S/.test(line)).length).toBeGreaterThan(10);
    expect(faults(document)).toEqual([]);
  });

  it("what is filled into a form is text", async () => {
    const document = await read(await caseFile("form-field"));
    expect(document.reading.text).toBe("Mountain Lion");
    expect(boxesOf(document, "reading", 0, 13)).toHaveLength(1);
  });
});
