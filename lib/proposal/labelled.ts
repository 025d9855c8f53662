/** Labels that a document prints with their values ("Label: value"), and of which type a value looks to be. */
import type { DocumentText } from "../schema/document.ts";
import type { OutputType } from "../schema/request.ts";
import { type DocumentFacts, parseValue } from "../values/index.ts";

/** A label, its value as printed, and where the value stands: [start, end) of the layout view. */
export interface Labelled {
  label: string;
  value: string;
  range: readonly [number, number];
}

const LONGEST_LABEL = 40;
const LABEL_WORDS = 5;
const LONGEST_VALUE = 120;
const MOST = 200;
const LONGEST_DATE = 40;
/** A column gap, and where a label stands in its cell. */
const CELL = /\S+(?: \S+)*/g;
const LABEL = /^(\p{L}[^:\n]{1,39}?) ?:(?: (.*))?$/u;
/** What such a label names is no number to count with, whatever its digits. */
const NAMES_A_NUMBER =
  /(?:^|[\s.-])(?:no|nr|n|id|number|nummer|numero|número|numéro|code|ref|reference|referenz|account|konto|phone|tel|telefon|téléphone|fax|mobile|zip|plz|iban|bic|swift|vat|ust|tax|sort)(?:$|[\s.-])|(?:nummer|numer|number)$|[#°º]/iu;
/** A sum or a share: digits, with a currency or a percent sign or not. */
const AMOUNT = /^(?:[\p{Sc}]|[A-Z]{3})? ?[-+(]?\d[\d.,' \u00a0\u202f]*\)? ?(?:[\p{Sc}%]|[A-Z]{3})?$/u;

/** The labels of a document with their values, each label once, in the order of the text. At most 200. */
export function labelledValues(document: DocumentText): Labelled[] {
  const found = new Map<string, Labelled>();
  let start = 0;
  for (const line of document.layout.text.split(/[\n\f]/)) {
    const cells = [...line.matchAll(CELL)].map((match) => ({ text: match[0], at: start + match.index }));
    for (const [index, cell] of cells.entries()) {
      const next = cells[index + 1];
      const one = labelledIn(cell, next && !LABEL.test(next.text) ? next : undefined);
      if (one !== undefined && !found.has(one.label.toLowerCase())) found.set(one.label.toLowerCase(), one);
    }
    if (found.size >= MOST) break;
    start += line.length + 1;
  }
  return [...found.values()].slice(0, MOST);
}

function labelledIn(cell: { text: string; at: number }, next: { text: string; at: number } | undefined): Labelled | undefined {
  if (cell.text.length > LONGEST_LABEL + LONGEST_VALUE) return undefined;
  const match = LABEL.exec(cell.text);
  const label = match?.[1]?.trim() ?? "";
  if (match === null || label.length > LONGEST_LABEL || label.split(" ").length > LABEL_WORDS || /\d{3}|https?$/.test(label)) return undefined;
  const own = match[2]?.trim() ?? "";
  const value = own === "" ? (next?.text ?? "") : own;
  const at = own === "" ? (next?.at ?? 0) : cell.at + cell.text.length - own.length;
  if (value === "" || value.length > LONGEST_VALUE || !/[\p{L}\p{N}]/u.test(value)) return undefined;
  return { label, value, range: [at, at + value.length] };
}

/** The type that a value printed after this label looks to have; text where it is no other. */
export function typeOf(label: string, value: string, facts: DocumentFacts): OutputType {
  const reads = (type: OutputType) => {
    const typed = parseValue({ raw: value, type, enforce: true, facts, quote: value });
    return typed.valid && typed.value !== null;
  };
  if (value.includes("@") && !value.includes(" ") && reads("email")) return "email";
  if (value.length <= LONGEST_DATE && /\d/.test(value) && !AMOUNT.test(value.replace(/[/.-]/g, "")) && reads("date")) return "date";
  if (/^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/.test(value) && reads("date")) return "date";
  return AMOUNT.test(value) && !NAMES_A_NUMBER.test(label) && !/^0\d/.test(value) && reads("number") ? "number" : "text";
}
