import { describe, expect, it } from "vitest";
import { csvText, separatorOf } from "../../lib/document/csv.ts";
import { tableText } from "../../lib/document/grid-text.ts";
import { htmlEncoding, htmlText } from "../../lib/document/html.ts";
import { jsonText } from "../../lib/document/json-text.ts";
import { decodeText } from "../../lib/document/plain.ts";
import { partsOf } from "../../lib/document/scans.ts";
import { columnName } from "../../lib/document/xlsx.ts";

describe("csv", () => {
  it.each([
    [",", "name,amount\nAcme,12\n"],
    [";", 'name;amount\n"Acme, Inc.";"1.234,50"\nB;2,5\n'],
    ["\t", "name\tamount\nAcme, Inc.\t12\n"],
    ["|", "name|amount|city\nAcme|1,5|Bonn\n"],
    [",", "one column\nonly\n"],
  ])("finds the separator %j", (separator, text) => {
    expect(separatorOf(text)).toBe(separator);
  });

  it("keeps columns apart, and knows each line's record", () => {
    const { text, origins } = csvText('Item,Amount\n"A, with comma",12.50\n\n"two\nlines",3\n');
    expect(text).toBe("Item           Amount\nA, with comma  12.50\ntwo lines      3");
    expect(origins?.rows).toEqual([1, 2, 4]);
    expect(origins?.starts.map((start) => text.slice(start).split("  ")[0])).toEqual(["Item", "A, with comma", "two lines"]);
  });

  it("reads records of different lengths, stray quotes and a mark at the beginning", () => {
    expect(csvText('\ufeffa,b\n1\n1,2,3\nsay "hi",5').text.split("\n")).toEqual(["a         b", "1", "1         2  3", 'say "hi"  5']);
    expect(csvText('a,b\n"never closed,2\nc,3').text.split("\n")).toEqual(["a              b", '"never closed  2', "c              3"]);
  });
});

describe("tables", () => {
  it("set cells of several lines side by side", () => {
    expect(
      tableText([
        ["Sold by\nAcme", "Invoice 7"],
        ["x", ""],
        ["", "y"],
      ]),
    ).toBe("Sold by  Invoice 7\nAcme\nx\n         y");
  });

  it("a very long cell does not move the other rows", () => {
    const [first, second] = tableText([
      ["long ".repeat(50).trim(), "1"],
      ["short", "2"],
    ]).split("\n");
    expect(first?.endsWith("long  1")).toBe(true);
    expect(second).toBe(`short${" ".repeat(37)}2`);
  });

  it.each([
    [0, "A"],
    [25, "Z"],
    [26, "AA"],
    [701, "ZZ"],
    [702, "AAA"],
  ])("column %i is %s", (column, name) => {
    expect(columnName(column)).toBe(name);
  });
});

describe("html", () => {
  it("keeps tables, spans, lists and headings, and leaves out scripts and addresses of links", () => {
    const html = `<style>p{}</style><h1>Invoice</h1><p>See <a href="http://x/">here</a>&nbsp;&amp; there<script>x()</script></p>
      <table><caption>Items</caption><tr><th>Item<th>Qty<th>Price</tr><tr><td rowspan=2>Blue<td>2<td>10.00</tr><tr><td>3<td>7.00</tr><tr><td colspan=2>Total<td>17.00</table><ul><li>one<li>two</ul>`;
    expect(htmlText(html)).toBe(
      "Invoice\n\nSee here & there\n\nItems\nItem   Qty  Price\nBlue   2    10.00\n       3    7.00\nTotal       17.00\n\n * one\n * two",
    );
  });

  it("ten thousand rows take no time to speak of, and spans no memory", () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => `<tr><td rowspan=999999999 colspan=999999999>${index}</td></tr>`);
    expect(htmlText(`<table>${rows.slice(0, 3).join("")}</table>`).split("\n")).toHaveLength(3);
    expect(htmlText(`<table>${rows.map((row) => row.replace(/ (row|col)span=9+/g, "")).join("")}</table>`).split("\n")).toHaveLength(10_000);
  });

  it("names its encoding", () => {
    expect(htmlEncoding('<html><head><meta charset="ISO-8859-2">')).toBe("iso-8859-2");
    expect(htmlEncoding('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">')).toBe("windows-1251");
    expect(htmlEncoding("<p>charset=utf-8")).toBeUndefined();
  });
});

describe("json", () => {
  it("spreads minified members over lines and changes no value", () => {
    const value = Array.from({ length: 100 }, (_, id) => ({ id, price: 12.5, note: 'a "quoted", [odd] {text}' }));
    const minified = JSON.stringify(value).replaceAll("12.5", "12.50");
    const text = jsonText(minified);
    expect(text.split("\n")).toContain('"price": 12.50,');
    expect(JSON.parse(text)).toEqual(value);
    expect(jsonText('{"a": 1}')).toBe('{"a": 1}');
  });
});

describe("encodings", () => {
  it.each([
    ["UTF-16 without a mark", Buffer.from("Grüße aus Köln", "utf16le"), undefined],
    ["UTF-16, the other way round", Buffer.from("\ufeffGrüße aus Köln", "utf16le").swap16(), undefined],
    ["the encoding that the file names", Buffer.from("Gr\xfc\xdfe aus K\xf6ln", "latin1"), "iso-8859-2"],
    ["an encoding that nobody knows", Buffer.from("Gr\xfc\xdfe aus K\xf6ln", "latin1"), "x-made-up"],
  ])("%s", (_, bytes, named) => {
    expect(decodeText(bytes, named)).toBe("Grüße aus Köln");
  });
});

describe("parts of a PDF", () => {
  const pages = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
  it("are of 100 pages, or of 5 scans, and keep gaps", () => {
    expect(partsOf(pages(1, 250), new Set())).toEqual([[[1, 100]], [[101, 200]], [[201, 250]]]);
    expect(partsOf(pages(1, 7), new Set(pages(1, 7)))).toEqual([[[1, 5]], [[6, 7]]]);
    expect(partsOf([2, 3, 9], new Set([9]))).toEqual([
      [
        [2, 3],
        [9, 9],
      ],
    ]);
    expect(partsOf([], new Set())).toEqual([]);
  });
});
