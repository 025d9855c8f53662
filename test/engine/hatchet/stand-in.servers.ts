/** Hatchet is killed and stays away: its workers go on by themselves, and when it is back they take runs from it again. */
import { randomUUID } from "node:crypto";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import { loadSdk, openClient } from "../../../lib/engine/hatchet/connect.ts";
import { createHatchetEngine } from "../../../lib/engine/hatchet/engine.ts";
import { rootOf } from "../../../lib/engine/hatchet/names.ts";
import { acceptRun } from "../../../lib/engine/submit.ts";
import { createRuntime } from "../../../lib/runtime.ts";
import { sha256 } from "../../../lib/schema/json.ts";
import { endRecordSchema } from "../../../lib/schema/records.ts";
import { PROCESSES_PREFIX, runKeys } from "../../../lib/store/layout.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { keysOf, readRecord } from "../../../lib/store/records.ts";
import { pause, pipelineOf, until } from "../../conformance/engine/bench.ts";
import { openWorkers, type Workers } from "../../conformance/engine/children.ts";
import { type HatchetServer, startHatchet } from "../../servers/hatchet.ts";

const RUNS = ["run-0", "run-1", "run-2"];
const ITEMS = 12;
/** read, plan, the items, join, tell. */
const CALLS = ITEMS + 4;
/** Well before anybody could think that the server is dead; most of it is the calls' own time on a busy machine. */
const WITHOUT_MS = 60_000;
/** Hatchet gives a killed engine's tenants to another after a minute. */
const AGAIN_MS = 150_000;

let server: HatchetServer;
beforeEach(async () => {
  server = await startHatchet();
});
afterEach(() => server?.stop());

const endOf = async ({ store }: Workers, runId: string) => (await readRecord(store, runKeys("default", runId).end, endRecordSchema))?.status;

async function expectWhole(workers: Workers, runId: string): Promise<void> {
  expect(await endOf(workers, runId)).toBe("completed");
  expect(await workers.committed(runId)).toHaveLength(CALLS);
}

it("runs end while Hatchet is away, no call is done twice, and the same workers take new runs from it when it is back", { timeout: 360_000 }, async () => {
  const { token, hostPort, apiUrl } = server;
  const namespace = `t${randomUUID().slice(0, 8)}`;
  const parts = { settings: { hatchet: { hostPort, apiUrl, tls: "none", namespace } }, secrets: { HATCHET_CLIENT_TOKEN: token } };
  const client = openClient(await loadSdk(), { token, hostPort, apiUrl, namespace, tls: { strategy: "none" } }, () => undefined);
  /** Hatchet says so only of a run whose tasks it gave to a worker. A submit that it refused while it started is repeated by a sweep, as the second dispatch. */
  const untilEndedAtHatchet = (runId: string) =>
    until(
      `The end of ${runId} at Hatchet`,
      async () => {
        const lists = [1, 2].map((n) => client.runs.list({ additionalMetadata: { dispatch: rootOf(namespace, { tenant: "default", runId, n }) } }));
        // Its API answers a moment after its engine.
        const found = await Promise.all(lists).catch(() => []);
        return found.flatMap(({ rows }) => rows).some(({ status }) => String(status) === "COMPLETED");
      },
      AGAIN_MS,
    );
  const workers = await openWorkers("hatchet", { parts }, 4);
  try {
    const [worker] = [await workers.start(), await workers.start()];
    for (const runId of RUNS) worker.submit(runId, { items: ITEMS, ms: 300 });
    await until("A few calls of each run", async () => (await Promise.all(RUNS.map((runId) => workers.committed(runId)))).every(({ length }) => length >= 3));
    await server.kill();
    const left = await Promise.all(RUNS.map((runId) => workers.committed(runId)));
    expect(left.every(({ length }) => length < CALLS)).toBe(true);
    for (const runId of RUNS) await until(`The end of ${runId}`, async () => (await endOf(workers, runId)) !== undefined, WITHOUT_MS);
    for (const runId of RUNS) await expectWhole(workers, runId);

    await server.restart();
    worker.submit("later", { items: ITEMS });
    await untilEndedAtHatchet("later");
    await expectWhole(workers, "later");
    for (const runId of RUNS) await untilEndedAtHatchet(runId);
    expect(await workers.repeated()).toEqual([]);
    expect(workers.executions()).toHaveLength((RUNS.length + 1) * CALLS);
    expect(await keysOf(workers.store, PROCESSES_PREFIX)).toHaveLength(2);
  } finally {
    await workers.close();
  }
});

it("a worker that is stopped while Hatchet is away lets running calls end and begins no others", { timeout: 120_000 }, async () => {
  const { token, hostPort, apiUrl } = server;
  const begun: string[] = [];
  const pipeline = pipelineOf(
    async ({ signal }, call) => {
      begun.push(call);
      await systemClock.sleep(1_000, signal);
    },
    { count: 20, edges: [] },
  );
  const store = createMemoryStore();
  const limits = { concurrency: 2, perTenant: 2 };
  const runtime = createRuntime<undefined>({
    store,
    pipelines: [pipeline],
    resources: undefined,
    log: pino({ level: "silent" }),
    engines: async (parts) => ({
      engines: [createHatchetEngine({ ...parts, ...limits, doors: parts.doors("hatchet"), access: { token, hostPort, apiUrl, tls: { strategy: "none" } } })],
      receivers: [],
    }),
  });
  try {
    const { host, engines } = await runtime.start();
    const worker = await runtime.startWorker();
    const body = Buffer.from("a document");
    const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };
    const run = { tenant: "default", runId: "run-1", pipeline: pipeline.shape.name, shape: pipeline.shape, request: {}, settings: {}, document };
    const { dispatch } = await acceptRun(store, { ...run, engine: "hatchet", process: host.lease.id, now: Date.now() });
    await engines[0].submit([dispatch]);
    await until("The first items", () => begun.length >= 3);
    await server.kill();
    // What Hatchet had given was at most two calls.
    await until("Calls without Hatchet", () => begun.length >= 8);
    await worker.stop(20_000);
    const { results } = runKeys("default", "run-1");
    // Each has its result, and so has the plan.
    expect(await keysOf(store, results)).toHaveLength(begun.length + 1);
    const stoppedAt = begun.length;
    await pause(3_000);
    expect(begun).toHaveLength(stoppedAt);
    expect(stoppedAt).toBeLessThan(20);
  } finally {
    await runtime.close();
  }
});
