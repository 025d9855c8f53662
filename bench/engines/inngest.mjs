// The engine inngest: the executor that stands for its server in the tests, or the real development server that INNGEST_DEV names. The workers are the app that it calls, behind one address.
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { productModule } from "../../scripts/cases/product.mjs";
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
import { compiledTool } from "./tools.mjs";

/** The executor calls again after so long; the real server takes its time from about 10 s on. */
const RETRY_MS = 5_000;
export const detectionMs = process.env.INNGEST_DEV ? 60_000 : RETRY_MS;
/** The executor keeps its queue in memory, and a server that somebody else started isn't ours to kill. */
export const durable = false;

async function listen(answer) {
  const server = createServer(getRequestListener(answer));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

export async function startServer() {
  const ports = [];
  let turn = 0;
  // What a load balancer does: each request to the next worker; one that is gone is no answer.
  const balance = async (request) => {
    const { pathname, search } = new URL(request.url);
    const port = ports[turn++ % Math.max(1, ports.length)];
    const body = request.method === "GET" ? {} : { body: await request.text() };
    const headers = new Headers(request.headers);
    for (const name of ["connection", "content-length", "transfer-encoding", "expect"]) headers.delete(name);
    const answer = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, { method: request.method, headers, ...body });
    // A worker that dies in the middle of its answer gave none.
    return new Response(await answer.arrayBuffer(), { status: answer.status, headers: answer.headers });
  };
  const workers = {
    addWorker: (port) => ports.push(port),
    removeWorker: (port) => ports.splice(ports.indexOf(port), 1),
  };
  const real = process.env.INNGEST_DEV;
  if (real) {
    const front = await listen((request) => balance(request).catch(() => new Response(null, { status: 502 })));
    const sync = async () => {
      const synced = await fetch(new URL("/api/inngest", front.url), { method: "PUT" });
      if (!synced.ok) throw new Error(`The server at ${real} did not take the app: ${await synced.text()}`);
    };
    return { address: { url: real }, ...workers, ready: sync, stop: async () => front.server.close() };
  }
  const { createInngestExecutor } = await compiledTool("test/support/inngest-executor");
  const executor = createInngestExecutor({ serve: balance, retryMs: RETRY_MS });
  const api = await listen((request) => executor.fetch(request));
  return {
    address: { url: api.url },
    ...workers,
    ready: () => executor.sync(),
    async stop() {
      executor.stop();
      api.server.closeAllConnections();
      api.server.close();
    },
  };
}

export const worker = ({ url }) => ({ settings: { inngest: { dev: url, baseUrl: url } }, makers: { inngest: make } });

async function make({ settings, receivers, tenant, ...parts }) {
  const { openInngest } = await productModule("functions/prompt-studio");
  const intake = { tenant, accept: () => Promise.reject(new Error("no requests are expected")) };
  const { engine, deliveries } = openInngest({ ...parts, settings: { isDev: true, baseUrl: settings.inngest.baseUrl }, intake, deliveries: receivers });
  return { engine, receivers: deliveries };
}

/** The same for the command line. */
export const environment = ({ url }) => ({ INNGEST_DEV: url });

export const bareIs = "a function of the SDK";
const EVENT = "bare/requested";

/** A function with as many steps, on a server of its own: the executor knows one app. */
export async function openBare() {
  const watch = createWatch();
  const server = await startServer();
  const client = new Inngest({ id: "bare", isDev: true, baseUrl: server.address.url, logger: { info() {}, warn() {}, error() {}, debug() {} } });
  const walk = client.createFunction(
    { id: "walk", triggers: [{ event: EVENT }], concurrency: [{ limit: CONCURRENCY }], checkpointing: { maxRuntime: 20_000 } },
    async ({ event, step }) => {
      const { id, stepMs } = event.data;
      for (let index = 0; index < STEPS; index++) await step.run(`step-${index}`, () => doStep(stepMs, index, () => watch.begun(id)));
      watch.ended(id);
    },
  );
  const app = await listen(serve({ client, functions: [walk] }));
  server.addWorker(Number(new URL(app.url).port));
  await server.ready();
  const start = async (runs) => {
    await client.send(runs.map((run) => ({ name: EVENT, data: run })));
  };
  return bareOf(watch, start, async () => {
    await server.stop();
    app.server.closeAllConnections();
    app.server.close();
  });
}
