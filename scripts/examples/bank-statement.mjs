// The example bank statement: two pages, one table of transactions that runs over both. All names are invented.
import { A4, amount, createDocument, finish, footers, INNER_WIDTH, pairs, QUIET, rule, table, write } from "./page.mjs";

const ACCENT = "#6b2d5c";
const BANK = "Bexcombe Mutual Bank";
const OPENING = 8412.6;
const ROWS_ON_FIRST_PAGE = 18;
/** Day of June 2025, description, money (negative: paid out). */
const TRANSACTIONS = [
  [2, "Card payment Coster & Reed Mills", -312.4],
  [2, "Transfer from Quillon Hotel", 1860],
  [3, "Direct debit Bexcombe Water", -86.15],
  [4, "Transfer from St Brannock School", 945.5],
  [5, "Card payment Ferrybridge Fuel", -64.2],
  [6, "Rent Unit 5 Tannery Yard", -1450],
  [9, "Transfer from Quillon Hotel", 1735],
  [9, "Card payment Maltby Packaging", -228.9],
  [10, "Direct debit Northmoor Energy", -412.37],
  [11, "Cash deposit Bexcombe branch", 620],
  [12, "Card payment Coster & Reed Mills", -298.75],
  [13, "Transfer to T. Adeyemi, wages", -1180],
  [13, "Transfer to L. Novak, wages", -1265],
  [16, "Transfer from Quillon Hotel", 1790],
  [17, "Card payment Maltby Packaging", -141.6],
  [18, "Transfer from Market Street Deli", 388.25],
  [19, "Insurance Hartwell Mutual", -175.8],
  [20, "Card payment Ferrybridge Fuel", -71.05],
  [23, "Transfer from Quillon Hotel", 1815],
  [24, "Card payment Coster & Reed Mills", -334.1],
  [25, "Value added tax, quarter to May", -1927.44],
  [26, "Transfer from St Brannock School", 890],
  [27, "Transfer to T. Adeyemi, wages", -1180],
  [27, "Transfer to L. Novak, wages", -1265],
  [30, "Transfer from Quillon Hotel", 1770],
  [30, "Account fee", -12.5],
];
const COLUMNS = [
  { title: "Date", width: 76 },
  { title: "Description", width: 195 },
  { title: "Paid out", width: 66, align: "right" },
  { title: "Paid in", width: 66, align: "right" },
  { title: "Balance", width: INNER_WIDTH - 403, align: "right" },
];

/** The statement's lines as printed, and its totals. */
function account() {
  let balance = OPENING;
  const rows = TRANSACTIONS.map(([day, description, money]) => {
    balance += money;
    const paid = amount(Math.abs(money));
    return [`${String(day).padStart(2, "0")} Jun 2025`, description, money < 0 ? paid : "", money < 0 ? "" : paid, amount(balance)];
  });
  const sum = (wanted) => TRANSACTIONS.reduce((total, [, , money]) => total + (Math.sign(money) === wanted ? Math.abs(money) : 0), 0);
  return { rows, paidIn: sum(1), paidOut: sum(-1), closing: balance };
}

function letterhead(document) {
  document.roundedRect(A4.margin, 50, 34, 34, 17).fill(ACCENT);
  write(document, "B", A4.margin + 11, 58, { font: "bold", size: 17, color: "#ffffff" });
  write(document, BANK, A4.margin + 46, 52, { font: "bold", size: 15 });
  write(document, "1 Corn Exchange, Bexcombe BX1 1AA", A4.margin + 46, 71, { color: QUIET });
  write(document, "Account statement", A4.width - A4.margin - 200, 56, { font: "bold", size: 15, color: ACCENT, width: 200, align: "right" });
  rule(document, 98, { color: ACCENT, thickness: 1.4 });
}

function summary(document, { paidIn, paidOut, closing }) {
  const left = [
    ["Account holder", "Tannery Yard Bakery Ltd"],
    ["Account number", "55667788"],
    ["Sort code", "20-20-15"],
    ["IBAN", "GB94 BARC 1020 1530 0934 59"],
    ["Statement date", "1 July 2025"],
    ["Statement number", "6 of 2025"],
  ];
  const right = [
    ["Period start", "1 June 2025"],
    ["Period end", "30 June 2025"],
    ["Opening balance", amount(OPENING)],
    ["Total paid in", amount(paidIn)],
    ["Total paid out", amount(paidOut)],
    ["Closing balance", amount(closing)],
  ];
  pairs(document, left, A4.margin, 114);
  pairs(document, right, A4.margin + INNER_WIDTH / 2 + 30, 114);
  write(document, "All amounts in pounds sterling (GBP).", A4.margin, 212, { size: 8, color: QUIET });
}

function closingNotes(document, y) {
  write(document, "Overdraft facility", A4.margin, y, { color: QUIET });
  write(document, "No", A4.margin + 130, y, { font: "bold" });
  write(document, "Deposit protection", A4.margin, y + 16, { color: QUIET });
  write(document, "Yes", A4.margin + 130, y + 16, { font: "bold" });
  write(document, "Please check every entry and tell us within 60 days if one is wrong: help@bexcombemutual.example.com", A4.margin, y + 42, { size: 8.5 });
}

/** The bytes of the bank statement. */
export function makeBankStatement() {
  const document = createDocument({ title: "Account statement 6 of 2025", author: BANK, date: "2025-07-01T06:00:00Z" });
  const statement = account();
  letterhead(document);
  summary(document, statement);
  table(document, COLUMNS, statement.rows.slice(0, ROWS_ON_FIRST_PAGE), 230, { step: 25 });
  document.addPage();
  write(document, "Transactions, continued", A4.margin, 60, { font: "bold", size: 11 });
  const below = table(document, COLUMNS, statement.rows.slice(ROWS_ON_FIRST_PAGE), 84, { step: 25 });
  closingNotes(document, below + 26);
  footers(document, `${BANK} · Tannery Yard Bakery Ltd · account 55667788 · statement 6 of 2025`);
  return finish(document);
}
