/** Finding a value of a kind in a short piece of text: where it stands, and how well it fits the kind. */
import type { Kind } from "./lexicon/concepts.ts";
import { MONTHS } from "./lexicon/index.ts";
import { comparable } from "./words.ts";

/** A value at [from, to) of the text. `fit` 0 to 1. `raw` where it is not simply the text at that place. */
export interface Found {
  from: number;
  to: number;
  fit: number;
  raw?: string;
}

const LONGEST_PIECE = 400;
/** What every date has: a digit with a sign and a digit after it, or digits beside letters, or eight digits. */
const MAYBE_DATE = /\d\s?[-/.]\s?\d{1,2}\s?[-/.]|\p{L}{3}.{0,3}\d|\d.{0,6}\p{L}{3}|\d{8}/u;
const NUMERIC_DATE = /(?<![\d.,/-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}(?:\s?[-/.]\s?)\d{1,2}(?:\s?[-/.]\s?)(?:\d{4}|\d{2}))(?![\d/]|[.,-]\d)/gu;
const WORD_DATE = /(?<![\d.,])(\d{1,2})(?:st|nd|rd|th|er|º|°)?[.\s-]{0,2}(?:de |of )?(\p{L}{3,10})[.,\s-]{0,3}(?:de |del |of )?(\d{4}|\d{2})(?!\d|[.,:]\d)/gu;
const MONTH_FIRST = /(?<!\p{L})(\p{L}{3,10})[.\s-]{1,2}(\d{1,2})(?:st|nd|rd|th)?\s?(?:[,.]\s?|-|\s)(\d{4})(?!\d)/gu;
const MONTH_DAY_SLASH = /(?<!\p{L})(\p{L}{3})(\d{1,2})\/(\d{2}|\d{4})(?!\d)/gu;
const SHORT_RANGE = /(?<!\p{L})(\p{L}{3,10}\.?\s\d{1,2})\s?(?:-|–|to)\s?\p{L}{3,10}\.?\s\d{1,2}\s?,?\s(\d{4})(?!\d)/gu;
const COMPACT_DATE = /(?<!\d)20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)/gu;
const AMOUNT =
  /[-−(]?\s?(?:\p{Sc}|RM|EUR|USD|GBP|CHF|Rs\.?|INR|MYR|kr\.?)?\s?[-−]?(?:\d{1,3}(?:[.'’]\d{3})+(?:,\d{1,4})?|\d{1,3}(?:,\d{2,3})+(?:\.\d{1,4})?|\d{1,3}(?: \d{3})+[.,]\d{2}|\d+(?:[.,]\d{1,4})?|\.\d{2})(?:\s?(?:\p{Sc}|EUR|USD|CHF|GBP))?\)?-?/giu;

/** The month that a word names, 1 to 12. */
function monthOf(word: string): number | undefined {
  const plain = comparable(word);
  for (let length = Math.min(5, plain.length); length >= 3; length--) {
    const month = MONTHS.get(plain.slice(0, length));
    if (month !== undefined) return month;
  }
  return undefined;
}

function plausible(text: string): boolean {
  const parts = text.match(/\d+/g)?.map(Number) ?? [];
  const [first = 0, second = 0, third = 0] = parts;
  if (first > 1900) return first < 2100 && second >= 1 && second <= 12 && third >= 1 && third <= 31;
  return first >= 1 && second >= 1 && first <= 31 && second <= 31 && (first <= 12 || second <= 12) && (third < 100 || (third > 1900 && third < 2100));
}

/** All dates in a text, in order. */
export function datesIn(text: string): Found[] {
  const piece = text.slice(0, LONGEST_PIECE);
  const result: Found[] = [];
  if (!MAYBE_DATE.test(piece)) return result;
  const add = (from: number, length: number, fit: number, raw?: string) => {
    if (result.some((other) => from < other.to && from + length > other.from)) return;
    result.push(raw === undefined ? { from, to: from + length, fit } : { from, to: from + length, fit, raw });
  };
  for (const match of piece.matchAll(NUMERIC_DATE)) if (plausible(match[0])) add(match.index, match[0].length, 1);
  for (const match of piece.matchAll(MONTH_FIRST)) if (monthOf(match[1] ?? "") !== undefined && Number(match[2]) <= 31) add(match.index, match[0].length, 1);
  for (const match of piece.matchAll(WORD_DATE)) if (monthOf(match[2] ?? "") !== undefined && Number(match[1]) <= 31) add(match.index, match[0].length, 1);
  for (const match of piece.matchAll(MONTH_DAY_SLASH))
    if (monthOf(match[1] ?? "") !== undefined)
      add(match.index, match[0].length, 0.95, `${match[2]} ${match[1]} ${match[3]?.length === 2 ? `20${match[3]}` : match[3]}`);
  for (const match of piece.matchAll(SHORT_RANGE)) {
    const start = match[1] ?? "";
    if (monthOf(start.split(/\s/)[0] ?? "") !== undefined) add(match.index, start.length, 0.9, `${start}, ${match[2]}`);
  }
  for (const match of piece.matchAll(COMPACT_DATE)) add(match.index, 8, 0.4);
  return result.sort((left, right) => left.from - right.from);
}

/** All amounts in a text, in order. Numbers that are parts of dates, times, codes or percentages are none. */
export function amountsIn(text: string): Found[] {
  const piece = text.slice(0, LONGEST_PIECE);
  if (!/\d/.test(piece)) return [];
  const dates = datesIn(piece);
  const result: Found[] = [];
  for (const match of piece.matchAll(AMOUNT)) {
    const blanks = match[0].length - match[0].trimStart().length;
    const body = match[0].trim();
    const from = match.index + blanks;
    const to = from + body.length;
    const before = piece[from - 1] ?? " ";
    const after = piece.slice(to, to + 2);
    if (!/\d/.test(body) || dates.some((date) => from < date.to && to > date.from)) continue;
    if (/[\p{L}\d/.:#_-]/u.test(before) || /^\s?%/.test(after) || /^[\p{L}\d_@/]/u.test(after) || /^[:.,-]\d/.test(after)) continue;
    const digits = body.replace(/\D/g, "").length;
    const decimals = /[.,]\d{2}(?!\d)/.test(body);
    const money = /\p{Sc}|RM|EUR|USD|GBP|CHF/u.test(body);
    result.push({ from, to, fit: digits > 11 ? 0.05 : decimals || money ? 1 : digits > 7 ? 0.15 : 0.6 });
  }
  return result;
}

const ID_WORD = /^[\p{Lu}\d#*(](?:[\p{L}\d/._#*()&-]*)$/u;

/** A number or code that starts near the beginning of a text. Words with digits that follow each other belong together; it ends before a word without digits, and before a date. */
function findId(text: string): Found | undefined {
  const dates = datesIn(text);
  const words = [...text.slice(0, 120).matchAll(/\S+/g)];
  let from = -1;
  let to = -1;
  let taken = 0;
  for (const match of words) {
    const word = match[0].replace(/[,;:.]+$/, "");
    const digits = /\d/.test(word);
    const dateHere = dates.some((date) => date.fit === 1 && match.index >= date.from && match.index < date.to && word.length < 11 && date.to - date.from <= 12);
    if (from < 0) {
      if (dateHere || !(digits || /^[A-Z]{2}$/.test(word)) || !ID_WORD.test(word)) {
        if (match.index > 24) break;
        continue;
      }
      from = match.index;
    } else if (dateHere || !(digits || /^[-/]$/.test(word)) || !ID_WORD.test(word.replace(/^[-/]$/, "#"))) break;
    to = match.index + word.length;
    taken += 1;
    if (taken >= 6) break;
  }
  if (from < 0 || !/\d/.test(text.slice(from, to))) return undefined;
  const body = text.slice(from, to);
  const lone = /^\d{1,2}$/.test(body) ? 0.5 : 1;
  return { from, to, fit: lone * (from > 2 ? 0.75 : 1) };
}

function match(pattern: RegExp, text: string, fit: number): Found | undefined {
  const found = pattern.exec(text.slice(0, LONGEST_PIECE));
  return found === null ? undefined : { from: found.index, to: found.index + found[0].length, fit };
}

/** Text that may be a name: starts with a letter or digit, has letters, is not a whole sentence. */
function findText(text: string, name: boolean): Found | undefined {
  const from = text.length - text.trimStart().length;
  const body = text.trim();
  if (body.length < 2 || !/\p{L}{2}/u.test(body) || (name && (body.length > 90 || /:$/.test(body)))) return undefined;
  if (name && (/^[\d\s./:-]+$/.test(body) || datesIn(body).some((date) => date.to - date.from >= body.length - 1))) return undefined;
  const sentence = body.length > 60 || /[.!?]\s/.test(body) ? 0.7 : 1;
  const numeric = name && body.replace(/\P{L}/gu, "").length < body.length * 0.45 ? 0.5 : 1;
  return { from, to: from + body.length, fit: sentence * numeric };
}

/** Length of an IBAN by country. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  "AD24 AE23 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IL23 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SA24 SE24 SI19 SK24 SM27 TR26"
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
const IBAN = /(?<![\p{L}\d])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?(?![\p{L}\d])/u;
const VAT =
  /(?<![\p{L}\d])(?:(?:AT|BE|BG|CHE?|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|XI)[-\s]?[A-Z]?(?:[\dA-Z.]{2,13})(?:\s\d{2,5}){0,4}(?:\s?MWST)?)(?![\p{L}\d])/u;

/** The IBAN that a text ends with and that is too short for its country: where it starts, and how many characters of it are missing. */
export function unfinishedIban(text: string): { from: number; missing: number } | undefined {
  const offset = Math.max(0, text.length - LONGEST_PIECE);
  const found = /(?<![\p{L}\d])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){1,7}\s{0,3}$/u.exec(text.slice(offset));
  const start = found?.[0].replace(/\s/g, "") ?? "";
  const missing = (IBAN_LENGTHS[start.slice(0, 2)] ?? 0) - start.length;
  return found === null || missing <= 0 ? undefined : { from: offset + found.index, missing };
}

function findIban(text: string): Found | undefined {
  const found = match(IBAN, text, 1);
  if (found === undefined) return undefined;
  const body = text.slice(found.from, found.to);
  const wanted = IBAN_LENGTHS[body.slice(0, 2)];
  if (wanted === undefined) return undefined;
  let taken = 0;
  for (let index = 0; index < body.length; index++) {
    if (body[index] !== " ") taken += 1;
    if (taken === wanted) return { from: found.from, to: found.from + index + 1, fit: 1 };
  }
  return { ...found, fit: taken > wanted - 10 && taken >= 12 ? 0.6 : 0.2 };
}

/** The value of a kind that a text holds, if it holds one; the nearest to its beginning. */
export function findValue(kind: Kind, text: string): Found | undefined {
  switch (kind) {
    case "date":
      return datesIn(text)[0];
    case "amount":
      return amountsIn(text)[0];
    case "percent":
      return match(/(?<![\d.,])\d{1,3}(?:[.,]\d{1,3})?\s?%/u, text, 1) ?? match(/^\s*\d{1,3}(?:[.,]\d{1,3})?(?![\d.,])/u, text, 0.5);
    case "id":
      return findId(text);
    case "iban":
      return findIban(text);
    case "bic":
      return match(/(?<![\p{L}\d])[A-Z]{6}[A-Z0-9]{2,5}(?![\p{L}\d])/u, text, 1);
    case "vat": {
      const found = match(VAT, text, 1);
      if (found !== undefined && text.slice(found.from, found.to).replace(/\D/g, "").length >= 7) return found;
      const id = findId(text);
      return id !== undefined && text.slice(id.from, id.to).replace(/\D/g, "").length >= 6 ? { ...id, fit: 0.7 * id.fit } : undefined;
    }
    case "email":
      return match(/[\p{L}\d._%+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,4}/u, text, 1);
    case "url":
      return match(
        /(?:https?:\/\/|www\.)[^\s,;)]{2,120}|(?<![@\p{L}\d])[\p{L}\d-]{2,40}(?:\.[\p{L}\d-]{2,40}){0,2}\.(?:com|de|net|org|fr|nl|be|it|es|eu|at|ch|io|co\.uk|my|in)(?![\p{L}\d])/iu,
        text,
        1,
      );
    case "phone":
      return match(/(?:\+|\(|\d)[\d\s()/.-]{5,22}\d/u, text, 1);
    case "postcode":
      return match(/(?<![\d-])(?:\d{4}\s?[A-Z]{2}|\d{4,6}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})(?![\d-])/u, text, 1);
    case "currency":
      return match(/(?<!\p{L})(?:EUR|USD|GBP|CHF|MYR|INR|RM|SEK|DKK|NOK|PLN|CZK|CAD|AUD|JPY)(?!\p{L})|\p{Sc}/u, text, 1);
    case "name":
    case "city":
    case "street":
      return findText(text, true);
    default:
      return findText(text, false);
  }
}
