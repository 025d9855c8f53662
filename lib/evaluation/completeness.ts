/** Completeness: is it all of the answer? Rows and list entries that stand beside those of the value, and sentences that go on where the value ends. */
import { findExact, findNormalized } from "../document/search.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { Score } from "../schema/result.ts";
import { collapse, squash } from "../values/fold.ts";
import { type CheckInput, score } from "./check.ts";
import { missingEntries } from "./entries.ts";
import { missingRows } from "./rows.ts";

type Row = Readonly<Record<string, Json>>;

/** From so many words on a text is prose, which ends where a sentence or clause does. */
const PROSE_WORDS = 6;
const LOOK_AHEAD = 160;
const DANGLING = new Set(
  "the a an and or of to in on at by for with from that which is are was were be as than if into shall will may der die das den dem des ein eine einer und oder von zu mit fur auf bei le la les un une des du de et ou pour avec el los las y o para con il lo gli e per het een en van voor".split(
    " ",
  ),
);
const LEGAL_FORM =
  /^(?: [\p{Lu}&][\p{L}&.-]{0,30}){0,3} (?:Ltd|Limited|GmbH|AG|Inc|LLC|LLP|plc|PLC|KG|KGaA|SE|SA|S\.A|SARL|SAS|S\.r\.l|Srl|BV|B\.V|NV|Corp|Corporation|Company|UG|OHG|AB|AS|Oy)(?![\p{L}\d])/u;

function isRow(value: Json): value is { [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A half is clearly too little, one of many hardly. */
function ofShare(found: number, missing: number, what: string): Score {
  if (found === 0) return score(0.7, `its ${what} could not be found again in the document`);
  const share = found / (found + missing);
  return missing === 0 ? score(1, `all ${what} beside those found`) : score(share ** 2, `about ${missing} more ${what} stand beside its ${found}`);
}

function ofRows(rows: readonly Row[], { document, facts }: CheckInput): Score {
  if (rows.length === 0) return score(0, "no rows");
  if (document === undefined) return score(0.7, "there is no document to compare with");
  const { found, missing } = missingRows(rows, document, facts);
  return ofShare(found, missing, "rows");
}

function ofList(entries: readonly string[], document: DocumentText | undefined, quote: string): Score {
  if (entries.length === 0) return score(0, "no entries");
  const { found, missing } = missingEntries(entries, document, quote);
  return ofShare(found, missing, "entries");
}

/** What follows a text in the document; undefined where it isn't there as it stands. */
function following(value: string, document: DocumentText | undefined, quote: string): { before: string; after: string } | undefined {
  const inQuote = quote.indexOf(value);
  if (document !== undefined) {
    const range = findExact(document.reading, value, 0) ?? findNormalized(document, "reading", value, 0);
    if (range)
      return { before: document.reading.text.slice(Math.max(0, range[0] - 1), range[0]), after: document.reading.text.slice(range[1], range[1] + LOOK_AHEAD) };
  }
  return inQuote < 0
    ? undefined
    : { before: quote.slice(Math.max(0, inQuote - 1), inQuote), after: quote.slice(inQuote + value.length, inQuote + value.length + LOOK_AHEAD) };
}

function isUnbalanced(text: string): boolean {
  return text.split("(").length > text.split(")").length;
}

function ofText(value: string, document: DocumentText | undefined, quote: string): Score {
  const text = collapse(value);
  const words = text.split(" ");
  const lastWord = words.at(-1) ?? "";
  const next = following(text, document, quote);
  if (/(?:\.\.\.|…|[,\-–(])$/.test(text)) return score(0.3, "it breaks off");
  if (words.length > 1 && DANGLING.has(lastWord.toLowerCase()) && !/^[A-Z]{1,3}$/.test(lastWord)) return score(0.3, "it ends with a word that needs another");
  if (isUnbalanced(text)) return score(0.4, "a bracket is not closed");
  if (next === undefined) return ofCutWord(text, document);
  return ofRest(text, words, next.after);
}

/** A value that stands nowhere as it is may be one whose last word was cut. */
function ofCutWord(text: string, document: DocumentText | undefined): Score {
  const at = text.length < 4 || document === undefined ? -1 : document.reading.text.indexOf(text);
  const rest = at < 0 ? "" : (document?.reading.text[at + text.length] ?? "");
  return /[\p{Ll}\d]/u.test(rest) && /[\p{L}\d]$/u.test(text) ? score(0.3, "its last word is cut") : score(0.8, "it does not break off");
}

function lastWordOf(words: readonly string[]): string {
  return (words.at(-1) ?? "").replace(/[.,]$/, "");
}

/** Words of running text; groups of a number are none. */
function isProse(words: readonly string[]): boolean {
  return words.filter((word) => /^\P{N}*\p{L}\P{N}*$/u.test(word)).length >= PROSE_WORDS;
}

function ofRest(text: string, words: readonly string[], after: string): Score {
  if (/[\p{L}\d]$/u.test(text) && /^[\p{Ll}\d]/u.test(after)) return score(0.3, "its last word is cut");
  const line = after.replace(/\n(?!\n)/g, " ");
  if (/[.!?:;"”»)]$/.test(text) && isProse(words)) return score(1, "it ends where a sentence does");
  if (LEGAL_FORM.test(line) && /^\p{Lu}/u.test(text) && !LEGAL_FORM.test(` ${lastWordOf(words)}`)) return score(0.45, "the name goes on");
  if (isProse(words) && /^ \p{Ll}/u.test(line)) return score(0.3, "the sentence goes on");
  if (text.includes(", ") && /^,? \p{L}[^.\n]{0,100} (?:and|und|et|y|e|en) \p{L}/u.test(line) && line.startsWith(",")) return score(0.4, "the list goes on");
  return score(1, "nothing of it is cut off");
}

/** An object is as complete as its fields are filled; lists of objects are rows. */
function ofJson(value: Json, input: CheckInput, quote: string): Score {
  if (Array.isArray(value)) {
    if (value.every(isRow)) return ofRows(value, input);
    return ofList(value.filter((entry) => typeof entry === "string" || typeof entry === "number").map(String), input.document, quote);
  }
  if (!isRow(value)) return score(1, "a single value");
  const fields = Object.values(value);
  const filled = fields.filter((field) => field !== null && field !== "").length;
  if (fields.length === 0) return score(0, "no fields");
  return filled === fields.length
    ? score(1, "all its fields are filled")
    : score((filled / fields.length) ** 1.2, `${fields.length - filled} of ${fields.length} fields are empty`);
}

/** Scores whether anything of the answer is missing: half of it is below .5, one row of many hardly counts. No value is complete where the output is absent. */
export function completeness(input: CheckInput): Score {
  const { value, type, document, status } = input;
  if (value === null) return status === undefined || status === "absent" ? score(1, "no value, as in the document") : score(0, "no value");
  const quote = input.quoteText ?? input.citations.map((citation) => citation.quote).join("\n");
  if (typeof value === "object") return type === "json" || Array.isArray(value) ? ofJson(value, input, quote) : score(0.5, "a structure");
  if (typeof value !== "string" || type === "date" || type === "email" || squash(value) === "") return score(1, "a single value");
  return ofText(value, document, quote);
}
