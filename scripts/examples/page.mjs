// What the example documents share: a PDF whose bytes are the same each time, and a few ways to set text and tables.
import PDFDocument from "pdfkit";

export const A4 = { width: 595.28, height: 841.89, margin: 56 };
export const INNER_WIDTH = A4.width - 2 * A4.margin;
export const INK = "#1d2733";
export const QUIET = "#5d6b7a";
const LINE = "#cfd8e1";

/** An A4 document. No compression: deflate gives other bytes on other versions of Node. `date` is written into the file instead of the time of day. */
export function createDocument({ title, author, date }) {
  const info = { Title: title, Author: author, CreationDate: new Date(date), ModDate: new Date(date) };
  return new PDFDocument({ size: "A4", margin: A4.margin, compress: false, bufferPages: true, lang: "en-GB", info });
}

/** Ends the document; gives its bytes. */
export function finish(document) {
  return new Promise((resolve, reject) => {
    const parts = [];
    document.on("data", (part) => parts.push(part));
    document.on("end", () => resolve(Buffer.concat(parts)));
    document.on("error", reject);
    document.end();
  });
}

/** One line of text at a place. Options: font ("bold", "italic"), size in points, color, width, align. */
export function write(document, text, x, y, { font = "regular", size = 9.5, color = INK, width, align = "left" } = {}) {
  const name = { regular: "Helvetica", bold: "Helvetica-Bold", italic: "Helvetica-Oblique" }[font];
  document.font(name).fontSize(size).fillColor(color);
  document.text(text, x, y, { lineBreak: width !== undefined, ...(width === undefined ? {} : { width }), align });
}

/** A horizontal line over the inner width, or from x over `width`. */
export function rule(document, y, { x = A4.margin, width = INNER_WIDTH, color = LINE, thickness = 0.7 } = {}) {
  document
    .moveTo(x, y)
    .lineTo(x + width, y)
    .lineWidth(thickness)
    .strokeColor(color)
    .stroke();
}

/** Labels and their values in two columns, one pair a line. Gives the y below the last. */
export function pairs(document, entries, x, y, { gap = 96, step = 15 } = {}) {
  for (const [index, [label, value]] of entries.entries()) {
    write(document, label, x, y + index * step, { color: QUIET });
    write(document, value, x + gap, y + index * step, { font: "bold" });
  }
  return y + entries.length * step;
}

/** A table's cell: text at the left, numbers at the right edge of the column. */
function cell(document, text, column, x, y, font) {
  write(document, text, x + 5, y, { font, width: column.width - 10, align: column.align ?? "left" });
}

/** A table with a shaded header row. `columns`: { title, width, align }. Gives the y below the last row. */
export function table(document, columns, rows, y, { step = 20 } = {}) {
  const starts = columns.map((_, index) => A4.margin + columns.slice(0, index).reduce((sum, column) => sum + column.width, 0));
  document.rect(A4.margin, y, INNER_WIDTH, step).fill("#e8eef4");
  for (const [index, column] of columns.entries()) cell(document, column.title, column, starts[index], y + 6, "bold");
  for (const [number, row] of rows.entries()) {
    const top = y + (number + 1) * step;
    for (const [index, column] of columns.entries()) cell(document, row[index], column, starts[index], top + 6, "regular");
    rule(document, top + step);
  }
  return y + (rows.length + 1) * step;
}

/** The same line at the foot of every page, with the page's number. */
export function footers(document, text) {
  const { start, count } = document.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    document.switchToPage(page);
    // Text below the bottom margin would start a new page.
    document.page.margins.bottom = 0;
    rule(document, A4.height - 52);
    write(document, text, A4.margin, A4.height - 44, { size: 7.5, color: QUIET });
    write(document, `Page ${page + 1} of ${count}`, A4.width - A4.margin - 80, A4.height - 44, { size: 7.5, color: QUIET, width: 80, align: "right" });
  }
}

/** A money amount as printed: 1249.5 as "1,249.50". */
export function amount(number) {
  return number.toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
