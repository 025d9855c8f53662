import { describe, expect, it } from "vitest";
import { z } from "zod";
import { deliverEnd } from "../../lib/engine/deliver.ts";
import { createDoors } from "../../lib/engine/invoke.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { readEvents } from "../../lib/engine/views.ts";
import { definePipeline, defineStage, Pending, type Pipeline, type StageContext } from "../../lib/pipeline/define.ts";
import { callOf } from "../../lib/pipeline/kernel.ts";
import { paperPolicy } from "../../lib/pipeline/policies.ts";
import { PermanentError, RetryableError } from "../../lib/schema/errors.ts";
import type { Outcome } from "../../lib/schema/pipeline.ts";
import { attemptRecordSchema, endRecordSchema, resultRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord, writeRecord } from "../../lib/store/records.ts";
import { accept, createWorld, startProcess, type World } from "../support/world.ts";

type Handler = (context: StageContext<undefined>) => Promise<string>;
const usage = { input_tokens: 10, output_tokens: 2 };
const keys = runKeys("default", "run-1");
const dispatch = { tenant: "default", runId: "run-1", n: 1 };

/** A pipeline of one stage, "read". */
function single(handler: Handler, options: { minutes?: number; attempts?: number; version?: number; canRun?: () => boolean } = {}): Pipeline<undefined> {
  const { canRun } = options;
  const stage = defineStage<undefined, string>({
    id: "read",
    kind: "task",
    after: [],
    policy: paperPolicy(options.minutes ?? 10, options.attempts ?? 3),
    output: z.string(),
    run: handler,
    ...(canRun ? { canRun } : {}),
  });
  return definePipeline({ name: "test", version: options.version ?? 1, stages: [stage] });
}

async function begin(pipeline: Pipeline<undefined>, options: Parameters<typeof startProcess>[3] = {}, world = createWorld()) {
  const process = await startProcess(world, [pipeline], undefined, options);
  await accept(world, pipeline, { runId: "run-1", process: process.host.lease.id });
  const doors = createDoors(process.host);
  const stage = pipeline.shape.stages[0];
  if (stage === undefined) throw new Error("a pipeline has a stage");
  const call = callOf(stage, "run");
  return { world, process, doors, call, invoke: () => world.time.until(doors.invoke(dispatch, call)) };
}

async function endOf(world: World) {
  return readRecord(world.store, keys.end, endRecordSchema);
}

