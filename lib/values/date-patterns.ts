/** Finds written dates in a text. All patterns are bounded, so that the time is linear in the text. */
import { type Day, fullYear, isoDay } from "./calendar.ts";
import { foldDigits } from "./fold.ts";
import { monthOf } from "./months.ts";
import { type DateOrder, primaryLanguage } from "./types.ts";

/** A date found: one day where the spelling tells the order, or the three numbers of a date such as 04/05/2023. */
export type FoundDate =
  | { is: "day"; iso: string | undefined; printed: string }
  | { is: "numeric"; parts: readonly [string, string, string]; separator: string; printed: string };

const YEAR_FIRST = /(?<![\d.,/-])(\d{4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)/g;
const NUMERIC = /(?<![a-z\d.,/-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?'?(\d{4}|\d{2})(?![\d/-]|[.,:]\d)/g;
const SLASH_THEN_YEAR = /(?<![a-z\d.,/-])(\d{1,2})\/(\d{1,2})[ -](\d{4})(?![\d/-])/g;
const SPACED = /(?<![\d.,/-])(\d{1,2}) (\d{1,2}) (\d{4})(?![\d.,/-])/g;
const CJK = /(?<!\d)(\d{2,4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号號일]?/g;
const ERA = /(令和|平成|昭和|大正|明治|民國|民国) ?(元|\d{1,3}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日?/g;
const DAY_MONTH_YEAR =
  /(?<![\p{L}\d]|\d\/)(\d{1,2})(?:(?: ?(?:st|nd|rd|th)|ere?|eme|de|e|o|a)(?!\p{L}))?(?: day)?[.°]?[\s\-/]{0,2}(?:(?:of|de|di) |d')?(?:the )?(\p{L}{3,12})[.,]?[\s\-/.]{0,2}(?:(?:de|del|of) )?'?(\d{4}|\d{2})(?!\d|[:/-]\d)/gu;
const MONTH_DAY_YEAR =
  /(?<!\p{L})(\p{L}{3,12})\.?[\s\-/]{0,2}(?:the )?(\d{1,2})(?: ?(?:st|nd|rd|th))?(?: ?, ?|\. ?|[\s\-/])\s?'?(\d{4}|\d{2}(?!,? ?(?:19|20)\d\d))(?!\d|:\d)/gu;
const YEAR_MONTH_DAY = /(?<![\p{L}\d])(\d{4})[.,]?[\s\-/]{0,2}(?:m\. )?(\p{L}{3,12})\.?[\s\-/]{0,2}(\d{1,2})(?!\d)/gu;

const YEAR_DAY_MONTH = /(?<!\d)(\d{4})\. ?gada (\d{1,2})\. ?(\p{L}{3,12})/gu;
const VIETNAMESE = /(?<!\d)(\d{1,2}) (?:thang|thg) (\d{1,2}),? (?:nam )?(\d{4})(?!\d)/g;

const ERA_LETTER = /(?<![a-z\d])([rhs])\.? ?(\d{1,2})[./-](\d{1,2})[./-](\d{1,2})(?!\d)/g;
/** A day before a written date that makes it a period: the 20 of "20-26 March 2023". */
const PERIOD =
  /(?<![\d.,:])(?:[12]?\d|3[01])(?: ?(?:st|nd|rd|th))?\.?(?: \p{L}{3,12}\.?)? ?(?:-|&|and|to|through|until|till?|bis|und|et|au|al|a|y|e|en|tot|do|og|och) ?\|/u;

const ERAS: Readonly<Record<string, number>> = {
  令和: 2018,
  平成: 1988,
  昭和: 1925,
  大正: 1911,
  明治: 1867,
  民國: 1911,
  民国: 1911,
  r: 2018,
  h: 1988,
  s: 1925,
};

interface Match {
  start: number;
  end: number;
  found: FoundDate;
}

/** Folded as dates need it: dashes, digits, accents, case; offsets are not kept. */
export function foldDateText(text: string): string {
  return foldDigits(text)
    .replace(/[’‘`´]/g, "'")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("º", "o")
    .replaceAll("ı", "i")
    .replace(/\s+/g, " ");
}

/** Collects matches of one pattern and blanks them out, so that no later pattern reads the same digits again. */
function take(state: { text: string; matches: Match[] }, pattern: RegExp, read: (groups: readonly string[], printed: string) => FoundDate | undefined): void {
  const taken: [number, number][] = [];
  const scanner = new RegExp(pattern);
  for (let match = scanner.exec(state.text); match; match = scanner.exec(state.text)) {
    const found = read(match.slice(1), match[0].trim());
    if (!found) {
      // A word that is no month must not swallow the digits behind it.
      scanner.lastIndex = match.index + 1;
      continue;
    }
    const end = match.index + match[0].length;
    state.matches.push({ start: match.index, end, found });
    taken.push([match.index, end]);
  }
  if (taken.length === 0) return;
  let rest = "";
  let position = 0;
  for (const [start, end] of taken) {
    rest += state.text.slice(position, start) + "|".repeat(end - start);
    position = end;
  }
  state.text = rest + state.text.slice(position);
}

function dayOf(day: Day, printed: string): FoundDate {
  return { is: "day", iso: isoDay(day), printed };
}

function named(printed: string, language: string, year: string | undefined, month: string | undefined, day: string | undefined): FoundDate | undefined {
  const number = monthOf(month ?? "", language);
  return number === undefined ? undefined : dayOf({ year: fullYear(year ?? ""), month: number, day: Number(day) }, printed);
}

function eraDay([era = "", year = "", month, day]: readonly string[], printed: string): FoundDate {
  return dayOf({ year: (ERAS[era] ?? 0) + (year === "元" ? 1 : Number(year)), month: Number(month), day: Number(day) }, printed);
}

function numeric(printed: string, separator: string, first: string, second: string, third: string): FoundDate {
  return { is: "numeric", parts: [first, second, third], separator, printed };
}

/** A text's written dates, and whether one of them is only the end of a period whose start has no year of its own. */
export interface FoundDates {
  dates: readonly FoundDate[];
  period: boolean;
}

/** Every written date of a text (folded with foldDateText), in order; `language` tells the few month names that mean two months. Impossible ones come with `iso` undefined. */
export function findDates(folded: string, language: string): FoundDates {
  const state: { text: string; matches: Match[] } = { text: folded, matches: [] };
  take(state, ERA, eraDay);
  if (primaryLanguage(language) === "ja") take(state, ERA_LETTER, eraDay);
  take(state, CJK, ([year = "", month, day], printed) => dayOf({ year: fullYear(year), month: Number(month), day: Number(day) }, printed));
  take(state, YEAR_FIRST, ([year, , month, day], printed) => dayOf({ year: Number(year), month: Number(month), day: Number(day) }, printed));
  take(state, NUMERIC, ([first = "", separator = "", second = "", third = ""], printed) =>
    // Only years have an apostrophe.
    numeric(printed, separator, first, second, printed.includes("'") ? String(fullYear(third)) : third),
  );
  take(state, SLASH_THEN_YEAR, ([first = "", second = "", third = ""], printed) => numeric(printed, "/", first, second, third));
  take(state, SPACED, ([first = "", second = "", third = ""], printed) => numeric(printed, " ", first, second, third));
  take(state, VIETNAMESE, ([day, month, year], printed) => dayOf({ year: Number(year), month: Number(month), day: Number(day) }, printed));
  take(state, YEAR_DAY_MONTH, ([year, day, month], printed) => named(printed, language, year, month, day));
  take(state, DAY_MONTH_YEAR, ([day, month, year], printed) => named(printed, language, year, month, day));
  take(state, MONTH_DAY_YEAR, ([month, day, year], printed) => named(printed, language, year, month, day));
  take(state, YEAR_MONTH_DAY, ([year, month, day], printed) => named(printed, language, year, month, day));
  return { dates: state.matches.sort((left, right) => left.start - right.start).map((match) => match.found), period: PERIOD.test(state.text) };
}

/** The day that three printed numbers give in an order; undefined where there is no such day. Only a two-digit year may come first: four digits were matched elsewhere. */
export function dayInOrder(parts: readonly [string, string, string], order: DateOrder): string | undefined {
  const [first, second, third] = parts;
  if (order === "ymd") return third.length === 4 ? undefined : isoDay({ year: fullYear(first.padStart(2, "0")), month: Number(second), day: Number(third) });
  const [day, month] = order === "dmy" ? [first, second] : [second, first];
  return isoDay({ year: fullYear(third), month: Number(month), day: Number(day) });
}
