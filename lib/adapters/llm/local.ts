/** The extractor that works without a model: it reads labels, geometry and patterns, and invents nothing. */
import type { Extractor, Question, Reading } from "../contract.ts";
import { candidatesFor } from "./local/answers.ts";
import { factsOf } from "./local/facts.ts";
import { understand } from "./local/prompt.ts";
import { rank } from "./local/ranking.ts";

const CONTEXT_TOKENS = 1_000_000;

function extract(question: Question): readonly Reading[] {
  const facts = factsOf(question.document);
  const wanted = understand(question.prompt, question.type);
  return rank(candidatesFor(facts, wanted));
}

/** Makes the model-free extractor. It keeps no state but the facts of documents that are still in use. */
export function createLocalExtractor(): Extractor {
  return { kind: "extractor", instance: "local", contextTokens: CONTEXT_TOKENS, extract };
}
