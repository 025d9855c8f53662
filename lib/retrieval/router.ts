/** The retrieval strategy "router": chooses one of the others for a question, and says why. */

import { referencesIn, sectionsOf } from "../document/sections.ts";
import { askForChoice } from "./asking.ts";
import { automerging } from "./automerging.ts";
import { textsWith } from "./bm25.ts";
import { fusion } from "./fusion.ts";
import { keywordTable } from "./keyword-table.ts";
import { termsIn } from "./mixed.ts";
import { partsOf } from "./parts.ts";
import { recursive } from "./recursive.ts";
import { simple } from "./simple.ts";
import type { Found, Search, Strategy } from "./strategy.ts";
import { subquestion } from "./subquestion.ts";

/** What the router may choose, with what each is good for. */
const ROUTES = {
  simple: { run: simple, for: "one fact that is said in one place" },
  subquestion: { run: subquestion, for: "several things at once, a comparison, or a fact that needs another fact first" },
  fusion: { run: fusion, for: "something that the document may put in other words" },
  recursive: { run: recursive, for: "a numbered section or exhibit, or a rule with exceptions elsewhere" },
  keyword_table: { run: keywordTable, for: "an identifier, a code, a quoted phrase, or bare keywords" },
  automerging: { run: automerging, for: "a whole passage, list, table or summary" },
} as const satisfies Readonly<Record<string, { run: Strategy; for: string }>>;
type Route = keyof typeof ROUTES;
const NAMES = ["simple", "subquestion", "fusion", "recursive", "keyword_table", "automerging"] as const satisfies readonly Route[];

/** The choice of a model where there is one, else by rules; then the chosen strategy's hits. */
export async function router(search: Search, question: string): Promise<Found> {
  const chosen = (await askForChoice(search.ask, "router", NAMES, instructionFor(question))) ?? chooseByRules(search, question);
  const { hits, how } = await ROUTES[chosen.name].run(search, question);
  return { hits, how: `${chosen.name}, as ${chosen.reason || "the model chose it"}: ${how}` };
}

function instructionFor(question: string): string {
  const routes = NAMES.map((name) => `- ${name}: ${ROUTES[name].for}`).join("\n");
  return `Choose how to search one document for the question.\n${routes}\n\nQuestion: ${question}`;
}

/** A word of letters and digits, or a number with signs inside: what documents use to tell things apart. */
const IDENTIFIER = /(?<![\p{L}\p{N}])(?=[\p{L}\p{N}/_.-]{0,30}\d)(?=[\p{L}\p{N}/_.-]{0,30}[\p{Lu}/_-])[\p{L}\p{N}][\p{L}\p{N}/_.-]{2,40}/u;
const QUOTED = /["“„«][^"”“»\n]{3,80}["”“»]/u;
const WHOLE =
  /\b(?:all|every|each|list|summari[sz]e|summary|overview|whole|entire|table|items|describe|alle|jede\w{0,2}|liste|zusammenfass\w{0,8}|tous|toutes|chaque|résum\w{0,6}|tutti|tutte|elenc\w{0,4}|todos|todas|cada|resum\w{0,5})\b/iu;
const EXCEPTIONS =
  /\b(?:except(?:ions?)?|unless|subject to|notwithstanding|pursuant to|defined|definition|ausnahme\w{0,2}|gemäß|vorbehaltlich|sauf|sous réserve|salvo)\b/iu;
/** So few of the question's words in a document mean that it uses others. */
const KNOWN_SHARE = 0.5;
const BARE_KEYWORDS = 3;

/** The first rule that fits, from what is certain to what is likely. */
function chooseByRules({ index, document }: Search, question: string): { name: Route; reason: string } {
  const terms = [...new Set(termsIn(index, question))];
  const known = terms.filter((term) => textsWith(index.postings, term) > 0);
  const [reference] = referencesIn(question);
  if (reference !== undefined && sectionsOf(document).length > 0) return { name: "recursive", reason: `the question names ${reference.words}` };
  if (QUOTED.test(question)) return { name: "keyword_table", reason: "the question quotes words" };
  if (IDENTIFIER.test(question)) return { name: "keyword_table", reason: "the question has an identifier" };
  if (EXCEPTIONS.test(question) && sectionsOf(document).length > 0)
    return { name: "recursive", reason: "the question is about rules that refer to each other" };
  if (WHOLE.test(question)) return { name: "automerging", reason: "the question wants a whole passage" };
  const parts = partsOf(question, index.language, 2);
  if (parts.length > 1) return { name: "subquestion", reason: "the question has several parts" };
  if (terms.length > 0 && known.length <= terms.length * KNOWN_SHARE)
    return { name: "fusion", reason: `the document has only ${known.length} of the question's ${terms.length} words` };
  if (terms.length <= BARE_KEYWORDS && !question.includes("?")) return { name: "keyword_table", reason: "the question is bare keywords" };
  return { name: "simple", reason: "the question asks for one thing" };
}
