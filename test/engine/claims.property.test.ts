/** Whatever dies, freezes, or loses answers, and however wrong the clocks are: one commit a call, no live claim taken, a dead one taken soon, no answer paid for twice. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sweep } from "../../lib/engine/sweep.ts";
import { takeOver } from "../../lib/engine/take-over.ts";
import { definePipeline, defineStage, type StageContext } from "../../lib/pipeline/define.ts";
import { paperPolicy } from "../../lib/pipeline/policies.ts";
import { attemptRecordSchema, endRecordSchema, resultRecordSchema } from "../../lib/schema/records.ts";
import { ordinalOf, runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { accept, createWorld, type SimulatedProcess, startProcess, type World } from "../support/world.ts";

interface Execution {
  call: string;
  process: number;
  from: number;
  to: number | undefined;
  stopped: boolean;
}

interface Plan {
  processes: { skewMs: number; killAtMs: number | undefined; freezeAtMs: number | undefined; freezeMs: number; lost: number[] }[];
  items: number;
  edges: [number, number][];
  takesMs: number;
  twoOwners: boolean;
  /** Without freezes and lost answers, which may delay whoever takes a claim. */
  onlyKills: boolean;
  /** When the machine of all of them but the last loses its power. */
  powerLossAtMs?: number;
}

const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  processes: fc.array(
    fc.record({
      skewMs: fc.integer({ min: -600_000, max: 600_000 }),
      killAtMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      freezeAtMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      freezeMs: fc.integer({ min: 1_000, max: 90_000 }),
      lost: fc.array(fc.nat(60), { maxLength: 4 }),
    }),
    { minLength: 2, maxLength: 4 },
  ),
  items: fc.integer({ min: 1, max: 6 }),
  edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 6 }),
  takesMs: fc.integer({ min: 10, max: 20_000 }),
  twoOwners: fc.boolean(),
  onlyKills: fc.boolean(),
});

describe("claims", () => {
  it("hold under any kills, freezes, lost answers, skewed clocks and two owners at once", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(planArbitrary, async (plan) => {
        const outcome = await live(plan);
        const committed = await keysOf(outcome.world.store, outcome.keys.results);
        // read, plan, join and the items: each once.
        expect(committed).toHaveLength(plan.items + 3);
        expect((await readRecord(outcome.world.store, outcome.keys.end, endRecordSchema))?.status).toBe("completed");
        expect(await keysOf(outcome.world.store, "active/")).toEqual([]);
        expectNoLiveClaimTaken(outcome.executions);
        if (plan.onlyKills) expectDeadTakenSoon(outcome.executions, outcome.deaths);
        await expectNothingPaidTwice(outcome);
        await expectClaimsAccounted(outcome.world);
      }),
      { numRuns: 150 },
    );
  });

  it("may be lost with the machine's power, and nothing that was committed is done again", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(planArbitrary, fc.integer({ min: 0, max: 60_000 }), async (plan, powerLossAtMs) => {
        const outcome = await live({ ...plan, powerLossAtMs });
        expect(await keysOf(outcome.world.store, outcome.keys.results)).toHaveLength(plan.items + 3);
        expect((await readRecord(outcome.world.store, outcome.keys.end, endRecordSchema))?.status).toBe("completed");
        const { atMs, committed } = outcome.powerLoss ?? { atMs: 0, committed: [] };
        expect(outcome.executions.filter(({ call, from }) => from >= atMs && committed.includes(call.replace("map ", "map/000")))).toEqual([]);
        await expectNothingPaidTwice(outcome);
      }),
      { numRuns: 50 },
    );
  });
});

interface Lived {
  world: World;
  keys: ReturnType<typeof runKeys>;
  executions: Execution[];
  deaths: Map<number, number>;
  requests: string[];
  powerLoss: { atMs: number; committed: string[] } | undefined;
}

