import { describe, expect, it } from "vitest";
import { type DrawnLine, rulingsOf } from "../../lib/document/tables/rulings.ts";
import { textRows } from "../../lib/document/tables/table.ts";
import { tablesOf } from "../../lib/document/tables/tables.ts";
import { makePdf, read } from "./support/pdf.ts";

describe("rulings", () => {
  it("are the straight lines, each once however often and in how many parts it is drawn", () => {
    const dashes = Array.from({ length: 50 }, (_, part): DrawnLine => ({ x1: 10 + part * 4, y1: 20, x2: 12 + part * 4, y2: 20 }));
    const thick = [
      { x1: 10, y1: 60, x2: 200, y2: 60 },
      { x1: 10, y1: 61.5, x2: 200, y2: 61.5 },
    ];
    const slanted = { x1: 10, y1: 60, x2: 200, y2: 90 };
    const tick = { x1: 10, y1: 100, x2: 14, y2: 100 };
    const broken = { x1: Number.NaN, y1: 0, x2: Number.POSITIVE_INFINITY, y2: 0 };
    const { across, down } = rulingsOf([...dashes, ...thick, slanted, tick, broken]);
    expect(across).toEqual([
      { at: 20, from: 10, to: 208 },
      { at: 60.75, from: 10, to: 200 },
    ]);
    expect(down).toEqual([]);
  });

  it("of a drawing with a hundred thousand lines are a few hundred, the longest", () => {
    const drawn = Array.from({ length: 100_000 }, (_, index): DrawnLine => {
      const [x, y] = [(index * 7919) % 600, (index * 104_729) % 800];
      return index % 2 === 0 ? { x1: x, y1: y, x2: x + 10 + (index % 50), y2: y } : { x1: x, y1: y, x2: x, y2: y + 10 + (index % 50) };
    });
    const { across, down } = rulingsOf(drawn);
    expect(across.length).toBeLessThanOrEqual(400);
    expect(down.length).toBeLessThanOrEqual(400);
    expect(across.length).toBeGreaterThan(0);
  });
});

describe("hostile pages", () => {
  it("with thousands of lines in all places are read, and their words stay", async () => {
    const document = await read(
      await makePdf((pdf) => {
        for (let index = 0; index < 6000; index++) {
          const [x, y] = [(index * 7919) % 600, (index * 104_729) % 800];
          pdf.moveTo(x, y);
          (index % 2 === 0 ? pdf.lineTo(x + 40, y) : pdf.lineTo(x, y + 40)).stroke();
        }
        for (let line = 0; line < 30; line++) pdf.fontSize(9).text(`Words ${line} among 4.${line} lines`, 50 + line * 3, 50 + line * 20, { lineBreak: false });
      }),
    );
    expect(document.words.filter(({ text }) => text === "among")).toHaveLength(30);
    const { across = [], down = [] } = document.pages[0]?.rulings ?? {};
    expect(across.length + down.length).toBeLessThanOrEqual(800);
    for (const table of tablesOf(document)) for (const row of table.rows) for (const cell of row.cells) expect(cell.words.length).toBeGreaterThan(0);
  });

  it("with ten thousand cells give them all, with and without lines", async () => {
    const cells = Array.from({ length: 100 }, (_, row) => Array.from({ length: 100 }, (_, column) => String((row * 100 + column) % 1000)));
    const draw = (ruled: boolean) =>
      makePdf(
        (pdf) => {
          pdf.fontSize(5);
          for (const [row, texts] of cells.entries())
            for (const [column, text] of texts.entries()) pdf.text(text, 20 + column * 20, 20 + row * 16, { lineBreak: false });
          if (!ruled) return;
          for (let place = 0; place <= 100; place++) {
            pdf
              .moveTo(15, 15 + place * 16)
              .lineTo(2015, 15 + place * 16)
              .stroke();
            pdf
              .moveTo(15 + place * 20, 15)
              .lineTo(15 + place * 20, 1615)
              .stroke();
          }
        },
        { size: [2040, 1640], margin: 0 },
      );
    const ruled = tablesOf(await read(await draw(true)));
    expect(ruled.map((table) => textRows(table))).toEqual([cells]);
    const open = tablesOf(await read(await draw(false)));
    expect(open.flatMap((table) => table.rows.flatMap((row) => row.cells.map(({ text }) => text))).length).toBeLessThanOrEqual(10_000);
  });

  it("of one long line of words, and of words on top of each other, have no table", async () => {
    const document = await read(
      await makePdf((pdf) => {
        for (let index = 0; index < 2000; index++) pdf.fontSize(4).text("word", 50, 50, { lineBreak: false });
      }),
    );
    expect(tablesOf(document)).toEqual([]);
  });
});
