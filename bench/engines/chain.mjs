// What every engine of the bench does: runs of ten calls, one after the other, that wait for a while or for nothing. Here by the product; each driver has the same by the engine's own means.
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { z } from "zod";
import { productModule } from "../../scripts/cases/product.mjs";
import { openEngine } from "./engines.mjs";

export const STEPS = 10;
export const CONCURRENCY = 8;
const LONGEST_MS = 300_000;
const POLICY = { timeoutMs: 60_000, maxAttempts: 2, delay: { form: "doubling", rateLimitedBaseMs: 1_000, serverStepMs: 1_000, maxMs: 1_000 } };
const DOCUMENT = Buffer.from("a document");

/** One step. `begun` is told when the first of a run begins. */
export async function doStep(stepMs, index, begun) {
  if (index === 0) begun();
  if (stepMs > 0) await sleep(stepMs);
}

async function chainPipeline(began) {
  const { definePipeline, defineStage } = await productModule("lib/pipeline/define");
  const stageOf = (index) =>
    defineStage({
      id: `step-${index}`,
      kind: "task",
      after: index === 0 ? [] : [`step-${index - 1}`],
      policy: POLICY,
      output: z.null(),
      async run({ request, runId }) {
        await doStep(request.stepMs, index, () => began.set(runId, performance.now()));
        return null;
      },
    });
  return definePipeline({ name: "chain", version: 1, stages: Array.from({ length: STEPS }, (_, index) => stageOf(index)) });
}

/** A store that tells when a run's end is written, which would else have to be looked for all the time. */
function watchingEnds(store, endKey) {
  const waiting = new Map();
  return {
    store: {
      ...store,
      async putIfAbsent(key, ...rest) {
        const won = await store.putIfAbsent(key, ...rest);
        waiting.get(key)?.();
        waiting.delete(key);
        return won;
      },
    },
    /** Resolves when the run ends; to be called before it can. */
    end: (dispatch) => new Promise((resolve) => waiting.set(endKey(dispatch), resolve)),
  };
}

/** Resolves with the work, or rejects when it takes too long. */
async function soon(work, what) {
  const over = new AbortController();
  const late = sleep(LONGEST_MS, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Error(`${what} took longer than ${LONGEST_MS / 1_000} s.`);
  });
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => over.abort());
}

/** The product in this process on an engine and a store. `work` starts its worker; runs before that only wait. */
export async function openProduct({ engine: name, server, store: plain }) {
  const { createRuntime } = await productModule("lib/runtime");
  const { acceptRun } = await productModule("lib/engine/submit");
  const { runKeys } = await productModule("lib/store/layout");
  const { inParallel } = await productModule("lib/store/records");
  const { sha256 } = await productModule("lib/schema/json");
  const { store, end } = watchingEnds(plain, ({ tenant, runId }) => runKeys(tenant, runId).end);
  const began = new Map();
  const pipeline = await chainPipeline(began);
  const log = pino({ level: process.env.BENCH_LOG ?? "silent" }, pino.destination(2));
  const engines = (parts) => openEngine(name, parts, { address: server.address, concurrency: CONCURRENCY });
  const runtime = createRuntime({ store, pipelines: [pipeline], resources: undefined, log, engines });
  const {
    host,
    engines: [engine],
  } = await runtime.start();
  let count = 0;
  let worker;
  const accept = async (stepMs) => {
    const document = { body: DOCUMENT, sha256: sha256(DOCUMENT), bytes: DOCUMENT.byteLength, fileName: "document.txt" };
    const common = { tenant: "default", runId: `run-${count++}-${process.pid}`, pipeline: pipeline.shape.name, shape: pipeline.shape, settings: {}, document };
    return (await acceptRun(store, { ...common, request: { stepMs }, engine: name, process: host.lease.id, now: Date.now() })).dispatch;
  };
  return {
    fetch: engine.fetch,
    async work() {
      worker = await runtime.startWorker();
    },
    /** One run: milliseconds to its first call, and to its end. Accepting it is not counted. */
    async run(stepMs) {
      const dispatch = await accept(stepMs);
      const ended = end(dispatch);
      const started = performance.now();
      await engine.submit([dispatch]);
      await soon(ended, `A run on ${name}`);
      return { first: began.get(dispatch.runId) - started, whole: performance.now() - started };
    },
    /** Many runs at once: milliseconds until all have ended. */
    async many(runs) {
      const dispatches = await inParallel(Array(runs).fill(0), accept);
      const ended = Promise.all(dispatches.map(end));
      const started = performance.now();
      await engine.submit(dispatches);
      await soon(ended, `${runs} runs on ${name}`);
      return performance.now() - started;
    },
    /** Milliseconds until the engine has taken so many runs that are in the store. */
    async submit(runs) {
      const dispatches = await inParallel(Array(runs).fill(0), accept);
      const started = performance.now();
      const answers = await engine.submit(dispatches);
      const refused = answers.find(({ is }) => is !== "accepted");
      if (refused) throw new Error(`${name} refused a run: ${refused.message}`);
      return performance.now() - started;
    },
    async close() {
      await worker?.stop(0);
      await runtime.close();
    },
  };
}

/** Remembers when the runs of a bare engine began and ended. */
export function createWatch() {
  const runs = new Map();
  let count = 0;
  return {
    /** A new run: its id, and a promise of its times. */
    open() {
      const id = `bare-${count++}-${process.pid}`;
      const started = performance.now();
      let end;
      const times = new Promise((resolve) => {
        end = resolve;
      });
      const run = { first: 0, started, end };
      runs.set(id, run);
      return { id, times };
    },
    begun(id) {
      const run = runs.get(id);
      if (run) run.first = performance.now() - run.started;
    },
    ended(id) {
      const run = runs.get(id);
      runs.delete(id);
      run?.end({ first: run.first, whole: performance.now() - run.started });
    },
  };
}

/** The bare engine in the form of the product above, over `start(runs)`, which takes runs `{ id, stepMs }` and resolves when the engine has them. */
export function bareOf(watch, start, close) {
  const give = async (count, stepMs) => {
    const runs = Array.from({ length: count }, () => ({ ...watch.open(), stepMs }));
    await start(runs.map(({ id }) => ({ id, stepMs })));
    return runs.map(({ times }) => times);
  };
  return {
    async run(stepMs) {
      const [times] = await give(1, stepMs);
      return times;
    },
    async many(runs) {
      const started = performance.now();
      await Promise.all(await give(runs, 0));
      return performance.now() - started;
    },
    async submit(runs) {
      const started = performance.now();
      await give(runs, 0);
      return performance.now() - started;
    },
    close,
  };
}
