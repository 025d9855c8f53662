import { describe, expect, it } from "vitest";
import { columnHeadings, type Table, textRows } from "../../lib/document/tables/table.ts";
import { tablesOf } from "../../lib/document/tables/tables.ts";
import type { DocumentText } from "../../lib/schema/document.ts";
import { makePdf, type Pdf, read, setPage } from "./support/pdf.ts";

const GOODS = [
  ["Article", "Quantity", "Price"],
  ["Ruler", "2", "3.50"],
  ["Compass", "11", "12.00"],
  ["Pencil", "100", "0.80"],
  ["Total", "113", "16.30"],
];

/** Draws rows of cells, the first at `top`; without a text there is nothing. */
function write(pdf: Pdf, rows: readonly (readonly string[])[], { left = 60, top = 100, width = 120, height = 20 } = {}): void {
  pdf.fontSize(10);
  for (const [row, cells] of rows.entries())
    for (const [column, cell] of cells.entries()) if (cell !== "") pdf.text(cell, left + column * width + 4, top + row * height + 5, { lineBreak: false });
}

/** Draws the lines of a grid. */
function rule(pdf: Pdf, rows: number, columns: number, { left = 60, top = 100, width = 120, height = 20 } = {}): void {
  for (let row = 0; row <= rows; row++)
    pdf
      .moveTo(left, top + row * height)
      .lineTo(left + columns * width, top + row * height)
      .stroke();
  for (let column = 0; column <= columns; column++)
    pdf
      .moveTo(left + column * width, top)
      .lineTo(left + column * width, top + rows * height)
      .stroke();
}

async function tablesIn(draw: (pdf: Pdf) => void): Promise<{ document: DocumentText; tables: readonly Table[] }> {
  const document = await read(await makePdf(draw));
  return { document, tables: tablesOf(document) };
}

/** The only table of a document. */
function only(tables: readonly Table[]): Table {
  expect(tables).toHaveLength(1);
  const [table] = tables;
  if (!table) throw new Error("no table");
  return table;
}

describe("a table on one page", () => {
  it("with lines has its cells, headings and sum", async () => {
    const { document, tables } = await tablesIn((pdf) => {
      pdf.text("Delivery note of the third of May", 60, 60);
      write(pdf, GOODS);
      rule(pdf, 5, 3);
    });
    const table = only(tables);
    expect(textRows(table)).toEqual(GOODS);
    expect(table).toMatchObject({ ruled: true, columns: 3, pages: [1, 1] });
    expect(table.rows.map(({ kind }) => kind)).toEqual(["heading", "data", "data", "data", "total"]);
    const words = document.layout.text.slice(...table.range).split(/\s+/);
    expect(words).toEqual(GOODS.flat());
  });

  it("without lines has the same", async () => {
    const { tables } = await tablesIn((pdf) => write(pdf, GOODS));
    expect(textRows(only(tables))).toEqual(GOODS);
    expect(only(tables).ruled).toBe(false);
    expect(only(tables).rows.at(-1)?.kind).toBe("total");
  });

  it("gives each cell its words and a box around them", async () => {
    const { document, tables } = await tablesIn((pdf) =>
      write(pdf, [
        ["Name", "Sum"],
        ["Long ruler of wood", "2.00"],
        ["Compass", "3.00"],
      ]),
    );
    const cell = only(tables).rows[1]?.cells[0];
    expect(cell?.words.map((index) => document.words[index]?.text)).toEqual(["Long", "ruler", "of", "wood"]);
    const boxes = (cell?.words ?? []).flatMap((index) => document.words[index]?.box ?? []);
    expect(cell?.box?.left).toBeCloseTo(Math.min(...boxes.map((box) => box.left)), 4);
    expect((cell?.box?.left ?? 0) + (cell?.box?.width ?? 0)).toBeCloseTo(Math.max(...boxes.map((box) => box.left + box.width)), 3);
  });

  it("knows cells over several rows and columns", async () => {
    const { tables } = await tablesIn((pdf) => {
      write(pdf, [
        ["", "Sold", ""],
        ["Article", "2024", "2025"],
        ["Ruler", "2", "3"],
        ["Compass", "11", "12"],
      ]);
      const [left, top, width, height] = [60, 100, 120, 20];
      for (const row of [0, 2, 3, 4])
        pdf
          .moveTo(left, top + row * height)
          .lineTo(left + 3 * width, top + row * height)
          .stroke();
      pdf
        .moveTo(left + width, top + height)
        .lineTo(left + 3 * width, top + height)
        .stroke();
      for (const column of [0, 1, 3])
        pdf
          .moveTo(left + column * width, top)
          .lineTo(left + column * width, top + 4 * height)
          .stroke();
      pdf
        .moveTo(left + 2 * width, top + height)
        .lineTo(left + 2 * width, top + 4 * height)
        .stroke();
    });
    const table = only(tables);
    const cells = table.rows.flatMap((row) => row.cells);
    expect(cells.find(({ text }) => text === "Sold")).toMatchObject({ column: 1, columnSpan: 2, rowSpan: 1 });
    expect(cells.find(({ text }) => text === "Article")).toMatchObject({ column: 0, columnSpan: 1, rowSpan: 2 });
    expect(columnHeadings(table)).toEqual(["Article", "Sold 2024", "Sold 2025"]);
  });

  it("joins wrapped text, with and without lines", async () => {
    const rows = [
      ["Item", "Description", "Price"],
      ["1", "A ruler of oak wood that", "3.50"],
      ["", "is as long as a table", ""],
      ["2", "A compass with a needle", "12.00"],
      ["", "that points to the north", ""],
    ];
    const joined = [
      rows[0],
      ["1", "A ruler of oak wood that is as long as a table", "3.50"],
      ["2", "A compass with a needle that points to the north", "12.00"],
    ];
    const open = await tablesIn((pdf) => write(pdf, rows, { height: 12 }));
    expect(textRows(only(open.tables))).toEqual(joined);
    const ruled = await tablesIn((pdf) => {
      write(pdf, rows, { height: 12 });
      for (const y of [101, 114, 138, 162]) pdf.moveTo(60, y).lineTo(420, y).stroke();
      for (const x of [60, 180, 300, 420]) pdf.moveTo(x, 101).lineTo(x, 162).stroke();
    });
    expect(textRows(only(ruled.tables))).toEqual(joined);
  });

  it("with a line under its headings only has rows of its own, and numbers in ruled columns part them", async () => {
    const { tables } = await tablesIn((pdf) => {
      write(pdf, GOODS);
      for (const y of [100, 120, 200]) pdf.moveTo(60, y).lineTo(420, y).stroke();
      for (const x of [60, 420]) pdf.moveTo(x, 100).lineTo(x, 200).stroke();
    });
    expect(textRows(only(tables))).toEqual(GOODS);
  });

  it("on a turned page and in a crop box is where it is shown", async () => {
    const { tables } = await tablesIn((pdf) => {
      setPage(pdf, "CropBox", [30, 30, 570, 770]);
      write(pdf, GOODS);
      rule(pdf, 5, 3);
    });
    expect(textRows(only(tables))).toEqual(GOODS);
    expect(only(tables).ruled).toBe(true);
    const turned = await tablesIn((pdf) => {
      setPage(pdf, "Rotate", 90);
      pdf.save().translate(600, 0).rotate(90);
      write(pdf, GOODS);
      rule(pdf, 5, 3);
      pdf.restore();
    });
    expect(turned.tables.map((table) => table.columns)).not.toEqual([]);
  });
});

