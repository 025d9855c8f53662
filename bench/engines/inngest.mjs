// The engine inngest: the executor that stands for its server in the tests; or the development server that INNGEST_DEV names; or Inngest's own server, of which INNGEST_BINARY is
// the program, over a Redis that keeps a log. The workers are the app that it calls, behind one address.
import { createServer, request } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { productModule } from "../../scripts/cases/product.mjs";
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
import { compiledTool } from "./tools.mjs";

const { INNGEST_BINARY: binary, INNGEST_DEV: development } = process.env;
/** A request that failed is made again after so long, where that is for us to say. A development server takes its time, from about 10 s on. */
const RETRY_MS = 5_000;
export const detectionMs = development && !binary ? 60_000 : RETRY_MS;
/** A server that was killed leaves each request that it had open under a lease of 30 s, and looks for such leases each 30 s. */
export const serverDetectionMs = binary ? 60_000 : detectionMs;
/** The executor keeps its queue in memory, and a development server that somebody else started isn't ours to kill. */
export const durable = Boolean(binary);

async function listen(answer) {
  const server = createServer(getRequestListener(answer));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

/** What a load balancer does: each request to the next worker; one that is gone is no answer. */
function createBalancer() {
  const ports = [];
  let turn = 0;
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
  /** Has a worker register the app. It says where Inngest is to call by the host that it was called at itself, which `fetch` doesn't let us choose. */
  const register = (host) =>
    new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port: ports[0], path: "/api/inngest", method: "PUT", headers: { host } }, (answer) => resolve(answer.resume()))
        .on("error", reject)
        .end();
    });
  return { balance, register, addWorker: (port) => ports.push(port), removeWorker: (port) => ports.splice(ports.indexOf(port), 1) };
}

/** A server in a process of its own, which is told where the workers are. */
async function withFront(address, { balance, register, ...workers }, stop) {
  const front = await listen((request) => balance(request).catch(() => new Response(null, { status: 502 })));
  return {
    address,
    ...workers,
    async ready() {
      const { statusCode } = await register(new URL(front.url).host);
      if (statusCode !== 200) throw new Error(`The server at ${address.url} did not take the app: a worker answered ${statusCode}.`);
    },
    async stop() {
      front.server.closeAllConnections();
      front.server.close();
      await stop();
    },
  };
}

/** The server and its Redis in turns: what is killed next is what was not killed last. */
async function startOwn(balancer) {
  const { startInngest } = await compiledTool("test/servers/inngest");
  const { url, eventKey, signingKey, redis, kill, restart, stop } = await startInngest(binary, RETRY_MS / 1_000);
  const victims = [{ kill, restart }, redis];
  const server = await withFront({ url, eventKey, signingKey }, balancer, stop);
  return {
    ...server,
    kill: () => victims[0].kill(),
    async restart() {
      const victim = victims.shift();
      victims.push(victim);
      await victim.restart();
    },
  };
}

async function startExecutor({ balance, addWorker, removeWorker }) {
  const { createInngestExecutor } = await compiledTool("test/support/inngest-executor");
  const executor = createInngestExecutor({ serve: balance, retryMs: RETRY_MS });
  const api = await listen((request) => executor.fetch(request));
  return {
    address: { url: api.url },
    addWorker,
    removeWorker,
    ready: () => executor.sync(),
    async stop() {
      executor.stop();
      api.server.closeAllConnections();
      api.server.close();
    },
  };
}

export async function startServer() {
  const balancer = createBalancer();
  if (binary) return startOwn(balancer);
  if (development) return withFront({ url: development }, balancer, async () => undefined);
  return startExecutor(balancer);
}

export const worker = ({ url, eventKey, signingKey }) => ({
  // One with keys is no development server.
  settings: { inngest: signingKey === undefined ? { dev: url } : { dev: false, baseUrl: url } },
  variables: { INNGEST_EVENT_KEY: eventKey, INNGEST_SIGNING_KEY: signingKey },
  makers: { inngest: async (parts) => (await productModule("lib/inngest-maker")).makeInngest(parts) },
});

/** The same for the command line. */
export const environment = ({ url, eventKey, signingKey }) =>
  signingKey === undefined ? { INNGEST_DEV: url } : { INNGEST_DEV: "0", INNGEST_BASE_URL: url, INNGEST_EVENT_KEY: eventKey, INNGEST_SIGNING_KEY: signingKey };

export const bareIs = "a function of the SDK";
const EVENT = "bare/requested";

/** A function with as many steps, on a server of its own: the executor knows one app. */
export async function openBare() {
  const watch = createWatch();
  const server = await startServer();
  const { url, ...keys } = server.address;
  const client = new Inngest({
    id: "bare",
    isDev: keys.signingKey === undefined,
    baseUrl: url,
    ...keys,
    logger: { info() {}, warn() {}, error() {}, debug() {} },
  });
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
