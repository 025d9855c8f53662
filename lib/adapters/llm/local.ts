/** The extractor that works without a model: it reads labels, geometry and patterns, and invents nothing. */
import type { Extractor, Question, Reading } from "../contract.ts";
import { besideGiven, candidatesFor } from "./local/answers.ts";
import { booleanCandidates } from "./local/booleans.ts";
import { factsOf } from "./local/facts.ts";
import { sideOfGiven, withoutGiven } from "./local/given.ts";
import { understand } from "./local/prompt.ts";
import { proseCandidates } from "./local/prose.ts";
import { rank } from "./local/ranking.ts";
import { tableReadings } from "./local/table-answers.ts";

/** It reads whole documents; chunks are cut as for a small model, so that retrieval does the same work with and without one. */
const CONTEXT_TOKENS = 4_096;

function extract(question: Question): readonly Reading[] {
  const facts = factsOf(question.document);
  const given = question.given ?? [];
  const wanted = understand(withoutGiven(question.prompt, given), question.type, sideOfGiven(facts, given));
  if (question.type === "line-item" || question.type === "table" || question.type === "json") return tableReadings(facts, wanted);
  if (question.type === "boolean") return rank(booleanCandidates(facts, wanted));
  return rank(besideGiven(facts, [...candidatesFor(facts, wanted), ...proseCandidates(facts, wanted)], given));
}

/** Makes the model-free extractor. It keeps no state but the facts of documents that are still in use. */
export function createLocalExtractor(): Extractor {
  return { kind: "extractor", instance: "local", contextTokens: CONTEXT_TOKENS, extract };
}
