import { expect, test } from "vitest";
import { uniqueNames } from "../../lib/cli/files.ts";
import { quoted } from "../../lib/cli/quoted.ts";
import { displayWidth, duration, plain, table, truncate } from "../../lib/cli/text.ts";
import { formatBytes, formatPlural } from "../../lib/report/format.ts";

test("plain text has no control characters, line breaks or direction marks", () => {
  expect(plain("a\u001b[31mb\r\nc\u0000\u202ed\u2028e  f\u009b1m")).toBe("a [31mb c d e f 1m");
});

test("widths count wide characters twice, combining marks and colour codes not at all", () => {
  expect([displayWidth("abc"), displayWidth("請求"), displayWidth("e\u0301"), displayWidth("\u001b[32mok\u001b[39m"), displayWidth("👍")]).toEqual([
    3, 4, 1, 2, 2,
  ]);
});

test("truncating never exceeds the width", () => {
  expect(truncate("abcdef", 6)).toBe("abcdef");
  expect(truncate("abcdefg", 6)).toBe("abcde…");
  expect(truncate("請求書番号", 6)).toBe("請求…");
  for (let width = 1; width < 12; width++) expect(displayWidth(truncate("a請b求c書", width))).toBeLessThanOrEqual(width);
});

test("a table cuts its widest flexible column first and keeps the others", () => {
  const header = [{ title: "name", least: 4 }, { title: "status" }, { title: "quote", least: 5 }];
  const rows = [["a very long name", "extracted", "a much longer quote than that"]];
  expect(table(header, rows, 40)).toEqual(["name            status     quote", "a very long n…  extracted  a much longe…"]);
  for (const line of table(header, rows, 40)) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  expect(table(header, [["a", "b", "c"]], 5)).toEqual(["name  status  quote", "a     b       c"]);
});

test("durations, sizes and counts", () => {
  expect([duration(0), duration(59_940), duration(185_000)]).toEqual(["0.0s", "59.9s", "3m 05s"]);
  expect([formatBytes(19), formatBytes(65_536), formatBytes(209_715_200), formatBytes(1536), formatBytes(5 * 1024 ** 3)]).toEqual([
    "19 bytes",
    "64 KB",
    "200 MB",
    "1.5 KB",
    "5 GB",
  ]);
  expect([formatPlural(1, "page"), formatPlural(5000, "page")]).toEqual(["1 page", "5,000 pages"]);
});

test("file names are safe and differ everywhere", () => {
  expect(uniqueNames(["a.pdf", "A.pdf", "a.pdf", "../x", "con.pdf", "...", "é", "e\u0301", "a:b|c\u0007", "a.pdf-2"])).toEqual([
    "a.pdf",
    "A.pdf-2",
    "a.pdf-3",
    "_x",
    "_con.pdf",
    "document",
    "é",
    "é-2",
    "a_b_c_",
    "a.pdf-2-2",
  ]);
});

test.skipIf(process.platform === "win32")("words are quoted so that a shell reads them back", () => {
  expect(["a.pdf", "my file", "it's", "$(rm)", "", "a\\b"].map(quoted)).toEqual(["a.pdf", "'my file'", "'it'\\''s'", "'$(rm)'", "''", "'a\\b'"]);
});
