// A worker of the storm, in a process of its own, to be killed: worker.mjs ENGINE STORE MODEL ADDRESS WORKERS. Over the channel to its parent it says "ready" with
// the id of its lease (and the port where the engine may call it), and accepts the runs that it is told to.
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import pino from "pino";
import { productModule } from "../../scripts/cases/product.mjs";
import { openEngine } from "../engines/engines.mjs";
import { stormPipeline } from "./pipeline.mjs";

const CONCURRENCY = 8;
const SUBMITTED_AT_ONCE = 8;
const [, , name, root, modelUrl, address, workers] = process.argv;
/** Inngest's limit is one for all that it calls. */
const concurrency = name === "inngest" ? CONCURRENCY * Number(workers) : CONCURRENCY;

process.once("disconnect", () => process.exit(0));
const { createRuntime } = await productModule("lib/runtime");
const { createFsStore } = await productModule("lib/store/fs");
const { acceptRun } = await productModule("lib/engine/submit");
const { handOver } = await productModule("lib/engine/fallback");
const { inParallel } = await productModule("lib/store/records");
const { sha256 } = await productModule("lib/schema/json");

async function ask(question) {
  const response = await fetch(modelUrl, { method: "POST", body: JSON.stringify(question) });
  return response.json();
}

const store = createFsStore({ root });
const log = pino({ level: process.env.CHAOS_LOG ?? "silent" }, pino.destination(2));
const pipeline = await stormPipeline(ask);
const runtime = createRuntime({
  store,
  pipelines: [pipeline],
  resources: undefined,
  log,
  engines: (parts) => openEngine(name, parts, { address: JSON.parse(address), concurrency }),
});
const {
  host,
  engines: [engine],
} = await runtime.start();
const body = Buffer.from("a document");
const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };

async function accept(runId) {
  const common = { tenant: "default", runId, pipeline: pipeline.shape.name, shape: pipeline.shape, request: {}, settings: {}, document };
  const { dispatch } = await acceptRun(store, { ...common, engine: engine.name, process: host.lease.id, now: Date.now() });
  return dispatch;
}

/** As a service does it: a run is accepted when it is in the store; an engine that is away gets it from a sweep. */
async function submit(runIds) {
  for (let from = 0; from < runIds.length; from += SUBMITTED_AT_ONCE) {
    const part = runIds.slice(from, from + SUBMITTED_AT_ONCE);
    const dispatches = await inParallel(part, accept);
    process.send({ accepted: part });
    await handOver({ store, clock: host.clock, lease: host.lease, log, engines: [engine] }, dispatches);
  }
}

process.on("message", ({ submit: runIds }) => {
  submit(runIds).catch((error) => {
    console.error(error);
    process.exit(1);
  });
});
await runtime.startWorker();
let port;
if (engine.fetch) {
  const server = createServer(getRequestListener((request) => engine.fetch(request)));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = server.address().port;
}
process.send({ ready: host.lease.id, port });
