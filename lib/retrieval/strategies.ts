/** The seven strategies by the paper's names. */
import type { RETRIEVAL_STRATEGIES } from "../schema/request.ts";
import { automerging } from "./automerging.ts";
import { fusion } from "./fusion.ts";
import { keywordTable } from "./keyword-table.ts";
import { hitOf } from "./mixed.ts";
import { recursive } from "./recursive.ts";
import { router } from "./router.ts";
import { simple } from "./simple.ts";
import type { Found, Search, Strategy } from "./strategy.ts";
import { subquestion } from "./subquestion.ts";

/** One of the paper's names. */
export type StrategyName = (typeof RETRIEVAL_STRATEGIES)[number];

const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  simple,
  subquestion,
  fusion,
  recursive,
  router,
  keyword_table: keywordTable,
  automerging,
};

/** The places of a document that a question is about, by a strategy. A document of one chunk is its one hit, whatever the strategy, and nothing is asked of anybody. */
export async function findPlaces(name: StrategyName, search: Search, question: string): Promise<Found> {
  const [only, ...others] = search.index.chunks;
  if (only === undefined) return { hits: [], how: "the document has no text" };
  if (others.length === 0) return { hits: [hitOf(search.index, 0, 1, "the whole document is one chunk")], how: "the whole document is one chunk" };
  return STRATEGIES[name](search, question);
}
