/** What every engine must do, in real time, over one store. An engine's test calls this with a way to start it; what it declares not to have is skipped with the reason. */
import { setMaxListeners } from "node:events";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../lib/engine/clock.ts";
import type { Capabilities, Dispatch, Engine, EngineName } from "../../lib/engine/contract.ts";
import { createHost, type Host } from "../../lib/engine/host.ts";
import { ownIdentity } from "../../lib/engine/identity.ts";
import { startLease } from "../../lib/engine/lease.ts";
import { acceptRun } from "../../lib/engine/submit.ts";
import { Pending, type Pipeline } from "../../lib/pipeline/define.ts";
import { PermanentError, RetryableError } from "../../lib/schema/errors.ts";
import { sha256 } from "../../lib/schema/json.ts";
import type { CallPolicy, ItemGraph } from "../../lib/schema/pipeline.ts";
import { type EndRecord, endRecordSchema, resultRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { createRecord, keysOf, readRecord } from "../../lib/store/records.ts";
import { type Piece, readAndMap } from "../support/pipeline.ts";

/** An engine under test: its declared capabilities, and how to start one that works on a host's pipelines. */
export interface EngineUnderTest {
  name: EngineName;
  capabilities: Capabilities;
  start(host: Host<undefined>, options: { concurrency: number; perTenant: number }): Promise<{ engine: Engine; stop(): Promise<void> }>;
}

interface Started {
  host: Host<undefined>;
  engine: Engine;
}

const SOON: CallPolicy = { timeoutMs: 20_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };
const pause = (ms: number, signal?: AbortSignal) => systemClock.sleep(ms, signal);
const pipelineOf = (piece: Piece, graph?: ItemGraph, policy = SOON) => readAndMap({ piece, policy, ...(graph ? { graph } : {}) });

/** Declares the suite for one engine. */
export function engineConformance(under: EngineUnderTest): void {
  describe(`the engine ${under.name}`, () => {
    let store: ObjectStore;
    let stops: (() => Promise<void>)[];

    beforeEach(() => {
      store = createMemoryStore();
      stops = [];
    });
    afterEach(async () => {
      for (const stop of stops.reverse()) await stop();
    });

    const start = async (pipeline: Pipeline<undefined>, options = { concurrency: 8, perTenant: 8 }): Promise<Started> => {
      const shutdown = new AbortController();
      setMaxListeners(0, shutdown.signal);
      const lease = await startLease(store, systemClock, ownIdentity());
      const pipelines = new Map([[pipeline.shape.name, pipeline]]);
      const log = pino({ level: "silent" });
      const host = createHost<undefined>({
        store,
        clock: systemClock,
        lease,
        pipelines,
        resources: undefined,
        log,
        shutdown: () => shutdown.signal,
        observe: () => undefined,
      });
      const { engine, stop } = await under.start(host, options);
      stops.push(async () => {
        shutdown.abort();
        await stop();
        await lease.stop();
      });
      return { host, engine };
    };

    const accept = async ({ host, engine }: Started, pipeline: Pipeline<undefined>, runId: string, tenant = "default"): Promise<Dispatch> => {
      const body = Buffer.from("a document");
      const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };
      const { shape } = pipeline;
      const common = { tenant, runId, pipeline: shape.name, shape, request: {}, settings: {}, document };
      return (await acceptRun(store, { ...common, engine: engine.name, process: host.lease.id, now: Date.now() })).dispatch;
    };

    const endOf = async (dispatch: Dispatch, withinMs = 15_000): Promise<EndRecord> => {
      const until = Date.now() + withinMs;
      for (;;) {
        const end = await readRecord(store, runKeys(dispatch.tenant, dispatch.runId).end, endRecordSchema);
        if (end) return end;
        if (Date.now() > until) throw new Error(`The run ${dispatch.runId} didn't end within ${withinMs} ms.`);
        await pause(20);
      }
    };

    const runOnce = async (piece: Piece, graph?: ItemGraph, policy?: CallPolicy) => {
      const pipeline = pipelineOf(piece, graph, policy);
      const started = await start(pipeline);
      const dispatch = await accept(started, pipeline, "run-1");
      expect(await started.engine.submit([dispatch])).toEqual([{ is: "accepted" }]);
      return { ...started, pipeline, dispatch };
    };

    const joined = async () => (await readRecord(store, runKeys("default", "run-1").result("map/join"), resultRecordSchema))?.output;

    it("does every call of a run once, an item as soon as what it needs is there", async () => {
      const started: string[] = [];
      let slowEnded = false;
      let eagerBefore = false;
      const { dispatch } = await runOnce(
        async (_, call) => {
          started.push(call);
          if (call === "map 1") await pause(1_500);
          if (call === "map 1") slowEnded = true;
          if (call === "map 2") eagerBefore = !slowEnded;
        },
        { count: 3, edges: [[0, 2]] },
      );
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual(["map 0", "map 1", "map 2", "read"]);
      expect(eagerBefore).toBe(true);
      expect(await keysOf(store, "active/")).toEqual([]);
    });

    it("collects failed items, skips what needs them, and goes on", async () => {
      const { dispatch } = await runOnce(
        async (_, call) => {
          if (call === "map 0") throw new PermanentError("document_broken", "broken");
        },
        {
          count: 4,
          edges: [
            [0, 1],
            [1, 2],
          ],
          tolerant: [2],
        },
      );
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect(await joined()).toEqual(["document_broken", "dependency_failed", "map 2", "map 3"]);
    });

    it("fails the run on a permanent error of a stage, and starts nothing after it", async () => {
      const started: string[] = [];
      const { dispatch } = await runOnce(
        async (_, call) => {
          started.push(call);
          throw new PermanentError("document_encrypted", "locked");
        },
        { count: 2, edges: [] },
      );
      expect(await endOf(dispatch)).toMatchObject({ status: "failed", call: "read", code: "document_encrypted" });
      await pause(200);
      expect(started).toEqual(["read"]);
    });

    it("tries a passing failure again after its delay, and gives up after the last attempt", async () => {
      const times: number[] = [];
      const { dispatch } = await runOnce(
        async (_, call) => {
          if (call === "read") times.push(Date.now());
          if (call === "read" && times.length === 1) throw new RetryableError("adapter_rate_limited", "slow down", { status: 429, retryAfterMs: 400 });
          if (call === "map 0") throw new RetryableError("adapter_failed", "always", { status: 500 });
        },
        { count: 1, edges: [] },
      );
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect(times).toHaveLength(2);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(395);
      expect(await joined()).toEqual(["adapter_failed"]);
      const item = await readRecord(store, runKeys("default", "run-1").result("map/0000"), resultRecordSchema);
      expect(item).toMatchObject({ is: "failed", attempts: SOON.maxAttempts });
    });

    it("comes back to a pending call with its state, without counting it as a failure", async () => {
      const states: unknown[] = [];
      const policy = { ...SOON, maxAttempts: 1 };
      const { dispatch } = await runOnce(
        async ({ state }, call) => {
          if (call !== "read") return;
          states.push(state);
          if (states.length < 3) throw new Pending(60, { submitted: states.length });
        },
        undefined,
        policy,
      );
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect(states).toEqual([undefined, { submitted: 1 }, { submitted: 2 }]);
    });

    it("ends a call at its deadline", async () => {
      const policy = { ...SOON, timeoutMs: 300, maxAttempts: 1 };
      const { dispatch } = await runOnce(() => new Promise(() => undefined), undefined, policy);
      expect(await endOf(dispatch)).toMatchObject({ status: "failed", code: "call_timed_out" });
    });

    it("stops a running call within two seconds of a cancel", async () => {
      let abortedAt = 0;
      let isRunning: () => void = () => undefined;
      const running = new Promise<void>((resolve) => {
        isRunning = resolve;
      });
      const { dispatch, engine } = await runOnce(({ signal }) => {
        isRunning();
        signal.addEventListener("abort", () => {
          abortedAt = Date.now();
        });
        return new Promise(() => undefined);
      });
      await running;
      await createRecord(store, runKeys("default", "run-1").cancel, { v: 1, reason: "enough", at: Date.now() });
      const cancelledAt = Date.now();
      await engine.cancel(dispatch, "enough");
      expect(await endOf(dispatch)).toMatchObject({ status: "cancelled" });
      expect(abortedAt - cancelledAt).toBeLessThanOrEqual(2_500);
      expect(await keysOf(store, runKeys("default", "run-1").results)).toEqual([]);
    });

    it("takes a dispatch that is given twice for one, and does nothing for one that is out of date", async () => {
      const started: string[] = [];
      const piece: Piece = async (_, call) => {
        started.push(call);
        await pause(50);
      };
      const { dispatch, engine, pipeline, host } = await runOnce(piece, { count: 2, edges: [] });
      await engine.submit([dispatch, dispatch]);
      await endOf(dispatch);
      const moved = await accept({ engine, host }, pipeline, "moved");
      await createRecord(store, runKeys("default", "moved").owner(2), { v: 1, engine: "embedded", n: 2, process: "another", at: 0 });
      await engine.submit([moved]);
      await pause(500);
      expect([...started].sort()).toEqual(["map 0", "map 1", "read"]);
    });

    it("takes many runs of several tenants at once and ends them all", async () => {
      const pipeline = pipelineOf(async () => pause(5), { count: 2, edges: [[0, 1]] });
      const started = await start(pipeline, { concurrency: 6, perTenant: 3 });
      const dispatches = await Promise.all(Array.from({ length: 30 }, (_, index) => accept(started, pipeline, `run-${index}`, `tenant-${index % 3}`)));
      expect(await started.engine.submit(dispatches)).toEqual(dispatches.map(() => ({ is: "accepted" })));
      for (const dispatch of dispatches) expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
    });

    it("goes on from what is committed, and several workers on one store do every call once", async () => {
      const started: string[] = [];
      const pipeline = pipelineOf(
        async (_, call) => {
          started.push(call);
          await pause(30);
        },
        { count: 12, edges: [[0, 11]] },
      );
      const [first, second] = [await start(pipeline, { concurrency: 2, perTenant: 2 }), await start(pipeline, { concurrency: 2, perTenant: 2 })];
      const dispatch = await accept(first, pipeline, "run-1");
      const usage = { input_tokens: 0, output_tokens: 0 };
      await createRecord(store, runKeys("default", "run-1").result("read"), {
        v: 1,
        is: "done",
        at: 0,
        claim: 1,
        attempts: 1,
        durationMs: 1,
        output: "read",
        usage,
      });
      await Promise.all([first.engine.submit([dispatch]), second.engine.submit([dispatch])]);
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect([...started].sort()).toEqual(Array.from({ length: 12 }, (_, index) => `map ${index}`).sort());
    });

    it.skipIf(!under.capabilities.priority)(`lets higher priority go first${under.capabilities.priority ? "" : " (declared: no priority)"}`, async () => {
      const order: string[] = [];
      const pipeline = pipelineOf(async ({ runId }, call) => {
        if (call === "read") order.push(runId);
        await pause(20);
      });
      const started = await start(pipeline, { concurrency: 1, perTenant: 1 });
      const plain = await Promise.all(Array.from({ length: 6 }, (_, index) => accept(started, pipeline, `plain-${index}`)));
      const urgent = { ...(await accept(started, pipeline, "urgent")), priority: 10 };
      await started.engine.submit([...plain, urgent]);
      for (const dispatch of [...plain, urgent]) await endOf(dispatch);
      expect(order.indexOf("urgent")).toBeLessThanOrEqual(2);
    });
  });
}
