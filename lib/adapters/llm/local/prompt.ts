/** What a prompt asks for: concepts of the lexicon, whose value, which end of a period, and the prompt's own words as a label. */
import type { OutputType } from "../../../schema/request.ts";
import { type Direction, directionOf } from "./directions.ts";
import { CONCEPTS, type Concept, conceptFacts, type Kind, type Role } from "./lexicon/concepts.ts";
import { ASKS, FILLERS, ROLE_WORDS } from "./lexicon/index.ts";
import { comparable, comparableWords } from "./words.ts";

/** What a prompt was understood to ask for. */
export interface Wanted {
  type: OutputType;
  /** Best first, with 0 to 1 for how sure, and the content words that neither it nor the role explains. */
  concepts: { concept: Concept; weight: number; unexplained: string[] }[];
  role: Role | undefined;
  part: "start" | "end" | undefined;
  /** Which way the money of an amount goes. */
  direction: Direction | undefined;
  /** The prompt's content words, in order. */
  words: string[];
  /** Content words that neither the best concept nor the role explains. */
  unexplained: string[];
  /** Column names of a table question, as written. */
  columns: string[];
  prompt: string;
}

const LONGEST_PROMPT = 2000;
const DOCUMENT_WORDS: ReadonlySet<string> = new Set(
  "invoice receipt document bill contract order rechnung beleg facture recu factura fattura factuur number date amount total name value printed vat tax company party side issued payment paid day address id code full exact complete item line reference good service registered located based filed carried shown written listed indicated charged sum price cost unique party"
    .split(" ")
    .map(comparable),
);
const GENERIC_WORDS: ReadonlySet<string> = new Set("name date dates amount value day person company many much kind type period".split(" ").map(comparable));

/** Words of questions for a date. */
const DATE_WORD =
  /^(?:when|dates?|day|deadline|due|until|expir.*|period|wann|tag|quand|jour|fecha|cuando|data|quando|wanneer|dag|frist|zeitraum)$|(?:datum|date|termin|tag)$/u;

/** Kinds of values that a question for a "number" may mean. */
const NUMBERED: ReadonlySet<Kind> = new Set<Kind>(["id", "vat", "iban", "bic", "phone", "postcode", "amount", "street", "address"]);

function kindFits(kind: Kind, type: OutputType): boolean {
  if (type === "number") return kind === "amount" || kind === "percent" || kind === "id";
  if (type === "date") return kind === "date";
  if (type === "email") return kind === "email";
  return true;
}

function scoreOf(words: readonly string[], present: ReadonlySet<string>, content: ReadonlySet<string>): number {
  let score = 0;
  for (const word of words) {
    if (!present.has(word)) return 0;
    score += content.has(word) ? 1 : 0.15;
  }
  return score;
}

function findRole(words: readonly string[]): { role: Role | undefined; used: string[] } {
  let best: { role: Role; used: string[] } | undefined;
  for (let first = 0; first < words.length; first++)
    for (let count = 1; count <= 3 && first + count <= words.length; count++) {
      const used = words.slice(first, first + count);
      const found = ROLE_WORDS.get(used.join(" "));
      if (found !== undefined && found.weight === 1 && (best === undefined || used.length > best.used.length)) best = { role: found.role, used };
    }
  return best ?? { role: undefined, used: [] };
}

const BUYER_WORDS: ReadonlySet<string> = new Set(["whom", "addressed", "billed", "buys", "buy", "bought", "recipient", "receiver", "payer"].map(comparable));
const SELLER_WORDS: ReadonlySet<string> = new Set(
  ["issued", "issuer", "issuing", "sender", "sent", "sells", "supplied", "supplier", "sold", "merchant"].map(comparable),
);

function guessRole(words: readonly string[]): { role: Role | undefined; used: string[] } {
  const found = findRole(words);
  if (found.role !== undefined) return found;
  const buyer = words.filter((word) => BUYER_WORDS.has(word));
  if (buyer.length > 0) return { role: "buyer", used: buyer };
  const seller = words.filter((word) => SELLER_WORDS.has(word));
  return seller.length > 0 ? { role: "seller", used: seller } : { role: undefined, used: [] };
}

const PART_WORD =
  /^(?:first|last|latest|begin.*|start.*|end|ends|ending|final|until|letzte.*|erste.*|premier.*|dernier.*|primer.*|ultim.*|prim[ao]|laatste|eerste)$/u;

function partOf(prompt: string): "start" | "end" | undefined {
  const end = /\b(?:end|ends|last|until|final|to which|ending|bis|ende|letzte[rn]?|fin|dernier|hasta|fine|eind|einde|tot)\b/i.test(prompt);
  const start =
    /\b(?:start|starts|first|begin|begins|beginning|starting|from when|beginn|anfang|erste[rn]?|d[ée]but|premier|desde|inicio|inizio|begint|eerste)\b/i.test(
      prompt,
    );
  return start === end ? undefined : start ? "start" : "end";
}

