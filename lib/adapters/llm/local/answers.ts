/** Candidates for a question about one value. */
import { type Candidate, type LabelSpan, valuesOf, type Wish } from "./candidates.ts";
import { directionFactor } from "./directions.ts";
import { type Cell, cellsBelow, type Facts } from "./facts.ts";
import { givenPlaces } from "./given.ts";
import { marksOf } from "./labels.ts";
import { type Concept, conceptFacts, type Kind } from "./lexicon/concepts.ts";
import { FILLERS } from "./lexicon/index.ts";
import { ownLabels } from "./own-words.ts";
import { partyValues } from "./party-fields.ts";
import type { Wanted } from "./prompt.ts";
import { sideAt, sideOfRow, sideOfWords } from "./sides.ts";
import { loneDates, titleDates, titleNumbers } from "./titles.ts";
import { findValue, unfinishedIban } from "./values.ts";
import { comparablePhrase, comparableWords, stem } from "./words.ts";

const KINDS: Readonly<Record<string, Kind>> = { number: "amount", date: "date", email: "email" };

/** Where a value usually stands: 1 there, a little less elsewhere. */
function placeFactor(facts: Facts, concept: Concept, range: readonly [number, number]): number {
  const { place } = conceptFacts(concept);
  if (place === undefined) return 1;
  const share = range[0] / Math.max(1, facts.text.length);
  return place === "top" ? 1 - 0.15 * Math.min(1, share * 1.5) : 0.85 + 0.15 * share;
}

/** How well the side that a label stands under agrees with the wanted one. */
function sideFactor(facts: Facts, concept: Concept, hit: LabelSpan, wanted: Wanted): number {
  if (conceptFacts(concept).party !== true || wanted.role === undefined) return 1;
  const side = sideOfWords(facts, hit.first, hit.last) ?? sideAt(facts, hit.first);
  if (side === wanted.role) return 1;
  if (side === undefined || (side === "payee" && wanted.role === "seller")) return wanted.role === "buyer" ? 0.2 : 0.9;
  if (concept === "iban" || concept === "bic" || concept === "bank") return wanted.role === "buyer" ? 0.2 : 0.85;
  return side === "buyer" || wanted.role === "buyer" ? 0.2 : 0.4;
}

function wishFor(concept: Concept, wanted: Wanted): Wish {
  const facts = conceptFacts(concept);
  return { kind: facts.kind, part: facts.part ?? (facts.kind === "date" ? wanted.part : undefined) };
}

const MOST_LABELS = 150;
const EARLY_PAYMENT = /skonto|discount|escompte|korting|sconto|descuento/iu;

/** A date for an early payment at a discount is not the due date. */
function discountFactor(facts: Facts, concept: Concept, range: readonly [number, number]): number {
  if (concept !== "due-date") return 1;
  const from = facts.text.lastIndexOf("\n", facts.text.lastIndexOf("\n", range[0]) - 1);
  const to = facts.text.indexOf("\n", range[1]);
  const before = facts.text.slice(Math.max(0, from), range[0]);
  const sentence = before.slice(before.lastIndexOf(", ") + 1);
  return EARLY_PAYMENT.test(sentence) ||
    EARLY_PAYMENT.test(facts.text.slice(range[1], to < 0 ? range[1] + 30 : Math.min(to, range[1] + 50)).split(/;|,\s/)[0] ?? "")
    ? 0.35
    : 1;
}

/** Amounts that documents print as zero where there are none. */
const OPTIONAL: ReadonlySet<Concept> = new Set<Concept>(["discount", "shipping", "paid"]);

const FORMED: ReadonlySet<Kind> = new Set(["iban", "bic", "email"]);

function isZero(raw: string): boolean {
  return /\d/.test(raw) && !/[1-9]/.test(raw);
}

