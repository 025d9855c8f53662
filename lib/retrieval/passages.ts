/** What a model is shown of a document: the lines around what retrieval found, as many as the budget allows, as they stand on the page. */
import { mapRange, type Range } from "../document/views.ts";
import type { DocumentText } from "../schema/document.ts";
import { searchPostings } from "./bm25.ts";
import { type Line, type Lines, linesOf, linesOfReading } from "./lines.ts";
import type { Hit } from "./strategy.ts";
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
  const all = linesOf(document);
  const wholeTokens = all.lines.reduce((sum, line) => sum + line.tokens, document.pages.length * MARK_TOKENS);
  const chosen = wholeTokens <= budgetTokens ? new Set(all.lines.keys()) : chooseLines(all, rankLines(document, all, input), budgetTokens);
  return toPassages(document, all.lines, chosen);
}

/** The candidates, best first: by the rare words that a line and its neighbours share with the query, and by the rank of their chunk. */
function rankLines(document: DocumentText, all: Lines, input: { hits: readonly Pick<Hit, "range" | "score">[]; query: string }): number[] {
  const hits = input.hits.length > 0 ? input.hits : [{ range: [0, document.reading.text.length] as const, score: 0 }];
  const chunkScores = new Map<number, number>();
  for (const hit of hits) {
    for (const line of linesOfReading(document, hit.range)) chunkScores.set(line, Math.max(chunkScores.get(line) ?? 0, hit.score));
  }
  const own = new Float64Array(all.lines.length);
  for (const { text, score } of searchPostings(all.postings, createAnalyser(document.language)(input.query))) own[text] = score;
  const candidates = [...chunkScores.keys()];
  const spread = candidates.map((line) => spreadScore(all.lines, own, line));
  const best = spread.reduce((most, score) => Math.max(most, score), 0) || 1;
  return candidates
    .map((line, index) => ({ line, score: (spread[index] ?? 0) / best + CHUNK_SHARE * (chunkScores.get(line) ?? 0) }))
    .sort((left, right) => right.score - left.score || left.line - right.line)
    .map(({ line }) => line);
}

function spreadScore(lines: readonly Line[], own: Float64Array, line: number): number {
  let score = 0;
  NEIGHBOUR_SHARES.forEach((share, distance) => {
    const neighbours = distance === 0 ? [line] : [line - distance, line + distance];
    for (const neighbour of neighbours) if (lines[neighbour]?.page === lines[line]?.page) score += share * (own[neighbour] ?? 0);
  });
  return score;
}

/** Takes all ranked lines where they fit together; then, best first, each with its neighbours while they fit. One that does not fit is left out, and smaller ones after it may still come in. */
function chooseLines(all: Lines, ranked: readonly number[], budgetTokens: number): Set<number> {
  const chosen = new Set<number>();
  let left = budgetTokens;
  const costOf = (line: number) => {
    const isAlone = !isSamePage(all.lines, line - 1, line, chosen) && !isSamePage(all.lines, line + 1, line, chosen);
    return (all.lines[line]?.tokens ?? 0) + (isAlone ? MARK_TOKENS : 0);
  };
  const take = (line: number) => {
    const cost = costOf(line);
    if (chosen.has(line) || cost > left) return;
    chosen.add(line);
    left -= cost;
  };
  const wholeCost = ranked.reduce((sum, line) => sum + (all.lines[line]?.tokens ?? 0), 0) + MARK_TOKENS * runsOf(all.lines, ranked);
  if (wholeCost <= left) for (const line of ranked.toSorted((one, other) => one - other)) take(line);
  for (const line of ranked) {
    if (left <= MARK_TOKENS) break;
    take(line);
    if (!chosen.has(line)) continue;
    for (let distance = 1; distance <= Math.max(LINES_BEFORE, LINES_AFTER); distance++) {
      if (distance <= LINES_AFTER && all.lines[line + distance]?.page === all.lines[line]?.page) take(line + distance);
      if (distance <= LINES_BEFORE && all.lines[line - distance]?.page === all.lines[line]?.page) take(line - distance);
    }
  }
  return chosen;
}

/** The number of passages that lines make: stretches of neighbours on one page. */
function runsOf(lines: readonly Line[], chosen: readonly number[]): number {
  const set = new Set(chosen);
  return chosen.filter((line) => !isSamePage(lines, line - 1, line, set)).length;
}

function isSamePage(lines: readonly Line[], neighbour: number, line: number, chosen: ReadonlySet<number>): boolean {
  return chosen.has(neighbour) && lines[neighbour]?.page === lines[line]?.page;
}

/** Neighbouring lines of one page as one passage. */
function toPassages(document: DocumentText, lines: readonly Line[], chosen: ReadonlySet<number>): Passage[] {
  const passages: { page: number; layout: [number, number] }[] = [];
  let previous = Number.NaN;
  for (const index of [...chosen].sort((left, right) => left - right)) {
    const line = lines[index];
    if (line === undefined) continue;
    const last = passages.at(-1);
    if (last?.page === line.page && index === previous + 1) last.layout[1] = line.end;
    else passages.push({ page: line.page, layout: [line.start, line.end] });
    previous = index;
  }
  return passages.map(({ page, layout }) => ({
    page,
    text: document.layout.text.slice(...layout),
    layout,
    reading: mapRange(document, "layout", layout, "reading"),
  }));
}
