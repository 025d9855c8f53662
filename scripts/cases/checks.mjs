// pii, toxicity and faithfulness: the functions behind the checks of the evaluate stage.
import { productModule } from "./product.mjs";

/** Functions of a module of lib/evaluation, or undefined where this version lacks one. */
async function functionsOf(module, names) {
  const functions = (await productModule(`lib/evaluation/${module}`)) ?? {};
  return names.every((name) => functions[name] !== undefined) ? functions : undefined;
}

/** One number or list for each line of input.jsonl. */
const answerEach = (answer) => (case_) => Object.fromEntries(case_.lines("input.jsonl").map((item) => [item.id, answer(item)]));

export async function pii() {
  const found = await functionsOf("pii", ["findPii"]);
  return found && { answer: answerEach(({ text }) => inCodePoints(text, found.findPii(text))) };
}

/** Offsets of code units as offsets of code points. */
function inCodePoints(text, findings) {
  const place = (offset) => Array.from(text.slice(0, offset)).length;
  return findings.map(({ start, end, kind }) => ({ start: place(start), end: place(end), entity: kind }));
}

/** 1 is toxic, as the family has it. */
export async function toxicity() {
  const found = await functionsOf("toxicity", ["toxicSpans", "toxicityOf"]);
  return found && { answer: answerEach(({ text }) => found.toxicityOf(text, found.toxicSpans(text))) };
}

export async function faithfulness() {
  const found = await functionsOf("claim", ["supportScore"]);
  if (found === undefined) return undefined;
  return {
    answer(case_) {
      const contexts = new Map(case_.lines("contexts.jsonl").map(({ _id, text }) => [_id, text]));
      return answerEach(({ context_id, statement }) => found.supportScore(statement, contexts.get(context_id) ?? ""))(case_);
    },
  };
}
