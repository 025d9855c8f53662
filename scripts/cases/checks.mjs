// pii, toxicity and faithfulness: the functions behind the checks of the evaluate stage.
import { productModule } from "./product.mjs";

/** The function of this name in lib/evaluation, or undefined where this version has none. */
async function check(module, name) {
  return (await productModule(`lib/evaluation/${module}`))?.[name];
}

export async function pii() {
  const findPii = await check("pii", "findPii");
  return findPii && { answer: (case_) => Object.fromEntries(case_.lines("input.jsonl").map(({ id, text }) => [id, inCodePoints(text, findPii(text))])) };
}

/** Offsets of code units as offsets of code points. */
function inCodePoints(text, spans) {
  const place = (offset) => Array.from(text.slice(0, offset)).length;
  return spans.map(({ start, end, entity, kind }) => ({ start: place(start), end: place(end), entity: entity ?? kind }));
}

/** 1 is toxic, as the family has it. */
export async function toxicity() {
  const toxicSpans = await check("toxicity", "toxicSpans");
  return toxicSpans && { answer: (case_) => Object.fromEntries(case_.lines("input.jsonl").map(({ id, text }) => [id, toxicSpans(text).length > 0 ? 1 : 0])) };
}

export async function faithfulness() {
  const supportScore = await check("support", "supportScore");
  if (supportScore === undefined) return undefined;
  return {
    answer(case_) {
      const contexts = new Map(case_.lines("contexts.jsonl").map(({ _id, text }) => [_id, text]));
      return Object.fromEntries(
        case_.lines("input.jsonl").map(({ id, context_id, statement }) => [id, supportScore(statement, contexts.get(context_id) ?? "")]),
      );
    },
  };
}
