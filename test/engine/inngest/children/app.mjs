// An app that Inngest calls, as a process that can be killed: app.mjs STORE INNGEST PORT LOG. Writes a line to LOG for each call that it begins; prints its port.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import pino from "pino";
import { z } from "zod";
import { openInngest } from "../../../../dist/functions/prompt-studio.js";
import { systemClock } from "../../../../dist/lib/engine/clock.js";
import { createHost } from "../../../../dist/lib/engine/host.js";
import { ownIdentity } from "../../../../dist/lib/engine/identity.js";
import { createDoors } from "../../../../dist/lib/engine/invoke.js";
import { startLease } from "../../../../dist/lib/engine/lease.js";
import { definePipeline, defineStage } from "../../../../dist/lib/pipeline/define.js";
import { createFsStore } from "../../../../dist/lib/store/fs.js";

const [, , root, baseUrl, port, log] = process.argv;
const policy = { timeoutMs: 20_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };
const work = async (call) => {
  appendFileSync(log, `${call}\n`);
  await sleep(60);
  return call;
};
const read = defineStage({ id: "read", kind: "task", after: [], policy, output: z.string(), run: () => work("read") });
const map = defineStage({
  id: "map",
  kind: "graph",
  after: ["read"],
  policy,
  itemPolicy: policy,
  onError: "collect",
  itemOutput: z.string(),
  output: z.string(),
  plan: async ({ request }) => ({ count: request.items, edges: Array.from({ length: request.items - 3 }, (_, item) => [item, item + 3]) }),
  work: (_, item) => work(`map/${String(item).padStart(4, "0")}`),
  join: async () => "joined",
});

const pipeline = definePipeline({ name: "killed", version: 1, stages: [read, map] });
const store = createFsStore({ root });
const lease = await startLease(store, systemClock, ownIdentity());
const shutdown = new AbortController();
const host = createHost({
  store,
  clock: systemClock,
  lease,
  pipelines: new Map([[pipeline.shape.name, pipeline]]),
  resources: undefined,
  log: pino({ level: "silent" }),
  shutdown: () => shutdown.signal,
  observe: () => undefined,
});
const { engine } = openInngest({
  settings: { isDev: true, baseUrl },
  store,
  clock: systemClock,
  doors: createDoors(host),
  log: host.log,
  intake: { tenant: "default", accept: () => Promise.reject(new Error("no requests are expected")) },
  concurrency: 8,
  perTenant: 8,
  hostLimitMs: 3_000,
});
const server = createServer(getRequestListener((request) => engine.fetch(request)));
server.listen(Number(port), "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port, shape: pipeline.shape })}\n`));
