// A worker of any engine as a process that can be killed, of compiled code: node worker.mjs JSON (see WorkerArguments in children.ts). It prints its port, takes a run per line
// of its input ({ runId, request }), and writes a line to its log for each call that it begins.
import { appendFileSync, existsSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { getRequestListener } from "@hono/node-server";
import pino from "pino";
import { z } from "zod";
import { openInngest } from "../../../dist/functions/prompt-studio.js";
import { systemClock } from "../../../dist/lib/engine/clock.js";
import { openEngine } from "../../../dist/lib/engine/create.js";
import { createHost } from "../../../dist/lib/engine/host.js";
import { ownIdentity } from "../../../dist/lib/engine/identity.js";
import { createDoors } from "../../../dist/lib/engine/invoke.js";
import { startLease } from "../../../dist/lib/engine/lease.js";
import { acceptRun } from "../../../dist/lib/engine/submit.js";
import { startSweeper } from "../../../dist/lib/engine/sweeper.js";
import { definePipeline, defineStage } from "../../../dist/lib/pipeline/define.js";
import { sha256 } from "../../../dist/lib/schema/json.js";
import { createFsStore } from "../../../dist/lib/store/fs.js";

const { engine: name, root, log: logFile, released, port, concurrency, parts = {} } = JSON.parse(process.argv[2]);
const policy = { timeoutMs: 60_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };

/** Every call takes a moment; the one that the request names stays until it is released, or killed. */
async function execute({ runId, request, signal }, call) {
  appendFileSync(logFile, `${JSON.stringify({ runId, call, at: Date.now() })}\n`);
  do await systemClock.sleep(request.ms ?? 60, signal);
  while (request.holdIn === call && !existsSync(released) && !signal.aborted);
  return call;
}

/** "read", "map" over items of which each waits for the third before it, and "tell". */
const read = defineStage({ id: "read", kind: "task", after: [], policy, output: z.string(), run: (context) => execute(context, "read") });
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
    await execute(context, "map/plan");
    const { items } = context.request;
    return { count: items, edges: Array.from({ length: Math.max(0, items - 3) }, (_, item) => [item, item + 3]) };
  },
  work: (context, item) => execute(context, `map/${String(item).padStart(4, "0")}`),
  async join(context) {
    await execute(context, "map/join");
    const all = await Promise.all(Array.from({ length: context.request.items }, (_, item) => context.item(map, item)));
    return all.map((item) => (item.is === "done" ? item.output : item.code));
  },
});
const tell = defineStage({ id: "tell", kind: "task", after: ["map"], policy, output: z.string(), run: (context) => execute(context, "tell") });
const pipeline = definePipeline({ name: "killable", version: 1, stages: [read, map, tell] });

/** Inngest's engine is made where its function is. */
async function makeInngest({ settings, ...rest }) {
  const intake = { tenant: "default", accept: () => Promise.reject(new Error("no requests are expected")) };
  return openInngest({ ...rest, intake, settings: { isDev: true, ...settings.inngest } });
}

const store = createFsStore({ root });
const log = pino({ level: "silent" });
const shutdown = new AbortController();
const lease = await startLease(store, systemClock, ownIdentity());
const host = createHost({
  store,
  log,
  clock: systemClock,
  lease,
  pipelines: new Map([[pipeline.shape.name, pipeline]]),
  resources: undefined,
  shutdown: () => shutdown.signal,
  observe: () => undefined,
});
const nobody = () => Promise.reject(new Error("no requests are expected"));
const { engine } = await openEngine(
  name,
  {
    doors: createDoors(host),
    shapes: [pipeline.shape],
    store,
    clock: systemClock,
    log,
    concurrency,
    perTenant: concurrency,
    hostLimitMs: 3_000,
    settings: { inngest: { dev: false }, celery: {}, ...parts.settings },
    secret: (variable) => parts.secrets?.[variable],
    tenant: "default",
    accept: nobody,
    finalOutput: nobody,
    receivers: [],
    ...parts.options,
  },
  { inngest: makeInngest },
);
await engine.work();
startSweeper({ store, clock: systemClock, lease, engines: [engine], deliveries: [], log });

async function submit({ runId, request }) {
  const body = Buffer.from("a document");
  const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };
  const { shape } = pipeline;
  const run = { tenant: "default", runId, pipeline: shape.name, shape, request, settings: {}, document, engine: engine.name };
  const { dispatch } = await acceptRun(store, { ...run, process: lease.id, now: Date.now() });
  await engine.submit([dispatch]);
}

const server = createServer(getRequestListener((request) => engine.fetch?.(request) ?? new Response(null, { status: 404 })));
server.listen(port, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
for await (const line of createInterface(process.stdin)) await submit(JSON.parse(line));
