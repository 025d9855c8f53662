/** Line items: rows whose cells are typed where they clearly are numbers or dates, without the rows that only sum them up. */
import type { Json } from "../schema/json.ts";
import { isClearDate, readDate } from "./date.ts";
import { foldWord } from "./fold.ts";
import { isClearNumber, readNumber } from "./number.ts";
import { decimalEvidence } from "./separators.ts";
import { type Row, rowsOf } from "./table.ts";
import { type DocumentFacts, readable, type TypedValue, unreadable } from "./types.ts";

const TOTAL =
  /^(?:(?:grand|sub|net|gross|invoice|order)[ -]?total|(?:total|totals|sum|balance|amount) ?(?:due|amount|net|gross|excl?\.? (?:vat|tax)|incl?\.? (?:vat|tax)|price|payable)?|(?:zwischen|gesamt|end|rechnungs|netto|brutto)?-?(?:summe|betrag)|gesamt|gesamtbetrag netto|gesamtbetrag brutto|(?:sous|montant)[ -]?total|total (?:ht|ttc|general)|subtotal|suma|razem|lacznie|totale|totaal|subtotaal|totalt|summa|yhteensa|i alt|delsum|importe total|valor total|合計|小計|总计|合计|합계)$/;
const TAX =
  /^(?:\d{1,2}(?:[.,]\d{1,2})? ?% ?)?(?:vat|tax|sales tax|gst|hst|pst|mwst|mehrwertsteuer|ust|umsatzsteuer|tva|iva|btw|moms|mva|alv|dph|afa)(?: \(?\d{1,2}(?:[.,]\d{1,2})? ?%\)?)?$/;
const IDENTIFIER =
  /(?<!\p{L})(?:sku|ean|gtin|upc|id|code|article|artikel|item no|part|ref|reference|serial|zip|phone|account|iban|nr|no|number|nummer|numero)(?!\p{L})/u;

type Meaning = "total" | "tax" | "item";

function meaning(row: Row): Meaning {
  const texts = Object.values(row).filter((value) => typeof value === "string" && /\p{L}{2,}/u.test(value));
  const values = Object.values(row).filter((value) => value !== null);
  if (texts.length !== 1 || values.length < 2) return "item";
  const label = foldWord(String(texts[0]))
    .replace(/[:.*]+$/, "")
    .trim();
  return TOTAL.test(label) ? "total" : TAX.test(label) ? "tax" : "item";
}

/** Rows that sum up are left out; a tax row only after the last item, so that an item called "tax" stays. All of them stay where nothing else is left. */
function withoutTotals(rows: readonly Row[]): readonly Row[] {
  const meanings = rows.map(meaning);
  const lastItem = meanings.lastIndexOf("item");
  const kept = rows.filter((_, index) => meanings[index] === "item" || (meanings[index] === "tax" && index < lastItem));
  return kept.length > 0 ? kept : rows;
}

function typeColumn(name: string, cells: readonly Json[], facts: DocumentFacts): readonly Json[] {
  const texts = cells.filter((cell) => typeof cell === "string");
  if (texts.length === 0 || IDENTIFIER.test(foldWord(name))) return cells;
  const most = (clear: (text: string, facts: DocumentFacts) => boolean, own: DocumentFacts) =>
    2 * texts.filter((text) => clear(text, own)).length >= texts.length;
  const evidence = decimalEvidence(texts.join("\n"));
  const own = facts.decimal === "unknown" && evidence.decimal !== "unknown" ? { ...facts, decimal: evidence.decimal, decimalReason: evidence.reason } : facts;
  if (most(isClearNumber, own)) return cells.map((cell) => (typeof cell === "string" && isClearNumber(cell, own) ? readNumber(cell, own).value : cell));
  if (most(isClearDate, facts)) return cells.map((cell) => (typeof cell === "string" && isClearDate(cell, facts) ? readDate(cell, facts).value : cell));
  return cells;
}

/** Reads line items: as a table, then each column typed where at least half of its cells are clearly numbers (or dates), identifiers never. */
export function readLineItems(raw: Json, facts: DocumentFacts): TypedValue {
  const rows = rowsOf(raw);
  if (!rows || rows.length === 0) return unreadable("holds no rows");
  const items = withoutTotals(rows);
  const names = Object.keys(items[0] ?? {});
  const columns = names.map((name) =>
    typeColumn(
      name,
      items.map((row) => row[name] ?? null),
      facts,
    ),
  );
  const typed = items.map((_, index) => Object.fromEntries(names.map((name, column) => [name, columns[column]?.[index] ?? null])));
  const left = rows.length - items.length;
  return readable(typed, `${typed.length} line items${left > 0 ? `, ${left} rows of totals left out` : ""}`);
}
