/** Labels in the prompt's own words: "What is the agency commission?" finds a cell "Agency Commission". */
import type { LabelSpan } from "./candidates.ts";
import { type Cell, type Facts, oncePerDocument } from "./facts.ts";
import { FILLERS } from "./lexicon/index.ts";
import { isGeneric, type Wanted } from "./prompt.ts";
import { comparableWords, stem } from "./words.ts";

const LONGEST_LABEL = 8;
/** The least share of a question's words that a label must have. */
const LEAST_SHARE = 0.6;

/** The words that may be a cell's label: up to its colon, or all of a short cell. Token range [first, last) and stems. */
interface LabelLike {
  first: number;
  last: number;
  stems: string[];
  colon: boolean;
  whole: boolean;
}

function labelLike(facts: Facts, cell: Cell, from: number): LabelLike | undefined {
  const stems: string[] = [];
  for (let index = from; index < cell.last; index++) {
    const token = facts.tokens[index];
    if (token === undefined) break;
    if (token.norm === ":") return { first: from, last: index, stems, colon: true, whole: false };
    if (token.norm !== "" && !FILLERS.has(token.norm)) stems.push(stem(token.norm));
    if (stems.length > LONGEST_LABEL) return undefined;
    if (token.text.endsWith(":")) return { first: from, last: index + 1, stems, colon: true, whole: false };
  }
  return stems.length === 0 || stems.length > LONGEST_LABEL ? undefined : { first: from, last: cell.last, stems, colon: false, whole: true };
}

function collect(facts: Facts): ReadonlyMap<string, readonly LabelLike[]> {
  const result = new Map<string, LabelLike[]>();
  const add = (label: LabelLike | undefined) => {
    for (const word of new Set(label?.stems ?? [])) {
      const list = result.get(word) ?? [];
      if (label !== undefined) list.push(label);
      result.set(word, list);
    }
  };
  for (const cell of facts.cells) {
    add(labelLike(facts, cell, cell.first));
    for (let index = cell.first + 2; index < cell.last - 1; index++) {
      if (facts.tokens[index]?.norm === ":" && index - cell.first > 2) {
        const before = index - 1;
        add({ first: before, last: index, stems: [stem(facts.tokens[before]?.norm ?? "")], colon: true, whole: false });
      }
    }
  }
  return result;
}

const labelsOf = oncePerDocument(collect);

function weightOf(word: string): number {
  return isGeneric(word) || word === "number" ? 0.3 : 1;
}

/** How well a label's words agree with wanted words: their shared weight against all of both, 0 to 1. */
function agreement(label: readonly string[], wanted: readonly { stem: string; weight: number }[], leastShare: number): number {
  let shared = 0;
  let all = 0;
  for (const word of wanted) {
    all += word.weight;
    if (label.includes(word.stem)) shared += word.weight;
  }
  const wantedStems = new Set(wanted.map((word) => word.stem));
  const foreign = label.filter((word) => !wantedStems.has(word) && !/^\d+$/.test(word)).length;
  return all === 0 || shared < 1 || shared / all < leastShare ? 0 : (shared / all) ** 1.5 * (shared / (shared + foreign * 0.8));
}

/** Labels that agree with the prompt's own words, with 0 to 1 for how well. Words in brackets count as another wording. `leastShare` (0 to 1) of the words' weight must be in the label. */
export function ownLabels(facts: Facts, wanted: Wanted, leastShare: number = LEAST_SHARE): LabelSpan[] {
  const outside = wanted.prompt.replace(/\([^)]*\)/g, " ");
  const inside = [...wanted.prompt.matchAll(/\(([^)]{2,80})\)/g)].map((match) => match[1] ?? "");
  const wordings = [outside, ...inside].map((text) =>
    [...new Set(comparableWords(text))].filter((word) => !FILLERS.has(word)).map((word) => ({ stem: stem(word), weight: weightOf(word) })),
  );
  const index = labelsOf(facts);
  const result = new Map<number, LabelSpan>();
  for (const wording of wordings) {
    if (wording.length === 0 || wording.length > 12) continue;
    for (const word of wording) {
      if (word.weight < 1) continue;
      for (const label of index.get(word.stem) ?? []) {
        const quality = agreement(label.stems, wording, leastShare) * (label.colon ? 1 : 0.9);
        const known = result.get(label.first);
        if (quality > 0.3 && (known === undefined || known.quality < quality)) result.set(label.first, { first: label.first, last: label.last, quality });
      }
    }
  }
  return [...result.values()];
}
