import { expect, it } from "vitest";
import { csvText } from "../../lib/document/csv.ts";
import { citeRange, locate } from "../../lib/document/locate.ts";
import { plainDocument } from "../../lib/document/plain.ts";
import { xlsxText } from "../../lib/document/xlsx.ts";
import { makeXlsx } from "./support/office.ts";

it("a quote of a csv file is cited by its row", () => {
  const { text, origins } = csvText("Item,Amount\nPaper,3.10\nGlue,4.75\n");
  const document = { ...plainDocument(text, "csv"), origins };
  expect(locate(document, "4.75")).toMatchObject({ row: 3, quote: "4.75", match: "exact", boxes: [] });
  expect(locate(document, "paper 3.10")).toMatchObject({ row: 2, match: "normalized" });
  expect(locate(document, "Glue")?.page).toBeUndefined();
});

it("a quote of a workbook is cited by its cell or cells, the sheet named as in formulas", async () => {
  const row = (number: number, cells: readonly string[]) =>
    `<row r="${number}">${cells.map((cell, index) => `<c r="${"ABC"[index]}${number}" t="inlineStr"><is><t>${cell}</t></is></c>`).join("")}</row>`;
  const { text, origins } = await xlsxText(
    makeXlsx({ Items: row(1, ["Paper", "3.10"]) + row(7, ["Total due", "99.10"]), "Last year": row(2, ["Old total", "12.00"]) }),
  );
  const document = { ...plainDocument(text, "xlsx"), origins };
  expect(locate(document, "99.10")?.cell).toBe("Items!B7");
  expect(locate(document, "Total due 99.10")?.cell).toBe("Items!A7:B7");
  expect(locate(document, "12.00")?.cell).toBe("'Last year'!B2");
  expect(locate(document, "Last year")?.cell).toBeUndefined();
  const start = document.reading.text.indexOf("3.10");
  expect(citeRange(document, "layout", [start, start + 4])).toMatchObject({ cell: "Items!B1", quote: "3.10" });
});

it("cells that don't say where they are follow one another", async () => {
  const { text, origins } = await xlsxText(
    makeXlsx({ S: `<row><c><v>1</v></c><c t="str"><f>X</f><v>two</v></c></row><row r="4"><c r="C4"><v>3</v></c><c s="0"><v>4</v></c></row>` }),
  );
  expect(text).toBe("S\n1  two\n        3  4");
  expect(origins?.cells).toEqual(["", "S!A1", "S!B1", "S!C4", "S!D4"]);
});
