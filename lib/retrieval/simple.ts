/** The retrieval strategy "simple": the best chunks by shared rare words and by vectors, mixed by how far the embedding can be trusted. */
import { beginning, hitOf, rankTexts, reasonFor, termsIn } from "./mixed.ts";
import type { Found, Search } from "./strategy.ts";

/** The best chunks for the question as it stands; where nothing matches at all, the document's beginning with score 0. */
export async function simple(search: Search, question: string): Promise<Found> {
  const { index, topK } = search;
  const [ranked = []] = await rankTexts(search, [question], topK);
  const query = termsIn(index, question);
  const hits = ranked.map((one) => hitOf(index, one.chunk, one.score, reasonFor(index, query, one)));
  return { hits: hits.length > 0 ? hits : beginning(search), how: "by the question's words and its vector" };
}
