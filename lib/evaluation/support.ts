/** How far a text supports one scalar value: 1 says it, below .5 says something else. */
import { Decimal } from "decimal.js";
import { distance } from "fastest-levenshtein";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import type { Score } from "../schema/result.ts";
import { readBoolean } from "../values/boolean.ts";
import { datesIn } from "../values/date.ts";
import { emailsIn } from "../values/email.ts";
import { squash } from "../values/fold.ts";
import type { DocumentFacts } from "../values/index.ts";
import { numbersIn } from "../values/number.ts";
import { score } from "./check.ts";
import { isDenied } from "./claim.ts";

/** A cited text, read once for all values that are compared with it. */
export interface Evidence {
  text: string;
  facts: DocumentFacts;
  /** All letters and digits in a row, and the offsets at which words of it begin and end. */
  squashed: string;
  boundaries: ReadonlySet<number>;
  words: ReadonlySet<string>;
  /** Absolute values: the best reading of each plain number; then the readings that its separators would also allow, and digits that are part of something else. */
  numbers: { best: ReadonlySet<string>; other: ReadonlySet<string> };
  dates: { best: ReadonlySet<string>; other: ReadonlySet<string> };
}

/** Longer cited texts are cut, UTF-16 code units. */
const MAXIMUM_EVIDENCE_LENGTH = 200_000;

function wordsOf(text: string): readonly string[] {
  return text
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map(squash)
    .filter((word) => word !== "");
}

/** Reads the numbers, dates and words of a cited text; linear in it. */
export function evidenceOf(cited: string, facts: DocumentFacts): Evidence {
  const text = cited.slice(0, MAXIMUM_EVIDENCE_LENGTH);
  const numbers = numbersIn(text, facts);
  const dates = datesIn(text, facts);
  const parts = wordsOf(text);
  const boundaries = new Set([0]);
  let offset = 0;
  for (const part of parts) {
    offset += part.length;
    boundaries.add(offset);
  }
  const absolute = (value: Decimal) => value.abs().toString();
  return {
    text,
    facts,
    squashed: parts.join(""),
    boundaries,
    words: new Set(parts),
    numbers: {
      best: new Set(numbers.filter((number) => !number.broken && !number.attached).flatMap((number) => number.readings.slice(0, 1).map(absolute))),
      other: new Set(numbers.flatMap((number) => number.readings.slice(number.broken || number.attached ? 0 : 1).map(absolute))),
    },
    dates: { best: new Set(dates.map((date) => date.iso)), other: new Set(dates.flatMap((date) => (date.other === undefined ? [] : [date.other]))) },
  };
}

function numberSupport(value: number, { numbers }: Evidence): Score {
  const wanted = new Decimal(value).abs();
  if (numbers.best.has(wanted.toString())) return score(1, "the cited text has this number");
  if (numbers.other.has(wanted.toString())) return score(0.75, "the cited text has these digits, but they may mean another number");
  if (wanted.isInteger() === false && numbers.best.has(wanted.times(100).toString())) return score(0.55, "the cited text has this number as a percentage");
  return score(numbers.best.size === 0 ? 0.1 : 0, numbers.best.size === 0 ? "the cited text has no number" : "the cited text has other numbers");
}

function dateSupport(value: string, { dates }: Evidence): Score {
  if (dates.best.has(value)) return score(1, "the cited text has this day");
  if (dates.other.has(value)) return score(0.75, "the cited text has this day if day and month are the other way round");
  return score(dates.best.size === 0 ? 0.1 : 0, dates.best.size === 0 ? "the cited text has no full date" : "the cited text has another day");
}

function emailSupport(value: string, { text }: Evidence): Score {
  const found = emailsIn(text).some((address) => address.toLowerCase() === value.toLowerCase());
  return found ? score(1, "the cited text has this address") : score(0, "the cited text does not have this address");
}

function booleanSupport(value: boolean, { text }: Evidence): Score {
  const reading = readBoolean(text);
  if (reading.valid) return reading.value === value ? score(1, "the cited text says so") : score(0.1, "the cited text says the opposite");
  return score(0.6, "the cited text does not say yes or no by itself");
}

/** A text of so many words is a name or a number: each word of it must be there. Longer ones may be put in other words. */
const SHORT_TEXT = 8;

/** From here a text in other words says the same as the cited one, so that a "not" in one of them matters. */
const CLOSE = 0.6;

/** True where the text has the word but for one or two letters (half of a short word may not differ). */
function hasTwin(word: string, words: ReadonlySet<string>): boolean {
  const allowed = word.length <= 3 ? 1 : 2;
  for (const other of words) {
    if (word.length > 2 && word.length < 64 && Math.abs(other.length - word.length) <= 1 && distance(word, other) <= allowed) return true;
  }
  return false;
}

/** Text: all of it in a row, else the share of its letters that stand in words of the cited text. A word with digits that is missing is a fault, not a paraphrase. */
function textSupport(value: string, evidence: Evidence): Score {
  const { words } = evidence;
  const parts = wordsOf(value);
  const wanted = parts.join("");
  if (wanted === "") return score(0, "the value has no letters or digits");
  if (containsWhole(evidence, wanted)) return score(1, "the cited text has these words");
  const missing = [...new Set(parts)].filter((word) => !words.has(word));
  if (missing.some((word) => /\d/.test(word))) return score(0.2, "the cited text lacks digits of the value");
  if (missing.some((word) => hasTwin(word, words))) return score(0.3, "a word of the value stands in the cited text with other letters");
  const length = (list: readonly string[]) => list.reduce((sum, word) => sum + word.length, 0);
  const share = 1 - length(missing) / Math.max(1, length(parts));
  const reason = `${Math.round(share * 100)} % of the value stands in the cited text`;
  if (missing.length > 0 && parts.length <= SHORT_TEXT) return score(Math.min(0.45, share * share), reason);
  if (share > CLOSE && isDenied(value, evidence.text)) return score(0.4, "the cited text denies what the value says, or the other way round");
  return score(0.9 * share * share, reason);
}

/** How many places of a text are tried. */
const MAXIMUM_PLACES = 1000;

/** True where cutting a text here would cut a word or number in two. Scripts without blanks have no words to cut. */
function cutsWord(left: string, right: string): boolean {
  return /^(?:\d\d|[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]{2})$/u.test(left + right);
}

/** True where the words of a value stand in a row, also over line breaks and hyphens, but not inside longer ones: "art" is not in "party", 0017 does not have 001. */
function containsWhole({ squashed, boundaries }: Evidence, wanted: string): boolean {
  const isEdge = (at: number) => boundaries.has(at) || !cutsWord(squashed[at - 1] ?? "", squashed[at] ?? "");
  let at = squashed.indexOf(wanted);
  for (let place = 0; at >= 0 && place < MAXIMUM_PLACES; place++) {
    if (isEdge(at) && isEdge(at + wanted.length)) return true;
    at = squashed.indexOf(wanted, at + 1);
  }
  return false;
}

/** How far a text supports a scalar. The kind of comparison follows the value where it is typed, else the output's type. */
export function supportOf(value: Exclude<Json, object | null>, type: OutputType, evidence: Evidence): Score {
  if (typeof value === "number") return numberSupport(value, evidence);
  if (typeof value === "boolean") return booleanSupport(value, evidence);
  if (type === "email") return emailSupport(value, evidence);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
  if (isDay && type === "date") return dateSupport(value, evidence);
  const asText = textSupport(value, evidence);
  if (!isDay || asText.score === 1) return asText;
  return dateSupport(value, evidence);
}
