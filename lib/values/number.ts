/** Numbers as printed to JSON numbers, exactly (decimal.js); what can't be read is null with a reason, never 0. */
import { Decimal } from "decimal.js";
import type { Json } from "../schema/json.ts";
import { withoutCurrencyAtEnd, withoutCurrencyAtStart } from "./currency.ts";
import { foldDigits } from "./fold.ts";
import { separatorReadings } from "./separators.ts";
import { type DocumentFacts, MAXIMUM_SCALAR_LENGTH, primaryLanguage, readable, type TypedValue, unreadable } from "./types.ts";

const DIGITS = /(?<![\d.,])\d{1,3}(?:[ \u00a0\u2007\u2009\u202f]\d{3}){1,6}(?!\d)(?:[.,]\d+)?(?![.,]?\d)|\d(?:\d|[.,'’`´](?=\d))*|(?<![\p{L}\d])[.,]\d+/gu;
const SCIENTIFIC = /^[-+]?\d{1,20}(?:\.\d{1,20})?[eE][-+]?\d{1,2}$/;
const PERCENT = /^\s?(%|‰|percent|per cent|prozent|pour ?cent|por ?ciento|per ?cento|procent|por ?cento)/i;
const CONTEXT = 16;

const UNIT_WORDS: readonly (readonly [power: number, words: string])[] = [
  [3, "k tsd tausend thousand thousands mille mil mila duizend tys tusen tusind tuhat k€ t€"],
  [4, "万 만"],
  [
    6,
    "mio mln mill mn million millions millionen millones millón milioni milione milhões milhão miljoen miljoner miljon millioner milionów miliony milion miljoonaa m€ mio€",
  ],
  [8, "億 亿 억"],
  [9, "mrd mld bn billion billions milliarde milliarden milliard milliards miliardi miliardo miljard miljarder milliarder miliardów"],
  [12, "trillion trillions billionen billones bilhões bln"],
];
const POWERS: ReadonlyMap<string, number> = new Map(UNIT_WORDS.flatMap(([power, words]) => words.split(" ").map((word) => [word, power] as const)));

/** The ½ of 3½. */
const VULGAR_FRACTION = /^\s?[\u00bc-\u00be\u2150-\u215e]/;

/** One number found in a text: its readings best first, and how it was written. */
export interface FoundNumber {
  readings: readonly Decimal[];
  percent: boolean;
  scaled: boolean;
  /** In parentheses: negative in accounts, a gloss in prose ("thirty (30) days"). */
  parenthesised: boolean;
  /** Joined to a letter ("A4", "m2"): part of a name or unit. */
  attached: boolean;
  /** Part of a range, date, time, fraction or identifier, or with separators that no number has. */
  broken: boolean;
}

const MINUS_WORD = /(?:^|\s)(?:minus|moins|menos|meno|negative)\s$/i;

/** The sign in front of a number, with the currency on either side of it, and what stands before both. */
function signBefore(before: string): { negative: boolean; signed: boolean; rest: string } {
  const inner = withoutCurrencyAtEnd(before);
  const text = inner.found ? inner.rest : before;
  const match = /([-+])(\s?)$/.exec(text);
  if (!match) return { negative: MINUS_WORD.test(text), signed: false, rest: inner.rest };
  const lead = text.slice(0, match.index);
  const outer = withoutCurrencyAtEnd(lead);
  // A dash with a blank after it is a minus only at the very start; elsewhere it separates.
  const isSign = outer.rest === "" || outer.rest.endsWith("(") || ((/[\s(:=]$/.test(lead) || outer.found) && match[2] === "");
  return { negative: isSign && match[1] === "-", signed: isSign, rest: isSign ? outer.rest : inner.rest };
}

/** $1.5M, 3MM €, USD 2b: only money is written so; 1.5m alone is a length. */
const MONEY_LETTER = /^\s?(?:(MM?|m)|([Bb]))(?![\p{L}\d])/u;

/** "Mil" abbreviates a million in English and is a thousand in Spanish; a billion has nine zeros in English only. */
function powerOf(word: string, language: string): number {
  const isEnglish = ["en", "und", ""].includes(primaryLanguage(language));
  if (word === "mil" && isEnglish) return 6;
  if (/^billions?$/.test(word) && !isEnglish) return 12;
  return POWERS.get(word) ?? 0;
}

function powerAfter(after: string, isMoney: boolean, language: string): number {
  const letter = MONEY_LETTER.exec(after);
  if (letter && (isMoney || withoutCurrencyAtStart(after.slice(letter[0].length)).found)) return letter[1] ? 6 : 9;
  const word = /^\s?([万億亿만억]|\p{L}{1,12}€?)/u.exec(after)?.[1] ?? "";
  return powerOf(word.toLowerCase(), language);
}

function found(text: string, start: number, printed: string, facts: DocumentFacts): FoundNumber {
  const end = start + printed.length;
  const before = text.slice(Math.max(0, start - CONTEXT), start);
  const after = text.slice(end, end + CONTEXT);
  const noFraction = /^[.,]-{1,2}(?!\d)/.test(after);
  const sign = signBefore(before);
  const power = powerAfter(after, withoutCurrencyAtEnd(before).found, facts.language);
  const afterUnit = withoutCurrencyAtStart(after.replace(PERCENT, "")).rest;
  const trailingMinus = !noFraction && /^-(?![\d\p{L}]|\s*\d)/u.test(afterUnit);
  const negative = sign.negative || trailingMinus;
  const readings = separatorReadings(printed, facts).map((reading) => {
    const value = new Decimal(reading).times(new Decimal(10).pow(power));
    return negative ? value.negated() : value;
  });
  const joinedBefore = !sign.signed && /[\d\p{L}][-/]$|\d:$/u.test(before);
  const joinedAfter = /^[-/:]\d|^[.,]\d|^(?![ckm]?m[23](?!\d))\p{L}{1,3}\d/u.test(after);
  return {
    readings,
    percent: PERCENT.test(after),
    scaled: power > 0,
    parenthesised: sign.rest.endsWith("(") && /^\s?-?\)/.test(afterUnit),
    attached: /\p{L}$/u.test(before) && !withoutCurrencyAtEnd(before).found,
    broken: readings.length === 0 || joinedBefore || joinedAfter || VULGAR_FRACTION.test(after),
  };
}

/** Every number of a text, in order. Dates, times and identifiers come as broken ones. Linear in the text. */
export function numbersIn(text: string, facts: DocumentFacts): readonly FoundNumber[] {
  const folded = foldDigits(text);
  return [...folded.matchAll(DIGITS)].map((match) => found(folded, match.index, match[0], facts));
}

/** A number only if it can be held exactly enough: whole numbers beyond 2^53 would change silently. */
function asJson(value: Decimal): number | undefined {
  if (value.isInteger() && value.abs().greaterThan(Number.MAX_SAFE_INTEGER)) return undefined;
  const number = value.toNumber();
  return Number.isFinite(number) ? number + 0 : undefined;
}

function describe(number: FoundNumber, negativeByParentheses: boolean): string {
  const notes = [
    number.percent ? "percent" : "",
    number.scaled ? "scaled by its unit word" : "",
    negativeByParentheses ? "negative by its parentheses" : "",
  ].filter(Boolean);
  return notes.length > 0 ? `read as a number (${notes.join(", ")})` : "read as a number";
}

/** True where the text around the parentheses is empty, but for currency: then they mean a negative amount. */
function isAccounting(text: string): boolean {
  const outside = text.replace(/\([^()]*\)/g, " ").trim();
  const inside = /\(([^()]*)\)/.exec(text)?.[1] ?? "";
  const bare = (part: string) => withoutCurrencyAtStart(withoutCurrencyAtEnd(part).rest).rest.replace(/%/g, "").trim();
  return bare(outside) === "" && !/\p{L}{4,}/u.test(bare(inside));
}

function readText(text: string, facts: DocumentFacts): TypedValue {
  const folded = foldDigits(text).trim();
  if (folded.length > MAXIMUM_SCALAR_LENGTH) return unreadable("too long to be a number");
  if (SCIENTIFIC.test(folded)) {
    const value = asJson(new Decimal(folded));
    return value === undefined ? unreadable("too large for a number") : readable(value, "read as a number (scientific notation)");
  }
  const all = numbersIn(folded, facts);
  const usable = all.filter((number) => !number.attached);
  if (usable.length === 0) return unreadable(all.length === 0 ? "holds no digits" : "its digits are part of a name, not a number");
  if (usable.some((number) => number.broken))
    return unreadable("its digits are a range, date, time, fraction or identifier, or their separators fit no number");
  const negative = usable.length === 1 && usable[0]?.parenthesised === true && isAccounting(folded);
  const signed = (value: Decimal) => (negative ? value.abs().negated() : value);
  const distinct = [...new Map(usable.map((number) => [String(number.readings[0]), number])).values()];
  const [first] = distinct;
  if (first === undefined) return unreadable("holds no digits");
  if (distinct.length > 1) {
    const values = distinct.map((number) => number.readings[0]).map((value) => (value === undefined ? undefined : asJson(value)));
    return unreadable(
      `holds ${distinct.length} different numbers`,
      values.filter((value) => value !== undefined),
    );
  }
  const [value, ...others] = first.readings.map(signed).map(asJson);
  if (value === undefined) return unreadable("has more digits than a number can hold exactly; use type text");
  const alternatives = others.filter((other) => other !== undefined);
  const ambiguity = alternatives.length > 0 ? "; its separator may mean thousands or decimals, and the document does not tell" : "";
  return readable(value, describe(first, negative) + ambiguity, alternatives);
}

/** Reads a number. Percent stays as printed (12 % is 12), currency is dropped, several different numbers are none. A JSON number is taken as it is. */
export function readNumber(raw: Json, facts: DocumentFacts): TypedValue {
  if (typeof raw === "number") return Number.isFinite(raw) ? readable(raw, "given as a number") : unreadable("not a finite number");
  if (typeof raw === "string") return readText(raw, facts);
  if (Array.isArray(raw) && raw.length === 1) return readNumber(raw[0] ?? null, facts);
  return unreadable("not a text or number");
}

/** True for text that is a number and nothing else but currency, percent and sign, with one reading, and no identifier (leading zero, ten or more bare digits). */
export function isClearNumber(text: string, facts: DocumentFacts): boolean {
  const folded = foldDigits(text).trim();
  if (folded.length > 40 || /^0\d|^\d{10,}$/.test(folded)) return false;
  const bare = withoutCurrencyAtStart(withoutCurrencyAtEnd(folded.replace(/[()%]/g, " ").trim()).rest).rest;
  if (!/^[-+]?\s?(?:\p{Sc}\s?)?[\d.,'’ \u00a0\u202f]+-{0,2}$/u.test(bare)) return false;
  const reading = readText(folded, facts);
  return reading.valid && reading.alternatives.length === 0;
}
