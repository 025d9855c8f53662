/** Where a document prints labels: the phrases of the lexicon, and cells that look like labels. */
import { type Facts, oncePerDocument, type Token } from "./facts.ts";
import type { Concept, Role } from "./lexicon/concepts.ts";
import { LABEL_VOCABULARY, LABEL_WORDS, LABELS, ROLES } from "./lexicon/index.ts";

/** A label of a concept at tokens [first, last). `quality` 0 to 1: how clearly these words are a label and nothing more. */
interface LabelHit {
  concept: Concept;
  first: number;
  last: number;
  quality: number;
}

/** A heading or word that names a party, at tokens [first, last). `alone`: it has its cell to itself. */
interface RoleHit {
  role: Role;
  first: number;
  last: number;
  line: number;
  alone: boolean;
}

interface Marks {
  byConcept: ReadonlyMap<Concept, readonly LabelHit[]>;
  roles: readonly RoleHit[];
  /** For each token, the end of the longest label that starts there (0: none). */
  labelEnd: Uint32Array;
}

/** The index of the first token after the label and its colon. */
export function afterColon(facts: Facts, last: number): number {
  const token = facts.tokens[last];
  const previous = facts.tokens[last - 1];
  if (token === undefined || previous === undefined || token.line !== previous.line) return last;
  return /^[:=]$/.test(token.text) ? last + 1 : last;
}

/** Whether a colon or number sign follows the tokens before `last`. */
export function endsWithColon(facts: Facts, last: number): boolean {
  return afterColon(facts, last) > last || /[:#]$/.test(facts.tokens[last - 1]?.text ?? "");
}

/** The share of words in tokens [first, last) that labels use, 0 to 1. */
export function likeLabel(facts: Facts, first: number, last: number): number {
  let words = 0;
  let known = 0;
  for (let index = first; index < last; index++) {
    const norm = facts.tokens[index]?.norm ?? "";
    if (norm === "" || norm === ":") continue;
    words += 1;
    if (LABEL_VOCABULARY.has(norm)) known += 1;
  }
  return words === 0 ? 0 : known / words;
}

function sameCell(left: Token | undefined, right: Token | undefined): boolean {
  return left !== undefined && right !== undefined && left.cell === right.cell;
}

/** How clearly tokens [first, last) stand as a label: alone in the cell or before a colon best, inside running words worst. */
export function labelQuality(facts: Facts, first: number, last: number): number {
  const { tokens } = facts;
  const colon = endsWithColon(facts, last);
  const next = tokens[afterColon(facts, last)];
  const lastToken = tokens[last - 1];
  let before = 0;
  for (let index = first - 1; index >= 0 && sameCell(tokens[index], tokens[first]); index--) {
    const token = tokens[index];
    if (token === undefined || token.norm === ":") break;
    if (token.norm !== "" && !/^[(\d]/.test(token.text)) before += 1;
    if (before > 3) break;
  }
  const alone = !sameCell(lastToken, next);
  const ending = colon ? 1 : alone ? 0.95 : next !== undefined && /^[\p{Sc}\d]/u.test(next.text) ? 0.85 : /^\p{Ll}/u.test(next?.text ?? "") ? 0.4 : 0.6;
  // Labels of several words stand inside sentences too ("please pay by", "netto bis").
  const spoken = last - first >= 2 ? 0.2 : 0;
  const beginning = before === 0 ? 1 : spoken + (before === 1 ? 0.6 : before === 2 ? 0.45 : 0.35);
  return ending * beginning;
}

/** The phrases that start at a token: their comparable text and end, shortest first. */
function phrasesAt(facts: Facts, first: number): { key: string; last: number }[] {
  const { tokens } = facts;
  const result: { key: string; last: number }[] = [];
  let key = "";
  let words = 0;
  for (let index = first; index < tokens.length && words < LABEL_WORDS; index++) {
    const token = tokens[index];
    const start = tokens[first];
    if (token === undefined || start === undefined || token.line !== start.line || token.norm === ":") break;
    if (index > first && token.cell !== start.cell) break;
    if (token.norm === "") continue;
    key += token.norm;
    words += 1;
    result.push({ key, last: index + 1 });
  }
  return result;
}

/** A label inside a longer one ("Total" in "Total GST") hardly counts. */
function weakenCovered(byConcept: ReadonlyMap<Concept, LabelHit[]>, labelEnd: Uint32Array): void {
  for (const hits of byConcept.values())
    for (const hit of hits)
      for (let first = Math.max(0, hit.first - LABEL_WORDS); first <= hit.first; first++) {
        const last = labelEnd[first] ?? 0;
        if (last >= hit.last && last - first > hit.last - hit.first) {
          hit.quality *= 0.35;
          break;
        }
      }
}

function findMarks(facts: Facts): Marks {
  const byConcept = new Map<Concept, LabelHit[]>();
  const roles: RoleHit[] = [];
  const labelEnd = new Uint32Array(facts.tokens.length);
  for (let first = 0; first < facts.tokens.length; first++) {
    const token = facts.tokens[first];
    if (token === undefined || token.norm === "" || token.norm === ":") continue;
    const longest = new Map<Concept, LabelHit>();
    for (const { key, last } of phrasesAt(facts, first)) {
      for (const meaning of LABELS.get(key) ?? []) {
        labelEnd[first] = last;
        longest.set(meaning.concept, { concept: meaning.concept, first, last, quality: meaning.weight * labelQuality(facts, first, last) });
      }
      const role = ROLES.get(key);
      if (role !== undefined) {
        const cell = facts.cells[token.cell];
        const alone = cell !== undefined && cell.first === first && afterColon(facts, last) >= cell.last;
        if (alone || (role.weight === 1 && endsWithColon(facts, last))) roles.push({ role: role.role, first, last, line: token.line, alone });
      }
    }
    for (const hit of longest.values()) {
      const list = byConcept.get(hit.concept);
      if (list === undefined) byConcept.set(hit.concept, [hit]);
      else if ((list.at(-1)?.last ?? 0) < hit.last) list.push(hit);
    }
  }
  weakenCovered(byConcept, labelEnd);
  return { byConcept, roles, labelEnd };
}

/** The labels of the lexicon and the party headings of a document, found once. */
export const marksOf = oncePerDocument(findMarks);
