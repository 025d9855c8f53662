/** Dates as printed to YYYY-MM-DD. Which of 04 and 05 is the month is decided by evidence, never by the machine's locale. */
import { strict as arabic } from "chrono-node/ar";
import { strict as english } from "chrono-node/en";
import { strict as japanese } from "chrono-node/ja";
import { strict as chinese } from "chrono-node/zh";
import type { Json } from "../schema/json.ts";
import { isoDay } from "./calendar.ts";
import { dayInOrder, type FoundDate, findDates, foldDateText } from "./date-patterns.ts";
import { type DateOrder, type DocumentFacts, MAXIMUM_SCALAR_LENGTH, primaryLanguage, readable, type TypedValue, unreadable } from "./types.ts";

/** Languages that write dates in forms our own patterns don't know: Arabic months, Chinese and Japanese numerals, free English. */
const CHRONO: Readonly<Record<string, { parse(text: string, reference: Date): readonly ChronoResult[] }>> = {
  ar: arabic,
  en: english,
  ja: japanese,
  zh: chinese,
};

interface ChronoResult {
  text: string;
  end?: unknown;
  start: { isCertain(component: "year" | "month" | "day"): boolean; get(component: "year" | "month" | "day"): number | null };
}

/** One date of a text: `iso` is the day that the evidence speaks for, `other` another day that the same digits may mean. */
export interface ReadDate {
  iso: string | undefined;
  other: string | undefined;
  reason: string;
}

function undecided(parts: readonly [string, string, string], language: string): ReadDate {
  const preferred: DateOrder = primaryLanguage(language) === "en" && language.toLowerCase() !== "en-gb" ? "mdy" : "dmy";
  const days = [dayInOrder(parts, preferred), dayInOrder(parts, preferred === "mdy" ? "dmy" : "mdy")];
  return { iso: days[0], other: days[1], reason: "day and month may be the other way round, and the document does not tell" };
}

/** Reads a numeric date by what its digits allow, else its separator, else the document. `other` is set where none of them tells. */
export function readNumericDate(found: Extract<FoundDate, { is: "numeric" }>, facts: DocumentFacts): ReadDate {
  const { parts, separator } = found;
  const dmy = dayInOrder(parts, "dmy");
  const mdy = dayInOrder(parts, "mdy");
  const ymd = dayInOrder(parts, "ymd");
  const only = (iso: string, reason: string): ReadDate => ({ iso, other: undefined, reason });
  if (ymd !== undefined && (facts.dateOrder === "ymd" || (dmy === undefined && mdy === undefined))) return only(ymd, "the year comes first");
  const single = dmy === undefined || mdy === undefined || dmy === mdy ? (dmy ?? mdy) : undefined;
  if (single !== undefined && ymd !== undefined && separator !== "." && facts.dateOrder === undefined) {
    // Dashes are how ISO dates are written.
    const [iso, other] = separator === "-" ? [ymd, single] : [single, ymd];
    return { iso, other, reason: "the year may come first or last, and the document does not tell" };
  }
  if (single !== undefined) return only(single, "only one order gives a day that exists");
  if (dmy === undefined || mdy === undefined) return { iso: undefined, other: undefined, reason: "there is no such day" };
  if (facts.dateOrder === "mdy" && (separator !== "." || facts.dateOrderFrom === "dates")) return only(mdy, `month first: ${facts.dateOrderReason}`);
  if (separator === ".") return only(dmy, "day first, as in every date with points");
  if (facts.dateOrder === "dmy") return only(dmy, `day first: ${facts.dateOrderReason}`);
  return undecided(parts, facts.language);
}

function readFound(found: FoundDate, facts: DocumentFacts): ReadDate {
  if (found.is === "numeric") return readNumericDate(found, facts);
  return { iso: found.iso, other: undefined, reason: found.iso === undefined ? "there is no such day" : "the spelling tells the order" };
}

