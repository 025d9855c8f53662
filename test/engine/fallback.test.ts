/** Handing runs over: the next engine gets what one doesn't take, and nobody gets a run twice. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Dispatch, Engine, SubmitResult } from "../../lib/engine/contract.ts";
import { readOwner } from "../../lib/engine/end.ts";
import { handOver } from "../../lib/engine/fallback.ts";
import { takeOver } from "../../lib/engine/take-over.ts";
import { definePipeline, defineStage } from "../../lib/pipeline/define.ts";
import { PAPER_DELAY } from "../../lib/pipeline/policies.ts";
import { accept, createWorld, startProcess } from "../support/world.ts";

const policy = { timeoutMs: 60_000, maxAttempts: 2, delay: PAPER_DELAY };

function pipelineOf(work: () => Promise<void>) {
  const run = async () => {
    await work();
    return null;
  };
  const stage = defineStage<undefined, null>({ id: "read", kind: "task", after: [], policy, output: z.null(), run });
  return definePipeline<undefined>({ name: "small", version: 1, stages: [stage] });
}

/** An engine that only remembers what it was given. */
function recording(name: Engine["name"], answer: (dispatches: readonly Dispatch[]) => Promise<readonly SubmitResult[]>, bulk = 1_000) {
  const given: Dispatch[][] = [];
  const engine: Engine = {
    name,
    capabilities: { fairness: "cap", priority: true, bulk, severalMachines: true, server: "durable", ownCancel: true },
    submit(dispatches) {
      given.push([...dispatches]);
      return answer(dispatches);
    },
    cancel: async () => undefined,
    inspect: async () => undefined,
    settled: async () => undefined,
    work: async () => ({ stop: async () => undefined }),
    close: async () => undefined,
  };
  return { engine, given };
}

const takes = async (dispatches: readonly Dispatch[]): Promise<SubmitResult[]> => dispatches.map(() => ({ is: "accepted" }));
const refuses = async (dispatches: readonly Dispatch[]): Promise<SubmitResult[]> => dispatches.map(() => ({ is: "refused", message: "no" }));
const fails = () => Promise.reject(new Error("unreachable"));
const hangs = () => new Promise<never>(() => undefined);

async function worldOf(work: () => Promise<void> = async () => undefined) {
  const world = createWorld();
  const pipeline = pipelineOf(work);
  const process = await startProcess(world, [pipeline], undefined);
  const parts = { store: process.host.store, clock: process.host.clock, lease: process.host.lease, log: process.host.log };
  const dispatchOf = async (runId: string) => (await accept(world, pipeline, { runId })).dispatch;
  const ownerOf = async (runId: string) => {
    const owner = await readOwner(world.store, "default", runId);
    return owner && [owner.engine, owner.n];
  };
  return { world, pipeline, process, parts, dispatchOf, ownerOf };
}

describe("handing over", () => {
  it.each([
    ["refuses", refuses],
    ["fails", fails],
    ["hangs", hangs],
  ])("an engine that %s: the next one gets the same run as the next dispatch", async (_, answer) => {
    const { world, parts, dispatchOf, ownerOf } = await worldOf();
    const [first, second, third] = [recording("inngest", answer), recording("celery", takes), recording("embedded", takes)];
    const dispatch = { ...(await dispatchOf("run-1")), priority: 7 };
    const left = await world.time.until(handOver({ ...parts, engines: [first.engine, second.engine, third.engine] }, [dispatch]));
    expect(left).toEqual([]);
    expect(first.given).toEqual([[{ tenant: "default", runId: "run-1", n: 1, priority: 7 }]]);
    expect(second.given).toEqual([[{ tenant: "default", runId: "run-1", n: 2, priority: 7 }]]);
    expect(third.given).toEqual([]);
    expect(await ownerOf("run-1")).toEqual(["celery", 2]);
  });

  it("only what was refused goes on, in portions that each engine can take", async () => {
    const { world, parts, dispatchOf } = await worldOf();
    const odd = async (dispatches: readonly Dispatch[]): Promise<SubmitResult[]> =>
      dispatches.map(({ runId }) => (Number(runId.slice(4)) % 2 ? { is: "refused", message: "odd" } : { is: "accepted" }));
    const [first, second] = [recording("inngest", odd, 4), recording("celery", takes, 2)];
    const dispatches = await Promise.all(Array.from({ length: 10 }, (_, index) => dispatchOf(`run-${index}`)));
    await world.time.until(handOver({ ...parts, engines: [first.engine, second.engine] }, dispatches));
    expect(first.given.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(second.given.map((part) => part.map(({ runId, n }) => `${runId} ${n}`))).toEqual([["run-1 2", "run-3 2"], ["run-5 2", "run-7 2"], ["run-9 2"]]);
  });

  it("a run that somebody else took meanwhile is given to nobody", async () => {
    const { world, parts, dispatchOf, ownerOf } = await worldOf();
    const dispatch = await dispatchOf("run-1");
    const second = recording("celery", takes);
    const first = recording("inngest", async () => {
      await takeOver({ ...parts, engine: { name: "temporal" } }, "default", "run-1", 2);
      throw new Error("unreachable");
    });
    await world.time.until(handOver({ ...parts, engines: [first.engine, second.engine] }, [dispatch]));
    expect(second.given).toEqual([]);
    expect(await ownerOf("run-1")).toEqual(["temporal", 2]);
  });

  it("what nobody takes is given back, under its newest number", async () => {
    const { world, parts, dispatchOf } = await worldOf();
    const dispatch = await dispatchOf("run-1");
    const engines = [recording("inngest", fails).engine, recording("celery", refuses).engine];
    expect(await world.time.until(handOver({ ...parts, engines }, [dispatch]))).toEqual([{ tenant: "default", runId: "run-1", n: 2 }]);
  });

  it("an engine that took the run after all, too late, does nothing with it", async () => {
    let done = 0;
    const { world, parts, process, pipeline, dispatchOf } = await worldOf(async () => {
      done++;
    });
    const late = await startProcess(world, [pipeline], undefined);
    const dispatch = await dispatchOf("run-1");
    const first = recording("inngest", hangs);
    await process.engine.work();
    await late.engine.work();
    await world.time.until(handOver({ ...parts, engines: [first.engine, process.engine] }, [dispatch]));
    await late.engine.submit(first.given[0] ?? []);
    await world.time.until(Promise.all([process.engine.settled({ ...dispatch, n: 2 }), late.engine.settled(dispatch)]));
    expect(done).toBe(1);
    expect(late.events).toEqual([]);
  });
});
