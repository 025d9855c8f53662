/** What only the Inngest engine does: steps with names, lanes, events that anybody may send, signatures, flow control, and answers that get lost. */
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { requested, requestedDataSchema } from "../../../functions/prompt-studio.ts";
import type { Dispatch } from "../../../lib/engine/contract.ts";
import { sweep } from "../../../lib/engine/sweep.ts";
import { definePipeline, defineStage, Pending, type Pipeline } from "../../../lib/pipeline/define.ts";
import { PermanentError } from "../../../lib/schema/errors.ts";
import type { CallPolicy, ItemGraph } from "../../../lib/schema/pipeline.ts";
import { endRecordSchema, resultRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createRecord, keysOf, readRecord } from "../../../lib/store/records.ts";
import { type ExecutorRun, signature } from "../../support/inngest-executor.ts";
import { type InngestOptions, type InngestWorld, startInngestWorld } from "../../support/inngest-world.ts";

const POLICY: CallPolicy = { timeoutMs: 20_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };

/** "read", then "map" over the graph. `piece` does every call. */
function pipelineOf(
  piece: (call: string) => Promise<void>,
  graph: ItemGraph = { count: 0, edges: [] },
  onError: "fail" | "collect" = "collect",
): Pipeline<undefined> {
  const run = async (call: string) => {
    await piece(call);
    return call;
  };
  const read = defineStage<undefined, string>({ id: "read", kind: "task", after: [], policy: POLICY, output: z.string(), run: () => run("read") });
  const map = defineStage<undefined, string, string>({
    id: "map",
    kind: "graph",
    after: ["read"],
    policy: POLICY,
    itemPolicy: POLICY,
    onError,
    itemOutput: z.string(),
    output: z.string(),
    plan: async () => graph,
    work: (_, index) => run(`map ${index}`),
    join: async () => "joined",
  });
  return definePipeline<undefined>({ name: "inngest", version: 1, stages: [read, map] });
}

const worlds: InngestWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

async function start(pipeline: Pipeline<undefined>, options: InngestOptions = {}): Promise<InngestWorld> {
  const world = await startInngestWorld(pipeline, options);
  worlds.push(world);
  return world;
}

