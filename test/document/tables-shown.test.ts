import { expect, it } from "vitest";
import { locate } from "../../lib/document/locate.ts";
import { shownTables } from "../../lib/document/tables/shown.ts";
import { countTokens } from "../../lib/document/tokens.ts";
import { makePdf, read } from "./support/pdf.ts";

const document = async () =>
  read(
    await makePdf((pdf) => {
      const write = (rows: readonly (readonly string[])[], top: number) => {
        for (const [row, cells] of rows.entries())
          for (const [column, cell] of cells.entries()) if (cell !== "") pdf.fontSize(10).text(cell, 60 + column * 150, top + row * 13, { lineBreak: false });
      };
      write(
        [
          ["Place", "What it is for", "Rent"],
          ["Ghent", "A house in which the tools", "120.00"],
          ["", "are kept over winter", ""],
          ["Bruges", "An office", "80.00"],
        ],
        100,
      );
      pdf.addPage();
      write(
        [
          ["Ship", "Tons"],
          ["Anna", "12"],
          ["Berta", "34"],
        ],
        100,
      );
    }),
  );

it("tables are shown a row a line, wrapped text in one piece, and what a model quotes of it is found", async () => {
  const read = await document();
  const [rents, ships] = shownTables(read, [], 1000);
  expect(rents?.page).toBe(1);
  expect(rents?.text.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["Place", "What it is for", "Rent"],
    ["Ghent", "A house in which the tools are kept over winter", "120.00"],
    ["Bruges", "An office", "80.00"],
  ]);
  expect(ships?.page).toBe(2);
  expect(locate(read, "A house in which the tools are kept over winter")?.page).toBe(1);
});

it("only those in the wanted ranges, as far as they fit", async () => {
  const read = await document();
  const second = read.pages[1]?.reading ?? [0, 0];
  expect(shownTables(read, [second], 1000).map(({ page }) => page)).toEqual([2]);
  const [rents] = shownTables(read, [], 1000);
  expect(shownTables(read, [], countTokens(rents?.text ?? "") - 1).map(({ page }) => page)).toEqual([2]);
});