function columnsOf(prompt: string, type: OutputType): string[] {
  if (type !== "line-item" && type !== "table") return [];
  const list =
    /(?:with|columns?|fields?|mit|avec|con|met|spalten|colonnes)\s*:?\s*([^.?!]*[,;][^.?!]*|[\p{L}\d_]+)\s*[.?!]?\s*$/iu.exec(prompt)?.[1] ??
    /:\s*([^:?!]+?)[.?!]?\s*$/u.exec(prompt)?.[1] ??
    "";
  return list
    .replace(/^\s*columns?\s*:/i, "")
    .split(/[,;]|\band\b|\bund\b|\bet\b/)
    .map((name) => name.trim().replace(/^:+\s*/, ""))
    .filter((name) => name !== "" && name.length < 60)
    .slice(0, 20);
}

/** The concepts that a prompt's words mean, best first. */
function conceptsOf(
  words: readonly string[],
  content: readonly string[],
  type: OutputType,
  role: Role | undefined,
  direction: Direction | undefined,
): { concept: Concept; score: number; used: readonly string[] }[] {
  const present = new Set(words);
  const contentSet = new Set(content);
  const best = new Map<Concept, { concept: Concept; score: number; used: readonly string[]; ask: readonly string[] }>();
  for (const ask of ASKS) {
    const way = conceptFacts(ask.concept).direction;
    if (way !== undefined && way !== direction) continue;
    const only = ask.words.length === 1 ? (ask.words[0] ?? "") : undefined;
    if (only !== undefined && (!contentSet.has(only) || (GENERIC_WORDS.has(only) && only !== "name"))) continue;
    if (type === "text" && CONCEPTS[ask.concept].kind === "date" && !words.some((word) => DATE_WORD.test(word))) continue;
    if (present.has("number") && !NUMBERED.has(CONCEPTS[ask.concept].kind) && !ask.words.includes("number")) continue;
    if (!kindFits(CONCEPTS[ask.concept].kind, type)) continue;
    const score = scoreOf(ask.words, present, contentSet);
    if (score < 0.3) continue;
    const known = best.get(ask.concept);
    const used = new Set([...(known?.used ?? []), ...ask.words]);
    const better = known === undefined || score > known.score;
    best.set(ask.concept, { concept: ask.concept, score: better ? score : known.score, used: [...used], ask: better ? ask.words : known.ask });
  }
  if (role !== undefined && best.size === 0 && type === "text") best.set("name", { concept: "name", score: 1, used: [], ask: [] });
  // "Total with VAT" is not "total VAT": words that another meaning uses, and more, say what is meant.
  const narrower = (ask: readonly string[]) =>
    [...best.values()].some((other) => other.ask.length > ask.length && ask.every((word) => other.ask.includes(word)));
  return [...best.values()].filter((entry) => entry.ask.length < 2 || !narrower(entry.ask)).sort((left, right) => right.score - left.score);
}

/** Understands a prompt. `side` is whose value it asks for where its own words don't say that. Pure. */
export function understand(prompt: string, type: OutputType, side?: Role): Wanted {
  const text = prompt.slice(0, LONGEST_PROMPT);
  const words = comparableWords(text);
  const content = words.filter((word, index) => !FILLERS.has(word) && words.indexOf(word) === index);
  const guess = guessRole(words);
  const direction = type === "number" ? directionOf(text) : undefined;
  const { used: roleWords } = guess;
  let scored = conceptsOf(words, content, type, guess.role, direction);
  const ofParty = scored.some((entry) => entry.concept !== "name" && conceptFacts(entry.concept).party === true);
  const role = guess.role ?? (ofParty ? side : undefined);
  const asksParty = scored.some((entry) => conceptFacts(entry.concept).party === true && entry.score >= 1);
  if (role === undefined && !asksParty) scored = scored.filter((entry) => entry.concept !== "name");
  const part = partOf(text);
  if (part !== undefined) scored = scored.filter((entry) => (conceptFacts(entry.concept).part ?? part) === part);
  // Words such as "the company that issued" name the party, not its name, where something else of it is asked for.
  if (scored.some((entry) => entry.concept !== "name" && conceptFacts(entry.concept).party === true))
    scored = scored.filter((entry) => entry.concept !== "name");
  // "Shipping address" asks for the address of a side, not for the cost of shipping.
  if (role !== undefined && scored.some((entry) => conceptFacts(entry.concept).party === true))
    scored = scored.filter(
      (entry) => conceptFacts(entry.concept).party === true || entry.used.some((word) => !roleWords.includes(word) && content.includes(word)),
    );
  const top = scored[0]?.score ?? 0;
  const left = (used: readonly string[]) =>
    content.filter(
      (word) =>
        !used.includes(word) && !roleWords.includes(word) && !DOCUMENT_WORDS.has(word) && !(part !== undefined && PART_WORD.test(word)) && !/^\d+$/.test(word),
    );
  const concepts = scored
    .filter((entry) => entry.score >= top * 0.6)
    .map((entry) => ({ concept: entry.concept, weight: top === 0 ? 0 : (entry.score / top) ** 2, unexplained: left(entry.used) }));
  const unexplained = concepts[0]?.unexplained ?? left([]);
  return { type, concepts, role, part, direction, words: content, unexplained, columns: columnsOf(text, type), prompt: text };
}

/** Whether a word says little about what is wanted. */
export function isGeneric(word: string): boolean {
  return GENERIC_WORDS.has(word);
}