/** Eight digits and nothing else: 20230320, or 20032023 where that is no year first. */
function readCompact(text: string, facts: DocumentFacts): ReadDate | undefined {
  const [, digits] = /^(\d{8})(?:t\d{4,6}z?)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const yearFirst = isoDay({ year: Number(digits.slice(0, 4)), month: Number(digits.slice(4, 6)), day: Number(digits.slice(6)) });
  if (yearFirst !== undefined && yearFirst >= "1900" && yearFirst < "2100") return { iso: yearFirst, other: undefined, reason: "eight digits, the year first" };
  return readNumericDate({ is: "numeric", parts: [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)], separator: "", printed: digits }, facts);
}

function readWithChrono(text: string, language: string): ReadDate | undefined {
  const reader = CHRONO[primaryLanguage(language)];
  if (!reader || text.length > 200) return undefined;
  const [result] = reader.parse(text, new Date(Date.UTC(2000, 0, 1)));
  // Digits that it leaves over, but for a time, may be the start of a period: "5/7 May 2021".
  if (!result || result.end || /\d/.test(text.replace(result.text, "").replace(/\d{1,2}:\d{2}(?::\d{2})?/g, ""))) return undefined;
  if (!result.start.isCertain("year") || !result.start.isCertain("month") || !result.start.isCertain("day")) return undefined;
  const iso = isoDay({ year: result.start.get("year") ?? 0, month: result.start.get("month") ?? 0, day: result.start.get("day") ?? 0 });
  return iso === undefined ? undefined : { iso, other: undefined, reason: "written out" };
}

/** The days that a text names: of each date the reading that the evidence speaks for and, where undecided, the other one. */
export function datesIn(text: string, facts: DocumentFacts): readonly { iso: string; other: string | undefined }[] {
  return findDates(foldDateText(text), facts.language)
    .dates.map((found) => readFound(found, facts))
    .flatMap(({ iso, other }) => (iso === undefined ? [] : [{ iso, other }]));
}

function missing(folded: string): string {
  if (!/\d/.test(folded)) return "names no day";
  return /(?<!\d)(?:19|20)\d{2}(?!\d)/.test(folded) ? "is no full date: day or month is missing" : "is no full date: the year is missing or unreadable";
}

/** Reads a date. A text with several different days is none (both are alternatives); a day that does not exist is invalid. */
export function readDate(raw: Json, facts: DocumentFacts): TypedValue {
  if (typeof raw === "number") return readDate(String(raw), facts);
  if (Array.isArray(raw) && raw.length === 1) return readDate(raw[0] ?? null, facts);
  if (typeof raw !== "string") return unreadable("not a text");
  if (raw.length > MAXIMUM_SCALAR_LENGTH) return unreadable("too long to be a date");
  const folded = foldDateText(raw).trim();
  const compact = readCompact(folded, facts);
  const found = findDates(folded, facts.language);
  const dates = compact ? [compact] : found.dates.map((date) => readFound(date, facts));
  if (dates.length === 0) {
    const written = readWithChrono(raw, facts.language);
    return written?.iso === undefined ? unreadable(missing(folded)) : readable(written.iso, `read as a date: ${written.reason}`);
  }
  const days = [...new Set(dates.map((date) => date.iso))];
  if (days.length > 1 || found.period) {
    return unreadable(
      found.period ? "is a period, not one day" : `holds ${days.length} different dates`,
      days.filter((day) => day !== undefined),
    );
  }
  const [date] = dates;
  if (date?.iso === undefined) return unreadable(date?.reason ?? "names no day");
  return readable(date.iso, `read as a date: ${date.reason}`, date.other === undefined ? [] : [date.other]);
}

/** True for text that is one date and nothing else, with one reading. */
export function isClearDate(text: string, facts: DocumentFacts): boolean {
  const found = text.length > 40 ? [] : findDates(foldDateText(text).trim(), facts.language).dates;
  if (found.length !== 1 || found[0]?.printed !== foldDateText(text).trim()) return false;
  const reading = readDate(text, facts);
  return reading.valid && reading.alternatives.length === 0;
}
