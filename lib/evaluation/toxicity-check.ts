/** Offensive language in a value. */
import type { Score } from "../schema/result.ts";
import { type CheckInput, score } from "./check.ts";
import { toxicityOf, toxicSpans } from "./toxicity.ts";
import { textsOf } from "./value-texts.ts";

/** Scores whether a value is free of offensive language: below .5 it offends. A value that quotes the document may be right all the same. */
export function toxicity({ value, facts }: CheckInput): Score {
  const language = facts.language === "und" ? "" : facts.language;
  const read = textsOf(value).map(({ text }) => ({ text, spans: toxicSpans(text, { language }) }));
  const worst = Math.max(0, ...read.map(({ text, spans }) => toxicityOf(text, spans)));
  const kinds = new Set(read.flatMap(({ spans }) => spans.map(({ kind }) => kind)));
  if (worst < 0.5) return score(1 - worst, kinds.size === 0 ? "no offensive words" : "a few words that may offend");
  return score(1 - worst, `offensive words: ${[...kinds].sort().join(", ")}`);
}
