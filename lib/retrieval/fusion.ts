/** The retrieval strategy "fusion": the question in several phrasings, each searched by words and by vectors, and all lists joined by rank. */
import { askForTexts } from "./asking.ts";
import { matchedTerms, textsWith } from "./bm25.ts";
import { fuse, type RankedList } from "./fuse.ts";
import { beginning, hitOf, scoreWords, termsIn, vectorShare } from "./mixed.ts";
import { bestOf } from "./ranking.ts";
import type { Found, Search } from "./strategy.ts";

const PHRASINGS = 3;
/** What another phrasing counts against the question itself: a phrasing that went astray must not outvote it. */
const PHRASING_WEIGHT = 0.1;
/** The best chunks whose words are taken as words for what is asked, and how many words. */
const FEEDBACK_CHUNKS = 5;
const FEEDBACK_TERMS = 12;
const DEPTH = 200;
const TERMS_IN_REASON = 5;

interface Phrasing {
  label: string;
  terms: readonly string[];
  text: string;
  weight: number;
}

/** All phrasings' lists by reciprocal rank. Those of a model where there is one; by rules, the question's rarest words, and the question with the words of what it found. */
export async function fusion(search: Search, question: string): Promise<Found> {
  const { index, topK } = search;
  const phrasings = await phrasingsOf(search, question);
  const nearest = await search.nearest(phrasings.map(({ text }) => text));
  const share = vectorShare(search.quality);
  const lists = phrasings.flatMap(({ terms, weight }, place): RankedList[] => [
    { chunks: bestOf(scoreWords(index, terms), Math.max(topK, DEPTH)), weight: weight * (1 - share) },
    { chunks: (nearest[place] ?? []).filter(({ score }) => score > 0).map(({ chunk }) => chunk), weight: weight * share },
  ]);
  const query = termsIn(index, question);
  const hits = fuse(lists, index.chunks.length, topK).map(({ chunk, score }) =>
    hitOf(index, chunk, score, ranksOf(lists, chunk, phrasings, matchedTerms(index.postings, query, chunk))),
  );
  const how = `by ${phrasings.length} phrasings: ${phrasings.map(({ label }) => label).join("; ")}`;
  return { hits: hits.length > 0 ? hits : beginning(search), how };
}

async function phrasingsOf(search: Search, question: string): Promise<Phrasing[]> {
  const { index } = search;
  const terms = termsIn(index, question);
  const own = { label: "the question", terms, text: question, weight: 1 };
  const asked = await askForTexts(search.ask, "fusion", PHRASINGS, instructionFor(question));
  if (asked.length > 0) {
    return [own, ...asked.map((text) => ({ label: JSON.stringify(text), terms: termsIn(index, text), text, weight: PHRASING_WEIGHT }))];
  }
  const rules = [
    { label: "its rarest words", terms: rarestOf(search, terms) },
    { label: "with words of what it found", terms: withFeedback(search, terms) },
  ];
  return [
    own,
    ...rules.filter((phrasing) => phrasing.terms.length > 0).map((phrasing) => ({ ...phrasing, text: phrasing.terms.join(" "), weight: PHRASING_WEIGHT })),
  ];
}

function instructionFor(question: string): string {
  return `Write ${PHRASINGS} other phrasings of the question, as a document that answers it might put it: other words for the same things, a statement instead of a question. Keep its language, names and numbers.\n\nQuestion: ${question}`;
}

/** The rarer half of the terms that the document has, in their order. */
function rarestOf({ index }: Search, terms: readonly string[]): string[] {
  const distinct = [...new Set(terms)].filter((term) => textsWith(index.postings, term) > 0);
  if (distinct.length < 2) return [];
  const rank = (term: string) => textsWith(index.postings, term);
  const kept = new Set(distinct.toSorted((left, right) => rank(left) - rank(right)).slice(0, Math.ceil(distinct.length / 2)));
  return terms.filter((term) => kept.has(term));
}

/** The terms twice, and those that say most about the best chunks (relevance feedback, RM3: Abdul-Jaleel et al., TREC 2004). */
function withFeedback({ index }: Search, terms: readonly string[]): string[] {
  const { order, lengths, terms: all } = index.postings;
  const scores = scoreWords(index, terms);
  const own = new Set(terms);
  const weights = new Map<string, number>();
  for (const chunk of bestOf(scores, FEEDBACK_CHUNKS)) {
    for (let place = order.starts[chunk] ?? 0; place < (order.starts[chunk + 1] ?? 0); place++) {
      const term = all[order.terms[place] ?? 0] ?? "";
      if (own.has(term) || /^\d*$/.test(term)) continue;
      const rarity = Math.log(1 + lengths.length / textsWith(index.postings, term));
      weights.set(term, (weights.get(term) ?? 0) + (rarity * (scores[chunk] ?? 0)) / (lengths[chunk] || 1));
    }
  }
  const best = [...weights].sort(([left, one], [right, other]) => other - one || (left < right ? -1 : 1)).slice(0, FEEDBACK_TERMS);
  return best.length === 0 ? [] : [...terms, ...terms, ...best.map(([term]) => term)];
}

function ranksOf(lists: readonly RankedList[], chunk: number, phrasings: readonly Phrasing[], terms: readonly string[]): string {
  const parts = phrasings.flatMap(({ label }, place) => {
    const words = (lists[place * 2]?.chunks.indexOf(chunk) ?? -1) + 1;
    const vector = (lists[place * 2 + 1]?.chunks.indexOf(chunk) ?? -1) + 1;
    const ranks = [words > 0 ? `${words} by words` : "", vector > 0 ? `${vector} by vector` : ""].filter((part) => part !== "");
    return ranks.length > 0 ? [`${label}: ${ranks.join(", ")}`] : [];
  });
  const shared = terms.length > 0 ? ` (${terms.slice(0, TERMS_IN_REASON).join(", ")})` : "";
  return `rank in ${parts.join("; ")}${shared}`;
}
