/** What a model is shown of a document: the lines around what retrieval found, as many as the budget allows, as they stand on the page. */
import { mapRange, type Range } from "../document/views.ts";
import type { DocumentText } from "../schema/document.ts";
import { searchPostings } from "./bm25.ts";
import type { Hit } from "./simple.ts";
import { type Unit, type Units, unitsOf, unitsOfReading } from "./units.ts";
import { createAnalyser } from "./words.ts";

/** A stretch of one page: its text as in the layout view (columns kept apart by blanks), where it lies there, and where its words lie in the reading view. */
export interface Passage {
  page: number;
  text: string;
  layout: Range;
  reading: readonly Range[];
}

/** What a passage may cost beside its text: a page mark ("[page 12]") and line breaks. */
export const MARK_TOKENS = 8;
/** The lines before and after a line that go with it: a label stands above its value, the rest of a sentence below. These and the shares below are the best of what was measured on open sets. */
const LINES_BEFORE = 1;
const LINES_AFTER = 2;
/** How much of a neighbour's score a line gets, by distance. */
const NEIGHBOUR_SHARES = [1, 0.4, 0.2];
/** How much the chunk's own rank counts against the line's words. */
const CHUNK_SHARE = 0.25;

/**
 * The passages for a query, in document order, none overlapping. A document that fits the budget is given whole, page by page; else the found chunks where they fit;
 * else the lines of the chunks that share most with the query, with a line before and two after. Whole layout lines always (sentences where a line is longer than 600 code units).
 * Without hits every line may be chosen. The passages' tokens and MARK_TOKENS for each are at most `budgetTokens`. Pure and deterministic.
 */
export function selectPassages(input: {
  document: DocumentText;
  hits: readonly Pick<Hit, "range" | "score">[];
  query: string;
  budgetTokens: number;
}): Passage[] {
  const { document, budgetTokens } = input;
  const all = unitsOf(document);
  const wholeTokens = all.units.reduce((sum, unit) => sum + unit.tokens, document.pages.length * MARK_TOKENS);
  const chosen = wholeTokens <= budgetTokens ? new Set(all.units.keys()) : chooseUnits(all, rankUnits(document, all, input), budgetTokens);
  return toPassages(document, all.units, chosen);
}

/** The candidates, best first: by the rare words that a line and its neighbours share with the query, and by the rank of their chunk. */
function rankUnits(document: DocumentText, all: Units, input: { hits: readonly Pick<Hit, "range" | "score">[]; query: string }): number[] {
  const hits = input.hits.length > 0 ? input.hits : [{ range: [0, document.reading.text.length] as const, score: 0 }];
  const chunkScores = new Map<number, number>();
  for (const hit of hits) {
    for (const unit of unitsOfReading(document, hit.range)) chunkScores.set(unit, Math.max(chunkScores.get(unit) ?? 0, hit.score));
  }
  const own = new Float64Array(all.units.length);
  for (const { text, score } of searchPostings(all.postings, createAnalyser(document.language)(input.query))) own[text] = score;
  const candidates = [...chunkScores.keys()];
  const spread = candidates.map((unit) => spreadScore(all.units, own, unit));
  const best = spread.reduce((most, score) => Math.max(most, score), 0) || 1;
  return candidates
    .map((unit, index) => ({ unit, score: (spread[index] ?? 0) / best + CHUNK_SHARE * (chunkScores.get(unit) ?? 0) }))
    .sort((left, right) => right.score - left.score || left.unit - right.unit)
    .map(({ unit }) => unit);
}

function spreadScore(units: readonly Unit[], own: Float64Array, unit: number): number {
  let score = 0;
  NEIGHBOUR_SHARES.forEach((share, distance) => {
    const neighbours = distance === 0 ? [unit] : [unit - distance, unit + distance];
    for (const neighbour of neighbours) if (units[neighbour]?.page === units[unit]?.page) score += share * (own[neighbour] ?? 0);
  });
  return score;
}

/** Takes all ranked units where they fit together; then, best first, each with its neighbours while they fit. One that does not fit is left out, and smaller ones after it may still come in. */
function chooseUnits(all: Units, ranked: readonly number[], budgetTokens: number): Set<number> {
  const chosen = new Set<number>();
  let left = budgetTokens;
  const costOf = (unit: number) => {
    const isAlone = !isSamePage(all.units, unit - 1, unit, chosen) && !isSamePage(all.units, unit + 1, unit, chosen);
    return (all.units[unit]?.tokens ?? 0) + (isAlone ? MARK_TOKENS : 0);
  };
  const take = (unit: number) => {
    const cost = costOf(unit);
    if (chosen.has(unit) || cost > left) return;
    chosen.add(unit);
    left -= cost;
  };
  const wholeCost = ranked.reduce((sum, unit) => sum + (all.units[unit]?.tokens ?? 0), 0) + MARK_TOKENS * runsOf(all.units, ranked);
  if (wholeCost <= left) for (const unit of ranked.toSorted((one, other) => one - other)) take(unit);
  for (const unit of ranked) {
    if (left <= MARK_TOKENS) break;
    take(unit);
    if (!chosen.has(unit)) continue;
    for (let distance = 1; distance <= Math.max(LINES_BEFORE, LINES_AFTER); distance++) {
      if (distance <= LINES_AFTER && all.units[unit + distance]?.page === all.units[unit]?.page) take(unit + distance);
      if (distance <= LINES_BEFORE && all.units[unit - distance]?.page === all.units[unit]?.page) take(unit - distance);
    }
  }
  return chosen;
}

/** The number of passages that units make: stretches of neighbours on one page. */
function runsOf(units: readonly Unit[], chosen: readonly number[]): number {
  const set = new Set(chosen);
  return chosen.filter((unit) => !isSamePage(units, unit - 1, unit, set)).length;
}

function isSamePage(units: readonly Unit[], neighbour: number, unit: number, chosen: ReadonlySet<number>): boolean {
  return chosen.has(neighbour) && units[neighbour]?.page === units[unit]?.page;
}

/** Neighbouring units of one page as one passage. */
function toPassages(document: DocumentText, units: readonly Unit[], chosen: ReadonlySet<number>): Passage[] {
  const passages: { page: number; layout: [number, number] }[] = [];
  let previous = Number.NaN;
  for (const index of [...chosen].sort((left, right) => left - right)) {
    const unit = units[index];
    if (unit === undefined) continue;
    const last = passages.at(-1);
    if (last?.page === unit.page && index === previous + 1) last.layout[1] = unit.end;
    else passages.push({ page: unit.page, layout: [unit.start, unit.end] });
    previous = index;
  }
  return passages.map(({ page, layout }) => ({
    page,
    text: document.layout.text.slice(...layout),
    layout,
    reading: mapRange(document, "layout", layout, "reading"),
  }));
}
