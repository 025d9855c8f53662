/** The retrieval strategy "subquestion": the question's parts searched one by one, then what their best passages lead to, joined so that every part is covered. */
import { chunkText } from "../document/chunk.ts";
import { askForTexts } from "./asking.ts";
import { scorePostings } from "./bm25.ts";
import type { DocumentIndex } from "./index.ts";
import { beginning, hitOf, type Ranked, rankTexts, reasonFor, termsIn } from "./mixed.ts";
import { namesIn } from "./names.ts";
import { partsOf } from "./parts.ts";
import type { Found, Search } from "./strategy.ts";

const MOST_PARTS = 4;
const MOST_FOLLOWED = 3;
const DEPTH = 100;
const PART_WEIGHT = 0.5;
/** The best chunks of each part whose names are followed, and how many of their names. */
const LEADING_CHUNKS = 2;
const NAMES_OF_A_CHUNK = 12;

/** A question that was searched, and what it found. */
interface Asked {
  text: string;
  ranked: readonly Ranked[];
  weight: number;
}

/**
 * The best chunks over the question, its parts, and the names that the best chunks bring up, by reciprocal rank; the best chunk of each part is always among them where they are enough.
 * A model splits the question where there is one; else its names or its clauses are its parts.
 */
export async function subquestion(search: Search, question: string): Promise<Found> {
  const { index, topK } = search;
  const most = Math.max(topK, DEPTH);
  const split = await askForTexts(search.ask, "subquestion", MOST_PARTS, instructionFor(question));
  const parts =
    split.length > 0
      ? split
      : partsOf(question, index.language, MOST_PARTS).map(({ text, name }) =>
          name !== undefined && headedBy(search, termsIn(index, name)).length > 0 ? name : text,
        );
  const ranked = await rankTexts(search, [question, ...parts], most);
  const asked = [question, ...parts].map((text, place): Asked => ({ text, ranked: ranked[place] ?? [], weight: place === 0 ? 1 : PART_WEIGHT }));
  const leads = leadsOf(search, question, asked);
  const followed = await rankTexts(search, leads, most);
  const all = [...asked, ...leads.map((text, place): Asked => ({ text, ranked: followed[place] ?? [], weight: PART_WEIGHT }))];
  const hits = covering(all, topK).map(({ chunk, score }) => hitOf(index, chunk, score, reasonOf(search, all, chunk)));
  const how =
    parts.length + leads.length === 0
      ? "the question has one part"
      : `by the question and ${[...parts, ...leads].map((text) => JSON.stringify(text)).join(", ")}`;
  return { hits: hits.length > 0 ? hits : beginning(search), how };
}

function instructionFor(question: string): string {
  return `Split the question into at most ${MOST_PARTS} simpler questions that can each be looked up in one passage of a document, so that their answers together answer it. Repeat names in full; keep the language. If it is simple already, give an empty list.\n\nQuestion: ${question}`;
}

/**
 * Questions that the best chunks lead to: a name that stands in one, with what the question says and that chunk doesn't. Only names that another chunk begins with, so that they lead somewhere; the rarest first.
 */
function leadsOf(search: Search, question: string, asked: readonly Asked[]): string[] {
  const { index, document } = search;
  const query = new Set(termsIn(index, question));
  const leads = new Map<string, number>();
  for (const chunk of new Set(asked.flatMap(({ ranked }) => ranked.slice(0, LEADING_CHUNKS).map((one) => one.chunk)))) {
    const text = index.chunks[chunk] === undefined ? "" : chunkText(document, index.chunks[chunk]);
    const own = new Set(termsIn(index, text));
    const open = [...query].filter((term) => !own.has(term));
    const openScores = scorePostings(index.postings, open);
    for (const name of namesIn(text, index.language, NAMES_OF_A_CHUNK)) {
      const terms = termsIn(index, name);
      if (terms.length === 0 || terms.every((term) => query.has(term))) continue;
      const headed = headedBy(search, terms).filter((other) => other !== chunk);
      if (headed.length > 0) leads.set(`${name}: ${open.join(" ")}`, Math.max(...headed.map((other) => openScores[other] ?? 0)));
    }
  }
  return [...leads]
    .sort(([, left], [, right]) => right - left)
    .slice(0, MOST_FOLLOWED)
    .map(([lead]) => lead);
}

const beginnings = new WeakMap<DocumentIndex, ReadonlyMap<string, number[]>>();

/** By their first term, the chunks of an index. Made once for an index. */
function chunksByFirstTerm(index: DocumentIndex): ReadonlyMap<string, number[]> {
  const found = beginnings.get(index);
  if (found !== undefined) return found;
  const { order, terms } = index.postings;
  const made = new Map<string, number[]>();
  for (const { index: chunk } of index.chunks) {
    const [start = 0, end = 0] = [order.starts[chunk], order.starts[chunk + 1]];
    const first = end > start ? (terms[order.terms[start] ?? -1] ?? "") : "";
    const same = made.get(first);
    if (same === undefined) made.set(first, [chunk]);
    else same.push(chunk);
  }
  beginnings.set(index, made);
  return made;
}

/** The chunks that begin with these terms. */
function headedBy({ index }: Search, terms: readonly string[]): number[] {
  const { order, terms: all } = index.postings;
  const candidates = terms[0] === undefined ? [] : (chunksByFirstTerm(index).get(terms[0]) ?? []);
  return candidates.filter((chunk) => {
    const start = order.starts[chunk] ?? 0;
    return start + terms.length <= (order.starts[chunk + 1] ?? 0) && terms.every((term, place) => all[order.terms[start + place] ?? -1] === term);
  });
}

/** The question's own best chunks in their order; the last of them make room for the first of each other question where it isn't among them. The question's own first always stays. */
function covering([own, ...others]: readonly Asked[], topK: number): { chunk: number; score: number }[] {
  const best = (own?.ranked ?? []).slice(0, topK);
  const known = new Set(best.map(({ chunk }) => chunk));
  const missing: Ranked[] = [];
  for (const [first] of others.map(({ ranked }) => ranked)) {
    if (first === undefined || known.has(first.chunk) || missing.length === topK - 1) continue;
    known.add(first.chunk);
    missing.push(first);
  }
  const kept = best.slice(0, topK - missing.length);
  const least = kept.at(-1)?.score ?? 1;
  return [...kept, ...missing.map(({ chunk, score }) => ({ chunk, score: least * Math.min(1, score) }))];
}

function reasonOf({ index }: Search, asked: readonly Asked[], chunk: number): string {
  const ranks = asked.flatMap(({ text, ranked }) => {
    const rank = ranked.findIndex((one) => one.chunk === chunk);
    const found = ranked[rank];
    return found === undefined ? [] : [{ text, rank, found }];
  });
  const best = ranks.toSorted((left, right) => left.rank - right.rank)[0];
  return best === undefined ? "" : `${best.rank + 1} for ${JSON.stringify(best.text)}: ${reasonFor(index, termsIn(index, best.text), best.found)}`;
}
