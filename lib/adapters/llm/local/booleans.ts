/** Yes or no: a checked box, or a yes or no word next to what the question names. Anything else is no answer. */
import type { Candidate } from "./candidates.ts";
import type { Facts } from "./facts.ts";
import { afterColon } from "./labels.ts";
import { FILLERS, NO, YES } from "./lexicon/index.ts";
import { ownLabels } from "./own-words.ts";
import type { Wanted } from "./prompt.ts";
import { comparable, stem } from "./words.ts";

/** A yes or no beside a label says much, so that half of the question's words are enough. */
const LEAST_SHARE = 0.5;
const CHECKED = /^(?:☒|☑|✓|✔|✗|✘|\[[xX✓]\]|\([xX✓]\))$/u;
const UNCHECKED = /^(?:☐|□|▢|\[\]|\[_\]|\(\))$/u;

function word(text: string): "yes" | "no" | undefined {
  const plain = comparable(text);
  const raw = text.toLowerCase().replace(/[^\p{L}]/gu, "");
  if (YES.has(plain) || YES.has(raw)) return "yes";
  return raw === "no" || (NO.has(plain) && plain !== "number") ? "no" : undefined;
}

/** Answers right of a label of the question's own words: "Smoker: No", "Smoker ☒ yes ☐ no". */
function besideLabels(facts: Facts, wanted: Wanted): Candidate[] {
  const result: Candidate[] = [];
  for (const label of ownLabels(facts, wanted, LEAST_SHARE)) {
    const line = facts.tokens[label.first]?.line;
    let marked = false;
    for (let index = afterColon(facts, label.last); index < label.last + 12; index++) {
      const token = facts.tokens[index];
      if (token === undefined || token.line !== line) break;
      if (UNCHECKED.test(token.text)) {
        index += 1;
        continue;
      }
      if (CHECKED.test(token.text)) {
        marked = true;
        continue;
      }
      if (word(token.text) === undefined) {
        if (index > label.last + 2 && !marked) break;
        continue;
      }
      result.push({
        range: [token.start, token.end],
        raw: token.text,
        score: label.quality * (marked ? 0.95 : 0.85),
        reason: marked ? "checked box beside the label" : "yes or no beside the label",
      });
      break;
    }
  }
  return result;
}

/** A box before the very words that the question names: "☒ Express delivery". */
function boxes(facts: Facts, wanted: Wanted): Candidate[] {
  const wantedStems = new Set(wanted.words.map(stem));
  if (wantedStems.size === 0) return [];
  const result: Candidate[] = [];
  facts.tokens.forEach((token, index) => {
    const checked = CHECKED.test(token.text);
    if (!checked && !UNCHECKED.test(token.text)) return;
    const stems: string[] = [];
    for (let at = index + 1; at < index + 8; at++) {
      const next = facts.tokens[at];
      if (next === undefined || next.line !== token.line || CHECKED.test(next.text) || UNCHECKED.test(next.text)) break;
      if (next.norm !== "" && !FILLERS.has(next.norm)) stems.push(stem(next.norm));
    }
    const shared = stems.filter((entry) => wantedStems.has(entry)).length;
    if (shared === 0 || shared < wantedStems.size * 0.6 || shared < stems.length * 0.5) return;
    result.push({
      range: [token.start, token.end],
      raw: checked ? "yes" : "no",
      score: 0.8 * (shared / wantedStems.size),
      reason: checked ? "checked box" : "box left open",
    });
  });
  return result;
}

/** Candidates for a yes or no question, in no order. */
export function booleanCandidates(facts: Facts, wanted: Wanted): Candidate[] {
  return [...besideLabels(facts, wanted), ...boxes(facts, wanted)];
}
