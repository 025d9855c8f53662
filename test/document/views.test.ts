import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assembler, documentOfParts } from "../../lib/document/assemble.ts";
import type { ParsedItem, ParsedPage } from "../../lib/document/parsed.ts";
import { boxesOf, mapRange, pageOf, wordsInRange } from "../../lib/document/views.ts";
import { faults, makePdf, read } from "./support/pdf.ts";

/** A document of pages that came one part at a time. */
function assemble(pages: readonly ParsedPage[]) {
  const document = assembler();
  const parts = pages.map((page) => {
    document.add(page);
    return document.take();
  });
  return documentOfParts(parts, "test", "en");
}

const item = fc.record({
  text: fc.oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc
      .array(fc.constantFrom("Total", "12,50", "שלום", "السعر", "a", "ﬁn", "-", "e\u0301", "\ud83d\ude00", "\ud800"), { minLength: 1, maxLength: 4 })
      .map((words) => words.join(" ")),
  ),
  left: fc.oneof({ weight: 9, arbitrary: fc.double({ min: -50, max: 650, noNaN: true }) }, { weight: 1, arbitrary: fc.double() }),
  top: fc.double({ min: -50, max: 850, noNaN: true }),
  width: fc.oneof({ weight: 9, arbitrary: fc.double({ min: 0, max: 300, noNaN: true }) }, { weight: 1, arbitrary: fc.double() }),
  height: fc.double({ min: 0, max: 40, noNaN: true }),
  rotation: fc.constantFrom(0, 0, 0, 90, 180, 270, 45),
});

const documents = fc
  .array(fc.array(item, { maxLength: 25 }), { minLength: 1, maxLength: 3 })
  .map((pages) =>
    assemble(pages.map((items, index) => ({ number: index + 1, width: 600, height: 800, items: items.map((one): ParsedItem => ({ ...one, pieces: [] })) }))),
  );

describe("two views over the same words", () => {
  it("hold every word once, at its place", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(faults(document)).toEqual([]);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("map any range to its words and back", () => {
    fc.assert(
      fc.property(documents, fc.constantFrom("layout", "reading"), fc.nat(), fc.integer({ min: 1, max: 60 }), (document, name, from, length) => {
        const other = name === "layout" ? "reading" : "layout";
        const start = from % (document[name].text.length + 1);
        const words = new Set(wordsInRange(document, name, start, start + length));
        const there = mapRange(document, name, [start, start + length], other);
        expect(new Set(there.flatMap(([first, last]) => wordsInRange(document, other, first, last)))).toEqual(words);
        const back = there.flatMap((range) => mapRange(document, other, range, name));
        expect(new Set(back.flatMap(([first, last]) => wordsInRange(document, name, first, last)))).toEqual(words);
        const expected = document[name].words.filter((index, position) => {
          const at = document[name].starts[position] ?? 0;
          return at < start + length && at + (document.words[index]?.text.length ?? 0) > start;
        });
        expect([...words]).toEqual(expected);
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it("know the page of an offset and box only its own words", () => {
    fc.assert(
      fc.property(documents, (document) => {
        for (const name of ["layout", "reading"] as const) {
          for (const [position, index] of document[name].words.entries()) {
            const word = document.words[index];
            const start = document[name].starts[position] ?? 0;
            expect(pageOf(document, name, start)).toBe(word?.page);
            expect(boxesOf(document, name, start, start + 1)).toEqual(word?.box ? [{ ...word.box, page: word.page }] : []);
          }
        }
      }),
      { seed: 13, numRuns: 100 },
    );
  });
});

describe("order", () => {
  const left = [
    "The first column tells of a lighthouse keeper",
    "who counted the ships that passed his tower",
    "and wrote their names into a heavy book",
    "until the book was full and the sea empty",
  ];
  const right = [
    "The second column is about a railway clerk",
    "whose trains were late on every single day",
    "because the mountain between the two towns",
    "moved a little further away each night",
  ];

  it("reads columns of running text one after the other, under their headline", async () => {
    const document = await read(
      await makePdf((pdf) => {
        pdf.fontSize(18).text("A headline that goes across both of the columns", 50, 60, { lineBreak: false });
        pdf.fontSize(11);
        for (const [index, line] of left.entries()) pdf.text(line, 50, 120 + index * 15, { lineBreak: false });
        for (const [index, line] of right.entries()) pdf.text(line, 320, 127 + index * 15, { lineBreak: false });
      }),
    );
    const flat = document.reading.text.replace(/\s+/g, " ");
    expect(flat).toBe(["A headline that goes across both of the columns", ...left, ...right].join(" "));
  });

  it("reads a table row by row, its columns apart in the layout view", async () => {
    const rows = [
      ["Article", "Quantity", "Price"],
      ["Ruler", "2", "3.50"],
      ["Compass", "11", "12.00"],
      ["Pencil", "100", "0.80"],
    ];
    const document = await read(
      await makePdf((pdf) => {
        for (const [row, cells] of rows.entries())
          for (const [column, cell] of cells.entries()) pdf.fontSize(11).text(cell, 60 + column * 150, 100 + row * 16, { lineBreak: false });
      }),
    );
    expect(document.reading.text).toBe(rows.map((cells) => cells.join(" ")).join("\n"));
    expect(document.layout.text.split("\n").map((line) => line.split(/ {2,}/))).toEqual(rows);
  });

  it("takes slanted letters for upright, and tilted lines not", () => {
    const item = (text: string, top: number, height: number, rotation: number): ParsedItem => ({
      text,
      left: 100,
      top,
      width: 200,
      height,
      rotation,
      pieces: [],
    });
    const document = assemble([
      {
        number: 1,
        width: 600,
        height: 800,
        items: [item("before", 100, 10, 0), item("slanted", 115, 10, 18), item("tilted", 90, 75, 18), item("after", 130, 10, 0)],
      },
    ]);
    expect(document.layout.text).toBe("before\nslanted\nafter\n\ntilted");
  });

  it("joins kerned parts and letters set apart", async () => {
    const document = await read(
      await makePdf((pdf) => {
        pdf.fontSize(20).text("INVOICE NUMBER", 60, 80, { characterSpacing: 8, lineBreak: false });
        pdf.text("AVATAR Wave To. You", 60, 140, { lineBreak: false });
      }),
    );
    expect(document.words.map((word) => word.text)).toEqual(["INVOICE", "NUMBER", "AVATAR", "Wave", "To.", "You"]);
  });
});
