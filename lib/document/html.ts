/** HTML as text: headings, lists and paragraphs on their own lines, tables with their columns apart. */
import { compile, type DomNode, type FormatCallback, type RecursiveCallback } from "html-to-text";
import { tableText } from "./grid-text.ts";

const SPAN_MAXIMUM = 100;

type Builder = Parameters<FormatCallback>[2];

interface Cell {
  text: string;
  colspan: number;
  rowspan: number;
}

/** The library's own table printer takes the square of the number of rows. */
const formatTable: FormatCallback = (element, walk, builder) => {
  builder.openTable();
  walkTable(element, walk, builder);
  builder.closeTable({ tableToString: (rows: Cell[][]) => tableText(squared(rows)), leadingLineBreaks: 2, trailingLineBreaks: 2 });
};

const INNER = new Set(["thead", "tbody", "tfoot", "center"]);

function walkTable(node: DomNode, walk: RecursiveCallback, builder: Builder): void {
  for (const child of node.children ?? []) {
    if (INNER.has(child.name ?? "")) walkTable(child, walk, builder);
    else if (child.name === "caption") {
      builder.openTableRow();
      writeCell(child, walk, builder);
      builder.closeTableRow();
    } else if (child.name === "tr") {
      builder.openTableRow();
      for (const cell of child.children ?? []) if (cell.name === "td" || cell.name === "th") writeCell(cell, walk, builder);
      builder.closeTableRow();
    }
  }
}

function writeCell(node: DomNode, walk: RecursiveCallback, builder: Builder): void {
  builder.openTableCell({ maxColumnWidth: Number.MAX_SAFE_INTEGER });
  walk(node.children ?? [], builder);
  builder.closeTableCell({ colspan: spanOf(node, "colspan"), rowspan: spanOf(node, "rowspan") });
}

function spanOf(node: DomNode, name: string): number {
  const span = Number(node.attribs?.[name] ?? 1);
  return Number.isInteger(span) ? Math.min(SPAN_MAXIMUM, Math.max(1, span)) : 1;
}

/** Rows with an empty cell wherever a cell spans. */
function squared(rows: readonly (readonly Cell[])[]): string[][] {
  const taken: number[] = [];
  return rows.map((row) => {
    const texts: string[] = [];
    const skipTaken = () => {
      while ((taken[texts.length] ?? 0) > 0) {
        taken[texts.length] = (taken[texts.length] ?? 0) - 1;
        texts.push("");
      }
    };
    for (const { text, colspan, rowspan } of row) {
      skipTaken();
      for (let column = 0; column < colspan; column++) {
        if (rowspan > 1) taken[texts.length] = rowspan - 1;
        texts.push(column === 0 ? text : "");
      }
    }
    skipTaken();
    return texts;
  });
}

const convert = compile({
  wordwrap: false,
  limits: { maxInputLength: Number.MAX_SAFE_INTEGER },
  formatters: { columns: formatTable },
  selectors: [
    { selector: "a", options: { ignoreHref: true } },
    { selector: "img", format: "skip" },
    { selector: "script", format: "skip" },
    { selector: "style", format: "skip" },
    { selector: "title", format: "skip" },
    { selector: "template", format: "skip" },
    { selector: "table", format: "columns" },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** The text of an HTML page. Throws RangeError where elements are nested thousands deep. */
export function htmlText(html: string): string {
  return convert(html)
    .replace(/\u00a0/g, " ")
    .replace(/\n{3,}/g, "\n\n");
}

/** The character encoding that an HTML page names in its head, if it does. */
export function htmlEncoding(head: string): string | undefined {
  return /<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?([\w-]{1,40})/i.exec(head)?.[1]?.toLowerCase();
}
