/** Stage 5: every answer checked against what it cites, and graded. */
import { z } from "zod";
import { CHECKS } from "../lib/evaluation/checks.ts";
import { grade } from "../lib/evaluation/grade.ts";
import { piiPlaces } from "../lib/evaluation/pii-check.ts";
import { writingOf } from "../lib/facts/facts.ts";
import { defineStage, type GraphStage } from "../lib/pipeline/define.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import type { Output } from "../lib/schema/request.ts";
import { gradeSchema, piiPlaceSchema, scoreSchema } from "../lib/schema/result.ts";
import { agenticExtract, askedBy } from "./agentic-extract.ts";
import { extractText } from "./extract-text.ts";
import { questionAt, questionLabels, questionsOf, requestOf } from "./request.ts";
import type { Resources } from "./resources.ts";

const evaluationSchema = z.object({ scores: z.record(z.string(), scoreSchema), grade: gradeSchema.optional(), pii: z.array(piiPlaceSchema).optional() });
export type Evaluation = z.infer<typeof evaluationSchema>;
const joinSchema = z.object({ evaluated: z.int() });

export const evaluate: GraphStage<Resources, z.infer<typeof joinSchema>, Evaluation> = defineStage<Resources, z.infer<typeof joinSchema>, Evaluation>({
  id: "evaluate",
  kind: "graph",
  after: ["agentic-extract"],
  policy: paperPolicy(5, 3),
  itemPolicy: paperPolicy(5, 3),
  onError: "collect",
  itemOutput: evaluationSchema,
  output: joinSchema,
  async plan(context) {
    const request = requestOf(context);
    return { count: questionsOf(request).length, edges: [], labels: questionLabels(request) };
  },
  async work(context, index) {
    const answered = await context.item(agenticExtract, index);
    if (answered.is !== "done") return { scores: {} };
    const { value, type, citations, status, alternatives, confidence } = answered.output;
    const document = await context.resources.openText((await context.result(extractText)).text);
    const facts = writingOf(document);
    const { output } = questionAt(requestOf(context), index);
    const wanted = wantedChecks(output);
    const { prompt } = await askedBy(context, index);
    const input = { value, type, citations, facts, status, document, prompt, enforce: output.enforce_type };
    const scores = Object.fromEntries(wanted.map(({ key, check }) => [key, check(input)]));
    const pii = wanted.some(({ setting }) => setting === "eval_security_pii") ? piiPlaces(value, type, facts.language) : [];
    const numbers = Object.fromEntries(Object.entries(scores).map(([key, { score }]) => [key, score]));
    return { scores, grade: grade({ status, match: citations[0]?.match, scores: numbers, confidence, alternatives }), ...(pii.length > 0 ? { pii } : {}) };
  },
  join: async (context) => ({ evaluated: questionsOf(requestOf(context)).length }),
});

/** All checks, unless the output turns evaluation or single checks off. */
function wantedChecks({ eval_settings: settings }: Output) {
  if (settings?.evaluate === false) return [];
  return CHECKS.filter(({ setting }) => settings?.[setting] !== false);
}