/** Lives a plan to its end; a last, healthy process always remains. */
async function live(plan: Plan): Promise<Lived> {
  const world = createWorld();
  const executions: Execution[] = [];
  const deaths = new Map<number, number>();
  const requests: string[] = [];
  const begun = world.time.now();
  const edges = plan.edges.filter(([left, right]) => left < right && right < plan.items);

  const pipelineOf = (index: number) => {
    const work = async (context: StageContext<undefined>, call: string) => {
      const execution: Execution = { call, process: index, from: world.time.now(), to: undefined, stopped: false };
      executions.push(execution);
      context.signal.addEventListener("abort", () => {
        execution.to ??= world.time.now();
        execution.stopped = true;
      });
      const answer = await context.paid("answer/1", call, async () => {
        await world.time.clock().sleep(plan.takesMs / 2, context.signal);
        requests.push(call);
        return { answer: `${call} by ${requests.length}`, usage: { input_tokens: 1, output_tokens: 1 }, model: "m" };
      });
      await world.time.clock().sleep(plan.takesMs / 2, context.signal);
      execution.to ??= world.time.now();
      return answer;
    };
    const policy = paperPolicy(30, 3);
    const read = defineStage<undefined, string>({ id: "read", kind: "task", after: [], policy, output: z.string(), run: (context) => work(context, "read") });
    const map = defineStage<undefined, string, string>({
      id: "map",
      kind: "graph",
      after: ["read"],
      policy,
      itemPolicy: policy,
      onError: "collect",
      itemOutput: z.string(),
      output: z.string(),
      plan: async () => ({ count: plan.items, edges }),
      work: (context, item) => work(context, `map ${item}`),
      join: async () => "joined",
    });
    return definePipeline<undefined>({ name: "test", version: 1, stages: [read, map] });
  };

  const { dispatch } = await accept(world, pipelineOf(0), { runId: "run-1" });
  const drive = async (process: SimulatedProcess<undefined>, n: number) => {
    let own = { ...dispatch, n };
    for (;;) {
      await process.engine.submit([own]);
      await process.engine.work();
      await process.engine.settled(own).catch(() => undefined);
      if (await world.store.get(runKeys("default", "run-1").end)) return;
      // Its store failed, or another owner came: after a while it takes the run again, as a sweeper would.
      await world.time.clock().sleep(5_000);
      own = (await takeOver({ ...process.host, store: world.store, engine: process.engine }, "default", "run-1", own.n + 1)) ?? { ...own, n: own.n + 1 };
    }
  };

  const machine: SimulatedProcess<undefined>[] = [];
  for (const [index, fate] of plan.processes.entries()) {
    let operations = 0;
    const process = await startProcess(world, [pipelineOf(index)], undefined, {
      skewMs: fate.skewMs,
      faults: (operation) => (!plan.onlyKills && operation.startsWith("put") && fate.lost.includes(operations++) ? "after" : undefined),
    }).catch(() => undefined);
    if (process === undefined) continue;
    machine.push(process);
    void drive(process, plan.twoOwners && index === 1 ? 2 : 1).catch(() => undefined);
    if (fate.freezeAtMs !== undefined && !plan.onlyKills)
      void world.time
        .clock()
        .sleep(fate.freezeAtMs)
        .then(() => process.freeze(fate.freezeMs));
    if (fate.killAtMs !== undefined) {
      void world.time
        .clock()
        .sleep(fate.killAtMs)
        .then(() => {
          process.kill();
          deaths.set(index, world.time.now());
        });
    }
  }
  const keys = runKeys("default", "run-1");
  let powerLoss: Lived["powerLoss"];
  if (plan.powerLossAtMs !== undefined) {
    await world.time.advance(plan.powerLossAtMs);
    for (const process of machine) process.kill();
    powerLoss = { atMs: world.time.now(), committed: (await keysOf(world.store, keys.results)).map((key) => key.slice(keys.results.length)) };
    await world.losePower();
  }
  const healthy = await startProcess(world, [pipelineOf(plan.processes.length)], undefined);
  await world.time.until(drive(healthy, 1));
  // Whoever wrote the end may have died before it took the pointer away; a sweep does.
  await world.time.until(sweep({ ...healthy.host, engines: [healthy.engine], deliveries: [] }));
  // What was still running when the run ended may finish.
  await world.time.advance(200_000);
  expect(world.time.now() - begun).toBeLessThan(3_600_000);
  return { world, keys, executions, deaths, requests, powerLoss };
}

/** Two executions of one call overlap only when the earlier one's process was dead or had been stopped. */
function expectNoLiveClaimTaken(executions: readonly Execution[]): void {
  for (const earlier of executions) {
    for (const later of executions) {
      if (later === earlier || later.call !== earlier.call || later.from < earlier.from || later.process === earlier.process) continue;
      const over = earlier.to !== undefined && earlier.to <= later.from;
      const died = earlier.to === undefined;
      expect(over || died, `${earlier.call} ran in process ${earlier.process} until ${earlier.to} and was taken by ${later.process} at ${later.from}`).toBe(
        true,
      );
    }
  }
}

/** A call whose process died in the middle starts again within 25 s. */
function expectDeadTakenSoon(executions: readonly Execution[], deaths: ReadonlyMap<number, number>): void {
  for (const lost of executions) {
    const death = deaths.get(lost.process);
    if (death === undefined || lost.to !== undefined || lost.from > death) continue;
    const next = executions.find((other) => other.call === lost.call && other.process !== lost.process && other.from >= death);
    if (next !== undefined && deaths.get(next.process) === undefined) expect(next.from - death, `${lost.call} lay dead`).toBeLessThanOrEqual(25_000);
  }
}

/** Each answer that reached the store was paid for once; a kill, freeze or lost answer costs at most what was in flight. */
async function expectNothingPaidTwice({ world, keys, requests, executions }: Lived): Promise<void> {
  const stored = await keysOf(world.store, keys.allPaid);
  expect(new Set(stored).size).toBe(stored.length);
  for (const key of await keysOf(world.store, keys.results)) {
    const result = await readRecord(world.store, key, resultRecordSchema);
    if (typeof result?.output !== "string" || !result.output.includes(" by ")) continue;
    const paidKey = stored.find((paid) => paid.startsWith(keys.paid(key.slice(keys.results.length), "")));
    const paid = paidKey && JSON.parse(Buffer.from((await world.store.get(paidKey)) ?? []).toString());
    expect(result.output).toBe(paid.answer);
  }
  for (const call of new Set(requests))
    expect(requests.filter((other) => other === call).length).toBeLessThanOrEqual(executions.filter((execution) => execution.call === call).length);
}

/** Every claim has a result, an attempt record, or a successor. */
async function expectClaimsAccounted(world: World): Promise<void> {
  const keys = runKeys("default", "run-1");
  const claims = await keysOf(world.store, keys.allClaims);
  for (const claim of claims) {
    const call = keys.claimedCall(claim);
    const result = await readRecord(world.store, keys.result(call), resultRecordSchema);
    const attempt = await readRecord(world.store, keys.attempt(call, ordinalOf(claim)), attemptRecordSchema);
    const successor = claims.some((other) => other.startsWith(keys.claims(call)) && other > claim);
    expect(result !== undefined || attempt !== undefined || successor).toBe(true);
  }
}
