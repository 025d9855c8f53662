/** What goes on in this process, for Prometheus, under the names of the paper. Of a run over several processes each counts what it did. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LiveEvent } from "../client.ts";
import { callKey } from "../pipeline/kernel.ts";
import { claimRecordSchema, type EndRecord, isLost, ownerRecordSchema, requestRecordSchema, resultRecordSchema, startOf } from "../schema/records.ts";
import { ACTIVE_PREFIX, runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { keysOf, lastKey, readRecord } from "../store/records.ts";

/** Gauges of the library with names of counters, of which Prometheus's own check complains. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];
/** The paper's queues: reading, indexing, and what asks a model. */
const QUEUES: Readonly<Record<string, string>> = { "extract-text": "prompt_extraction", "chunk-embed": "prompt_indexing" };
const OTHER_QUEUE = "prompt_llm";
/** A call that no engine asked for. */
const NO_ENGINE = "none";
const SECONDS_OF_A_CALL = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
const SECONDS_OF_A_RUN = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400];

export interface Metrics {
  /** Told of every event of the process. */
  observe(event: LiveEvent): void;
  /** Told of a run that ended; a repeat of the last few thousand is counted once. */
  ended(end: { id: string; tenant: string; runId: string; end: EndRecord }): Promise<void>;
  /** Everything, in Prometheus's text form. */
  text(): Promise<{ body: string; type: string }>;
}

/** The metrics of one process, whatever engines it works with. */
export function createMetrics({ store }: { store: ObjectStore }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) => new Counter({ name, help, labelNames, registers });
  const started = counter("prompt_service_task_started_total", "Calls of stages that were started.", ["task_name", "queue", "engine"]);
  const failures = counter("prompt_service_task_failed_total", "Calls that failed for good.", ["task_name", "queue", "exception_type", "engine"]);
  const delayed = counter("prompt_service_task_delayed_total", "Attempts after which a call had to wait for another.", ["task_name", "queue", "engine"]);
  const tokens = counter("prompt_service_model_tokens_total", "Tokens that models read and wrote.", ["task_name", "direction", "engine"]);
  const cost = counter("prompt_service_model_cost_dollars_total", "What models cost, where their price is known.", ["task_name", "engine"]);
  const runs = counter("prompt_service_runs_total", "Runs that ended, by how.", ["status", "engine"]);
  const seconds = new Histogram({
    name: "prompt_service_task_duration_seconds",
    help: "How long calls took, of those that ended.",
    labelNames: ["task_name", "queue", "state", "engine"],
    buckets: SECONDS_OF_A_CALL,
    registers,
  });
  const runSeconds = new Histogram({
    name: "prompt_service_run_duration_seconds",
    help: "How long runs took from being accepted to their end.",
    labelNames: ["status", "engine"],
    buckets: SECONDS_OF_A_RUN,
    registers,
  });
  new Gauge({
    name: "prompt_service_runs_active",
    help: "Runs in the store that were accepted and have not ended.",
    registers,
    async collect() {
      this.set((await keysOf(store, ACTIVE_PREFIX)).length);
    },
  });
  const queueSeconds = new Histogram({
    name: "prompt_service_queue_delay_seconds",
    help: "How long runs waited from being accepted to their first call.",
    labelNames: ["engine"],
    buckets: SECONDS_OF_A_CALL,
    registers,
  });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const counted = createMemory(4_096);

  return {
    observe(event) {
      if (event.type === "stage-plan") return;
      const { engine = NO_ENGINE } = event;
      const labels = { task_name: event.stage, queue: QUEUES[event.stage] ?? OTHER_QUEUE, engine };
      if (event.type === "call-start") started.inc(labels);
      if (event.type === "call-wait") delayed.inc(labels);
      if (event.type !== "call-end") return;
      seconds.observe({ ...labels, state: event.outcome }, event.durationMs / 1000);
      if (event.outcome === "failed") failures.inc({ ...labels, exception_type: event.code ?? "internal" });
      const { input_tokens, output_tokens, cost_usd } = event.usage;
      if (input_tokens > 0) tokens.inc({ task_name: event.stage, direction: "input", engine }, input_tokens);
      if (output_tokens > 0) tokens.inc({ task_name: event.stage, direction: "output", engine }, output_tokens);
      if (cost_usd !== undefined && cost_usd > 0) cost.inc({ task_name: event.stage, engine }, cost_usd);
    },
    async ended({ id, tenant, runId, end }) {
      if (!counted(id)) return;
      const keys = runKeys(tenant, runId);
      const newest = await lastKey(store, keys.owners);
      const [run, owner] = await Promise.all([
        readRecord(store, keys.request, requestRecordSchema),
        newest === undefined ? undefined : readRecord(store, newest, ownerRecordSchema),
      ]);
      const labels = { engine: owner?.engine ?? NO_ENGINE };
      runs.inc({ status: end.status, ...labels });
      if (run === undefined) return;
      runSeconds.observe({ status: end.status, ...labels }, secondsBetween(run.createdMs, end.at));
      const [stage] = run.shape.stages;
      if (stage === undefined) return;
      const first = callKey(stage.id, stage.kind === "task" ? "run" : "plan");
      const [claim, result] = await Promise.all([
        readRecord(store, keys.claim(first, 1), claimRecordSchema),
        readRecord(store, keys.result(first), resultRecordSchema),
      ]);
      if (claim && !isLost(claim)) queueSeconds.observe(labels, secondsBetween(run.createdMs, startOf(run, 1, claim, result)));
    },
    text: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}

/** The clocks of two machines may differ. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1000;
}

/** True for an id the first time, as far back as the last `most` ids. */
function createMemory(most: number): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (seen.has(id)) return false;
    seen.add(id);
    for (const oldest of seen) if (seen.size > most) seen.delete(oldest);
    return true;
  };
}
