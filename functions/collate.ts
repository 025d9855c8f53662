/** Stage 6: one result, in the form that everything else shows, and in the paper's. */
import type { z } from "zod";
import { defineStage, type PaidEntry, type StageContext } from "../lib/pipeline/define.ts";
import { callKey } from "../lib/pipeline/kernel.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import { messageOf } from "../lib/schema/errors.ts";
import type { Json } from "../lib/schema/json.ts";
import type { ProcessRequest } from "../lib/schema/request.ts";
import { type Issue, type IssueCode, type OutputResult, type RunResult, runResultSchema } from "../lib/schema/result.ts";
import { sumUsage, usageOfRun } from "../lib/schema/usage.ts";
import { runKeys } from "../lib/store/layout.ts";
import { agenticExtract } from "./agentic-extract.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { extractText } from "./extract-text.ts";
import { generateDigraph } from "./generate-digraph.ts";
import { joinParts } from "./joining.ts";
import { activeOutputs, questionsOf, requestOf } from "./request.ts";
import type { Resources } from "./resources.ts";

/** The result of the run; `completed_with_issues` when anything remains to be said about it. */
export const collate = defineStage<Resources, RunResult>({
  id: "collate",
  kind: "task",
  after: ["evaluate"],
  policy: paperPolicy(5, 3),
  output: runResultSchema as z.ZodType<RunResult>,
  endStatus: ({ status }) => (status === "completed_with_issues" ? "completed_with_issues" : "completed"),
  async run(context) {
    const request = requestOf(context);
    const text = await context.result(extractText);
    const digraph = await context.result(generateDigraph);
    const ledger = await context.ledger();
    const outputs = collectOutputs(request, await collectAnswers(context, ledger));
    const issues: Issue[] = [...digraph.issues, ...outputs.flatMap(([name, output]) => issuesOf(name, output))];
    const result: RunResult = {
      run_id: context.runId,
      status: issues.length > 0 ? "completed_with_issues" : "completed",
      file: {
        name: context.document.fileName,
        sha256: context.document.sha256,
        bytes: context.document.bytes,
        pages: text.pages,
        language: text.language,
        ...text.file,
      },
      outputs: Object.fromEntries(outputs),
      usage: usageOfRun(ledger),
      issues,
      artifacts: { document: { key: context.document.key, sha256: context.document.sha256, bytes: context.document.bytes }, text: text.text },
      final_output: finalOutput(outputs),
      storage_location: request.output_file_path ?? runKeys(context.tenant, context.runId).result("collate"),
      execution_summary: {
        total_outputs: outputs.length,
        extracted: countOf(outputs, "extracted"),
        absent: countOf(outputs, "absent"),
        uncertain: countOf(outputs, "uncertain"),
        failed: countOf(outputs, "failed"),
        skipped: countOf(outputs, "skipped"),
        waves: digraph.waves,
        cycles: digraph.cycles,
        pages: text.pages,
        parser: text.parser,
      },
    };
    return request.output_file_path === undefined ? result : copied(context, result, request.output_file_path);
  },
});

/** The result, also written where the request asked for it. A place that can't be written is an issue: the values are paid for and kept. */
async function copied(context: StageContext<Resources>, result: RunResult, path: string): Promise<RunResult> {
  try {
    await context.resources.copyResult(path, `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } catch (error) {
    context.signal.throwIfAborted();
    const issue = { code: "output_not_written" satisfies IssueCode, message: messageOf(error), stage: "collate" };
    const storage_location = runKeys(context.tenant, context.runId).result("collate");
    return { ...result, status: "completed_with_issues", issues: [...result.issues, issue], storage_location };
  }
}

/** What became of each question, in their order. */
async function collectAnswers(context: StageContext<Resources>, ledger: readonly PaidEntry[]): Promise<OutputResult[]> {
  return Promise.all(
    questionsOf(requestOf(context)).map(async ({ output, part }, index): Promise<OutputResult> => {
      const answered = await context.item(agenticExtract, index);
      const evaluated = await context.item(evaluate, index);
      const call = callKey(agenticExtract.id, "item", index);
      const usage = sumUsage(ledger.filter((entry) => entry.call === call).map((entry) => entry.usage));
      const common = { type: output.type ?? part?.type ?? "text", attempts: answered.attempts, usage };
      if (answered.is !== "done") {
        const error = { code: answered.code, message: answered.message };
        return { ...common, value: null, status: answered.is, citations: [], alternatives: [], scores: {}, reasoning: answered.message, error };
      }
      const { value, status, citations, alternatives, reasoning, leaves, searched } = answered.output;
      const evaluation = evaluated.is === "done" ? evaluated.output : { scores: {} };
      return { ...common, value, status, citations, alternatives, reasoning, searched, ...evaluationEntries(evaluation), ...(leaves ? { leaves } : {}) };
    }),
  );
}

/** Each output with its result: its question's, or its parts' put together. */
function collectOutputs(request: ProcessRequest, answers: readonly OutputResult[]): [string, OutputResult][] {
  const questions = questionsOf(request);
  return activeOutputs(request).flatMap((output, owner): [string, OutputResult][] => {
    const parts = questions.flatMap((question, index) => {
      const result = question.owner === owner ? answers[index] : undefined;
      return result ? [{ pointer: question.part?.pointer ?? "", result, isWhole: question.context === undefined }] : [];
    });
    const [first] = parts;
    if (first?.isWhole && output.schema === undefined) return [[output.name, first.result]];
    return [[output.name, joinParts(output, parts)]];
  });
}

function evaluationEntries({ scores, grade, pii }: Evaluation): Pick<OutputResult, "scores" | "score_reasons" | "grade" | "pii"> {
  const entries = Object.entries(scores);
  return {
    scores: Object.fromEntries(entries.map(([key, { score }]) => [key, score])),
    ...(entries.length > 0 ? { score_reasons: Object.fromEntries(entries.map(([key, { reason }]) => [key, reason])) } : {}),
    ...(grade ? { grade } : {}),
    ...(pii ? { pii } : {}),
  };
}

function issuesOf(name: string, { status, error, reasoning }: OutputResult): Issue[] {
  if (status === "failed" || status === "skipped")
    return [{ code: error?.code ?? status, message: error?.message ?? reasoning, output: name, stage: "agentic-extract" }];
  if (error?.code === ("schema_mismatch" satisfies IssueCode)) return [{ code: error.code, message: error.message, output: name, stage: "collate" }];
  if (status === "uncertain")
    return [
      { code: "uncertain" satisfies IssueCode, message: reasoning || "the value can't be located in the document", output: name, stage: "agentic-extract" },
    ];
  return [];
}

/** The paper's flat form: the value under the output's name, and each score under {name}_{check}. */
function finalOutput(outputs: readonly [string, OutputResult][]): { [key: string]: Json } {
  const entries = outputs.flatMap(([name, { value, scores }]): [string, Json][] => [
    [name, value],
    ...Object.entries(scores).map(([key, score]): [string, Json] => [`${name}_${key}`, score]),
  ]);
  return Object.fromEntries(entries);
}

function countOf(outputs: readonly [string, OutputResult][], status: OutputResult["status"]): number {
  return outputs.filter(([, output]) => output.status === status).length;
}
