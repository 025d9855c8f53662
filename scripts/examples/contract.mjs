// The example contract: prose in numbered clauses, a table of key terms at the front, signatures at the end.
import { KEY_TERMS, SECTIONS, SIGNATURES } from "./contract-text.mjs";
import { A4, createDocument, finish, footers, INK, INNER_WIDTH, pairs, QUIET, rule, write } from "./page.mjs";

const LOWEST = A4.height - 80;
const NUMBER_WIDTH = 34;

function front(document) {
  write(document, "Consulting Services Agreement", A4.margin, 62, { font: "bold", size: 20 });
  write(document, "Agreement number CSA-0093", A4.margin, 90, { color: QUIET });
  rule(document, 110, { color: INK, thickness: 1.2 });
  write(document, "Key terms", A4.margin, 126, { font: "bold", size: 11 });
  const below = pairs(document, KEY_TERMS, A4.margin, 148, { gap: 130, step: 18 });
  rule(document, below + 6);
  return below + 26;
}

/** Where a block of this height goes: here, or at the top of a new page. */
function place(document, y, height) {
  if (y + height <= LOWEST) return y;
  document.addPage();
  return 60;
}

function clause(document, number, text, y) {
  document.font("Helvetica").fontSize(10);
  const options = { width: INNER_WIDTH - NUMBER_WIDTH, lineGap: 3 };
  const height = document.heightOfString(text, options);
  const top = place(document, y, height);
  write(document, number, A4.margin, top, { size: 10 });
  document
    .font("Helvetica")
    .fontSize(10)
    .fillColor(INK)
    .text(text, A4.margin + NUMBER_WIDTH, top, options);
  return top + height + 7;
}

function section(document, number, { title, clauses }, y) {
  const top = place(document, y, 70);
  write(document, `${number}. ${title}`, A4.margin, top, { font: "bold", size: 11.5 });
  return clauses.reduce((below, text, index) => clause(document, `${number}.${index + 1}`, text, below), top + 22) + 10;
}

function signatures(document, y) {
  const top = place(document, y, 150);
  for (const [side, [heading, company, name, position, date]] of SIGNATURES.entries()) {
    const x = A4.margin + side * (INNER_WIDTH / 2);
    write(document, heading, x, top, { font: "bold" });
    write(document, company, x, top + 15, { color: QUIET });
    write(document, name, x + 4, top + 44, { font: "italic", size: 17, color: "#27408b" });
    rule(document, top + 68, { x, width: 190, color: INK });
    const lines = [
      ["Name", name],
      ["Position", position],
      ["Date signed", date],
    ];
    pairs(document, lines, x, top + 78, { gap: 66 });
  }
}

/** The bytes of the contract. */
export function makeContract() {
  const document = createDocument({ title: "Consulting Services Agreement CSA-0093", author: "Brackenridge Analytics Ltd", date: "2025-04-22T09:00:00Z" });
  const below = SECTIONS.reduce((y, part, index) => section(document, index + 1, part, y), front(document));
  signatures(document, below + 14);
  footers(document, "Consulting Services Agreement CSA-0093 · Tidewell Foods plc and Brackenridge Analytics Ltd");
  return finish(document);
}
