import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BatchRow, batchSheet, csvCell, csvOf, jsonLinesOf, markdownCell, markdownOf } from "../../lib/report/tables.ts";
import type { OutputResult } from "../../lib/schema/result.ts";

function output(value: OutputResult["value"], changes: Partial<OutputResult> = {}): OutputResult {
  const citations = [{ page: 3, quote: "q", match: "exact" as const, boxes: [] }];
  const usage = { input_tokens: 0, output_tokens: 0 };
  return { value, type: "text", status: "extracted", citations, alternatives: [], grade: "good", scores: {}, reasoning: "", attempts: 1, usage, ...changes };
}

const ROWS: readonly BatchRow[] = [
  { file: "a.pdf", runId: "run-1", status: "completed", outputs: { total: output(12.5), status: output("=cmd()") } },
  { file: "b.pdf", runId: "run-2", status: "failed", outputs: {}, error: "document_broken" },
  { file: "c.pdf", runId: "run-3", status: "completed", outputs: { total: output(null, { status: "absent", citations: [] }), extra: output([{ a: "1" }]) } },
];

describe("a batch", () => {
  test("has one row a document and four columns an output, told apart from those of the run", () => {
    const { columns, rows } = batchSheet(ROWS);
    expect(columns.slice(0, 9)).toEqual(["file", "run_id", "status", "error", "total", "total_status", "total_grade", "total_page", "status 2"]);
    expect(new Set(columns).size).toBe(columns.length);
    expect(rows.map((row) => row.slice(0, 8))).toEqual([
      ["a.pdf", "run-1", "completed", null, 12.5, "extracted", "good", 3],
      ["b.pdf", "run-2", "failed", "document_broken", null, null, null, null],
      ["c.pdf", "run-3", "completed", null, null, "absent", "good", null],
    ]);
  });

  test("is read back from CSV as it was, but for formulas", () => {
    const read = parse(csvOf(batchSheet(ROWS)), { columns: true }) as Record<string, string>[];
    expect(read.map((row) => [row.file, row.total, row["status 2"], row.extra])).toEqual([
      ["a.pdf", "12.5", "'=cmd()", ""],
      ["b.pdf", "", "", ""],
      ["c.pdf", "", "", '[{"a":"1"}]'],
    ]);
  });

  test("keeps its values in JSON lines", () => {
    const lines = jsonLinesOf(batchSheet(ROWS)).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line)).map((row) => [row.total, row["status 2"], row.extra])).toEqual([
      [12.5, "=cmd()", null],
      [null, null, null],
      [null, null, [{ a: "1" }]],
    ]);
  });
});

describe("a cell of CSV", () => {
  test.each(["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", "\n=1", "  =1", "\0=1", "＝1+1", "-", "+49 30 123"])("%j is no formula", (text) => {
    expect(csvCell(text).replace(/^"/, "")).toMatch(/^'/);
  });

  test.each([
    ["-12.5", "-12.5"],
    ["+7", "+7"],
    ["-1,234.50", '"-1,234.50"'],
    ["1=2", "1=2"],
    ['a "b"', '"a ""b"""'],
    ["a\nb", '"a\nb"'],
  ])("%j is written %j", (text, written) => {
    expect(csvCell(text)).toBe(written);
  });

  test("numbers stay numbers", () => {
    expect([csvCell(-3), csvCell(0.5), csvCell(true), csvCell(null)]).toEqual(["-3", "0.5", "true", ""]);
  });

  test("any text comes back, with no formula in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const [[back = ""] = []] = parse(`${csvCell(text)},end\r\n`, { relax_column_count: true }) as string[][];
        const expected = text.replaceAll("\0", "");
        expect([expected, `'${expected}`]).toContain(back);
        expect(back).not.toMatch(/^\s*[=@]|^[\t\r\n]/);
      }),
    );
  });
});

describe("Markdown", () => {
  test("nothing of a cell is markup", () => {
    expect(markdownCell("a|b\n<img src=x> [x](http://y) `c` *d* # e")).toBe("a\\|b &lt;img src=x&gt; \\[x\\](http:&#47;&#47;y) \\`c\\` \\*d\\* \\# e");
  });

  test("a table has as many cells in each line", () => {
    const text = markdownOf({
      columns: ["a", "b"],
      rows: [
        ["1|2", null],
        ["x", [1]],
      ],
    });
    expect(text.split("\n")).toEqual(["| a | b |", "| --- | --- |", "| 1\\|2 |  |", "| x | \\[1\\] |", ""]);
  });
});
