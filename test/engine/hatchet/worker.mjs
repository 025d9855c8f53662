// A worker in a process of its own, of compiled code, to be killed: node worker.mjs ACCESS STORE_FOLDER ITEMS [RUN_ID...] to accept and submit. Each execution of a call is a line of STORE_FOLDER/../executions.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { z } from "zod";
import { systemClock } from "../../../dist/lib/engine/clock.js";
import { createHatchetEngine } from "../../../dist/lib/engine/hatchet/engine.js";
import { createHost } from "../../../dist/lib/engine/host.js";
import { ownIdentity } from "../../../dist/lib/engine/identity.js";
import { createDoors } from "../../../dist/lib/engine/invoke.js";
import { startLease } from "../../../dist/lib/engine/lease.js";
import { acceptRun } from "../../../dist/lib/engine/submit.js";
import { definePipeline, defineStage } from "../../../dist/lib/pipeline/define.js";
import { sha256 } from "../../../dist/lib/schema/json.js";
import { createFsStore } from "../../../dist/lib/store/fs.js";

/** "read", then "map" over items of which each tenth waits for the one before. `execute` does every call. */
function killable(items, execute) {
  const policy = { timeoutMs: 60_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };
  const edges = Array.from({ length: items }, (_, item) => [item - 1, item]).filter(([, item]) => item % 10 === 9);
  const run = async ({ signal, runId }, call) => {
    await execute(runId, call, signal);
    return call;
  };
  const read = defineStage({ id: "read", kind: "task", after: [], policy, output: z.string(), run: (context) => run(context, "read") });
  const map = defineStage({
    id: "map",
    kind: "graph",
    after: ["read"],
    policy,
    itemPolicy: policy,
    onError: "collect",
    itemOutput: z.string(),
    output: z.array(z.string()),
    async plan(context) {
      await run(context, "map/plan");
      return { count: items, edges };
    },
    work: (context, index) => run(context, `map/${String(index).padStart(4, "0")}`),
    async join(context) {
      await run(context, "map/join");
      const all = await Promise.all(Array.from({ length: items }, (_, index) => context.item(map, index)));
      return all.map((item) => (item.is === "done" ? item.output : item.code));
    },
  });
  return definePipeline({ name: "killable", version: 1, stages: [read, map] });
}

const [access, folder, items, ...runIds] = process.argv.slice(2);
const { callMs = 100, concurrency = 8, log: level = "silent", ...hatchet } = JSON.parse(access);
const store = createFsStore({ root: folder });
const log = pino({ level }, process.stderr);
const execute = async (run, call, signal) => {
  appendFileSync(join(folder, "..", "executions"), `${JSON.stringify({ run, call, at: Date.now() })}\n`);
  await systemClock.sleep(callMs, signal);
};
const pipeline = killable(Number(items), execute);
const shutdown = new AbortController();
const host = createHost({
  store,
  log,
  clock: systemClock,
  lease: await startLease(store, systemClock, ownIdentity()),
  pipelines: new Map([[pipeline.shape.name, pipeline]]),
  resources: undefined,
  shutdown: () => shutdown.signal,
  observe: () => undefined,
});
const engine = createHatchetEngine({
  access: hatchet,
  doors: createDoors(host),
  shapes: [pipeline.shape],
  log,
  clock: systemClock,
  concurrency,
  perTenant: concurrency,
});
await engine.work();
if (runIds.length > 0) {
  const body = Buffer.from("a document");
  const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };
  const { shape } = pipeline;
  const common = { tenant: "default", pipeline: shape.name, shape, request: {}, settings: {}, document, engine: engine.name };
  const accepted = await Promise.all(runIds.map((runId) => acceptRun(store, { ...common, runId, process: host.lease.id, now: Date.now() })));
  console.error(JSON.stringify(await engine.submit(accepted.map(({ dispatch }) => dispatch))));
}
console.log("ready");
