/** What stands before a defined term, as contracts have it: "Blue Lake Ltd., a company in England ("Provider")". */
import type { Candidate } from "./candidates.ts";
import type { Facts } from "./facts.ts";
import type { Wanted } from "./prompt.ts";
import { datesIn } from "./values.ts";
import { comparableWords, stem } from "./words.ts";

const DEFINED =
  /\(\s?(?:the\s|die\s|der\s|le\s|la\s|il\s|el\s|hereinafter\s|each,?\s|collectively,?\s|referred to as\s){0,3}["“„'«]\s?([\p{L}][\p{L} -]{1,40}?)\s?["”“'»]\s?\)/gu;
const LOOK_BACK = 240;
/** After these a party's name begins: "between", the end of another definition, a paragraph, or another party's part in the contract ("…, as agent for the Banks, "). */
const BEFORE_NAME =
  /\b(?:between|among|by|and|zwischen|und|entre|et|tra|y|tussen|en)\s+(?=\d{0,3}\p{Lu})|\)\s*,?\s*(?:and\s+)?(?=\d{0,3}\p{Lu})|\n\s*\n\s*|,\s+(?:as|als)\s[^,.;()]{2,60},\s+(?:and\s+)?(?=\d{0,3}\p{Lu})/gu;
/** What a name is followed by where it is described: "a company", or a comma that parts no legal form from the name. */
const AFTER_NAME = /,(?!\s?(?:Inc|Ltd|LLC|L\.L\.C|S\.A|N\.A|Corp|Co)\b)|\ba\s+(?:company|corporation|limited)/;
const NAME = /^\d{0,3}\p{Lu}/u;
/** Words of a name in a row. */
const NAME_WORDS = /\p{Lu}[\p{L}\p{N}.&'’-]*(?:,?\s+(?:(?:of|the|and|for|&|de|la|du|di|van|von|der|und|et)\s+){0,2}\p{Lu}[\p{L}\p{N}.&'’-]*)+/gu;
const LEAST_NAME = 3;
const LONGEST_NAME = 100;
/** A question that has a term's stem only may be about something else: a "borrowing request" is not the "Borrower". */
const STEM_ONLY = 0.7;

/** The candidates for a text or a date whose question names a defined term. */
export function fromDefinitions(facts: Facts, wanted: Wanted): Candidate[] {
  if (wanted.type !== "text" && wanted.type !== "date") return [];
  const words = new Set(wanted.words);
  const stems = new Set(wanted.words.map(stem));
  const result: Candidate[] = [];
  for (const match of facts.text.matchAll(DEFINED)) {
    const term = comparableWords(match[1] ?? "");
    if (term.length === 0 || !term.every((word) => stems.has(stem(word)))) continue;
    const start = Math.max(0, match.index - LOOK_BACK);
    const before = facts.text.slice(start, match.index);
    const found = wanted.type === "date" ? datesIn(before).at(-1) : nameIn(before);
    if (found === undefined) continue;
    const fit = term.every((word) => words.has(word)) ? 1 : STEM_ONLY;
    const raw = before.slice(found.from, found.to).replace(/\s+/g, " ");
    result.push({ range: [start + found.from, start + found.to], raw, score: (wanted.type === "date" ? 0.8 : 0.75) * fit, reason: "before the defined term" });
  }
  return result;
}

/** Where in the text before a defined term the name stands that it is for. */
function nameIn(before: string): { from: number; to: number } | undefined {
  const begin = Math.max(0, ...[...before.matchAll(BEFORE_NAME)].map((found) => found.index + found[0].length));
  const part = before.slice(begin).split(AFTER_NAME)[0] ?? "";
  const body = part.trim();
  const from = begin + part.indexOf(body);
  // "In connection with the sale by Blue Lake Ltd.": a clause, in which the name is what is written as one.
  const inner = isClause(body) ? [...body.matchAll(NAME_WORDS)].at(-1) : undefined;
  const name = inner === undefined ? { from, to: from + body.length } : { from: from + inner.index, to: from + inner.index + inner[0].length };
  const length = name.to - name.from;
  return length >= LEAST_NAME && length < LONGEST_NAME && NAME.test(before.slice(name.from)) ? name : undefined;
}

const CLAUSE_WORDS = 3;

/** Whether a text has more words in small letters than names have. */
function isClause(text: string): boolean {
  return (text.match(/(?<=\s)\p{Ll}{2,}/gu)?.length ?? 0) >= CLAUSE_WORDS;
}
