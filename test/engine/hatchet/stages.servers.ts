/** What a stage asks of Hatchet: nothing for its last call, unless that has to be asked for again, and then the same each time it is played. */
import { randomUUID } from "node:crypto";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import type { Doors, Engine } from "../../../lib/engine/contract.ts";
import { type HatchetAccess, loadSdk, openClient } from "../../../lib/engine/hatchet/connect.ts";
import { createHatchetEngine } from "../../../lib/engine/hatchet/engine.ts";
import type { CallPolicy, Outcome, PipelineShape, StageShape } from "../../../lib/schema/pipeline.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { pause, until } from "../../conformance/engine/bench.ts";
import { type HatchetServer, startHatchet } from "../../servers/hatchet.ts";

const policy: CallPolicy = { timeoutMs: 60_000, maxAttempts: 1, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };
const read: StageShape = { id: "read", kind: "task", after: [], policy };
const map: StageShape = { id: "map", kind: "graph", after: ["read"], policy, item: { policy, onError: "fail" } };
const dispatch = { tenant: "default", runId: "run-1", n: 1 };
const DONE: Outcome = { is: "done" };

describe("a stage on Hatchet", () => {
  let server: HatchetServer;
  beforeAll(async () => {
    server = await startHatchet();
  });
  afterAll(() => server?.stop());

  /** An engine whose calls are answered by a script; `invoked` is their keys, in order. */
  function open(stages: readonly StageShape[], answer: (key: string, times: number) => Outcome | Promise<Outcome>, namespace = `t${randomUUID().slice(0, 8)}`) {
    const { token, hostPort, apiUrl } = server;
    const access: HatchetAccess = { token, hostPort, apiUrl, namespace, tls: { strategy: "none" } };
    const shape: PipelineShape = { name: "stages", version: 1, stages: [...stages] };
    const invoked: string[] = [];
    let hasEnded = false;
    const doors: Doors = {
      load: async () => ({ is: "ready", shape }),
      async invoke(_, { key }) {
        invoked.push(key);
        return answer(key, invoked.filter((other) => other === key).length);
      },
    };
    const log = pino({ level: "silent" });
    const engine = createHatchetEngine({
      ...{ access, doors, store: createMemoryStore(), shapes: [shape], clock: systemClock, log, concurrency: 4, perTenant: 4 },
      async ended() {
        hasEnded = true;
      },
    });
    /** The calls for which Hatchet was asked to start a child, when there are so many; its list is written a moment later. */
    const children = async (count: number) => {
      await until("The children in Hatchet's list", async () => (await listed()).length >= count);
      return listed();
    };
    const listed = async () => {
      const client = openClient(await loadSdk(), access, () => undefined);
      const { rows } = await client.runs.list({ workflowNames: ["prompt-studio-call"], limit: 100 });
      return rows.map(({ additionalMetadata }) => (additionalMetadata as { call?: string } | undefined)?.call).sort();
    };
    return { engine, invoked, children, ended: () => until("The end of the run", () => hasEnded) };
  }

  async function submitted(engine: Engine) {
    expect(await engine.submit([dispatch])).toEqual([{ is: "accepted" }]);
  }

  it("does its last call itself, and has a child for a plan and each item", async () => {
    const { engine, invoked, children, ended } = open([read, map], (key) => (key === "map/plan" ? { is: "done", items: { count: 2, edges: [[0, 1]] } } : DONE));
    const worker = await engine.work();
    await submitted(engine);
    await ended();
    expect(invoked).toEqual(["read", "map/plan", "map/0000", "map/0001", "map/join"]);
    expect(await children(3)).toEqual(["map/0000", "map/0001", "map/plan"]);
    await worker.stop(1_000);
    await engine.close();
  });

  it("goes on in children when its call has to be asked for again, and asks for the same when another worker plays it again", async () => {
    const again = (afterMs: number): Outcome => ({ is: "again", afterMs, why: "pending", reason: "not yet" });
    // In place, in a child, in place when it is played again, where less is left to wait, and in the child after the delay.
    const answers = [again(9_000), again(8_000), again(3_000), DONE];
    const { engine, invoked, children, ended } = open([read], (_, times) => answers[times - 1] ?? DONE);
    const first = await engine.work();
    await submitted(engine);
    await until("The child", () => invoked.length === 2);
    await pause(1_000);
    await first.stop(3_000);
    const second = await engine.work();
    await ended();
    expect(invoked).toEqual(["read", "read", "read", "read"]);
    expect(await children(2)).toEqual(["read", "read try 2"]);
    await second.stop(1_000);
    await engine.close();
  });

  it("stays with the worker that did the stage before, where its call began while Hatchet gave it out", async () => {
    const namespace = `t${randomUUID().slice(0, 8)}`;
    const chain = [read, ...["second", "third", "fourth"].map((id, index): StageShape => ({ ...read, id, after: [["read", "second", "third"][index] ?? ""] }))];
    const slowly = async () => {
      await pause(300);
      return DONE;
    };
    const opened = [1, 2].map(() => open(chain, slowly, namespace));
    const workers = await Promise.all(opened.map(({ engine }) => engine.work()));
    const runs = [1, 2, 3, 4].map((n) => ({ ...dispatch, runId: `run-${n}` }));
    expect(await opened[0]?.engine.submit(runs)).toEqual(runs.map(() => ({ is: "accepted" })));
    const calls = () => opened.flatMap(({ invoked }) => invoked).length;
    await until("All calls", () => calls() >= 16);
    await pause(1_000);
    expect(calls()).toBe(16);
    expect(opened.map(({ invoked }) => invoked.filter((key) => key === "read").length * 4)).toEqual(opened.map(({ invoked }) => invoked.length));
    await Promise.all(workers.map((worker) => worker.stop(1_000)));
    await Promise.all(opened.map(({ engine }) => engine.close()));
  });
});
