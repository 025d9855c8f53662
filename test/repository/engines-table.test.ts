/** The table of results in docs/engines.md is of this suite. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ENGINE_TESTS } from "../conformance/engine.ts";

const page = await readFile(new URL("../../docs/engines.md", import.meta.url), "utf8");
const table = page.slice(page.indexOf("`npm run engines:table`. -->"), page.indexOf("<!-- End of the table. -->"));
const rows = table
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
const [header = [], , days = [], ...results] = rows;

describe("the table of engines in docs/engines.md", () => {
  it("has a row for each test of the suite, in its order", () => {
    expect(results.map(([name]) => name)).toEqual(ENGINE_TESTS.map(({ name }) => name));
  });

  it("says of each engine when the suite ran, and of each test how long it took or why it doesn't apply", () => {
    expect(header.length).toBeGreaterThan(3);
    for (const day of days.slice(1)) expect(day).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    for (const [name, ...cells] of results) {
      expect(cells, name).toHaveLength(header.length - 1);
      for (const cell of cells) expect(cell, name).toMatch(/^(\d+\.\d s|– \S.*)$/);
    }
  });
});
