/** What stands before a defined term or a part, as contracts have it: "Blue Lake Ltd., a company in England ("Provider")", "First Bank, N.A., as Agent". */
import type { Candidate } from "./candidates.ts";
import type { Facts } from "./facts.ts";
import type { Wanted } from "./prompt.ts";
import { datesIn } from "./values.ts";
import { comparableWords, stem } from "./words.ts";

const DEFINED =
  /\(\s?(?:the\s|die\s|der\s|le\s|la\s|il\s|el\s|hereinafter\s|each,?\s|collectively,?\s|referred to as\s){0,3}["“„'«]\s?([\p{L}][\p{L} -]{1,40}?)\s?["”“'»]\s?\)/gu;
/** A name's part in the contract, in capitals since it is defined, after a comma or on a line of its own. */
const PART = /(?:,\s*|\s*\n\s*)as\s+(?:the\s|an?\s)?(\p{Lu}\p{L}+(?:\s\p{Lu}\p{L}+){0,3})(?=\s*[,;.\n)]|\s+and\b|$)/gu;
const LOOK_BACK = 240;
/** After these a party's name begins: "between", the end of another definition and the number of the next, a paragraph, or another party's part in the contract ("…, as agent for the Banks, "). */
const BEFORE_NAME =
  /\b(?:between|Between|BETWEEN|among|Among|AMONG|by|By|BY|and|AND|zwischen|und|entre|et|tra|y|tussen|en)\s+(?=\d{0,3}\p{Lu})|\)\s*[.,;]?\s*(?:and\s+)?(?:\d+(?:\.\d+){0,3}\.?\s+)?(?=\d{0,3}\p{Lu})|\n\s*\n\s*|[,\s]\s*(?:as|als)\s[^,.;()]{2,60},\s+(?:and\s+)?(?=\d{0,3}\p{Lu})/gu;
/** What a name is followed by where it is described: "a company", or a comma that parts no legal form from the name. */
const AFTER_NAME = /,(?!\s?(?:Inc|Ltd|LLC|L\.L\.C|S\.A|N\.A|Corp|Co)\b)|\ba\s+(?:company|corporation|limited)/;
const NAME = /^\d{0,3}\p{Lu}/u;
/** Words of a name in a row. */
const NAME_WORDS = /\d{0,3}\p{Lu}[\p{L}\p{N}.&'’-]*(?:,?\s+(?:(?:of|the|and|for|&|de|la|du|di|van|von|der|und|et)\s+){0,2}\p{Lu}[\p{L}\p{N}.&'’-]*)+/gu;
const LEAST_NAME = 3;
const LONGEST_NAME = 100;
/** A question that has a term's stem only may be about something else: a "borrowing request" is not the "Borrower". */
const STEM_ONLY = 0.7;

/** The candidates for a text or a date whose question names a defined term or a part. */
export function fromDefinitions(facts: Facts, wanted: Wanted): Candidate[] {
  if (wanted.type !== "text" && wanted.type !== "date") return [];
  const words = new Set(wanted.words);
  const stems = new Set(wanted.words.map(stem));
  const result: Candidate[] = [];
  const add = (match: RegExpExecArray, reason: string, find: (before: string) => Place | undefined) => {
    const term = comparableWords(match[1] ?? "");
    if (term.length === 0 || !term.every((word) => stems.has(stem(word)))) return;
    const start = Math.max(0, match.index - LOOK_BACK);
    const before = facts.text.slice(start, match.index);
    const found = find(before);
    if (found === undefined) return;
    const fit = term.every((word) => words.has(word)) ? 1 : STEM_ONLY;
    const raw = before.slice(found.from, found.to).replace(/\s+/g, " ");
    result.push({ range: [start + found.from, start + found.to], raw, score: (wanted.type === "date" ? 0.8 : 0.75) * fit, reason });
  };
  for (const match of facts.text.matchAll(DEFINED)) add(match, "before the defined term", wanted.type === "date" ? (before) => datesIn(before).at(-1) : nameIn);
  if (wanted.type === "text") for (const match of facts.text.matchAll(PART)) add(match, "named before its part", wholeNameIn);
  return result;
}

interface Place {
  from: number;
  to: number;
}

const DESCRIPTION = /^(?:,\s*an?\s[^,]{1,80})?,?\s*$/;

/** The name at the end of the text, where nothing but a name is there, or one with what it is: "First Bank, a company in Ohio". */
function wholeNameIn(before: string): Place | undefined {
  const place = nameIn(before);
  const name = place === undefined ? "" : before.slice(place.from, place.to);
  const isName = [...name.matchAll(NAME_WORDS)].some(([words]) => words.length === name.length);
  return isName && DESCRIPTION.test(before.slice(place?.to)) ? place : undefined;
}

/** Where in the text before a defined term the name stands that it is for. */
function nameIn(before: string): Place | undefined {
  const begin = Math.max(0, ...[...before.matchAll(BEFORE_NAME)].map((found) => found.index + found[0].length));
  const part = before.slice(begin).split(AFTER_NAME)[0] ?? "";
  const body = part.trim();
  const from = begin + part.indexOf(body);
  // "In connection with the sale by Blue Lake Ltd.": a clause, in which the name is what is written as one.
  const inner = NAME.test(body) && isClause(body) ? [...body.matchAll(NAME_WORDS)].at(-1) : undefined;
  const name = inner === undefined ? { from, to: from + body.length } : { from: from + inner.index, to: from + inner.index + inner[0].length };
  const length = name.to - name.from;
  return length >= LEAST_NAME && length < LONGEST_NAME && NAME.test(before.slice(name.from)) ? name : undefined;
}

const CLAUSE_WORDS = 3;

/** Whether a text has more words in small letters than names have. */
function isClause(text: string): boolean {
  return (text.match(/(?<=\s)\p{Ll}{2,}/gu)?.length ?? 0) >= CLAUSE_WORDS;
}
