/** Dates and times as people write them. */
import type { Recogniser } from "./recogniser.ts";

const MONTHS =
  "jan(?:uary|uar)?|feb(?:ruary|ruar)?|m[aä]r(?:ch|z)?|apr(?:il)?|ma[yi]|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?";
const DAY = "(?:0?[1-9]|[12]\\d|3[01])";
const MONTH = "(?:0?[1-9]|1[0-2])";
const YEAR = "(?:(?:1[89]|20)\\d{2}|\\d{2})";
const BEFORE = "(?<![\\p{L}\\d./-])";
const AFTER = "(?![\\p{L}\\d]|[./-]\\d)";

const FORMS = [
  "\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?",
  `${MONTH}([/.-])${DAY}\\1${YEAR}`,
  `${DAY}([/.-])${MONTH}\\1${YEAR}`,
  `\\d{4}([/.])${MONTH}\\1${DAY}`,
  `${DAY}(?:st|nd|rd|th|\\.)?[ -](?:${MONTHS})\\.?(?:,? |-)(?:1[89]|20)\\d{2}`,
  `(?:${MONTHS})\\.? ${DAY}(?:st|nd|rd|th)?,? (?:1[89]|20)\\d{2}`,
  `(?:${MONTHS})-\\d{2}`,
  `${DAY}-(?:${MONTHS})`,
];

/** Words of a date of birth: such a date is personal, others hardly. */
const BIRTH = /\b(?:born|birth|dob|d\.o\.b|geb(?:oren|urtsdatum)?\b|n[ée]e? le|naissance|nacid|nacimiento|nat[oa] il|nascita|geboren)/i;

/** Recognisers of dates and times. */
export const DATE_RECOGNISERS: readonly Recogniser[] = FORMS.map((form) => ({
  kind: "DATE_TIME",
  pattern: new RegExp(`${BEFORE}(?:${form})${AFTER}`, "giu"),
  score: 0.4,
  context: BIRTH,
}));