async function until<T>(look: () => T | undefined | Promise<T | undefined>, withinMs = 20_000): Promise<T> {
  const last = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > last) throw new Error(`It did not happen within ${withinMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isOver = ({ status }: ExecutorRun) => status !== "Queued" && status !== "Running";
/** The function's own runs, without those of its failure handler. */
const mainRuns = ({ executor }: InngestWorld) => executor.runs.filter(({ config }) => !config.id.endsWith("-failure"));
const lastRun = (world: InngestWorld) => until(() => mainRuns(world).filter(isOver).at(-1));
const endOf = ({ store }: InngestWorld, { tenant, runId }: Pick<Dispatch, "tenant" | "runId">) =>
  readRecord(store, runKeys(tenant, runId).end, endRecordSchema);

/** Submits one run and waits until Inngest is done with it. */
async function runOne(world: InngestWorld): Promise<ExecutorRun> {
  const dispatch = await world.accept("run-1");
  expect(await world.engine.submit([dispatch])).toEqual([{ is: "accepted" }]);
  return lastRun(world);
}

/** A piece that counts how often each call ran. */
function counted(also: (call: string) => Promise<void> = async () => undefined) {
  const times = new Map<string, number>();
  const piece = async (call: string) => {
    times.set(call, (times.get(call) ?? 0) + 1);
    await also(call);
  };
  return { times, piece };
}

describe("steps", () => {
  it("have the calls' keys as ids, and names with labels, tries and waits", async () => {
    const { times, piece } = counted(async (call) => {
      if (call === "map 1" && times.get(call) === 1) throw new Pending(100, null);
    });
    const run = await runOne(await start(pipelineOf(piece, { count: 2, edges: [], labels: ["total", "date"] })));
    expect(run.status).toBe("Completed");
    expect(run.output).toEqual({ run_id: "run-1", status: "finished" });
    const names = new Map(run.steps.map(({ id, name }) => [id, name]));
    expect(Object.fromEntries(names)).toEqual({
      load: "load the run run-1",
      read: "read",
      "map/plan": "map/plan",
      "map/0000": "map/0000 total",
      "map/0001": "map/0001 date",
      "map/0001 wait 1": "map/0001 wait 1: waits for an outside service",
      "map/0001 try 2": "map/0001 date (try 2)",
      "map/join": "map/join",
      deliver: "deliver",
    });
  });

  it("that come one after the other are told in rows, and go on in one request", async () => {
    const { requests, checkpoints, steps } = await runOne(await start(pipelineOf(async () => undefined, { count: 1, edges: [] })));
    expect(steps.map(({ id }) => id)).toEqual(["load", "read", "map/plan", "map/0000", "map/join", "deliver"]);
    expect({ requests, checkpoints }).toEqual({ requests: 1, checkpoints: 1 });
  });

  it("carry outcomes only", async () => {
    const world = await start(pipelineOf(async () => undefined, { count: 1, edges: [] }));
    const answers: unknown[] = [];
    const dispatch = await world.accept("run-1");
    await world.engine.submit([dispatch]);
    const run = await lastRun(world);
    for (const { id, data } of run.steps) if (id !== "load") answers.push(data);
    expect(answers).toEqual([{ is: "done" }, { is: "done", items: { count: 1, edges: [] } }, { is: "done" }, { is: "done" }, null]);
  });

  it("of 120 items go in eight lanes, each call once", async () => {
    const { times, piece } = counted(() => new Promise((resolve) => setTimeout(resolve, 20)));
    const edges = Array.from({ length: 119 }, (_, item): [number, number] => [Math.floor(item / 3), item + 1]);
    const run = await runOne(await start(pipelineOf(piece, { count: 120, edges }), { hostLimitMs: 900 }));
    expect(run.status).toBe("Completed");
    expect([...times.values()]).toEqual(Array.from({ length: 121 }, () => 1));
    expect(run.steps.length).toBeLessThan(100);
    expect(run.steps.map(({ id }) => id)).toEqual(expect.arrayContaining(["map/lane 1", "map/lane 8"]));
    expect(run.steps.some(({ id }) => id.startsWith("map/lane 1 round"))).toBe(true);
  });

  it("in lanes end the run when a stage of theirs fails", async () => {
    const world = await start(
      pipelineOf(
        async (call) => {
          if (call === "map 59") throw new PermanentError("document_broken", "broken");
        },
        { count: 60, edges: [] },
        "fail",
      ),
    );
    const run = await runOne(world);
    expect(run.status).toBe("Failed");
    expect(await endOf(world, { tenant: "default", runId: "run-1" })).toMatchObject({ status: "failed", call: "map/0059", code: "document_broken" });
  });
});

describe("answers that get lost", () => {
  it("are asked for again, and nothing is done twice", async () => {
    const { times, piece } = counted();
    const lost = new Set<string>();
    const onAnswer = ({ run, stepId, operations }: { run: ExecutorRun; stepId: string; operations: readonly { id: string }[] }) => {
      const name = `${stepId} ${run.steps.length} ${operations.map(({ id }) => id).join()}`;
      if (lost.has(name)) return undefined;
      lost.add(name);
      return "lost" as const;
    };
    const run = await runOne(await start(pipelineOf(piece, { count: 3, edges: [[0, 2]] }), { executor: { onAnswer } }));
    expect(run.status).toBe("Completed");
    expect(lost.size).toBeGreaterThan(5);
    expect(Object.fromEntries(times)).toEqual({ read: 1, "map 0": 1, "map 1": 1, "map 2": 1 });
  });
});

describe("a row of steps that Inngest was not told of", () => {
  it("is looked up, not done again", async () => {
    const { times, piece } = counted();
    let lost = 0;
    // The only answer of the run, which tells of what the rows before it left.
    const onAnswer = () => (lost++ === 0 ? ("lost" as const) : undefined);
    const run = await runOne(await start(pipelineOf(piece, { count: 1, edges: [] }), { executor: { onAnswer } }));
    expect(run.status).toBe("Completed");
    expect(lost).toBeGreaterThan(1);
    expect(Object.fromEntries(times)).toEqual({ read: 1, "map 0": 1 });
  });
});

describe("a late answer that plans what has ended", () => {
  it("doesn't keep the run from its end", async () => {
    const { times, piece } = counted();
    let [plans, wasLate] = [0, false];
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const onAnswer = async ({ run, stepId, operations }: { run: ExecutorRun; stepId: string; operations: readonly { op: string; name?: string }[] }) => {
      if (operations.some(({ op, name }) => op === "StepRun" && name === "map/0002")) end();
      const hasEnded = () => run.steps.some(({ id }) => id === "map/0002");
      if (stepId !== "step" || hasEnded() || !operations.some(({ op, name }) => op === "StepPlanned" && name === "map/0002")) return undefined;
      // The first plan starts it; the next one, of a request that looked before it had ended, comes after its end, and before anybody looks again.
      if (++plans !== 2) return undefined;
      await ended;
      while (!hasEnded()) await undefined;
      wasLate = true;
      return undefined;
    };
    const slow = async (call: string) => {
      await piece(call);
      if (call === "map 2") await new Promise((resolve) => setTimeout(resolve, 300));
    };
    const run = await runOne(await start(pipelineOf(slow, { count: 3, edges: [] }), { executor: { onAnswer } }));
    expect(run.status).toBe("Completed");
    expect(wasLate).toBe(true);
    expect(Object.fromEntries(times)).toEqual({ read: 1, "map 0": 1, "map 1": 1, "map 2": 1 });
  });
});

describe("events", () => {
  const request = { run_id: "from-outside", file_path: "document.txt", outputs: [{ name: "total", prompt: "What is the total?" }] };

  it("with a whole request start a run by themselves", async () => {
    const world = await start(pipelineOf(async () => undefined));
    expect(requestedDataSchema.safeParse(request).success).toBe(true);
    world.executor.send({ ...requested.create(request) });
    expect((await lastRun(world)).status).toBe("Completed");
    expect(await endOf(world, { tenant: "default", runId: "from-outside" })).toMatchObject({ status: "completed" });
    const sent = world.executor.events.filter(({ name }) => name === "prompt-studio/completed");
    expect(sent).toMatchObject([{ id: "default:from-outside:end", data: { tenant: "default", run_id: "from-outside", status: "completed" } }]);
    expect(await keysOf(world.store, "outbox/")).toEqual([]);
    expect(await world.engine.inspect({ tenant: "default", runId: "from-outside", n: 1 })).toBe("ended");
  });

  it.each([
    ["no object of ours", { what: 1 }, /neither a request \(with outputs\) nor/],
    ["another tenant's", { ...request, tenant: "another" }, /configured tenant only/],
    ["no run id", { ...request, run_id: undefined }, /run_id/],
    ["too large", { ...request, outputs: [{ name: "total", prompt: "x".repeat(300_000) }] }, /262144/],
    ["a run that nobody accepted", { tenant: "default", run_id: "nobody", n: 1 }, /has no run "nobody"/],
  ])("that can't be run (%s) fail with the reason", async (_, data, reason) => {
    const world = await start(pipelineOf(async () => undefined));
    world.executor.send({ name: "prompt-studio/requested", data });
    const run = await lastRun(world);
    expect(run.status).toBe("Failed");
    expect(run.output).toMatchObject({ message: expect.stringMatching(reason) });
  });

  it("whose request is refused end a run that nobody has, and leave one that is there alone", async () => {
    const accept = () => Promise.reject(new PermanentError("invalid_request", "The request is not valid: /outputs/0/name a name is needed"));
    const world = await start(
      pipelineOf(async () => undefined),
      { intake: { tenant: "default", accept } },
    );
    await world.accept("known");
    for (const run_id of ["refused", "known"]) world.executor.send({ name: "prompt-studio/requested", data: { ...request, run_id } });
    await until(() => (mainRuns(world).every(isOver) ? true : undefined));
    expect(await endOf(world, { tenant: "default", runId: "refused" })).toMatchObject({ status: "failed", code: "invalid_request" });
    expect(await endOf(world, { tenant: "default", runId: "known" })).toBeUndefined();
    const failed = await until(() => world.executor.events.find(({ name }) => name === "prompt-studio/failed"));
    expect(failed).toMatchObject({ id: "default:refused:end", data: { run_id: "refused", status: "failed", code: "invalid_request" } });
  });

  it("of a failed run are sent, and its run at Inngest fails with call and code", async () => {
    const world = await start(
      pipelineOf(async () => {
        throw new PermanentError("document_encrypted", "locked");
      }),
    );
    const run = await runOne(world);
    expect(run.status).toBe("Failed");
    expect(run.output).toMatchObject({ message: 'The run "run-1" failed in read: document_encrypted.' });
    expect(world.executor.events.filter(({ name }) => name === "prompt-studio/failed")).toHaveLength(1);
  });

  it("to cancel end a sleeping run at Inngest at once, of that dispatch only", async () => {
    const world = await start(
      pipelineOf(async () => {
        throw new Pending(3_600_000, null);
      }),
    );
    const [first, second] = [await world.accept("first"), await world.accept("second")];
    await world.engine.submit([first, second]);
    world.executor.send({ name: "prompt-studio/requested", data: { ...request, run_id: "third" } });
    await until(() => (world.executor.runs.every(({ steps }) => steps.some(({ id }) => id === "read")) ? true : undefined));
    await createRecord(world.store, runKeys("default", "first").cancel, { v: 1, reason: "enough", at: Date.now() });
    await world.engine.cancel(first, "enough");
    expect(world.executor.runs.map(({ status }) => status)).toEqual(["Cancelled", "Running", "Running"]);
    await world.engine.cancel({ tenant: "default", runId: "third", n: 1 }, "enough");
    expect(world.executor.runs.map(({ status }) => status)).toEqual(["Cancelled", "Running", "Cancelled"]);
  });
});

describe("inspect", () => {
  it("asks Inngest about the event of the dispatch", async () => {
    const world = await start(
      pipelineOf(async () => {
        throw new Pending(3_600_000, null);
      }),
    );
    const dispatch = await world.accept("run-1");
    expect(await world.engine.inspect(dispatch)).toBeUndefined();
    await world.engine.submit([dispatch]);
    await until(() => (world.executor.runs[0]?.status === "Running" ? true : undefined));
    expect(await world.engine.inspect(dispatch)).toBe("running");
    // Given again, Inngest drops the event, and the first one still tells.
    await world.engine.submit([dispatch]);
    expect(await world.engine.inspect(dispatch)).toBe("running");
    const [run] = world.executor.runs;
    if (run) world.executor.cancel(run);
    expect(await world.engine.inspect(dispatch)).toBe("cancelled");
    expect(await world.engine.inspect({ ...dispatch, n: 2 })).toBeUndefined();
  });

  it("asks about the run where somebody else sent the event", async () => {
    const world = await start(
      pipelineOf(async () => {
        throw new Pending(3_600_000, null);
      }),
    );
    const dispatch = { tenant: "default", runId: "run-1", n: 1 };
    world.executor.send({ ...requested.create({ run_id: "run-1", outputs: [{ name: "total", prompt: "What is the total?" }] }) });
    const run = await until(() => mainRuns(world).find(({ steps }) => steps.some(({ id }) => id === "read")));
    expect(await world.engine.inspect(dispatch)).toBe("running");
    world.executor.cancel(run);
    expect(await world.engine.inspect(dispatch)).toBe("cancelled");
  });

  it("does not take an Inngest that can't be reached for an end", async () => {
    let down = false;
    const world = await start(pipelineOf(async () => undefined));
    const { fetch } = world.executor;
    const flaky: typeof fetch = (input, init) => (down ? Promise.reject(new Error("refused")) : fetch(input, init));
    const other = await startInngestWorld(
      pipelineOf(async () => undefined),
      { settings: { isDev: true, baseUrl: "http://inngest.test/", fetch: flaky } },
    );
    worlds.push(other);
    const dispatch = await other.accept("run-1");
    await other.engine.submit([dispatch]);
    down = true;
    await expect(other.engine.inspect(dispatch)).rejects.toThrow(/can't be asked/);
  });
});

describe("the sweep", () => {
  const LATER_MS = 120_000;
  /** A world whose store can be made to believe that two minutes went by. */
  const startAged = async (pipeline: Pipeline<undefined>) => {
    const store = { aheadMs: 0 };
    const world = await start(pipeline, { now: () => Date.now() + store.aheadMs });
    const sweepLater = () => {
      store.aheadMs += LATER_MS;
      const { engine, deliveries, lease, host } = world;
      return sweep({ store: world.store, clock: host.clock, lease, engines: [engine], deliveries, log: host.log });
    };
    return { world, sweepLater };
  };
  const sleeper = pipelineOf(async () => {
    throw new Pending(3_600_000, null);
  });

  it("leaves a run alone that Inngest has, and ends one that was cancelled there", async () => {
    const { world, sweepLater } = await startAged(sleeper);
    const dispatch = await world.accept("run-1");
    await world.engine.submit([dispatch]);
    const run = await until(() => mainRuns(world).find(({ status }) => status === "Running"));
    expect(await sweepLater()).toEqual([]);
    world.executor.cancel(run);
    expect(await sweepLater()).toEqual([]);
    expect(await endOf(world, dispatch)).toMatchObject({ status: "cancelled", message: "cancelled in the engine" });
  });

  it("gives a run out anew that Inngest calls running and has forgotten", async () => {
    const { times, piece } = counted(async (call) => {
      if (call === "map 0" && times.get(call) === 1) throw new Pending(1_000, null);
    });
    const { world, sweepLater } = await startAged(pipelineOf(piece, { count: 1, edges: [] }));
    const dispatch = await world.accept("run-1");
    await world.engine.submit([dispatch]);
    const run = await until(() => mainRuns(world).find(({ steps }) => steps.some(({ id }) => id === "map/0000")));
    expect(await world.engine.inspect(dispatch)).toBe("running");
    world.executor.forget(run);
    expect(await sweepLater()).toEqual([{ ...dispatch, n: 2 }]);
    expect((await lastRun(world)).status).toBe("Completed");
    expect(await endOf(world, dispatch)).toMatchObject({ status: "completed" });
    expect(Object.fromEntries(times)).toEqual({ read: 1, "map 0": 2 });
  });

  it("finds a run whose event never came, and dispatches it anew", async () => {
    const { world, sweepLater } = await startAged(pipelineOf(async () => undefined));
    const dispatch = await world.accept("run-1");
    expect(await sweepLater()).toEqual([{ ...dispatch, n: 2 }]);
    expect((await lastRun(world)).status).toBe("Completed");
    expect(await endOf(world, dispatch)).toMatchObject({ status: "completed" });
  });
});

describe("submit", () => {
  it("gives each dispatch its own answer, in order", async () => {
    const world = await start(pipelineOf(async () => undefined));
    const good = Array.from({ length: 600 }, (_, index) => ({ tenant: "default", runId: `run-${index}`, n: 1 }));
    const bad = { tenant: "default", runId: "../etc", n: 1 };
    const results = await world.engine.submit([...good.slice(0, 300), bad, ...good.slice(300)]);
    expect(results.map(({ is }) => is)).toEqual(Array.from({ length: 601 }, (_, index) => (index === 300 ? "refused" : "accepted")));
  });
});

describe("the served function", () => {
  it("declares its flow control", async () => {
    const world = await start(
      pipelineOf(async () => undefined),
      { concurrency: 20, perTenant: 4 },
    );
    const functions = await world.executor.sync();
    expect(functions.map(({ id }) => id)).toEqual(["prompt-studio-prompt-studio", "prompt-studio-prompt-studio-failure"]);
    expect(functions[0]).toMatchObject({
      triggers: [{ event: "prompt-studio/requested" }],
      concurrency: [{ limit: 20 }, { key: "event.data.tenant", limit: 4 }],
      priority: { run: "int(event.data.priority)" },
      cancel: [
        {
          event: "prompt-studio/cancelled",
          if: "event.data.tenant == async.data.tenant && event.data.run_id == async.data.run_id && event.data.n == async.data.n",
        },
        {
          event: "prompt-studio/cancelled",
          if: 'event.data.n == null && event.data.run_id == async.data.run_id && async.data.tenant == "default" && async.data.n == 1',
        },
      ],
      timeouts: { start: "7d", finish: "30d" },
      steps: { step: { retries: { attempts: 20 } } },
    });
    expect(functions[0]?.idempotency).toContain('event.data.tenant + ":" + event.data.run_id + ":" + event.data.n');
  });

  it("takes signed requests only, outside of development", async () => {
    const key = `signkey-test-${"a1".repeat(16)}`;
    const settings = { isDev: false, signingKey: key, eventKey: "event-key" };
    const world = await start(
      pipelineOf(async () => undefined),
      { executor: { signingKey: key }, settings },
    );
    expect((await runOne(world)).status).toBe("Completed");
    const body = JSON.stringify({ event: { name: "prompt-studio/requested", data: {} }, events: [], steps: {}, ctx: { run_id: "x" }, version: 2 });
    const url = "http://app.test/api/inngest?fnId=prompt-studio-prompt-studio&stepId=step";
    const post = async (headers: Record<string, string>) => (await world.engine.fetch?.(new Request(url, { method: "POST", body, headers })))?.status;
    expect(await post({})).toBe(401);
    expect(await post({ "x-inngest-signature": signature(body, "signkey-test-00") })).toBe(401);
    expect(await post({ "x-inngest-signature": signature(body, key, Date.now() - 600_000) })).toBe(401);
    expect(await post({ "x-inngest-signature": signature(JSON.stringify({ other: true }), key) })).toBe(401);
    expect((await world.engine.fetch?.(new Request("http://app.test/api/inngest")))?.status).toBe(401);
  });
});

describe("results", () => {
  it("stand in the store, whatever Inngest knows", async () => {
    const world = await start(pipelineOf(async () => undefined, { count: 1, edges: [] }));
    await runOne(world);
    expect(await readRecord(world.store, runKeys("default", "run-1").result("map/join"), resultRecordSchema)).toMatchObject({ is: "done", output: "joined" });
  });
});
