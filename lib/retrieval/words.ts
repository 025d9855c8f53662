/** A text as the terms that search compares: lower-case words without stop words, as their stems. */
import { createRequire } from "node:module";
import { stemmer as porter } from "stemmer";
import { stopWords } from "./stopwords.ts";

/** Turns a text into terms, in order, repeated as often as they occur. Pure; the same text gives the same terms. */
export type Analyser = (text: string) => string[];

type Snowball = typeof import("snowball-stemmers");

const requireModule = createRequire(import.meta.url);
const SNOWBALL: { readonly [language: string]: string } = {
  ar: "arabic",
  hy: "armenian",
  eu: "basque",
  ca: "catalan",
  cs: "czech",
  da: "danish",
  nl: "dutch",
  fi: "finnish",
  fr: "french",
  de: "german",
  hu: "hungarian",
  it: "italian",
  ga: "irish",
  nb: "norwegian",
  nn: "norwegian",
  no: "norwegian",
  pt: "portuguese",
  ro: "romanian",
  ru: "russian",
  es: "spanish",
  sl: "slovene",
  sv: "swedish",
  ta: "tamil",
  tr: "turkish",
};
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts written without blanks between words: their terms are pairs of characters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Initials and what an apostrophe leaves over ("don't") match everywhere; without them search is better. */
const SINGLE_LETTER = /^\p{L}$/u;
/** A word cut at the end of a line is one word; a capital after it ("Coca-\nCola") says that the hyphen belongs to it. */
const LINE_HYPHEN = /(?<=\p{L}{2})[-\u00ad\u2010]\n(?=\p{Ll}{2})/gu;
/** A longer word is no word; stemmers need not see it. */
const LONGEST_WORD = 40;
const MOST_KNOWN_STEMS = 100_000;

/** The stemmer's name for a language such as "en", "de-AT" or "" (unknown: English, which leaves most words of other languages alone). Part of what an index depends on. */
export function stemmerName(language: string): string {
  const code = primaryCode(language);
  if (code === "en" || code === "") return "porter";
  return Object.hasOwn(SNOWBALL, code) ? (SNOWBALL[code] ?? "none") : "none";
}

function primaryCode(language: string): string {
  const code = (language.split("-")[0] ?? "").toLowerCase();
  return code === "und" ? "" : code;
}

function stemFunction(name: string): (word: string) => string {
  if (name === "porter") return porter;
  if (name === "none") return (word) => word;
  const stemmer = (requireModule("snowball-stemmers") as Snowball).newStemmer(name);
  return (word) => stemmer.stem(word);
}

function pairs(word: string): string[] {
  const characters = Array.from(word);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => (characters[index] ?? "") + character);
}

const made = new Map<string, Analyser>();

/** The analyser of a language, the same for the same language, so that it knows its stems. Stemmers other than English are loaded at the first word. */
export function createAnalyser(language: string): Analyser {
  const code = primaryCode(language);
  const found = made.get(code) ?? newAnalyser(code);
  // A language is two or three letters; anything else comes from a document and is not worth keeping.
  if (code.length <= 3) made.set(code, found);
  return found;
}

function newAnalyser(language: string): Analyser {
  const stop = stopWords(primaryCode(language) || "en");
  const name = stemmerName(language);
  const known = new Map<string, string>();
  let stem: ((word: string) => string) | undefined;
  const stemOf = (word: string): string => {
    const found = known.get(word);
    if (found !== undefined) return found;
    stem ??= stemFunction(name);
    const stemmed = word.length > LONGEST_WORD ? word.slice(0, LONGEST_WORD) : stem(word);
    if (known.size >= MOST_KNOWN_STEMS) known.clear();
    known.set(word, stemmed);
    return stemmed;
  };
  return (text) => {
    const terms: string[] = [];
    for (const [word] of text.normalize("NFKC").replace(LINE_HYPHEN, "").toLowerCase().matchAll(WORD)) {
      if (stop.has(word)) continue;
      if (UNSPACED.test(word)) for (const pair of pairs(word)) terms.push(pair);
      else if (!SINGLE_LETTER.test(word)) terms.push(stemOf(word));
    }
    return terms;
  };
}
