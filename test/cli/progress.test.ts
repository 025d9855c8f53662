import { expect, test } from "vitest";
import { advanceProgress, eventLine, progressLines, startProgress } from "../../lib/cli/progress.ts";
import type { LiveEvent, RunView } from "../../lib/client.ts";

const NOTHING = { input_tokens: 0, output_tokens: 0 };

function view(runId: string, stages: RunView["stages"]): RunView {
  return { runId, status: "running", fileName: `${runId}.pdf`, createdMs: 0, engine: "embedded", stages, usage: NOTHING };
}

const STAGES = ["extract-text", "chunk-embed", "agentic-extract"].map((id) => ({ id, status: "waiting" as const, done: 0, total: undefined }));
const start = (call: string, stage: string, label?: string): LiveEvent => ({
  type: "call-start",
  runId: "r",
  call,
  stage,
  ...(label === undefined ? {} : { label }),
});
const end = (call: string, stage: string, extra: Partial<Extract<LiveEvent, { type: "call-end" }>> = {}): LiveEvent => ({
  type: "call-end",
  runId: "r",
  call,
  stage,
  outcome: "done",
  durationMs: 100,
  usage: NOTHING,
  ...extra,
});

function linesAfter(events: readonly LiveEvent[], views: readonly RunView[] = [view("r", STAGES)]): string[] {
  const progress = events.reduce((state, event, index) => advanceProgress(state, event, (index + 1) * 1000), startProgress(views, 0));
  return progressLines(progress, events.length * 1000, 80, 20);
}

test("a task is done with its call, a graph with its join; items are counted and named", () => {
  const plan: LiveEvent[] = [
    start("extract-text", "extract-text"),
    end("extract-text", "extract-text", { label: "3 pages" }),
    start("agentic-extract/plan", "agentic-extract"),
    end("agentic-extract/plan", "agentic-extract"),
  ];
  const items: LiveEvent[] = [
    { type: "stage-plan", runId: "r", stage: "agentic-extract", items: 12 },
    start("agentic-extract/0000", "agentic-extract", "total"),
    start("agentic-extract/0001", "agentic-extract", "date"),
    end("agentic-extract/0000", "agentic-extract", { usage: { input_tokens: 10, output_tokens: 1, cost_usd: 0.5 } }),
  ];
  expect(linesAfter(plan.slice(0, 2))).toEqual(["✓ extract-text     1.0s 3 pages", "· chunk-embed", "· agentic-extract", "  2.0s"]);
  expect(linesAfter([...plan, ...items]).slice(2)).toEqual([expect.stringMatching(/^\S agentic-extract {2}1\/12 · date$/), "  8.0s · 11 tokens · $0.50"]);
  expect(linesAfter([...plan, ...items, end("agentic-extract/0001", "agentic-extract"), end("agentic-extract/join", "agentic-extract")])[2]).toBe(
    "✓ agentic-extract  7.0s 12 items",
  );
});

test("a waiting call counts its seconds down with the reason, until it starts again", () => {
  const wait: LiveEvent = {
    type: "call-wait",
    runId: "r",
    call: "agentic-extract/0000",
    stage: "agentic-extract",
    label: "total",
    afterMs: 8000,
    reason: "429 from openai",
  };
  const waiting = startProgress([view("r", STAGES)], 0);
  const state = advanceProgress(waiting, wait, 1000);
  expect(progressLines(state, 1000, 80, 20)[2]).toContain("waiting 8 s: 429 from openai");
  expect(progressLines(state, 5500, 80, 20)[2]).toContain("waiting 4 s: 429 from openai");
  expect(progressLines(advanceProgress(state, start("agentic-extract/0000", "agentic-extract", "total"), 9000), 9000, 80, 20)[2]).not.toContain("waiting");
  expect(eventLine(wait, 1000)).toBe("1.0s agentic-extract total waiting 8 s: 429 from openai");
});

test("a failed task says why; a failed item is only counted", () => {
  expect(
    linesAfter([
      start("extract-text", "extract-text"),
      end("extract-text", "extract-text", { outcome: "failed", code: "document_broken", message: "It is\nbroken." }),
    ])[0],
  ).toBe("✗ extract-text     1.0s It is broken.");
  const lines = linesAfter([
    { type: "stage-plan", runId: "r", stage: "agentic-extract", items: 2 },
    start("agentic-extract/0000", "agentic-extract"),
    end("agentic-extract/0000", "agentic-extract", { outcome: "failed" }),
  ]);
  expect(lines[2]).toMatch(/^\S agentic-extract {2}1\/2$/);
});

test("what an earlier process did is shown as done", () => {
  const stages = STAGES.map((stage, index) => ({ ...stage, status: index === 0 ? ("done" as const) : stage.status }));
  expect(linesAfter([], [view("r", stages)])[0]).toBe("✓ extract-text     done before");
});

test("several runs have a line each while they are busy", () => {
  const lines = linesAfter([start("extract-text", "extract-text")], [view("r", STAGES), view("s", STAGES)]);
  expect(lines).toEqual([expect.stringMatching(/^\S r\.pdf · extract-text/), "  0/2 documents · 1.0s"]);
});

test("lines are cut to the terminal, wide characters counted twice", () => {
  const progress = advanceProgress(startProgress([view("r", STAGES)], 0), start("agentic-extract/0000", "agentic-extract", "請求書番号".repeat(20)), 0);
  const [, , line = ""] = progressLines(progress, 0, 40, 20);
  expect(line.endsWith("…")).toBe(true);
  expect([...line].length).toBeLessThan(35);
});

test("events of unknown runs and stages change nothing", () => {
  const progress = startProgress([view("r", STAGES)], 0);
  expect(advanceProgress(progress, { ...start("x", "x"), runId: "other" }, 5)).toBe(progress);
  expect(progressLines(advanceProgress(progress, start("x", "x"), 5), 5, 80, 20)).toEqual(progressLines(progress, 5, 80, 20));
});

test("plain lines tell what ended and leave out planning and joining", () => {
  const join = end("agentic-extract/join", "agentic-extract");
  const failed = end("agentic-extract/0003", "agentic-extract", { outcome: "failed", code: "answer_invalid", message: "no\nJSON" });
  expect(
    [start("extract-text", "extract-text"), start("agentic-extract/0003", "agentic-extract"), end("agentic-extract/plan", "agentic-extract"), failed, join].map(
      (event) => eventLine(event, 0, "a.pdf"),
    ),
  ).toEqual([
    "0.0s a.pdf extract-text started",
    undefined,
    undefined,
    "0.0s a.pdf agentic-extract 0003 failed in 0.1s answer_invalid: no JSON",
    "0.0s a.pdf agentic-extract done in 0.1s",
  ]);
});
