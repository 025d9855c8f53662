/** Processes that are killed and servers that are not there: runs end all the same, nothing that was committed is done again, and what is wrong is said. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../../../lib/engine/clock.ts";
import type { HatchetAccess } from "../../../lib/engine/hatchet/connect.ts";
import { createHatchetEngine } from "../../../lib/engine/hatchet/engine.ts";
import { endRecordSchema, resultRecordSchema } from "../../../lib/schema/records.ts";
import { createFsStore } from "../../../lib/store/fs.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { keysOf, readRecord } from "../../../lib/store/records.ts";
import { type HatchetServer, startHatchet } from "./server.ts";

const ITEMS = 30;
/** read, plan, the items, join. */
const CALLS = ITEMS + 3;
const RUNS = ["run-1", "run-2"];
/** A worker that is silent for 30 seconds has died, an engine after a minute. */
const WITHIN_MS = 150_000;

const executionSchema = z.object({ run: z.string(), call: z.string(), at: z.number() });

interface World {
  folder: string;
  store: ObjectStore;
  server: HatchetServer;
  workers: ChildProcess[];
}

async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "hatchet-faults-"));
  return { folder, store: createFsStore({ root: join(folder, "store") }), server: await startHatchet(), workers: [] };
}

async function closeWorld({ folder, server, workers }: World): Promise<void> {
  for (const worker of workers) await kill(worker);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

function accessOf({ token, hostPort, apiUrl }: HatchetServer): HatchetAccess {
  return { token, hostPort, apiUrl, tls: { strategy: "none" } };
}

async function startWorker({ folder, server, workers }: World, runs: readonly string[] = []): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "worker.mjs");
  const args = [script, JSON.stringify(accessOf(server)), join(folder, "store"), String(ITEMS), ...runs];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  workers.push(worker);
  await new Promise<void>((resolve, reject) => {
    worker.stdout?.once("data", () => resolve());
    worker.once("exit", (code) => reject(new Error(`The worker ended with ${code} before it was ready.`)));
  });
  return worker;
}

async function kill(worker: ChildProcess): Promise<void> {
  worker.kill("SIGKILL");
  while (worker.exitCode === null && worker.signalCode === null) await sleep(5);
}

function executions({ folder }: World) {
  const lines = readFileSync(join(folder, "executions"), "utf8").trim().split("\n");
  return lines.map((line) => executionSchema.parse(JSON.parse(line)));
}

/** Until a third of all calls were begun: both runs are in the middle of theirs. */
async function untilBusy(world: World): Promise<void> {
  while (!(await keysOf(world.store, runKeys("default", "run-1").results)).length) await sleep(20);
  while (executions(world).length < (RUNS.length * CALLS) / 3) await sleep(20);
}

async function expectWhole(world: World): Promise<void> {
  const until = Date.now() + WITHIN_MS;
  for (const run of RUNS) {
    const keys = runKeys("default", run);
    while (!(await readRecord(world.store, keys.end, endRecordSchema))) {
      if (Date.now() > until) throw new Error(`The run ${run} didn't end within ${WITHIN_MS} ms.`);
      await sleep(100);
    }
    expect(await readRecord(world.store, keys.end, endRecordSchema)).toMatchObject({ status: "completed" });
    expect(await keysOf(world.store, keys.results)).toHaveLength(CALLS);
    const joined = await readRecord(world.store, keys.result("map/join"), resultRecordSchema);
    expect(joined?.output).toEqual(Array.from({ length: ITEMS }, (_, item) => `map/${String(item).padStart(4, "0")}`));
  }
  for (const { run, call, at } of executions(world)) {
    const committed = await readRecord(world.store, runKeys("default", run).result(call), resultRecordSchema);
    expect(at, `${run} ${call} was begun again after its commit`).toBeLessThanOrEqual(committed?.at ?? 0);
  }
}

describe.concurrent("runs of the engine hatchet", () => {
  it("end although their worker is killed", { timeout: 200_000 }, async () => {
    const world = await openWorld();
    try {
      const victim = await startWorker(world, RUNS);
      await untilBusy(world);
      await kill(victim);
      await startWorker(world);
      await expectWhole(world);
    } finally {
      await closeWorld(world);
    }
  });

  it("end although Hatchet is killed and starts again, with the same worker", { timeout: 200_000 }, async () => {
    const world = await openWorld();
    try {
      const worker = await startWorker(world, RUNS);
      await untilBusy(world);
      await world.server.kill();
      await sleep(500);
      await world.server.restart();
      await expectWhole(world);
      expect(worker.exitCode).toBeNull();
    } finally {
      await closeWorld(world);
    }
  });
});

describe("the engine hatchet", () => {
  let server: HatchetServer;
  const policy = { timeoutMs: 60_000, maxAttempts: 1, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } } as const;
  const shape = { name: "one", version: 1, stages: [{ id: "read", kind: "task", after: [], policy }] } as const;
  const dispatch = { tenant: "default", runId: "run-1", n: 1 };
  const engineWith = (access: Partial<HatchetAccess>, invoked: () => void = () => undefined) =>
    createHatchetEngine({
      access: { ...accessOf(server), ...access },
      doors: {
        load: async () => ({ is: "ready", shape: { ...shape, stages: [{ ...shape.stages[0], after: [] }] } }),
        async invoke() {
          invoked();
          return { is: "done" };
        },
      },
      shapes: [{ ...shape, stages: [{ ...shape.stages[0], after: [] }] }],
      clock: systemClock,
      log: pino({ level: "silent" }),
      concurrency: 2,
      perTenant: 2,
    });

  beforeEach(async () => {
    server = await startHatchet();
  });
  afterEach(() => server?.stop());

  it("says what is wrong with its settings, when runs are submitted and when a worker starts", async () => {
    const forged = `${server.token.slice(0, -8)}AAAAAAAA`;
    const cases = [
      { access: { token: "none" }, says: "HATCHET_CLIENT_TOKEN" },
      { access: { token: forged }, says: "doesn't accept the token" },
      { access: { hostPort: "127.0.0.1:1" }, says: "HATCHET_CLIENT_HOST_PORT" },
      { access: { tls: { strategy: "tls" as const } }, says: "HATCHET_CLIENT_TLS_STRATEGY" },
      { access: { hostPort: server.apiUrl.replace("http://", "") }, says: "HATCHET_CLIENT_HOST_PORT" },
    ];
    for (const { access, says } of cases) {
      const engine = engineWith(access);
      const submitted = await engine.submit([dispatch]).catch((error: Error) => [{ is: "refused" as const, message: error.message }]);
      expect(submitted, JSON.stringify(access)).toEqual([{ is: "refused", message: expect.stringContaining(says) }]);
      await expect(engine.work(), JSON.stringify(access)).rejects.toThrow(says);
      await engine.close();
    }
  });

  it("works as soon as the server is there, and takes runs before the first worker", async () => {
    await server.kill();
    let invoked = 0;
    const engine = engineWith({}, () => {
      invoked++;
    });
    expect(await engine.submit([dispatch])).toEqual([{ is: "refused", message: expect.stringContaining("can't be reached") }]);
    await server.restart();
    expect(await engine.submit([dispatch])).toEqual([{ is: "accepted" }]);
    const worker = await engine.work();
    while (invoked === 0) await sleep(50);
    await worker.stop(1_000);
    await engine.close();
  });
});
