/** Choosing among candidates: values that agree strengthen each other, the best come first, weak ones are dropped. */
import type { Reading } from "../../contract.ts";
import type { Candidate } from "./candidates.ts";

const WEAKEST = 0.3;
const MOST = 5;

function keyOf(raw: string): string {
  return raw
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.,]+/gu, "")
    .replace(/[.,]+$/, "");
}

/** Readings from candidates: the same value found twice is surer; a rival nearly as good makes the best less sure. */
export function rank(candidates: readonly Candidate[]): Reading[] {
  const groups = new Map<string, { best: Candidate; score: number }>();
  for (const candidate of [...candidates].sort((left, right) => right.score - left.score || left.range[0] - right.range[0])) {
    const key = keyOf(candidate.raw);
    if (key === "") continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { best: candidate, score: candidate.score });
    else group.score = Math.min(group.best.score + 0.12, group.score + (1 - group.score) * candidate.score * 0.25);
  }
  const sorted = [...groups.values()]
    .filter((group) => group.best.score >= WEAKEST)
    .sort((left, right) => right.score - left.score || left.best.range[0] - right.best.range[0]);
  const best = sorted[0]?.score ?? 0;
  const rival = sorted[1]?.score ?? 0;
  return sorted.slice(0, MOST).map((group) => {
    const doubt = rival > best * 0.8 ? 0.85 : 1;
    return { raw: group.best.raw, range: group.best.range, confidence: Math.min(0.98, group.score * doubt), reason: group.best.reason };
  });
}
