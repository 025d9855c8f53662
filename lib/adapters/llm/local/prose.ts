/** Answers in running text, such as contracts: the words that a defining phrase introduces, or the sentence that shares the question's words. */
import type { Candidate } from "./candidates.ts";
import { fromDefinitions } from "./defined-terms.ts";
import { type Facts, oncePerDocument } from "./facts.ts";
import type { Concept } from "./lexicon/concepts.ts";
import { FILLERS } from "./lexicon/index.ts";
import { isGeneric, type Wanted } from "./prompt.ts";
import { amountsIn, datesIn } from "./values.ts";
import { comparableWords, stem } from "./words.ts";

/** Phrases that introduce a value; group 1 is the value. Each is bounded, so that none can backtrack far. */
const PHRASES: Partial<Record<Concept, readonly RegExp[]>> = {
  "governing-law": [
    /(?:governed\s+by|construed\s+(?:and\s+enforced\s+)?in\s+accordance\s+with|subject\s+to)(?:\s+and\s+\w+\s+in\s+accordance\s+with)?[\s,]+the\s+(?:internal\s+|substantive\s+)?laws?\s+of\s+(?:the\s+)?((?:State|Commonwealth|Province|Republic|Kingdom)?\s?(?:of\s)?\p{Lu}[\p{L}]+(?:\s(?:and\s|of\s)?\p{Lu}[\p{L}]+){0,3})/gu,
    /\bes\s+gilt\s+(?:ausschließlich\s+)?(?:das\s+)?(?:materielle\s+)?(?:Recht\s+(?:der\s+)?(\p{Lu}[\p{L}]+(?:\s\p{Lu}[\p{L}]+){0,2})|(\p{L}{4,20}es)\s+Recht)/giu,
    /(?:régi[e]?|soumis[e]?)\s+(?:par|au|à)\s+(?:la\s+|le\s+)?(?:droit|loi)s?\s+(\p{L}{4,20})/giu,
  ],
  "effective-date": [
    /(?:effective|entered\s+into|made|dated)\s+(?:as\s+of|on|this)\s+(?:the\s+)?(\p{L}{3,9}\s\d{1,2},?\s\d{4}|\d{1,2}(?:st|nd|rd|th)?\s(?:day\s+of\s+)?\p{L}{3,9},?\s\d{4})/giu,
  ],
  term: [
    /(?:for\s+a|initial)\s+(?:period|term)\s+of\s+((?:\p{L}+\s)?\(?\d{0,3}\)?\s?(?:years?|months?|days?|weeks?))/giu,
    /Laufzeit\s+(?:von|beträgt)\s+(\d{1,3}\s+(?:Jahren?|Monaten?))/giu,
  ],
};

/** A sentence of the text at [start, end) with its stems. */
interface Sentence {
  start: number;
  end: number;
  stems: ReadonlySet<string>;
  length: number;
}

const LONGEST_SENTENCE = 600;
const MOST_SENTENCES = 20_000;

/** Sentences of running text: lines that belong together, cut at full stops; cells of forms and tables are none. */
function findSentences(facts: Facts): readonly Sentence[] {
  const result: Sentence[] = [];
  const close = (start: number, end: number) => {
    const text = facts.text.slice(start, Math.min(end, start + LONGEST_SENTENCE));
    const words = comparableWords(text);
    if (words.length < 6) return;
    result.push({ start, end: start + text.trimEnd().length, stems: new Set(words.filter((word) => !FILLERS.has(word)).map(stem)), length: words.length });
  };
  let start = -1;
  let end = -1;
  for (const line of facts.lines) {
    const cell = line.cells[0];
    const only = line.cells.length === 1 ? cell : undefined;
    if (result.length > MOST_SENTENCES) break;
    if (only === undefined) {
      if (start >= 0) close(start, end);
      start = -1;
      continue;
    }
    if (start < 0) start = only.start;
    for (let index = only.first; index < only.last; index++) {
      const token = facts.tokens[index];
      if (token === undefined) continue;
      end = token.end;
      if (start < 0) start = token.start;
      if (/[.!?;]["”)]?$/.test(token.text) && token.text.length > 3) {
        close(start, end);
        start = -1;
      }
    }
  }
  if (start >= 0) close(start, end);
  return result;
}

const sentencesOf = oncePerDocument(findSentences);

function fromPhrases(facts: Facts, wanted: Wanted): Candidate[] {
  const result: Candidate[] = [];
  for (const { concept, weight } of wanted.concepts)
    for (const pattern of PHRASES[concept] ?? [])
      for (const match of facts.text.matchAll(pattern)) {
        const value = match[1] ?? match[2];
        if (value === undefined) continue;
        const from = match.index + match[0].lastIndexOf(value);
        result.push({
          range: [from, from + value.length],
          raw: value.replace(/\s+/g, " ").trim(),
          score: 0.85 * weight,
          reason: "introduced by a defining phrase",
        });
      }
  return result;
}

/** The sentence with most of the question's words; only where it has nearly all of them. */
function fromSentences(facts: Facts, wanted: Wanted): Candidate[] {
  const asked = [...new Set(wanted.words.filter((word) => !isGeneric(word)).map(stem))];
  if (asked.length < 2) return [];
  const result: Candidate[] = [];
  for (const sentence of sentencesOf(facts)) {
    const shared = asked.filter((word) => sentence.stems.has(word)).length;
    if (shared < 2 || shared / asked.length < 0.75) continue;
    const score = 0.5 * (shared / asked.length) ** 2 * (1 - Math.min(0.3, sentence.length / 300));
    result.push({
      range: [sentence.start, sentence.end],
      raw: facts.text.slice(sentence.start, sentence.end).replace(/\s+/g, " "),
      score,
      reason: "sentence with the question's words",
    });
  }
  return result.sort((left, right) => right.score - left.score).slice(0, 5);
}

/** The one value of the asked type in a sentence that has nearly all the question's words. */
function valuesInSentences(facts: Facts, wanted: Wanted): Candidate[] {
  const asked = [...new Set(wanted.words.filter((word) => !isGeneric(word)).map(stem))];
  if (asked.length < 2 || wanted.concepts.length > 0) return [];
  const result: Candidate[] = [];
  for (const sentence of sentencesOf(facts)) {
    const shared = asked.filter((word) => sentence.stems.has(word)).length;
    if (shared < 2 || shared / asked.length < 0.8) continue;
    const text = facts.text.slice(sentence.start, sentence.end);
    const found = wanted.type === "number" ? amountsIn(text).filter((amount) => amount.fit === 1) : datesIn(text);
    const only = found[0];
    if (only === undefined || found.length !== 1) continue;
    const range: [number, number] = [sentence.start + only.from, sentence.start + only.to];
    result.push({
      range,
      raw: only.raw ?? facts.text.slice(...range),
      score: 0.5 * (shared / asked.length) ** 2,
      reason: "only value in a sentence with the question's words",
    });
  }
  return result;
}

/** Candidates from running text for a text question, or for a date that a phrase introduces. */
export function proseCandidates(facts: Facts, wanted: Wanted): Candidate[] {
  const phrases = [...fromPhrases(facts, wanted), ...fromDefinitions(facts, wanted)];
  if (wanted.type === "number" || wanted.type === "date") return [...phrases, ...valuesInSentences(facts, wanted)];
  return wanted.type === "text" && wanted.role === undefined && wanted.concepts.every((entry) => entry.concept === "governing-law" || entry.concept === "term")
    ? [...phrases, ...fromSentences(facts, wanted)]
    : phrases;
}
