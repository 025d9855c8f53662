/** The parts of a question: what it asks for one after the other, and whom or what it names. */
import { namesIn } from "./names.ts";
import { createAnalyser } from "./words.ts";

/** Between two things that are asked for. Words of the languages with stop words. */
const JOINING = "and|or|und|oder|et|ou|y|o|e|en|of|og|och|versus|vs\\.?|as well as|sowie";
const BETWEEN = new RegExp(`(?:[;?\\n]|,(?!\\d)) ?(?:(?:${JOINING}) )?| (?:${JOINING}) `, "iu");
const LONGEST_QUESTION = 2_000;
const MOST_NAMES = 4;

/** A part of a question. `name` is what it is about, where that has a name. */
export interface Part {
  text: string;
  name?: string;
}

/**
 * The parts of a question, at most `most`, each a question by itself; none where it asks for one thing only. A question that compares or joins what it names has a part for each name,
 * with what else it says; any other, a part for each of its clauses that has words of its own.
 */
export function partsOf(question: string, language: string, most: number): Part[] {
  const bounded = question.slice(0, LONGEST_QUESTION);
  const analyse = createAnalyser(language);
  const names = namesIn(bounded, language, MOST_NAMES);
  if (names.length >= 2) {
    let rest = bounded;
    for (const name of names) rest = rest.replaceAll(name, " ");
    const common = analyse(rest).length === 0 ? "" : rest.replace(/["“”«»„]|['’]s(?=\s)/g, " ").replace(/\s+(?=[\s,.;?]|$)|^[\s,.]+/g, "");
    return names.map((name) => ({ name, text: common === "" ? name : `${name}: ${common}` })).slice(0, most);
  }
  const known = new Set<string>();
  const clauses = bounded
    .replace(/[^\S\n]+/g, " ")
    .split(BETWEEN)
    .flatMap((clause) => {
      const terms = analyse(clause);
      const isNew = terms.some((term) => !known.has(term));
      for (const term of terms) known.add(term);
      return isNew ? [{ text: clause.trim() }] : [];
    });
  // With more clauses it is a description of one thing, not a list of things.
  return clauses.length >= 2 && clauses.length <= most ? clauses : [];
}
