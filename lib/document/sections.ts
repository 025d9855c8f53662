/** The sections of a document by their headings and numbers, and what in a text refers to one ("see Section 4.2", "Exhibit B"). */
import type { DocumentText } from "../schema/document.ts";
import { oncePerDocument } from "./once.ts";
import { upperBound, wordsInRange } from "./views.ts";

/** A section: its heading's line, the names under which texts refer to it, and its [start, end) range in the reading view with all that is below it, on `pages` (first and last, from 1). `level` counts from 1. */
export interface Section {
  heading: string;
  keys: readonly string[];
  level: number;
  start: number;
  end: number;
  pages: readonly [number, number];
}

/** A reference: its key and words, where they stand in the reading view, and the section that it means, where the document has it. */
export interface Reference {
  key: string;
  words: string;
  at: number;
  page: number;
  section: Section | undefined;
}

const NUMBERED =
  "sections?|sec|articles?|art|clauses?|paragraphs?|para|chapters?|parts?|items?|§§?|abschnitt|artikel|ziffer|ziff|kapitel|absatz|paragraf|chapitre|partie|sección|artículo|cláusula|capítulo|sezione|articolo|capitolo|seção|artigo|artikelen|hoofdstuk";
const ATTACHED =
  "exhibits?|schedules?|annex(?:es)?|appendix|appendices|attachments?|addendum|anlagen?|anhang|annexes?|anexos?|allegat[oi]|bijlagen?|bilaga|bilag";