describe("invoke", () => {
  it("commits a call that succeeds with two puts, one more per paid request, and answers from the record ever after", async () => {
    let paidFor = 0;
    const { world, invoke } = await begin(
      single(async ({ paid }) => {
        await paid("answer/1", { question: 1 }, async () => ({ answer: `paid ${++paidFor}`, usage, model: "m" }));
        return paid("answer/2", { question: 2 }, async () => ({ answer: `paid ${++paidFor}`, usage, model: "m" }));
      }),
    );
    world.puts.length = 0;
    expect(await invoke()).toEqual({ is: "done" });
    const ofTheCall = world.puts.filter((key) => key.startsWith(keys.base) && !key.endsWith("/end"));
    expect(ofTheCall.map((key) => key.slice(keys.base.length).split("/")[0])).toEqual(["claims", "paid", "paid", "results"]);
    expect(await readRecord(world.store, keys.result("read"), resultRecordSchema)).toMatchObject({
      output: "paid 2",
      attempts: 1,
      usage: { input_tokens: 20, output_tokens: 4 },
    });
    world.puts.length = 0;
    expect(await invoke()).toEqual({ is: "done" });
    expect(paidFor).toBe(2);
    expect(await keysOf(world.store, keys.allClaims)).toHaveLength(1);
  });

  it("makes two more puts for each failed or pending attempt", async () => {
    let tries = 0;
    const { world, invoke } = await begin(
      single(async () => {
        tries++;
        if (tries === 1) throw new RetryableError("adapter_failed", "broken", { status: 500 });
        if (tries === 2) throw new Pending(1_000, { job: "7" });
        return "text";
      }),
    );
    world.puts.length = 0;
    for (let outcome = await invoke(); outcome.is === "again"; outcome = await invoke()) await world.time.advance(outcome.afterMs);
    const ofTheCall = world.puts.filter((key) => key.startsWith(keys.base) && !key.endsWith("/end"));
    expect(ofTheCall).toEqual([
      keys.claim("read", 1),
      keys.attempt("read", 1),
      keys.claim("read", 2),
      keys.attempt("read", 2),
      keys.claim("read", 3),
      keys.result("read"),
    ]);
  });

  it("takes a store that fails for no crash of the call, however often", async () => {
    let broken = 14;
    const { world, invoke } = await begin(
      single(async () => "text"),
      { faults: (operation, key) => (operation === "putIfAbsent" && key === keys.result("read") && broken-- > 0 ? "before" : undefined) },
    );
    for (let round = 0; round < 14; round++) await expect(invoke()).rejects.toThrow("injected");
    expect(await invoke()).toEqual({ is: "done" });
    const attempts = await Promise.all((await keysOf(world.store, keys.allAttempts)).map((key) => readRecord(world.store, key, attemptRecordSchema)));
    expect(attempts.map((attempt) => attempt?.is)).toEqual(Array.from({ length: 14 }, () => "aborted"));
  });

  it("can always read again what it wrote, whatever delay a service asks for", async () => {
    const asked = [Number.NaN, Number.POSITIVE_INFINITY, -5, 0.4];
    const { invoke } = await begin(
      single(
        async () => {
          const retryAfterMs = asked.shift();
          if (retryAfterMs !== undefined) throw new RetryableError("adapter_rate_limited", "slow down", { status: 429, retryAfterMs });
          return "text";
        },
        { attempts: 9 },
      ),
    );
    const outcomes: Outcome[] = [];
    for (let round = 0; round < 5; round++) outcomes.push(await invoke());
    expect(outcomes.map(({ is }) => is)).toEqual(["again", "again", "again", "again", "done"]);
  });

  it("tries no second time when a plan can't be worked off", async () => {
    const plans: unknown[] = [
      { count: 1, edges: [[0, 7]] },
      {
        count: 2,
        edges: [
          [0, 1],
          [1, 0],
        ],
      },
      { count: 1e6, edges: [] },
      "none",
    ];
    for (const planned of plans) {
      const graph = defineStage<undefined, string, string>({
        id: "map",
        kind: "graph",
        after: [],
        policy: paperPolicy(1, 3),
        itemPolicy: paperPolicy(1, 3),
        onError: "collect",
        itemOutput: z.string(),
        output: z.string(),
        plan: async () => planned as never,
        work: async () => "",
        join: async () => "",
      });
      const pipeline = definePipeline({ name: "test", version: 1, stages: [graph] });
      const { world, doors } = await begin(pipeline);
      const stage = pipeline.shape.stages[0];
      expect(await world.time.until(doors.invoke(dispatch, callOf(stage as NonNullable<typeof stage>, "plan")))).toEqual({ is: "failed", code: "internal" });
    }
  });

  it("tells who watches of a skipped item, and why a call waits for another process", async () => {
    const { process, invoke } = await begin(single(async () => "text", { canRun: () => false }));
    await invoke();
    expect(process.events).toMatchObject([{ type: "call-wait", afterMs: 30_000, reason: "this process lacks what the call needs (a password)" }]);
  });

  it("ends the run with its last stage: result and outbox first, then end, and no active pointer", async () => {
    const { world, invoke } = await begin(single(async () => "text"));
    world.puts.length = 0;
    await invoke();
    expect(await endOf(world)).toMatchObject({ status: "completed" });
    expect(world.puts.slice(-3).sort()).toEqual([keys.outbox, keys.end, keys.result("read")].sort());
    expect(world.puts.at(-1)).toBe(keys.end);
    // Whoever meets the last result again owes no second delivery.
    await deliverEnd(world.store, "default", "run-1", []);
    expect(await invoke()).toEqual({ is: "done" });
    expect(await keysOf(world.store, "outbox/")).toEqual([]);
    expect(await keysOf(world.store, "active/")).toEqual([]);
  });

  it("has no end without its marker: when that can't be written, whoever meets the last result next ends the run", async () => {
    let broken = true;
    const faults = (operation: string, key: string) => (broken && operation === "put" && key === keys.outbox ? ("before" as const) : undefined);
    const { world, invoke } = await begin(
      single(async () => "text"),
      { faults },
    );
    await expect(invoke()).rejects.toThrow("injected");
    expect([await endOf(world), await readRecord(world.store, keys.result("read"), resultRecordSchema)]).toMatchObject([undefined, { is: "done" }]);
    broken = false;
    expect(await invoke()).toEqual({ is: "done" });
    expect(await endOf(world)).toMatchObject({ status: "completed" });
    expect(await keysOf(world.store, "outbox/")).toEqual([keys.outbox]);
  });

  it("owes nothing when its last result isn't committed: a marker alone delivers nothing", async () => {
    const faults = (operation: string, key: string) => (operation === "putIfAbsent" && key === keys.result("read") ? ("before" as const) : undefined);
    const { world, invoke } = await begin(
      single(async () => "text"),
      { faults },
    );
    await expect(invoke()).rejects.toThrow("injected");
    const delivered: string[] = [];
    await deliverEnd(world.store, "default", "run-1", [async ({ id }) => void delivered.push(id)]);
    expect([delivered, await endOf(world)]).toEqual([[], undefined]);
  });

  it("waits out the paper's delays, also in another process, and finds the paid answers of the failed attempt", async () => {
    let tries = 0;
    let paidFor = 0;
    const pipeline = single(async ({ paid }) => {
      await paid("answer/1", "the same question", async () => ({ answer: `${++paidFor}`, usage, model: "m" }));
      tries++;
      if (tries === 1) throw new RetryableError("adapter_rate_limited", "slow down", { status: 429, source: "openai" });
      if (tries === 2) throw new RetryableError("adapter_failed", "broken", { status: 500 });
      return "text";
    });
    const { world, process, invoke } = await begin(pipeline);
    expect(await invoke()).toEqual({ is: "again", afterMs: 60_000, why: "retry", reason: "429 from openai" });
    expect(process.events.filter(({ type }) => type === "call-wait")).toMatchObject([{ afterMs: 60_000, reason: "429 from openai" }]);
    await world.time.advance(20_000);
    expect(await invoke()).toMatchObject({ is: "again", afterMs: 40_000, why: "retry" });
    const neighbour = await startProcess(world, [pipeline], undefined, { skewMs: -600_000 });
    const stage = pipeline.shape.stages[0];
    const elsewhere = () => world.time.until(createDoors(neighbour.host).invoke(dispatch, callOf(stage as NonNullable<typeof stage>, "run")));
    expect(await elsewhere()).toMatchObject({ is: "again", afterMs: 40_000, why: "retry" });
    await world.time.advance(40_000);
    expect(await elsewhere()).toMatchObject({ is: "again", afterMs: 60_000, why: "retry" });
    await world.time.advance(60_000);
    expect(await invoke()).toEqual({ is: "done" });
    expect(paidFor).toBe(1);
    expect(await readRecord(world.store, keys.result("read"), resultRecordSchema)).toMatchObject({ attempts: 3 });
  });

  it("honours Retry-After, and never tries again what can't help", async () => {
    let error: Error = new RetryableError("adapter_rate_limited", "slow down", { status: 429, retryAfterMs: 7_000 });
    const { world, invoke } = await begin(
      single(async () => {
        throw error;
      }),
    );
    expect(await invoke()).toMatchObject({ is: "again", afterMs: 7_000 });
    await world.time.advance(7_000);
    error = new PermanentError("document_broken", "not a PDF");
    expect(await invoke()).toEqual({ is: "failed", code: "document_broken" });
    expect(await endOf(world)).toMatchObject({ status: "failed", call: "read", code: "document_broken", message: "not a PDF" });
  });

  it("fails after the last attempt", async () => {
    const { world, invoke } = await begin(
      single(
        async () => {
          throw new Error("a bug");
        },
        { attempts: 2 },
      ),
    );
    expect(await invoke()).toMatchObject({ is: "again", afterMs: 30_000 });
    await world.time.advance(30_000);
    expect(await invoke()).toEqual({ is: "failed", code: "internal" });
  });

  it("ends a handler that doesn't listen at its deadline", async () => {
    const { world, invoke } = await begin(single(() => new Promise(() => undefined), { minutes: 1 }));
    const before = world.time.now();
    expect(await invoke()).toMatchObject({ is: "again", why: "retry" });
    expect(world.time.now() - before).toBeLessThan(62_000);
    expect(await readRecord(world.store, keys.attempt("read", 1), attemptRecordSchema)).toMatchObject({ is: "failed", code: "call_timed_out" });
  });

  it("keeps the state of a pending call, which is no failure", async () => {
    const seen: unknown[] = [];
    const { world, invoke } = await begin(
      single(
        async ({ state }) => {
          seen.push(state);
          if (seen.length < 4) throw new Pending(5_000, { submitted: seen.length });
          return "text";
        },
        { attempts: 1 },
      ),
    );
    const outcomes: Outcome[] = [];
    for (let round = 0; round < 4; round++) {
      outcomes.push(await invoke());
      await world.time.advance(5_000);
    }
    expect(outcomes.map(({ is }) => is)).toEqual(["again", "again", "again", "done"]);
    expect(outcomes[0]).toMatchObject({ afterMs: 5_000, why: "pending" });
    expect(seen).toEqual([undefined, { submitted: 1 }, { submitted: 2 }, { submitted: 3 }]);
  });

  it("stops a running call within two seconds of a cancel, commits nothing, and the run is cancelled", async () => {
    let aborted = false;
    const { world, doors, invoke } = await begin(
      single(({ signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return new Promise(() => undefined);
      }),
    );
    const running = invoke();
    await world.time.advance(10_000);
    await writeRecord(world.store, keys.cancel, { v: 1, reason: "enough", at: 0 });
    const cancelledAt = world.time.now();
    expect(await running).toEqual({ is: "cancelled" });
    expect(world.time.now() - cancelledAt).toBeLessThanOrEqual(2_000);
    expect(aborted).toBe(true);
    expect(await keysOf(world.store, keys.results)).toEqual([]);
    expect(await endOf(world)).toMatchObject({ status: "cancelled", message: "enough" });
    expect(await world.time.until(doors.load(dispatch))).toEqual({ is: "cancelled" });
  });

  it("answers an older dispatch with superseded", async () => {
    const { world, call, invoke } = await begin(single(async () => "text"));
    await writeRecord(world.store, keys.owner(2), { v: 1, engine: "embedded", n: 2, process: "other", at: 0 });
    expect(await invoke()).toEqual({ is: "superseded" });
    expect(await keysOf(world.store, keys.results)).toEqual([]);
    // The claim that it made meanwhile is free for the newer one, wherever that is.
    const other = await startProcess(world, [single(async () => "text")], undefined);
    const newer = createDoors(other.host).invoke({ ...dispatch, n: 2 }, call);
    expect(await world.time.until(newer)).toEqual({ is: "done" });
  });

  it("knows after a loss of power what was committed and what a service was asked for, though the claims are gone", async () => {
    const seen: unknown[] = [];
    const pipeline = single(async ({ state }) => {
      seen.push(state);
      if (state === undefined) throw new Pending(5_000, { job: "7" });
      return "text";
    });
    const { world, process, call, invoke } = await begin(pipeline);
    const afterPower = async () => {
      await world.losePower();
      for (const key of await keysOf(world.store, keys.allClaims)) expect(await world.store.get(key)).toHaveLength(0);
      const { host } = await startProcess(world, [pipeline], undefined);
      return () => world.time.until(createDoors(host).invoke(dispatch, call));
    };
    expect(await invoke()).toMatchObject({ is: "again", why: "pending" });
    process.kill();
    const second = await afterPower();
    expect(await second()).toMatchObject({ is: "again", why: "pending" });
    await world.time.advance(5_000);
    expect(await second()).toEqual({ is: "done" });
    const third = await afterPower();
    expect(await third()).toEqual({ is: "done" });
    expect(seen).toEqual([undefined, { job: "7" }]);
  });

  it("takes at once a claim that has lost its content, and tells of no start that it doesn't know", async () => {
    const { world, process, call } = await begin(single(() => new Promise(() => undefined)));
    void process.engine.submit([dispatch]).then(() => process.engine.work());
    await world.time.advance(1_000);
    process.kill();
    await world.store.put(keys.claim("read", 1), Buffer.from("\0\0\0"));
    const { host } = await startProcess(world, [single(async () => "text")], undefined);
    expect(await world.time.until(createDoors(host).invoke(dispatch, call))).toEqual({ is: "done" });
    expect(await keysOf(world.store, keys.claims("read"))).toHaveLength(2);
    const told = await readEvents(world.store, "default", "run-1");
    expect(told.filter(({ at }) => at === 0)).toEqual([]);
  });

  it("waits for a live claim, and takes a dead one within 25 s", async () => {
    const pipeline = single(() => new Promise(() => undefined));
    const { world, process, invoke } = await begin(pipeline);
    void invoke().catch(() => undefined);
    await world.time.advance(60_000);
    let taken = 0;
    const quick = single(async () => {
      taken = world.time.now();
      return "text";
    });
    const other = await startProcess(world, [quick], undefined, { skewMs: 600_000 });
    const stage = quick.shape.stages[0];
    const doors = createDoors(other.host);
    const again = () => world.time.until(doors.invoke(dispatch, callOf(stage as NonNullable<typeof stage>, "run")));
    expect(await again()).toMatchObject({ is: "again", why: "busy" });
    process.kill();
    const killedAt = world.time.now();
    for (let outcome = await again(); outcome.is === "again"; outcome = await again()) await world.time.advance(outcome.afterMs);
    expect(taken - killedAt).toBeLessThanOrEqual(25_000);
    expect(taken - killedAt).toBeGreaterThan(10_000);
  });

  it("runs a call alone from its third crash on, and gives up after ten lonely ones", async () => {
    const world = createWorld();
    const pipeline = single(() => new Promise(() => undefined));
    for (let crash = 0; crash < 13; crash++) {
      const process = crash === 0 ? (await begin(pipeline, {}, world)).process : await startProcess(world, [pipeline], undefined);
      const stage = pipeline.shape.stages[0];
      const invoked = createDoors(process.host).invoke(dispatch, callOf(stage as NonNullable<typeof stage>, "run"));
      await world.time.advance(1_000);
      process.kill();
      void invoked.catch(() => undefined);
      await world.time.advance(30_000);
    }
    const claims = await Promise.all(
      (await keysOf(world.store, keys.allClaims)).map(async (key) => JSON.parse(Buffer.from((await world.store.get(key)) ?? []).toString()).alone),
    );
    expect(claims).toEqual([false, false, false, ...Array.from({ length: 10 }, () => true)]);
    const last = await startProcess(world, [pipeline], undefined);
    const stage = pipeline.shape.stages[0];
    const outcome = await world.time.until(createDoors(last.host).invoke(dispatch, callOf(stage as NonNullable<typeof stage>, "run")));
    expect(outcome).toEqual({ is: "failed", code: "call_poisoned" });
  });

  it("takes its own claim again when the answer to writing it was lost", async () => {
    let lost = 0;
    const { world, invoke } = await begin(
      single(async () => "text"),
      { faults: (operation, key) => (operation === "putIfAbsent" && key.includes("/claims/") && lost++ === 0 ? "after" : undefined) },
    );
    await expect(invoke()).rejects.toThrow("injected");
    expect(await invoke()).toEqual({ is: "done" });
    expect(world.time.now() - 1_700_000_000_000).toBeLessThan(1_000);
  });

  it("waits for a process that has what the call needs", async () => {
    const { invoke, world } = await begin(single(async () => "text", { canRun: () => false }));
    expect(await invoke()).toMatchObject({ is: "again", why: "pending", afterMs: 30_000 });
    expect(await keysOf(world.store, keys.allClaims)).toEqual([]);
  });

  it("leaves a run of a newer version to a newer process, and refuses data that a schema refuses", async () => {
    const world = createWorld();
    await begin(
      single(async () => "text", { version: 2 }),
      {},
      world,
    );
    const old = single(async () => "text");
    const process = await startProcess(world, [old], undefined);
    const stage = old.shape.stages[0];
    const call = callOf(stage as NonNullable<typeof stage>, "run");
    expect(await world.time.until(createDoors(process.host).invoke(dispatch, call))).toMatchObject({ is: "again", why: "busy" });
    const wrong = await begin(single(async () => 5 as unknown as string));
    expect(await wrong.invoke()).toEqual({ is: "failed", code: "internal" });
  });

  it("fails a run whose stage the code no longer has, and says with what it can be finished", async () => {
    const world = createWorld();
    const accepted = single(async () => "text");
    await begin(accepted, {}, world);
    const [stage] = accepted.shape.stages;
    const call = callOf(stage as NonNullable<typeof stage>, "run");
    const another = defineStage<undefined, string>({
      id: "another",
      kind: "task",
      after: [],
      policy: paperPolicy(1, 1),
      output: z.string(),
      run: async () => "x",
    });
    const other = definePipeline<undefined>({ name: accepted.shape.name, version: 2, stages: [another] });
    const process = await startProcess(world, [other], undefined);
    expect(await world.time.until(createDoors(process.host).invoke(dispatch, call))).toEqual({ is: "superseded" });
    const end = await readRecord(world.store, keys.end, endRecordSchema);
    expect(end).toMatchObject({ status: "failed", call: call.key, code: "pipeline_version_unsupported", message: expect.stringContaining("no stage") });
  });
});

describe("the sweeper", () => {
  it("gives a run whose process died a new dispatch, and leaves one whose process lives", async () => {
    const world = createWorld();
    const pipeline = single(() => new Promise(() => undefined));
    const { process } = await begin(pipeline, {}, world);
    const other = await startProcess(world, [single(async () => "text")], undefined);
    const look = () => world.time.until(sweep({ ...other.host, engines: [other.engine], deliveries: [] }));
    expect(await look()).toEqual([]);
    process.kill();
    await world.time.advance(22_000);
    expect(await look()).toEqual([{ ...dispatch, n: 2 }]);
    const worker = await other.engine.work();
    await world.time.until(other.engine.settled({ ...dispatch, n: 2 }));
    await worker.stop(0);
    expect(await endOf(world)).toMatchObject({ status: "completed" });
  });

  it("sweeps the others when one run can't be read, and forgets processes that are long gone", async () => {
    const world = createWorld();
    const pipeline = single(async () => "text");
    await begin(pipeline, {}, world);
    for (const runId of ["run-0", "run-2"]) await accept(world, pipeline, { runId });
    await world.store.put(runKeys("default", "run-0").active, Buffer.from("half a rec"));
    await world.store.put(runKeys("default", "run-0").outbox, Buffer.from("{}"));
    const other = await startProcess(world, [pipeline], undefined);
    const dead = await startProcess(world, [pipeline], undefined);
    dead.kill();
    await world.time.advance(80_000_000);
    const swept = await world.time.until(sweep({ ...other.host, engines: [other.engine], deliveries: [] }));
    expect(swept.map(({ runId, n }) => [runId, n])).toEqual([["run-2", 2]]);
    expect(await keysOf(world.store, "processes/")).toHaveLength(3);
    await world.time.advance(10_000_000);
    await world.time.until(sweep({ ...other.host, engines: [other.engine], deliveries: [] }));
    expect(await keysOf(world.store, "processes/")).toHaveLength(2);
  });

  it("removes what a kill left: a pointer to an ended run, a pointer to nothing after an hour, a marker whose delivery is done", async () => {
    const world = createWorld();
    const { process, invoke } = await begin(
      single(async () => "text"),
      {},
      world,
    );
    await invoke();
    await writeRecord(world.store, keys.active, { v: 1, tenant: "default", runId: "run-1" });
    await writeRecord(world.store, runKeys("default", "ghost").active, { v: 1, tenant: "default", runId: "ghost" });
    const delivered: string[] = [];
    const deliveries = [
      async ({ id }: { id: string }) => {
        if (delivered.push(id) === 1) throw new Error("the receiver is away");
      },
    ];
    const look = () => world.time.until(sweep({ ...process.host, engines: [process.engine], deliveries }));
    await look();
    expect(await keysOf(world.store, "active/")).toEqual([runKeys("default", "ghost").active]);
    expect(await keysOf(world.store, "outbox/")).toEqual([keys.outbox]);
    await world.time.advance(3_700_000);
    await look();
    expect(await keysOf(world.store, "active/")).toEqual([]);
    expect(await keysOf(world.store, "outbox/")).toEqual([]);
    expect(delivered).toEqual(["default:run-1:end", "default:run-1:end"]);
  });
});

describe("accepting a run", () => {
  it("gives the first run for the same request and document, and refuses anything else under its id", async () => {
    const world = createWorld();
    const pipeline = single(async () => "text");
    expect(await accept(world, pipeline, { runId: "run-1", request: { b: 1, a: 2 } })).toMatchObject({ existing: false });
    expect(await accept(world, pipeline, { runId: "run-1", request: { a: 2, b: 1 } })).toMatchObject({ existing: true, dispatch });
    await expect(accept(world, pipeline, { runId: "run-1", request: { a: 3 } })).rejects.toMatchObject({ code: "run_conflict" });
  });

  it("keeps tenants apart", async () => {
    const world = createWorld();
    const pipeline = single(async () => "text");
    await accept(world, pipeline, { runId: "run-1", request: { a: 1 } });
    expect(await accept(world, pipeline, { runId: "run-1", tenant: "other", request: { a: 2 } })).toMatchObject({ existing: false });
    const all = await keysOf(world.store, "t/");
    expect(all.filter((key) => key.startsWith("t/other/")).length).toBeGreaterThan(0);
    expect(all.every((key) => key.startsWith("t/default/") || key.startsWith("t/other/"))).toBe(true);
  });
});
