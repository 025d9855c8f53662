/** What `engines compare` says of measured runs. */
import { expect, it } from "vitest";
import { differencesOf, type Measured, reportOf } from "../../lib/cli/compare-report.ts";
import type { RunEvent, RunView } from "../../lib/client.ts";
import type { OutputResult, RunResult } from "../../lib/schema/result.ts";

const output: OutputResult = {
  value: "5",
  type: "text",
  status: "extracted",
  citations: [{ page: 1, quote: "5", match: "exact", boxes: [] }],
  alternatives: [],
  scores: { faithfulness: 1 },
  reasoning: "because",
  attempts: 1,
  usage: { input_tokens: 3, output_tokens: 1 },
};

function runOf({
  startMs = 0,
  endMs = 100,
  status = "completed" as RunView["status"],
  outputs = { total: output } as Record<string, OutputResult>,
  failures = 0,
} = {}) {
  const view: RunView = {
    runId: "r",
    status,
    fileName: "f",
    createdMs: 0,
    engine: "embedded",
    stages: [],
    usage: { input_tokens: 3, output_tokens: 1, cost_usd: 0.5 },
  };
  const failed = Array.from({ length: failures }, (_, index): RunEvent => ({ id: `f${index}`, type: "item-end", at: startMs, outcome: "failed" }));
  const events: RunEvent[] = [
    { id: "a", type: "run-start", at: 1_000 },
    { id: "b", type: "stage-start", at: 1_000 + startMs },
    ...failed,
    { id: "c", type: "run-end", at: 1_000 + endMs },
  ];
  const result = { outputs, execution_summary: { waves: [["total"]], cycles: [] } } as unknown as RunResult;
  return { view, events, result };
}

const of = (engine: string, ...runs: ReturnType<typeof runOf>[]): Measured => ({ engine, runs });

it("counts and measures an engine's runs", () => {
  const report = reportOf(
    of("celery", runOf({ startMs: 10, endMs: 100 }), runOf({ startMs: 30, endMs: 300, failures: 2 }), runOf({ startMs: 20, endMs: 200, status: "failed" })),
  );
  expect(report).toEqual({
    engine: "celery",
    runs: 3,
    failed: 1,
    medianMs: 200,
    longestMs: 300,
    queueMs: 20,
    failedCalls: 2,
    usage: { input_tokens: 9, output_tokens: 3, cost_usd: 1.5 },
    run_ids: ["r", "r", "r"],
  });
});

it("finds no difference in what may differ: reasons, usage, attempts, times, the order of keys", () => {
  const other = {
    ...output,
    reasoning: "otherwise",
    attempts: 2,
    usage: { input_tokens: 9, output_tokens: 9 },
    citations: [{ match: "exact" as const, boxes: [], quote: "5", page: 1 }],
  };
  expect(differencesOf([of("embedded", runOf()), of("celery", runOf({ endMs: 900, outputs: { total: other } }))], ["a.pdf"])).toEqual([]);
});

it.each([
  ["value", { value: "6" }],
  ["status", { status: "uncertain" as const }],
  ["citations", { citations: [{ ...output.citations[0], quote: "6" }] as OutputResult["citations"] }],
  ["scores", { scores: { faithfulness: 0.5 } }],
])("says where the %s differs, of which document and output, with what each engine found", (part, change) => {
  const same = runOf();
  const measured = [of("embedded", same, same), of("celery", same, runOf({ outputs: { total: { ...output, ...change } } }))];
  const [difference, ...more] = differencesOf(measured, ["a.pdf", "b.pdf"]);
  expect(more).toEqual([]);
  expect(difference).toMatchObject({ file: "b.pdf", what: `total.${part}`, engines: { embedded: output[part as "value"], celery: Object.values(change)[0] } });
});

it("says how a run ended, and what one engine alone has", () => {
  const none = runOf({ status: "failed", outputs: {} });
  expect(differencesOf([of("embedded", runOf()), of("celery", none)], ["a.pdf"]).map(({ what }) => what)).toEqual([
    "status",
    "total.value",
    "total.status",
    "total.citations",
    "total.scores",
  ]);
});
