/** The retrieval strategy "keyword_table": chunks by how many of the question's keywords they have. No vectors, no model. */
import { matchedTerms, scoreKeywords } from "./bm25.ts";
import { beginning, hitOf, termsIn } from "./mixed.ts";
import { bestOf } from "./ranking.ts";
import type { Found, Search } from "./strategy.ts";

const TERMS_IN_REASON = 8;

/** The chunks with the most of the question's keywords, rare ones counting more; how often one has them, and how long it is, only decides between equals. */
export async function keywordTable(search: Search, question: string): Promise<Found> {
  const { index, topK } = search;
  const query = termsIn(index, question);
  const { scores, all } = scoreKeywords(index.postings, query);
  const hits = bestOf(scores, topK).map((chunk) => {
    const found = matchedTerms(index.postings, query, chunk);
    const more = found.length > TERMS_IN_REASON ? " …" : "";
    const reason = `${found.length} of ${all} keywords (${found.slice(0, TERMS_IN_REASON).join(", ")}${more})`;
    return hitOf(index, chunk, scores[chunk] ?? 0, reason);
  });
  return { hits: hits.length > 0 ? hits : beginning(search), how: "by the question's keywords alone" };
}
