/** Offensive language, found by lists: no model, and nothing leaves the process. It finds words, not intentions. */
import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from "obscenity";
import { ALLOWED, PHRASES, type ToxicKind } from "./toxicity/phrases.ts";

/** Where a text offends and how: [start, end) in UTF-16 code units. `strength` 0 to 1: from .5 one alone is enough. */
export interface ToxicSpan {
  kind: ToxicKind;
  start: number;
  end: number;
  strength: number;
}

/** Longer texts are looked at in part, UTF-16 code units. */
const MAXIMUM_LENGTH = 50_000;
const STRONG = 0.8;
const WORTHS: readonly Worth[] = [
  [STRONG, STRONG],
  [0.3, 0.55],
  [0.12, 0.4],
];
const LONGEST_PHRASE = 6;

/** What a phrase is worth, and where it is said of somebody. */
type Worth = readonly [alone: number, aimed: number];
type Entry = { kind: ToxicKind; worth: Worth };

function entriesOf(language: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [kind, list] of Object.entries(PHRASES[language] ?? {}) as [ToxicKind, string][])
    for (const written of list.split("|")) {
      const phrase = written.replace(/^~+/, "");
      const worth = WORTHS[written.length - phrase.length] ?? [STRONG, STRONG];
      const forms = phrase.endsWith("_") ? [phrase.slice(0, -1), `${phrase.slice(0, -1)}s`, `${phrase.slice(0, -1)}es`] : [phrase];
      for (const form of forms) entries.set(form, { kind, worth });
    }
  return entries;
}

const lists = new Map<string, ReadonlyMap<string, Entry>>();

function listOf(language: string): ReadonlyMap<string, Entry> {
  const known = lists.get(language) ?? entriesOf(language);
  lists.set(language, known);
  return known;
}

let matcher: RegExpMatcher | undefined;

/** Amounts such as $4,455 spell words for who takes digits for letters. */
function isWritten(found: string): boolean {
  const letters = found.replace(/[^\p{L}]/gu, "").length;
  return letters > 0 && letters >= found.replace(/\D/g, "").length;
}

/** The obscene words of English, also in disguise. */
function obsceneSpans(text: string): ToxicSpan[] {
  matcher ??= new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
  return matcher
    .getAllMatches(text, true)
    .filter(({ startIndex, endIndex }) => isWritten(text.slice(startIndex, endIndex + 1)))
    .map(({ startIndex, endIndex }) => ({ kind: "profanity", start: startIndex, end: endIndex + 1, strength: STRONG }));
}

interface Word {
  text: string;
  start: number;
  end: number;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[\p{L}\p{M}\p{N}$@*]+(?:['’]\p{L}+)?/gu)].map(({ 0: word, index }) => ({
    text: word
      .normalize("NFKD")
      .replace(/[\p{M}'’]/gu, "")
      .toLowerCase()
      .replaceAll("ß", "ss"),
    start: index,
    end: index + word.length,
  }));
}

const AIM = new Set(
  "you your youre u ur he hes she shes they theyre them him these such hey dear du dein ihr ihr tu ton te vous usted eres sei je jij".split(" "),
);
const AIM_WORDS = 4;

function isAimed(words: readonly Word[], first: number): boolean {
  return words.slice(Math.max(0, first - AIM_WORDS), first).some(({ text }) => AIM.has(text));
}

function listedSpans(words: readonly Word[], language: string): ToxicSpan[] {
  const list = listOf(language);
  const spans: ToxicSpan[] = [];
  for (let first = 0; first < words.length; first++) {
    for (let count = Math.min(LONGEST_PHRASE, words.length - first); count > 0; count--) {
      const found = words.slice(first, first + count);
      const entry = list.get(found.map(({ text }) => text).join(" "));
      const [start, end] = [found[0]?.start ?? 0, found.at(-1)?.end ?? 0];
      if (entry === undefined) continue;
      spans.push({ kind: entry.kind, start, end, strength: entry.worth[isAimed(words, first) ? 1 : 0] });
      first += count - 1;
      break;
    }
  }
  return spans;
}

/** The places of phrases that mean no harm. */
function allowedPlaces(words: readonly Word[]): { start: number; end: number }[] {
  return ALLOWED.flatMap((phrase) => {
    const parts = phrase.split(" ");
    return words.flatMap(({ start }, at) =>
      parts.every((part, index) => words[at + index]?.text === part) ? [{ start, end: words[at + parts.length - 1]?.end ?? start }] : [],
    );
  });
}

/** Where a text offends, ascending, without overlaps: places and kinds, never the text. `language` ("de") adds that language's words and leaves out what only offends in English; the first 50,000 characters count. */
export function toxicSpans(text: string, { language = "" }: { language?: string } = {}): ToxicSpan[] {
  const looked = text.slice(0, MAXIMUM_LENGTH);
  const primary = language.toLowerCase().split("-")[0] ?? "";
  const words = wordsOf(looked);
  const harmless = allowedPlaces(words);
  const found = [...listedSpans(words, Object.hasOwn(PHRASES, primary) ? primary : "en"), ...obsceneSpans(looked)]
    .filter(({ start, end }) => !harmless.some((place) => place.start <= start && end <= place.end))
    .sort((one, other) => one.start - other.start || other.end - one.end);
  return found.filter(({ start }, index) => index === 0 || start >= Math.max(...found.slice(Math.max(0, index - 8), index).map(({ end }) => end)));
}

/** A mild word counts in full where every so many words have one: reports of crimes and contracts hold some, apart. */
const WORDS_FOR_A_MILD_ONE = 20;

/** How offensive a text with these spans is, 0 to 1; from .5 it offends. Several mild words close together are as bad as a strong one. */
export function toxicityOf(text: string, spans: readonly ToxicSpan[]): number {
  const mild = spans.filter(({ strength }) => strength < 0.5).length;
  const words = text.slice(0, MAXIMUM_LENGTH).split(/\s+/).length;
  const density = Math.min(1, (mild * WORDS_FOR_A_MILD_ONE) / words);
  return 1 - spans.reduce((rest, { strength }) => rest * (1 - (strength < 0.5 ? strength * density : strength)), 1);
}
