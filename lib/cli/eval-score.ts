/** What `prompt-studio eval` finds: each field against the right answer, the accuracy, and what changed since another time. Pure. */
import { z } from "zod";
import { compareValues } from "../evaluation/compare.ts";
import type { Json } from "../schema/json.ts";
import { outputTypeSchema } from "../schema/request.ts";
import { gradeSchema, type RunResult } from "../schema/result.ts";
import type { EvalCase } from "./eval-cases.ts";

/** One output of a case: what was right, and what came out. */
export const fieldSchema = z.object({
  name: z.string(),
  type: outputTypeSchema,
  expected: z.json(),
  got: z.json(),
  right: z.boolean(),
  /** Single values that are right, of those compared: more than one only for rows and lists. */
  cells: z.tuple([z.number(), z.number()]),
  status: z.string(),
  grade: gradeSchema.optional(),
});
export type Field = z.infer<typeof fieldSchema>;

const caseSchema = z.object({
  case: z.string(),
  document: z.string(),
  run_id: z.string(),
  status: z.string(),
  right: z.number(),
  fields: z.array(fieldSchema),
});
export type CaseScore = z.infer<typeof caseSchema>;

/** What --json prints, and what --compare takes. */
export const evalReportSchema = z.object({
  accuracy: z.number(),
  right: z.number(),
  total: z.number(),
  /** Answers where the document has none. */
  invented: z.number(),
  cases: z.array(caseSchema),
});
export type EvalReport = z.infer<typeof evalReportSchema>;

/** A value that is another than before. */
export interface Change {
  case: string;
  name: string;
  before: Json;
  now: Json;
  wasRight: boolean;
  isRight: boolean;
}

/** The score of one case; without a result every field is wrong. */
export function scoreCase(from: EvalCase, run: { runId: string; status: string }, result: RunResult | undefined): CaseScore {
  const fields = [...from.expected].map(([name, expected]): Field => {
    const output = result && Object.hasOwn(result.outputs, name) ? result.outputs[name] : undefined;
    const type = output?.type ?? from.request.outputs.find((entry) => entry.name === name)?.type ?? "text";
    const got = output?.value ?? null;
    // A field that failed says nothing, also where nothing is right.
    const isAnswered = output !== undefined && output.status !== "failed" && output.status !== "skipped";
    const compared = isAnswered ? compareValues(expected, got, type) : { isRight: false, right: 0, cells: 1 };
    return {
      name,
      type,
      expected,
      got,
      right: compared.isRight,
      cells: [compared.right, compared.cells],
      status: output?.status ?? run.status,
      ...(output?.grade ? { grade: output.grade } : {}),
    };
  });
  return { case: from.name, document: from.document, run_id: run.runId, status: run.status, right: fields.filter(({ right }) => right).length, fields };
}

/** All cases together. */
export function reportOf(cases: readonly CaseScore[]): EvalReport {
  const fields = cases.flatMap((entry) => entry.fields);
  const right = fields.filter((field) => field.right).length;
  const invented = fields.filter(({ expected, got }) => expected === null && got !== null).length;
  return { accuracy: fields.length === 0 ? 0 : right / fields.length, right, total: fields.length, invented, cases: [...cases] };
}

/** What another time's values were, by case and field. */
export type Before = (caseScore: CaseScore, field: Field) => { value: Json } | undefined;

/** The values that differ from another time's; spelling that doesn't count is no difference. */
export function changesSince(report: EvalReport, before: Before): Change[] {
  return report.cases.flatMap((score) =>
    score.fields.flatMap((field): Change[] => {
      const old = before(score, field);
      if (old === undefined || compareValues(old.value, field.got, field.type).isRight) return [];
      const wasRight = compareValues(field.expected, old.value, field.type).isRight;
      return [{ case: score.case, name: field.name, before: old.value, now: field.got, wasRight, isRight: field.right }];
    }),
  );
}
