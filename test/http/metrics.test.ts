/** Metrics: the paper's names, in a form that Prometheus accepts without complaint. */
import { beforeEach, expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../lib/http/metrics.ts";
import type { EndRecord } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { writeRecord } from "../../lib/store/records.ts";

let store: ObjectStore;
let metrics: Metrics;
beforeEach(() => {
  store = createMemoryStore();
  metrics = createMetrics({ store });
});

const call = { engine: "embedded", runId: "r", call: "agentic-extract/0001", stage: "agentic-extract", label: "total" };
const usage = { input_tokens: 100, output_tokens: 20, cost_usd: 0.25 };
const linesOf = async (name: string) => (await metrics.text()).body.split("\n").filter((line) => line.startsWith(name) && !line.includes("_bucket"));

it("counts calls, failures, delays, tokens and cost by stage, queue and engine", async () => {
  metrics.observe({ type: "call-start", ...call });
  metrics.observe({ type: "call-wait", ...call, afterMs: 1, reason: "429" });
  metrics.observe({ type: "call-end", ...call, outcome: "done", durationMs: 1_500, usage });
  metrics.observe({ type: "call-start", ...call, stage: "extract-text" });
  metrics.observe({
    type: "call-end",
    ...call,
    stage: "extract-text",
    outcome: "failed",
    code: "document_broken",
    durationMs: 500,
    usage: { input_tokens: 0, output_tokens: 0 },
  });
  expect(await linesOf("prompt_service")).toEqual(
    expect.arrayContaining([
      'prompt_service_task_started_total{task_name="agentic-extract",queue="prompt_llm",engine="embedded"} 1',
      'prompt_service_task_started_total{task_name="extract-text",queue="prompt_extraction",engine="embedded"} 1',
      'prompt_service_task_failed_total{task_name="extract-text",queue="prompt_extraction",engine="embedded",exception_type="document_broken"} 1',
      'prompt_service_task_delayed_total{task_name="agentic-extract",queue="prompt_llm",engine="embedded"} 1',
      'prompt_service_task_duration_seconds_sum{task_name="agentic-extract",queue="prompt_llm",engine="embedded",state="done"} 1.5',
      'prompt_service_model_tokens_total{task_name="agentic-extract",direction="input",engine="embedded"} 100',
      'prompt_service_model_tokens_total{task_name="agentic-extract",direction="output",engine="embedded"} 20',
      'prompt_service_model_cost_dollars_total{task_name="agentic-extract",engine="embedded"} 0.25',
    ]),
  );
});

it("counts a run that ended once, however often it is told, under the engine that had it", async () => {
  const keys = runKeys("t", "r");
  const policy = { timeoutMs: 1, maxAttempts: 1, delay: { form: "paper", rateLimitedBaseMs: 1, serverStepMs: 1, maxMs: 1 } };
  const shape = { name: "p", version: 1, stages: [{ id: "read", kind: "task", after: [], policy }] };
  const document = { key: "k", sha256: "s", bytes: 1, fileName: "f" };
  await writeRecord(store, keys.request, { v: 1, tenant: "t", runId: "r", createdMs: 1_000, pipeline: "p", shape, request: {}, settings: {}, document });
  await writeRecord(store, keys.owner(1), { v: 1, engine: "celery", n: 1, process: "p", at: 0 });
  await writeRecord(store, keys.claim("read", 1), { v: 1, process: "p", dispatch: 1, alone: false, at: 4_000 });
  await writeRecord(store, keys.active, { v: 1, tenant: "t", runId: "r" });
  const end: EndRecord = { v: 1, status: "completed", at: 11_000 };
  for (let time = 0; time < 3; time++) await metrics.ended({ id: "t:r:end", tenant: "t", runId: "r", end });
  expect(await linesOf("prompt_service_run")).toEqual([
    'prompt_service_runs_total{status="completed",engine="celery"} 1',
    'prompt_service_run_duration_seconds_sum{status="completed",engine="celery"} 10',
    'prompt_service_run_duration_seconds_count{status="completed",engine="celery"} 1',
    "prompt_service_runs_active 1",
  ]);
  expect(await linesOf("prompt_service_queue_delay_seconds_sum")).toEqual(['prompt_service_queue_delay_seconds_sum{engine="celery"} 3']);
});

it("names every metric as Prometheus wants it", async () => {
  const { body, type } = await metrics.text();
  expect(type).toMatch(/^text\/plain/);
  const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", kind = ""]) => ({ name, kind }));
  expect(types.length).toBeGreaterThan(15);
  expect(types.filter(({ name, kind }) => name.endsWith("_total") !== (kind === "counter"))).toEqual([]);
  expect(types.filter(({ name, kind }) => kind === "histogram" && !name.endsWith("_seconds"))).toEqual([]);
  expect(types.filter(({ name }) => !body.includes(`# HELP ${name} `) || !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
});
