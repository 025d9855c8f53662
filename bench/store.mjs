// What durability costs: the engine's calls and submits against the same writes in a bare loop, on a store in a folder.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { z } from "zod";
import { productModule } from "../scripts/cases/product.mjs";
import { row, timed } from "./measure.mjs";

const ITEMS = 100;
const RUNS = 1_000;
const ROUNDS = 5;
const SUBMITS_A_ROUND = RUNS / ROUNDS;
const POLICY = { timeoutMs: 60_000, maxAttempts: 2, delay: { form: "paper", rateLimitedBaseMs: 1_000, serverStepMs: 1_000, maxMs: 1_000 } };

/** A pipeline of one graph stage whose items do nothing. */
async function emptyPipeline() {
  const { definePipeline, defineStage } = await productModule("lib/pipeline/define");
  const stage = defineStage({
    id: "map",
    kind: "graph",
    after: [],
    policy: POLICY,
    itemPolicy: POLICY,
    onError: "fail",
    itemOutput: z.number(),
    output: z.null(),
    plan: async () => ({ count: ITEMS, edges: [] }),
    work: async (_, item) => item,
    join: async () => null,
  });
  return definePipeline({ name: "bench", version: 1, stages: [stage] });
}

/** A store that also keeps what is written to it, in order, while `writes` is a list. */
function recording(store, log) {
  const record =
    (method) =>
    (...write) => {
      log.writes?.push([method, ...write]);
      return store[method](...write);
    };
  return { ...store, put: record("put"), putIfAbsent: record("putIfAbsent") };
}

async function openBenchStudio(store) {
  const [{ createStudio }, { createRuntime }] = [await productModule("lib/local-studio"), await productModule("lib/runtime")];
  const { createEmbeddedEngine } = await productModule("lib/engine/embedded");
  const pipeline = await emptyPipeline();
  const runtime = createRuntime({
    store,
    pipelines: [pipeline],
    resources: undefined,
    log: pino({ level: "silent" }),
    engines: async (parts) => ({ engines: [createEmbeddedEngine({ ...parts, doors: parts.doors("embedded"), concurrency: 1, perTenant: 1 })], receivers: [] }),
  });
  return createStudio({
    runtime,
    pipeline,
    tenant: "bench",
    handsOver: false,
    maximumDocumentBytes: 1_000_000,
    accept: (request) => request,
    settings: async () => ({}),
    rememberPassword: () => undefined,
  });
}

const submission = (index) => ({ document: Buffer.from("bench"), fileName: "bench.txt", request: { outputs: [] }, runId: `run-${index}` });

/** One round: `work(studio)` on a new store, then the same writes alone on another. Milliseconds. */
async function round(prepare, work) {
  const { createFsStore } = await productModule("lib/store/fs");
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-bench-"));
  try {
    const log = { writes: undefined };
    const studio = await openBenchStudio(recording(createFsStore({ root: join(folder, "studio") }), log));
    await prepare(studio);
    log.writes = [];
    const ours = await timed(() => work(studio));
    const { writes } = log;
    log.writes = undefined;
    await studio.close();
    const bare = createFsStore({ root: join(folder, "bare") });
    const yardstick = await timed(async () => {
      for (const [method, ...write] of writes) await bare[method](...write);
    });
    return { ours, yardstick };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rounds(prepare, work) {
  const done = [];
  for (let index = 0; index < ROUNDS; index++) done.push(await round(prepare, work));
  return done;
}

/** A committed call and an accepted run, each against its own writes. */
export async function benchStore() {
  const calls = await rounds(
    (studio) => studio.submit(submission(0)),
    (studio) => studio.work(["run-0"]),
  );
  const submits = await rounds(
    (studio) => studio.submit(submission("first")),
    async (studio) => {
      for (let index = 0; index < SUBMITS_A_ROUND; index++) await studio.submit(submission(index));
    },
  );
  // A call of the stage's plan and one of its join come to the items'.
  return [
    row("a committed call", "ms", calls, "its writes in a bare loop", 1 / (ITEMS + 2)),
    row("submit of 1,000 runs", "s", submits, "their writes in a bare loop", ROUNDS / 1_000),
  ];
}
