/** Postal codes with their places: the line that ends an address, in the forms of several countries. */
import type { Cell, Facts } from "./facts.ts";
import { LABELS } from "./lexicon/index.ts";
import { comparablePhrase } from "./words.ts";

/** A [start, end) range of the layout view. */
export type Range = readonly [number, number];

/** A postal code and its place in a cell. `inline`: the whole address, name first, stands in this one line. */
export interface Postal {
  cell: Cell;
  postcode: Range;
  city: Range;
  inline: boolean;
}

const EUROPEAN =
  /(?:^|[,·•●|–-]\s?|\s)(?:[A-Z]{1,3}[\s-])?(?:(?<code>\d{4}\s[A-Z]{2}|\d{5}(?!\d)),?\s?|(?<short>\d{4})\s)(?<city>\p{Lu}[\p{L}.'’/()-]*(?:\s(?:\p{Lu}[\p{L}.'’/()-]*|am|an|der|im|in|bei|ob|de|la|le|les|sur|\d{2}(?!\d)))*)/u;
const AMERICAN = /(?<city>\p{Lu}[\p{L}.' -]{1,30}),\s(?:[A-Z]{2}|\p{Lu}\p{L}{3,14})\.?,?\s{1,2}(?<code>\d{5}(?:-\d{4})?)(?!\d)/u;
const BRITISH = /(?<city>\p{Lu}[\p{L}' -]{2,30}),?\s(?<code>[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})(?![\p{L}\d])/u;
const CODE_LAST = /(?<city>\p{Lu}[\p{L} ]{2,25}),\s(?<code>\d{5})\.?$/u;
const ASIAN = /(?<city>\p{Lu}[\p{L}]{2,20})[\s,-]{1,3}(?<code>\d{6})(?![\d-])/u;

/** Whether the text before a postal code on its line starts with a name: parts set apart by dots or dashes, or by commas after a company's or person's name. */
function isSender(before: string): boolean {
  if (!/\p{L}{2}/u.test(before)) return false;
  if (/[·•●∙|]|\s[-–—]\s/.test(before)) return true;
  const first = before.split(",")[0] ?? "";
  return before.includes(",") && !/\d/.test(first) && /\d/.test(before);
}

/** The postal code and place that a cell holds, if it holds them. */
export function postalIn(facts: Facts, cell: Cell): Postal | undefined {
  const text = facts.text.slice(cell.start, Math.min(cell.end, cell.start + 200));
  if (!/\d{4}|\d[A-Z]{2}/.test(text)) return undefined;
  for (const pattern of [AMERICAN, EUROPEAN, BRITISH, ASIAN, CODE_LAST]) {
    const found = pattern.exec(text);
    const short = found?.groups?.short;
    const code = found?.groups?.code ?? short;
    // Four digits before words are a house number where more numbers follow.
    if (short !== undefined && found !== null && /\d/.test(text.slice(found.index + found[0].length))) continue;
    const city = found?.groups?.city;
    if (found === null || code === undefined || city === undefined) continue;
    const codeAt = cell.start + found.index + found[0].indexOf(code);
    const cityAt = cell.start + found.index + found[0].lastIndexOf(city);
    const cut = city.replace(/[.,]+$/, "").length;
    if (/^(?:EUR|USD|RM|Tel|Fax|Stk|Stück|GST|Blz|Kto|HRB|HRA|GTIN)/.test(city) || /^(?:(?:19|20)\d\d|0+)$/.test(code) || LABELS.has(comparablePhrase(city)))
      continue;
    const before = text.slice(0, found.index).trim();
    return { cell, postcode: [codeAt, codeAt + code.length], city: [cityAt, cityAt + cut], inline: before.length > 6 && isSender(before) };
  }
  return undefined;
}
