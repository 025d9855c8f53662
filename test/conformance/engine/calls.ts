/** Single calls: order, outcomes, retries, deadlines, cancels. */
import { expect } from "vitest";
import { Pending } from "../../../lib/pipeline/define.ts";
import { PermanentError, RetryableError } from "../../../lib/schema/errors.ts";
import type { CallPolicy } from "../../../lib/schema/pipeline.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createRecord, keysOf } from "../../../lib/store/records.ts";
import { pause, pipelineOf, SOON, until } from "./bench.ts";
import type { EngineTest } from "./subject.ts";

/** Clocks of the store and of the test may be so far apart, milliseconds. */
const ROUNDING_MS = 5;

const RISING: CallPolicy = { timeoutMs: 20_000, maxAttempts: 3, delay: { form: "paper", rateLimitedBaseMs: 100, serverStepMs: 250, maxMs: 5_000 } };

const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, index) => time - (times[index] ?? 0));

export const callTests: readonly EngineTest[] = [
  {
    name: "does every call of a run once, an item as soon as what it needs is there",
    async run({ runOnce, endOf, store }) {
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
    },
  },
  {
    name: "collects failed items, skips what needs them, and goes on",
    async run({ runOnce, endOf, result }) {
      const chain: [number, number][] = [
        [0, 1],
        [1, 2],
      ];
      const { dispatch } = await runOnce(
        async (_, call) => {
          if (call === "map 0") throw new PermanentError("document_broken", "broken");
        },
        { count: 4, edges: chain, tolerant: [2] },
      );
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect((await result(dispatch, "map/join"))?.output).toEqual(["document_broken", "dependency_failed", "map 2", "map 3"]);
    },
  },
  {
    name: "fails the run on a permanent error of a stage, without a second attempt, and starts nothing after it",
    async run({ runOnce, endOf }) {
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
    },
  },
  {
    name: "tries a passing failure again after delays that rise, and gives up after the last attempt",
    async run({ runOnce, endOf, result }) {
      const times: number[] = [];
      const fails = async (_: unknown, call: string) => {
        if (call !== "map 0") return;
        times.push(Date.now());
        throw new RetryableError("adapter_failed", "always", { status: 500 });
      };
      const { dispatch } = await runOnce(fails, { count: 1, edges: [] }, RISING);
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect(times).toHaveLength(3);
      const [first = 0, second = 0] = gaps(times);
      expect(first).toBeGreaterThanOrEqual(250 - ROUNDING_MS);
      expect(second).toBeGreaterThanOrEqual(500 - ROUNDING_MS);
      expect(await result(dispatch, "map/0000")).toMatchObject({ is: "failed", code: "adapter_failed", attempts: 3 });
      expect((await result(dispatch, "map/join"))?.output).toEqual(["adapter_failed"]);
    },
  },
  {
    name: "waits as long as a 429 asks with Retry-After",
    async run({ runOnce, endOf }) {
      const times: number[] = [];
      const { dispatch } = await runOnce(async (_, call) => {
        if (call !== "read") return;
        times.push(Date.now());
        if (times.length === 1) throw new RetryableError("adapter_rate_limited", "slow down", { status: 429, retryAfterMs: 1_200 });
      });
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect(times).toHaveLength(2);
      expect(gaps(times)[0]).toBeGreaterThanOrEqual(1_200 - ROUNDING_MS);
    },
  },
  {
    name: "comes back to a pending call with its state, without counting it as a failure",
    async run({ runOnce, endOf }) {
      const states: unknown[] = [];
      const pending = async ({ state }: { state: unknown }, call: string) => {
        if (call !== "read") return;
        states.push(state);
        if (states.length < 3) throw new Pending(60, { submitted: states.length });
      };
      const { dispatch } = await runOnce(pending, undefined, { ...SOON, maxAttempts: 1 });
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect(states).toEqual([undefined, { submitted: 1 }, { submitted: 2 }]);
    },
  },
  {
    name: "ends a call at its deadline",
    async run({ runOnce, endOf }) {
      const policy = { ...SOON, timeoutMs: 300, maxAttempts: 1 };
      const { dispatch } = await runOnce(() => new Promise(() => undefined), undefined, policy);
      expect(await endOf(dispatch)).toMatchObject({ status: "failed", code: "call_timed_out" });
    },
  },
  {
    name: "stops a running call within two seconds of a cancel",
    async run({ runOnce, endOf, store }) {
      let [running, abortedAt] = [false, 0];
      const { dispatch, engine } = await runOnce(({ signal }) => {
        running = true;
        signal.addEventListener("abort", () => {
          abortedAt = Date.now();
        });
        return new Promise(() => undefined);
      });
      await until("The call", () => running);
      await createRecord(store, runKeys("default", "run-1").cancel, { v: 1, reason: "enough", at: Date.now() });
      const cancelledAt = Date.now();
      await engine.cancel(dispatch, "enough");
      expect(await endOf(dispatch)).toMatchObject({ status: "cancelled" });
      await until("The abort of the call", () => abortedAt > 0, 5_000);
      expect(abortedAt - cancelledAt).toBeLessThanOrEqual(2_500);
      expect(await keysOf(store, runKeys("default", "run-1").results)).toEqual([]);
    },
  },
  {
    name: "never starts a run that was cancelled in the queue",
    async run({ start, accept, cancel, endOf }) {
      const started: string[] = [];
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const pipeline = pipelineOf(async ({ runId }) => {
        started.push(runId);
        if (runId === "first") await gate;
      });
      const process = await start(pipeline, { concurrency: 1, perTenant: 1 });
      const first = await accept(process, pipeline, "first");
      await process.engine.submit([first]);
      await until("The first run", () => started.length > 0);
      const queued = await accept(process, pipeline, "queued");
      await process.engine.submit([queued]);
      await cancel(process.engine, queued);
      open();
      expect(await endOf(first)).toMatchObject({ status: "completed" });
      expect(await endOf(queued)).toMatchObject({ status: "cancelled" });
      await pause(300);
      expect(started).not.toContain("queued");
    },
  },
];
