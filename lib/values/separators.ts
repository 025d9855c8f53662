/** What the separators of one printed number mean: 1.234,56, 1,234.56, 1 234,56, 1'234.56, 1,23,456.78. */
import { type DocumentFacts, primaryLanguage } from "./types.ts";

type SeparatorFacts = Pick<DocumentFacts, "language" | "decimal">;

const POINT_LANGUAGES = new Set(["en", "zh", "ja", "ko", "th", "he", "hi", "ms", "und", ""]);
const POINT_REGIONS = new Set(["ch", "li", "mx", "us", "gb", "ie", "in"]);

/** The decimal separator that a language uses by itself: a preference, no proof. */
function usualDecimal(language: string): "comma" | "point" {
  const region = language.toLowerCase().split(/[-_]/)[1] ?? "";
  return POINT_REGIONS.has(region) || POINT_LANGUAGES.has(primaryLanguage(language)) ? "point" : "comma";
}

/** How many characters a number may have; longer digit runs are identifiers. */
const MAXIMUM_NUMBER_LENGTH = 40;

function isGrouped(groups: readonly string[]): boolean {
  const first = groups[0] ?? "";
  const rest = groups.slice(1);
  if (first.length < 1 || first.length > 3 || (first.startsWith("0") && groups.length > 1)) return false;
  if (rest.every((group) => group.length === 3)) return true;
  // Indian grouping: pairs, and three digits at the end.
  return first.length <= 2 && rest.length >= 2 && rest.at(-1)?.length === 3 && rest.slice(0, -1).every((group) => group.length === 2);
}

function withoutGroups(text: string, separator: string): string | undefined {
  const groups = text.split(separator);
  return groups.length === 1 ? text : isGrouped(groups) ? groups.join("") : undefined;
}

function oneSeparator(text: string, separator: "." | ",", facts: SeparatorFacts): readonly string[] {
  const parts = text.split(separator);
  if (parts.length > 2) {
    const joined = withoutGroups(text, separator);
    return joined === undefined ? [] : [joined];
  }
  const [left = "", right = ""] = parts;
  const decimal = `${left || "0"}.${right}`;
  const mayGroup = right.length === 3 && left.length >= 1 && left.length <= 3 && !left.startsWith("0");
  if (!mayGroup) return [decimal];
  const meaning = separator === "," ? "comma" : "point";
  if (facts.decimal !== "unknown") return [facts.decimal === meaning ? decimal : left + right];
  return usualDecimal(facts.language) === meaning ? [decimal, left + right] : [left + right, decimal];
}

/**
 * The readings of a digit run with separators (no sign), as plain decimal texts, best first: none if it is no number, two where only the document could tell and does not.
 * Blanks and apostrophes only ever group; of two different separators the last is the decimal one.
 */
export function separatorReadings(printed: string, facts: SeparatorFacts): readonly string[] {
  if (printed.length > MAXIMUM_NUMBER_LENGTH) return [];
  const unified = printed.replace(/[’`´]/g, "'").replace(/\s/g, " ");
  const grouping = unified.includes("'") ? "'" : unified.includes(" ") ? " " : undefined;
  if (grouping !== undefined) {
    const [, whole = "", separator = "", fraction = ""] = /^([\d' ]+)([.,]?)(\d*)$/.exec(unified) ?? [];
    const joined = whole === "" ? undefined : withoutGroups(whole, grouping);
    if (joined === undefined || !/^\d+$/.test(joined) || (separator !== "" && fraction === "")) return [];
    return [separator === "" ? joined : `${joined}.${fraction}`];
  }
  const comma = unified.lastIndexOf(",");
  const point = unified.lastIndexOf(".");
  if (comma < 0 && point < 0) return [unified];
  if (comma < 0) return oneSeparator(unified, ".", facts);
  if (point < 0) return oneSeparator(unified, ",", facts);
  const split = Math.max(comma, point);
  const joined = withoutGroups(unified.slice(0, split), comma > point ? "." : ",");
  return joined === undefined || !/^\d+$/.test(joined) ? [] : [`${joined}.${unified.slice(split + 1)}`];
}

const GROUPED_THEN_COMMA = /(?<![\d.,])(?:[1-9]\d{0,2}(?:[.\u00a0\u202f ]\d{3}){1,5},\d{1,2}(?!\d)|0,\d{3}(?!\d)|[1-9]\d{0,2}(?:\.\d{3}){2,5}(?![\d.,]))/g;
const GROUPED_THEN_POINT = /(?<![\d.,])(?:[1-9]\d{0,2}(?:[,'’\u00a0\u202f ]\d{2,3}){1,5}\.\d{1,2}(?!\d)|0\.\d{3}(?!\d)|[1-9]\d{0,2}(?:,\d{3}){2,5}(?![\d.,]))/g;
const CENTS_COMMA = /(?<![\d.,])\d{1,9},\d{2}(?![\d.,]\d|\d)/g;
const CENTS_POINT = /(?<![\d.,])\d{1,9}\.\d{2}(?![\d.,:]\d|\d|\.)/g;

function count(text: string, pattern: RegExp): number {
  let matches = 0;
  for (const _match of text.matchAll(pattern)) matches++;
  return matches;
}

/** Which decimal separator the numbers of a text prove: groups with decimals count five times as much as bare cents, and three quarters must agree. */
export function decimalEvidence(text: string): { decimal: DocumentFacts["decimal"]; reason: string } {
  const comma = 5 * count(text, GROUPED_THEN_COMMA) + count(text, CENTS_COMMA);
  const point = 5 * count(text, GROUPED_THEN_POINT) + count(text, CENTS_POINT);
  if (comma > 0 && comma >= 3 * point) return { decimal: "comma", reason: "other numbers of the document use a decimal comma" };
  if (point > 0 && point >= 3 * comma) return { decimal: "point", reason: "other numbers of the document use a decimal point" };
  return { decimal: "unknown", reason: comma + point > 0 ? "the document uses both separators" : "no number of the document tells" };
}