const LABEL = "\\d{1,3}(?:\\.\\d{1,3}){0,5}|[IVXLC]{1,6}|[A-Z]";
const KIND_AND_LABEL = `(${NUMBERED}|${ATTACHED})\\.?[ \\u00a0]{0,2}(${LABEL})(?![\\p{L}\\p{N}])`;
const ATTACHED_KIND = new RegExp(`^(?:${ATTACHED})$`, "iu");
const REFERENCE = new RegExp(`(?<![\\p{L}\\p{N}])${KIND_AND_LABEL}`, "giu");
const NAMED_HEADING = new RegExp(`^${KIND_AND_LABEL}`, "iu");
const NUMBER_HEADING = /^(\d{1,3}(?:\.\d{1,3}){0,5})[.)]?[ \t]+(?=[\p{L}"“„«(])/u;
const MARK_HEADING = /^(#{1,6})[ \t]+(?=\S)/;
const ROMAN_NUMBER = /^(?=[IVXLC])(C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})$/;
const LONGEST_HEADING = 120;
const LONGEST_CAPITALS = 80;
const LONGEST_LARGE = 80;
/** How much higher the words of a heading are than most, and of one above all others. */
const LARGER = 1.2;
const MUCH_LARGER = 1.7;
const MOST_SECTIONS = 20_000;
const MOST_REFERENCES = 50;
const MOST_RESOLVED = 2_000;
const ROMAN_DIGITS: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100 };

/** The key of a label: "numbered:4.2" for sections, articles and clauses, which texts call by any of these words; "attached:b" for exhibits, schedules and annexes. Roman numbers count as numbers. Undefined for what is no label, such as the "a" of "a part a seller …". */
function keyOf(kind: string, label: string): string | undefined {
  if (label !== label.toUpperCase()) return undefined;
  const isAttached = ATTACHED_KIND.test(kind);
  const isRoman = ROMAN_NUMBER.test(label) && !(isAttached && label.length === 1);
  return `${isAttached ? "attached" : "numbered"}:${isRoman ? romanValue(label) : label.toLowerCase()}`;
}

function romanValue(label: string): number {
  const digits = Array.from(label, (letter) => ROMAN_DIGITS[letter] ?? 0);
  return digits.reduce((sum, digit, place) => sum + (digit < (digits[place + 1] ?? 0) ? -digit : digit), 0);
}

/** What a text refers to, in order, each once: the key, and the words of the reference. At most 50. */
export function referencesIn(text: string): { key: string; words: string }[] {
  const found = new Map<string, string>();
  for (const match of text.matchAll(REFERENCE)) {
    const key = keyOf(match[1] ?? "", match[2] ?? "");
    if (key !== undefined && !found.has(key)) found.set(key, match[0].replace(/\s+/g, " "));
    if (found.size === MOST_REFERENCES) break;
  }
  return [...found].map(([key, words]) => ({ key, words }));
}

interface Heading {
  heading: string;
  keys: string[];
  level: number;
  start: number;
}

/** What a line is the heading of. A numbered paragraph counts as a section that has no heading but its number. */
function headingOf(line: string, start: number): Heading | undefined {
  const mark = MARK_HEADING.exec(line);
  const words = mark ? line.slice(mark[0].length) : line;
  const named = NAMED_HEADING.exec(words);
  if (named) {
    const key = keyOf(named[1] ?? "", named[2] ?? "");
    // "Section 4 of the Act applies to" is a sentence that happens to begin a line.
    const rest = words.slice(named[0].length);
    if (key !== undefined && (words.length <= LONGEST_HEADING || /^[.:]/.test(rest)) && !/^,?\s+\p{Ll}/u.test(rest))
      return { heading: shown(words), keys: [key], level: mark?.[1]?.length ?? levelOf(key), start };
  }
  const number = NUMBER_HEADING.exec(words)?.[1];
  if (number !== undefined) return { heading: shown(words), keys: [`numbered:${number}`], level: mark?.[1]?.length ?? levelOf(number), start };
  if (mark) return { heading: shown(words), keys: [], level: mark[1]?.length ?? 1, start };
  const isCapitals = words.length <= LONGEST_CAPITALS && /\p{Lu}{3}/u.test(words) && words === words.toUpperCase() && !/\d{3}/.test(words);
  return isCapitals ? { heading: shown(words), keys: [], level: 2, start } : undefined;
}

/** Finds headings that have no number but are set larger than the text: short lines that begin like a name and do not end like a sentence. */
function largeHeadings(document: DocumentText): (line: string, start: number) => Heading | undefined {
  const heightOf = (index: number) => document.words[index]?.box?.height ?? 0;
  const heights = document.words.map((_, index) => heightOf(index)).sort((one, other) => one - other);
  const usual = heights[heights.length >> 1] ?? 0;
  return (line, start) => {
    if (usual === 0 || line.length > LONGEST_LARGE || !/^[\p{Lu}\p{Lo}"“„«]/u.test(line) || !/\p{L}{3}/u.test(line) || /[.,;:]$/.test(line)) return undefined;
    const own = wordsInRange(document, "reading", start, start + line.length).map(heightOf);
    const least = Math.min(...own);
    return own.length > 0 && least >= LARGER * usual ? { heading: shown(line), keys: [], level: least >= MUCH_LARGER * usual ? 1 : 2, start } : undefined;
  };
}

/** Exhibits stand beside each other and have numbered sections of their own. */
function levelOf(key: string): number {
  return key.startsWith("attached:") ? 1 : 1 + key.split(".").length;
}

function shown(line: string): string {
  return line.length > LONGEST_HEADING ? `${line.slice(0, LONGEST_HEADING)}…` : line;
}

function pageFinder({ pages }: DocumentText): (offset: number) => number {
  const starts = pages.map(({ reading }) => reading[0]);
  return (offset) => pages[Math.max(0, upperBound(starts, offset) - 1)]?.number ?? 1;
}

/** The sections of a document in their order, outer before inner. Made once and kept as long as the document is; time linear in its text. At most 20,000. */
export const sectionsOf: (document: DocumentText) => readonly Section[] = oncePerDocument((document) => {
  const { text } = document.reading;
  const headings: Heading[] = [];
  const large = largeHeadings(document);
  let start = 0;
  for (const line of text.split("\n")) {
    const at = start + line.length - line.trimStart().length;
    const heading = line.trim() === "" ? undefined : (headingOf(line.trim(), at) ?? large(line.trim(), at));
    if (heading !== undefined && headings.length < MOST_SECTIONS) headings.push(heading);
    start += line.length + 1;
  }
  const ranged = headings.map((heading) => ({ ...heading, end: text.length }));
  const open: (typeof ranged)[number][] = [];
  for (const section of ranged) {
    while ((open.at(-1)?.level ?? 0) >= section.level) (open.pop() ?? section).end = section.start;
    open.push(section);
  }
  const page = pageFinder(document);
  return ranged.map((section) => ({ ...section, pages: [page(section.start), page(Math.max(section.start, section.end - 1))] as const }));
});

/** What the document refers to, in order; headings do not refer to themselves. At most 2,000. */
export const referencesOf: (document: DocumentText) => readonly Reference[] = oncePerDocument((document) => {
  const sections = sectionsOf(document);
  const starts = new Set(sections.map(({ start }) => start));
  const page = pageFinder(document);
  const found: Reference[] = [];
  for (const match of document.reading.text.matchAll(REFERENCE)) {
    const key = keyOf(match[1] ?? "", match[2] ?? "");
    if (key === undefined || starts.has(match.index)) continue;
    const words = match[0].replace(/\s+/g, " ");
    found.push({ key, words, at: match.index, page: page(match.index), section: sectionNamed(sections, key, match.index) });
    if (found.length === MOST_RESOLVED) break;
  }
  return found;
});

/** The sections that hold an offset of the reading view, the outermost first. */
export function sectionsAt(sections: readonly Section[], offset: number): Section[] {
  return sections.filter(({ start, end }) => start <= offset && offset < end);
}

const byKey = new WeakMap<readonly Section[], ReadonlyMap<string, Section[]>>();

function sectionsByKey(sections: readonly Section[]): ReadonlyMap<string, Section[]> {
  const found = byKey.get(sections);
  if (found !== undefined) return found;
  const made = new Map<string, Section[]>();
  for (const section of sections)
    for (const key of section.keys) {
      const same = made.get(key);
      if (same === undefined) made.set(key, [section]);
      else same.push(section);
    }
  byKey.set(sections, made);
  return made;
}

/** The section that a key names: one in the innermost section around the place that refers to it (an exhibit has numbers of its own), else the first. */
export function sectionNamed(sections: readonly Section[], key: string, from: number): Section | undefined {
  const named = sectionsByKey(sections).get(key) ?? [];
  if (named.length < 2) return named[0];
  const around = sectionsAt(sections, from).toReversed();
  const inner = around.map(({ start, end }) => named.find((section) => section.start > start && section.end <= end)).find((section) => section !== undefined);
  return inner ?? named[0];
}