function fromLabels(facts: Facts, concept: Concept, wanted: Wanted, weight: number): Candidate[] {
  const result: Candidate[] = [];
  const wish = wishFor(concept, wanted);
  const hits = marksOf(facts).byConcept.get(concept) ?? [];
  // Where a label repeats on every row, its best places are enough.
  const strongest =
    hits.length > MOST_LABELS ? [...hits].sort((left, right) => right.quality - left.quality || left.first - right.first).slice(0, MOST_LABELS) : hits;
  for (const hit of strongest) {
    const agrees = sideFactor(facts, concept, hit, wanted) * directionFactor(facts, hit.first, hit.last, wanted.direction);
    // Beside a value that is known by its form, a label inside a longer text says nearly as much as one that stands alone.
    const quality = FORMED.has(wish.kind) ? Math.sqrt(hit.quality) : hit.quality;
    for (const value of valuesOf(facts, { ...hit, quality: quality * agrees * weight }, wish))
      result.push({
        ...value,
        score:
          value.score *
          placeFactor(facts, concept, value.range) *
          discountFactor(facts, concept, value.range) *
          (OPTIONAL.has(concept) && isZero(value.raw) ? 0.25 : 1),
      });
  }
  return result;
}

/** Values that prove themselves by their form, without a label. */
const SELF_EVIDENT: ReadonlySet<Kind> = new Set(["iban", "email", "url"]);

function sideAgreement(facts: Facts, cell: Cell, wanted: Wanted): number {
  const side = sideOfRow(facts, cell) ?? sideAt(facts, cell.first);
  return wanted.role === undefined || side === wanted.role ? 1 : side === undefined && wanted.role === "seller" ? 0.9 : 0.4;
}

/** An IBAN that a cell ends with and that goes on at the beginning of the cell below, to the length that its country has. */
function wrappedIban(facts: Facts, cell: Cell): Candidate | undefined {
  const begun = unfinishedIban(facts.text.slice(cell.start, cell.end));
  const next = begun === undefined ? undefined : cellsBelow(facts, cell.left, cell.right, cell.line, 1)[0];
  if (begun === undefined || next === undefined) return undefined;
  const pattern = new RegExp(`^(?:[A-Z0-9] ?){${begun.missing}}(?![A-Z0-9]| \\d)`);
  const rest = pattern.exec(facts.text.slice(next.start, next.end))?.[0].trimEnd();
  if (rest === undefined) return undefined;
  const start = cell.start + begun.from;
  return {
    // Where other columns stand between the two lines, the first line is the proof.
    range: [start, facts.text.slice(cell.end, next.start).trim() === "" ? next.start + rest.length : cell.end],
    raw: `${facts.text.slice(start, cell.end)} ${rest}`,
    score: 0.78,
    reason: "recognised by its form, over two lines",
  };
}

