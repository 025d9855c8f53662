/** One grade for people, from all witnesses of a value. */
import type { Json } from "../schema/json.ts";
import { type Citation, type Grade, gradeSchema, type OutputResult } from "../schema/result.ts";

/** The witnesses. `match` is of the best citation (undefined: nothing is cited), `scores` 0 to 1 by check, `confidence` 0 to 1 of whoever read the value (undefined: it gave none), `alternatives` other readings of the same text. */
export interface Witnesses {
  status: OutputResult["status"];
  match: Citation["match"] | undefined;
  scores: Readonly<Record<string, number>>;
  confidence: number | undefined;
  alternatives: readonly Json[];
}

const GRADES: readonly Grade[] = gradeSchema.options;

/** The best grade that a number from 0 to 1 allows: poor below `fair`, fair below `good`, and so on. */
function allowed(value: number, limits: { fair: number; good: number; excellent: number }): Grade {
  if (value < limits.fair) return "poor";
  if (value < limits.good) return "fair";
  return value < limits.excellent ? "good" : "excellent";
}

const BY_STATUS: Readonly<Record<OutputResult["status"], Grade>> = {
  extracted: "excellent",
  absent: "good",
  uncertain: "fair",
  failed: "poor",
  skipped: "poor",
};
const BY_MATCH: Readonly<Record<Citation["match"], Grade>> = { exact: "excellent", normalized: "excellent", fuzzy: "good" };
const SCORE_LIMITS = { fair: 0.5, good: 0.7, excellent: 0.9 };
/** What these checks see may be wrong while the value is right, so that they never speak of more than doubt; the others decide by their limits. */
const DOUBTS: ReadonlySet<string> = new Set(["relevance", "completeness"]);
/** They speak of what a value is, not of whether it is right. */
const SILENT: ReadonlySet<string> = new Set(["pii_detected", "toxicity"]);
const CONFIDENCE_LIMITS = { fair: 0.25, good: 0.5, excellent: 0.8 };

function byScore(key: string, value: number): Grade[] {
  if (SILENT.has(key)) return [];
  if (DOUBTS.has(key)) return value < SCORE_LIMITS.fair ? ["fair"] : [];
  return [allowed(value, SCORE_LIMITS)];
}

/**
 * The worst witness decides, since one broken link breaks the proof: what the status allows (uncertain at most fair), the citation's match (none at most fair, fuzzy at most good),
 * the lowest score of faithfulness and correctness (below .5 poor, .7 fair, .9 good), doubts of relevance and completeness (below .5: at most fair), the reader's confidence (below .25 poor, .5 fair, .8 good), and ambiguity (another reading of the same text: at most fair).
 * Personal data and offence don't make a value wrong and have no say. Absent values have no citation and no readings; their status, scores and confidence decide.
 */
export function grade({ status, match, scores, confidence, alternatives }: Witnesses): Grade {
  const witnesses: Grade[] = [BY_STATUS[status], ...Object.entries(scores).flatMap(([key, value]) => byScore(key, value))];
  if (confidence !== undefined) witnesses.push(allowed(confidence, CONFIDENCE_LIMITS));
  if (status !== "absent") witnesses.push(match === undefined ? "fair" : BY_MATCH[match]);
  if (alternatives.length > 0) witnesses.push("fair");
  return GRADES[Math.min(...witnesses.map((witness) => GRADES.indexOf(witness)))] ?? "poor";
}
