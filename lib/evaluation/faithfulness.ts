/** Faithfulness: does the cited text support the value? Numbers and days are compared after the same readers that typed the value, text by its words. */
import type { Json } from "../schema/json.ts";
import type { Score } from "../schema/result.ts";
import { type CheckInput, score } from "./check.ts";
import { type Evidence, evidenceOf, supportOf } from "./support.ts";

type Scalar = Exclude<Json, object | null>;

/** The scalars of structured data, without recursion. */
function scalarsOf(value: Json): readonly Scalar[] {
  const open: Json[] = [value];
  const scalars: Scalar[] = [];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    if (entry === null) continue;
    if (typeof entry !== "object") scalars.push(entry);
    else for (const child of Object.values(entry)) open.push(child);
  }
  return scalars.filter((scalar) => scalar !== "");
}

/** The mean over all cells; one cell that contradicts the text is enough to fall below a half. */
function structureSupport(value: Json, input: CheckInput, evidence: Evidence): Score {
  const scalars = scalarsOf(value);
  if (scalars.length === 0) return score(0, "the value is empty");
  // True and false are conclusions here: no text could contradict them.
  const scores = scalars.map((scalar) => (typeof scalar === "boolean" ? 0.6 : supportOf(scalar, input.type, evidence).score));
  const unsupported = scores.filter((entry) => entry < 0.5).length;
  const mean = scores.reduce((sum, entry) => sum + entry, 0) / scores.length;
  if (unsupported === 0) return score(mean, `the cited text supports all ${scalars.length} entries`);
  return score(Math.min(0.45, mean), `the cited text does not support ${unsupported} of ${scalars.length} entries`);
}

/** What a match is worth: a quote found only with differences proves a little less. */
const WORTH = { exact: 1, normalized: 1, fuzzy: 0.9 } as const;

/** Scores how far the cited text supports the value: from .5 it does, below it says something else or nothing is cited. No value needs no support. */
export function faithfulness(input: CheckInput): Score {
  const { value, citations, facts } = input;
  if (value === null) return score(1, "there is no value to support");
  const cited = input.quoteText ?? citations.map((citation) => citation.quote).join("\n");
  if (cited.trim() === "") return score(0, "nothing is cited");
  const evidence = evidenceOf(cited, facts);
  const support = typeof value === "object" ? structureSupport(value, input, evidence) : supportOf(value, input.type, evidence);
  const worth = Math.max(0, ...citations.map((citation) => WORTH[citation.match]));
  return citations.length === 0 || worth === 1 ? support : score(support.score * worth, `${support.reason}; the quote was found with small differences`);
}