describe("what is no table", () => {
  it("prose, columns of prose, and a label with its value", async () => {
    const prose = "The supplier delivers the goods within thirty days after the order has come in and was paid.";
    const { tables } = await tablesIn((pdf) => {
      for (let line = 0; line < 12; line++) pdf.fontSize(10).text(prose, 60, 80 + line * 14, { lineBreak: false });
      for (let line = 0; line < 12; line++) {
        pdf.text("Columns of prose stand side by side here", 60, 300 + line * 14, { lineBreak: false });
        pdf.text("and nobody would call them a table at all", 320, 300 + line * 14, { lineBreak: false });
      }
      pdf.text("Invoice number", 60, 550, { lineBreak: false });
      pdf.text("4711", 300, 550, { lineBreak: false });
    });
    expect(tables).toEqual([]);
  });
});

describe("a table over several pages", () => {
  const body = (from: number) => Array.from({ length: 30 }, (_, row) => [`Part ${from + row}`, String(from + row), `${from + row}.50`]);

  it("is one, its repeated headings once, whatever stands in the margins", async () => {
    const { tables } = await tablesIn((pdf) => {
      for (const page of [0, 1, 2]) {
        if (page > 0) pdf.addPage();
        pdf.fontSize(8).text("Price list of the Northern Tool Works", 60, 20, { lineBreak: false });
        write(pdf, [["Article", "Number", "Price"], ...body(page * 30)], { top: 60 });
        pdf.fontSize(8).text(`Page ${page + 1} of 3`, 280, 740, { lineBreak: false });
      }
    });
    const table = only(tables);
    expect(textRows(table)).toEqual([["Article", "Number", "Price"], ...body(0), ...body(30), ...body(60)]);
    expect(table).toMatchObject({ pages: [1, 3], headingPages: [1, 2, 3] });
    expect(table.rows.at(-1)?.page).toBe(3);
  });

  it("goes on without headings where its columns stand at the same places", async () => {
    const { tables } = await tablesIn((pdf) => {
      write(pdf, [["Article", "Number", "Price"], ...body(0)], { top: 60 });
      rule(pdf, 31, 3, { top: 60 });
      pdf.addPage();
      write(pdf, body(30), { top: 60 });
      rule(pdf, 30, 3, { top: 60 });
    });
    expect(textRows(only(tables))).toHaveLength(61);
  });

  it("is not joined with another that has other headings, or begins below other text", async () => {
    const { tables } = await tablesIn((pdf) => {
      write(pdf, [["Article", "Number", "Price"], ...body(0)], { top: 60 });
      pdf.addPage();
      write(pdf, [["Town", "Houses", "Rent"], ...body(30)], { top: 60 });
      pdf.addPage();
      for (let line = 0; line < 8; line++)
        pdf.fontSize(10).text("Between the tables there are some sentences of plain text.", 60, 60 + line * 14, { lineBreak: false });
      write(pdf, body(60).slice(0, 10), { top: 250 });
    });
    expect(tables.map(({ pages }) => pages)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });
});

describe("files without pages", () => {
  it("give the tables that their text keeps", async () => {
    const csv = await read(Buffer.from("Article,Quantity,Price\nRuler,2,3.50\nLong compass,11,12.00\n"), { fileName: "goods.csv" });
    expect(tablesOf(csv).map((table) => textRows(table))).toEqual([
      [
        ["Article", "Quantity", "Price"],
        ["Ruler", "2", "3.50"],
        ["Long compass", "11", "12.00"],
      ],
    ]);
    const html = await read(
      Buffer.from("<p>Before the table</p><table><tr><th>Town<th>Houses<tr><td>Ghent<td>120<tr><td>Bruges<td>80</table><p>After the table there is text.</p>"),
      { fileName: "towns.html" },
    );
    expect(tablesOf(html).map((table) => textRows(table))).toEqual([
      [
        ["Town", "Houses"],
        ["Ghent", "120"],
        ["Bruges", "80"],
      ],
    ]);
  });
});
