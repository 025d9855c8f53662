// The example invoice: two pages, a table of line items, totals, and where to pay. All names are invented.
import { A4, amount, createDocument, finish, footers, INNER_WIDTH, pairs, QUIET, rule, table, write } from "./page.mjs";

const ACCENT = "#0f5c6e";
const SELLER = "Larkfield Instruments Ltd";
const ITEMS = [
  ["Digital caliper 150 mm", 6, 42.5],
  ["Bench micrometer 0-25 mm", 4, 68],
  ["Granite surface plate 400 x 250 mm", 1, 215],
  ["Dial indicator with magnetic base", 5, 57.9],
  ["Torque screwdriver 1-6 Nm", 3, 84.75],
  ["Feeler gauge set, 20 leaves", 10, 9.8],
  ["Thread pitch gauge, metric", 8, 12.4],
  ["Calibration certificate, per tool", 19, 14.5],
];
const TAX_RATE = 0.2;

function totals() {
  const subtotal = ITEMS.reduce((sum, [, quantity, price]) => sum + quantity * price, 0);
  const shipping = 18.5;
  const tax = Math.round((subtotal + shipping) * TAX_RATE * 100) / 100;
  return { subtotal, shipping, tax, total: subtotal + shipping + tax };
}

function letterhead(document) {
  document.roundedRect(A4.margin, 52, 40, 40, 6).fill(ACCENT);
  document
    .circle(A4.margin + 20, 72, 11)
    .lineWidth(2.4)
    .strokeColor("#ffffff")
    .stroke();
  document
    .moveTo(A4.margin + 20, 72)
    .lineTo(A4.margin + 27, 65)
    .lineWidth(2.4)
    .strokeColor("#ffffff")
    .stroke();
  write(document, SELLER, A4.margin + 52, 56, { font: "bold", size: 15 });
  write(document, "Measuring tools for workshops and schools", A4.margin + 52, 76, { color: QUIET });
  write(document, "INVOICE", A4.width - A4.margin - 160, 54, { font: "bold", size: 24, color: ACCENT, width: 160, align: "right" });
  rule(document, 106, { color: ACCENT, thickness: 1.4 });
}

function parties(document) {
  const lines = [
    ["From", SELLER, "7 Millstone Lane", "Bexcombe BX4 2QT", "United Kingdom", "VAT number: GB 999 4141 72"],
    ["Bill to", "Harbour Mill Training Centre", "22 Quayside Road", "Port Ellery PE1 8NW", "United Kingdom", "Email: accounts@harbourmill.example.com"],
  ];
  for (const [side, [heading, name, ...address]] of lines.entries()) {
    const x = A4.margin + side * (INNER_WIDTH / 2);
    write(document, heading, x, 122, { color: QUIET });
    write(document, name, x, 138, { font: "bold", size: 10.5 });
    for (const [index, line] of address.entries()) write(document, line, x, 154 + index * 13);
  }
}

function reference(document) {
  const left = [
    ["Invoice number", "LI-2025-0417"],
    ["Invoice date", "14 March 2025"],
    ["Due date", "13 April 2025"],
  ];
  const right = [
    ["Purchase order", "HM-77120"],
    ["Delivery date", "11 March 2025"],
    ["Currency", "GBP"],
  ];
  rule(document, 222);
  pairs(document, left, A4.margin, 234);
  pairs(document, right, A4.margin + INNER_WIDTH / 2, 234);
}

function lineItems(document) {
  const columns = [
    { title: "Pos.", width: 36 },
    { title: "Description", width: 223 },
    { title: "Quantity", width: 62, align: "right" },
    { title: "Unit price", width: 78, align: "right" },
    { title: "Amount", width: INNER_WIDTH - 399, align: "right" },
  ];
  const rows = ITEMS.map(([description, quantity, price], index) => [
    String(index + 1),
    description,
    String(quantity),
    amount(price),
    amount(quantity * price),
  ]);
  return table(document, columns, rows, 296, { step: 23 });
}

function totalsBlock(document, y) {
  const { subtotal, shipping, tax, total } = totals();
  const x = A4.width - A4.margin - 210;
  const lines = [
    ["Subtotal", amount(subtotal)],
    ["Shipping", amount(shipping)],
    ["VAT 20%", amount(tax)],
  ];
  for (const [index, [label, value]] of lines.entries()) {
    write(document, label, x, y + index * 17, { color: QUIET });
    write(document, value, x + 100, y + index * 17, { width: 105, align: "right" });
  }
  document.roundedRect(x - 10, y + 54, 220, 28, 4).fill("#dcecef");
  write(document, "Total due", x, y + 62, { font: "bold", size: 11, color: ACCENT });
  write(document, `£${amount(total)}`, x + 90, y + 62, { font: "bold", size: 11, color: ACCENT, width: 115, align: "right" });
}

function paymentPage(document) {
  document.addPage();
  write(document, "How to pay", A4.margin, 60, { font: "bold", size: 15 });
  rule(document, 84, { color: ACCENT, thickness: 1.4 });
  const bank = [
    ["Account holder", SELLER],
    ["Bank", "Bexcombe Mutual Bank"],
    ["IBAN", "GB33 BUKB 2020 1555 5555 55"],
    ["BIC", "BUKBGB22XXX"],
    ["Payment reference", "LI-2025-0417"],
    ["Payment terms", "30 days net"],
    ["Reverse charge", "No"],
  ];
  const below = pairs(document, bank, A4.margin, 100, { gap: 120, step: 18 });
  write(document, "Good to know", A4.margin, below + 22, { font: "bold", size: 11 });
  const notes =
    "Please give the payment reference with your transfer. If a payment is late we charge interest of 4 percent a year above the base rate. " +
    "Tools remain our property until they are paid for in full. Goods can be returned within 14 days when the seal is unbroken.\n\n" +
    "Questions about this invoice? Write to billing@larkfield.example.com or call +44 1632 960 417 on weekdays from 9 am to 5 pm.";
  document.font("Helvetica").fontSize(9.5).fillColor("#1d2733");
  document.text(notes, A4.margin, below + 42, { width: INNER_WIDTH, lineGap: 3 });
}

/** The bytes of the invoice. */
export function makeInvoice() {
  const document = createDocument({ title: "Invoice LI-2025-0417", author: SELLER, date: "2025-03-14T09:00:00Z" });
  letterhead(document);
  parties(document);
  reference(document);
  totalsBlock(document, lineItems(document) + 20);
  paymentPage(document);
  footers(document, `${SELLER} · 7 Millstone Lane · Bexcombe BX4 2QT · registered in England, number 00417120`);
  return finish(document);
}