function fromForm(facts: Facts, concept: Concept, wanted: Wanted): Candidate[] {
  const { kind } = conceptFacts(concept);
  if (!SELF_EVIDENT.has(kind)) return [];
  const result: Candidate[] = [];
  for (const cell of facts.cells) {
    const wrapped = kind === "iban" ? wrappedIban(facts, cell) : undefined;
    if (wrapped !== undefined) result.push({ ...wrapped, score: wrapped.score * sideAgreement(facts, cell, wanted) });
    const found = findValue(kind, facts.text.slice(cell.start, cell.end));
    if (found === undefined || (kind === "url" && !/www\.|:\/\//.test(facts.text.slice(cell.start, cell.end)))) continue;
    const range: [number, number] = [cell.start + found.from, cell.start + found.to];
    result.push({ range, raw: facts.text.slice(range[0], range[1]), score: 0.6 * sideAgreement(facts, cell, wanted), reason: "recognised by its form" });
    if (result.length > 30) break;
  }
  return result;
}

/** A question for a person or company, in six languages. */
const WHO = /^\s*(?:who|by whom|wer|von wem|qui|par qui|quién|chi|wie is|wie heeft)(?!\p{L})/iu;

/** Whether a text says again what the question says, as the label of the next value does: "Signed for the Lessor" beside "Signed for the Lessee". */
function echoes(raw: string, wanted: Wanted): boolean {
  const asked = new Set(wanted.words.map(stem));
  const words = comparableWords(raw).filter((word) => !FILLERS.has(word));
  return words.filter((word) => asked.has(stem(word))).length >= words.length / 2;
}

function fromOwnWords(facts: Facts, wanted: Wanted): Candidate[] {
  const result: Candidate[] = [];
  const numbered = wanted.words.includes("number") || wanted.words.includes("id") || wanted.words.includes("code");
  const kind = KINDS[wanted.type] ?? (numbered ? "id" : WHO.test(wanted.prompt) ? "name" : "text");
  for (const label of ownLabels(facts, wanted)) {
    const quality = label.quality * 0.85 * directionFactor(facts, label.first, label.last, wanted.direction);
    for (const value of valuesOf(facts, { ...label, quality }, { kind, part: wanted.part }))
      if (kind !== "name" || !echoes(value.raw, wanted)) result.push({ ...value, reason: `${value.reason} in the question's own words` });
  }
  return result;
}

/** How much the words that nothing explains stand near a candidate: 1 where all do or there are none. What belongs to somebody whom the document does not know ("the landlord's phone number") hardly counts. */
function contextFactor(facts: Facts, candidate: Candidate, unexplained: readonly string[], party: boolean, wanted: Wanted): number {
  if (unexplained.length === 0) return 1;
  const from = facts.text.lastIndexOf("\n", Math.max(0, candidate.range[0] - 160)) + 1;
  const nearby = new Set(
    facts.text
      .slice(from, candidate.range[1] + 40)
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .map(stem),
  );
  const far = unexplained.filter((word) => !nearby.has(stem(word)));
  if (party && wanted.role === undefined && far.length > 0) return far.some((word) => !facts.byWord.has(word)) ? 0.2 : 0.25;
  // A word that stands elsewhere in the document weighs less than one that it does not have at all.
  const weight = far.reduce((sum, word) => sum + (facts.byWord.has(word) ? 0.15 : 0.42), 0);
  return Math.max(0.1, 1 - weight);
}

const BLOCK_CONCEPTS: ReadonlySet<Concept> = new Set<Concept>(["street", "postcode", "city", "address"]);

/** Whether a document's words make a concept's fallback plausible. */
function inSetting(facts: Facts, setting: string | undefined): boolean {
  if (setting === undefined) return true;
  const words = setting.split(" ");
  return words.filter((word) => facts.byWord.has(word)).length >= 2 && !words.some((word) => word.startsWith("!") && facts.byWord.has(word.slice(1)));
}

function forConcept(facts: Facts, concept: Concept, wanted: Wanted): Candidate[] {
  const { party, fallback, setting } = conceptFacts(concept);
  const result: Candidate[] = [];
  if (party === true) result.push(...partyValues(facts, concept, wanted.role));
  if (concept !== "name" || wanted.role === undefined) {
    const share = BLOCK_CONCEPTS.has(concept) && wanted.role !== undefined ? 0.8 : 1;
    result.push(...fromLabels(facts, concept, wanted, share));
  }
  result.push(...fromForm(facts, concept, wanted));
  if (concept === "invoice-number") result.push(...titleNumbers(facts));
  if (concept === "invoice-date") result.push(...titleDates(facts), ...loneDates(facts));
  if (fallback !== undefined && inSetting(facts, setting)) result.push(...fromLabels(facts, fallback, wanted, 0.6));
  return result;
}

/** Lines and characters around a given text that count as near it. */
const NEAR_CHARACTERS = 300;

/** Prefers, of candidates that are otherwise equal, those near a text that the question gives; the text itself is hardly what it asks for. */
export function besideGiven(facts: Facts, candidates: readonly Candidate[], given: readonly string[]): readonly Candidate[] {
  const places = givenPlaces(facts, given);
  if (places.length === 0) return candidates;
  const texts = new Set(given.map(comparablePhrase));
  return candidates.map((candidate) => {
    const near = places.some(([start, end]) => candidate.range[0] < end + NEAR_CHARACTERS && candidate.range[1] > start - NEAR_CHARACTERS);
    const factor = texts.has(comparablePhrase(candidate.raw)) ? 0.4 : near ? 1 : 0.93;
    return { ...candidate, score: candidate.score * factor };
  });
}

/** All candidates for a question about one value, in no order. */
export function candidatesFor(facts: Facts, wanted: Wanted): Candidate[] {
  const result: Candidate[] = [];
  for (const { concept, weight, unexplained } of wanted.concepts)
    for (const value of forConcept(facts, concept, wanted))
      result.push({ ...value, score: value.score * weight * contextFactor(facts, value, unexplained, conceptFacts(concept).party === true, wanted) });
  const own = wanted.concepts.length === 0 || (wanted.role === undefined && wanted.unexplained.length > 0);
  return own ? [...result, ...fromOwnWords(facts, wanted)] : result;
}
