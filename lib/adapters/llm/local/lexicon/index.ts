/** All languages together, in the forms that matching needs. */
import { comparable, comparablePhrase, comparableWords } from "../words.ts";
import type { Column, Concept, Lexicon, Role } from "./concepts.ts";
import { german } from "./de.ts";
import { english } from "./en.ts";
import { spanish } from "./es.ts";
import { french } from "./fr.ts";
import { italian } from "./it.ts";
import { dutch } from "./nl.ts";

const LANGUAGES: readonly Lexicon[] = [english, german, french, spanish, italian, dutch];

/** What a printed phrase may label: a concept and how surely (1, or .55 for weak labels). */
interface Meaning {
  concept: Concept;
  weight: number;
}

/** A set of words that, all found in a prompt, mean a concept. */
interface Ask {
  concept: Concept;
  words: readonly string[];
}

function alternatives(list: string | undefined): string[] {
  return list === undefined ? [] : list.split("|").filter((entry) => entry !== "");
}

function keysOf<K extends string>(record: Partial<Record<K, unknown>>): K[] {
  // Object.keys loses the key type; the records here are literals without other keys.
  return Object.keys(record) as K[];
}

function collectLabels(): ReadonlyMap<string, readonly Meaning[]> {
  const result = new Map<string, Meaning[]>();
  for (const lexicon of LANGUAGES)
    for (const concept of keysOf(lexicon.labels))
      for (const entry of alternatives(lexicon.labels[concept])) {
        const weak = entry.startsWith("~");
        const key = comparablePhrase(weak ? entry.slice(1) : entry);
        const meanings = result.get(key) ?? [];
        if (!meanings.some((meaning) => meaning.concept === concept)) meanings.push({ concept, weight: weak ? 0.55 : 1 });
        result.set(key, meanings);
      }
  return result;
}

function collectAsks(): readonly Ask[] {
  const result: Ask[] = [];
  const seen = new Set<string>();
  const add = (concept: Concept, phrase: string) => {
    const words = [...new Set(comparableWords(phrase))];
    const key = `${concept} ${words.join(" ")}`;
    if (words.length === 0 || seen.has(key)) return;
    seen.add(key);
    result.push({ concept, words });
  };
  for (const lexicon of LANGUAGES) {
    for (const concept of keysOf(lexicon.asks)) for (const entry of alternatives(lexicon.asks[concept])) add(concept, entry);
    for (const concept of keysOf(lexicon.labels))
      for (const entry of alternatives(lexicon.labels[concept])) if (!entry.startsWith("~") && comparablePhrase(entry).length > 2) add(concept, entry);
  }
  return result;
}

function collectRoles(between: string): ReadonlyMap<string, { role: Role; weight: number }> {
  const result = new Map<string, { role: Role; weight: number }>();
  for (const lexicon of LANGUAGES)
    for (const role of keysOf(lexicon.roles))
      for (const entry of alternatives(lexicon.roles[role])) {
        const weak = entry.startsWith("~");
        const key = comparableWords(weak ? entry.slice(1) : entry).join(between);
        if (!result.has(key)) result.set(key, { role, weight: weak ? 0.5 : 1 });
      }
  return result;
}

function wordSet(pick: (lexicon: Lexicon) => string): ReadonlySet<string> {
  return new Set(LANGUAGES.flatMap((lexicon) => pick(lexicon).split(" ")).map(comparable));
}

function collectMonths(): ReadonlyMap<string, number> {
  const result = new Map<string, number>();
  for (const lexicon of LANGUAGES)
    lexicon.months.split(" ").forEach((names, index) => {
      for (const name of names.split("/")) result.set(comparable(name), index + 1);
    });
  return result;
}

function collectColumns(): ReadonlyMap<string, readonly Column[]> {
  const result = new Map<string, Column[]>();
  for (const lexicon of LANGUAGES)
    for (const column of keysOf(lexicon.columns))
      for (const word of (lexicon.columns[column] ?? "").split(" ")) {
        const key = comparable(word);
        const list = result.get(key) ?? [];
        if (!list.includes(column)) list.push(column);
        result.set(key, list);
      }
  return result;
}

/** Printed labels in comparable form, with their meanings. */
export const LABELS = collectLabels();
/** The longest label in words. */
export const LABEL_WORDS = 6;
/** What prompts say for each concept. */
export const ASKS = collectAsks();
/** Party headings and words in comparable form. */
export const ROLES = collectRoles("");
/** First letters of the months' names: 1 to 12. */
export const MONTHS = collectMonths();
/** Party words as prompts use them, separated by blanks. */
export const ROLE_WORDS = collectRoles(" ");
/** Words of documents' titles. */
export const TITLES = wordSet((lexicon) => lexicon.titles);
/** Words that start a row of totals. */
export const TOTALS = wordSet((lexicon) => lexicon.totals);
/** Words of questions without meaning of their own. */
export const FILLERS = wordSet((lexicon) => lexicon.fillers);
/** Words that mean yes. */
export const YES = wordSet((lexicon) => lexicon.yes);
/** Words that mean no. */
export const NO = wordSet((lexicon) => lexicon.no);
/** Words of table headings, with the columns that they may name. */
export const COLUMNS = collectColumns();

/** Every word of meaning that some label or heading holds. */
export const LABEL_VOCABULARY: ReadonlySet<string> = new Set(
  LANGUAGES.flatMap((lexicon) => keysOf(lexicon.labels).flatMap((concept) => alternatives(lexicon.labels[concept]).flatMap(comparableWords)))
    .concat([...COLUMNS.keys()])
    .filter((word) => word.length > 2 && !FILLERS.has(word)),
);
