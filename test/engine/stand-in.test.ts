/** The stand-in for an engine that is away: it goes on with that engine's runs and with no others, beside whoever else does, and leaves nothing behind. */
import pino from "pino";
import { describe, expect, it } from "vitest";
import type { Dispatch, EngineName } from "../../lib/engine/contract.ts";
import { writeEnd } from "../../lib/engine/end.ts";
import { createDoors } from "../../lib/engine/invoke.ts";
import { createStandIn, inTurns } from "../../lib/engine/stand-in.ts";
import { takeOver } from "../../lib/engine/take-over.ts";
import type { Pipeline } from "../../lib/pipeline/define.ts";
import { PAPER_DELAY } from "../../lib/pipeline/policies.ts";
import { RetryableError } from "../../lib/schema/errors.ts";
import { endRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { readAndMap } from "../support/pipeline.ts";
import { accept, createWorld, type SimulatedProcess, startProcess, type World } from "../support/world.ts";

const POLICY = { timeoutMs: 600_000, maxAttempts: 3, delay: PAPER_DELAY };
const ITEMS = 2;

/** A world whose calls take a second each, and may fail; `begun` are the calls in their order. */
function worldOf({ takes = () => 1_000 }: { takes?: (runId: string, call: string) => number } = {}) {
  const world = createWorld();
  const begun: string[] = [];
  const seen = { running: 0, most: 0 };
  const pipeline = readAndMap({
    policy: POLICY,
    graph: { count: ITEMS, edges: [] },
    async piece({ runId, signal }, call) {
      begun.push(`${runId} ${call}`);
      seen.running++;
      seen.most = Math.max(seen.most, seen.running);
      await world.time.clock().sleep(takes(runId, call), signal);
      seen.running--;
      if (takes(runId, call) < 0) throw new RetryableError("adapter_failed", "it fails", { status: 429 });
    },
  });
  return { world, begun, seen, pipeline };
}

function standInOf({ host }: SimulatedProcess<undefined>, { concurrency = 4, perTenant = 4 } = {}) {
  const ended: Dispatch[] = [];
  const standIn = createStandIn({
    engine: "hatchet",
    doors: createDoors(host),
    store: host.store,
    clock: host.clock,
    log: pino({ level: "silent" }),
    concurrency,
    perTenant,
    async ended(dispatch) {
      ended.push(dispatch);
    },
  });
  return { standIn, ended };
}

async function acceptAll(world: World, pipeline: Pipeline<undefined>, runIds: readonly string[], engine: EngineName = "hatchet", tenant = "default") {
  for (const runId of runIds) await accept(world, pipeline, { runId, engine, tenant });
}

const statusOf = async ({ store }: World, runId: string, tenant = "default") => (await readRecord(store, runKeys(tenant, runId).end, endRecordSchema))?.status;
const names = (count: number, of = "run") => Array.from({ length: count }, (_, index) => `${of}-${index}`);
const runOf = (call: string) => call.slice(0, call.indexOf(" "));
const callsOf = (runId: string) => [`${runId} read`, `${runId} map 0`, `${runId} map 1`];

describe("a stand-in", () => {
  it("does nothing until the engine is away, then works on its runs to their end and on nobody else's, and says that they ended", async () => {
    const { world, begun, pipeline } = worldOf();
    const process = await startProcess(world, [pipeline], undefined);
    const { standIn, ended } = standInOf(process);
    await acceptAll(world, pipeline, ["run-0", "run-1"]);
    await acceptAll(world, pipeline, ["other"], "celery");
    await world.time.advance(30_000);
    expect(begun).toEqual([]);
    standIn.away();
    await world.time.advance(4_000);
    expect([await statusOf(world, "run-0"), await statusOf(world, "run-1"), await statusOf(world, "other")]).toEqual(["completed", "completed", undefined]);
    expect([...begun].sort()).toEqual([...callsOf("run-0"), ...callsOf("run-1")].sort());
    expect(ended.map(({ runId, n }) => `${runId} ${n}`).sort()).toEqual(["run-0 1", "run-1 1"]);
    // The runs keep the owner that they have.
    expect(await keysOf(world.store, runKeys("default", "run-0").owners)).toHaveLength(1);
    await world.time.until(standIn.stop(0));
  });

  it("takes up what comes while the engine is away and for two minutes after it is back, and nothing later", async () => {
    const { world, pipeline } = worldOf();
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined));
    const before = world.time.open();
    standIn.away();
    await world.time.advance(600_000);
    await acceptAll(world, pipeline, ["while away"]);
    await world.time.advance(10_000);
    expect(await statusOf(world, "while away")).toBe("completed");
    standIn.back();
    await world.time.advance(100_000);
    // A second worker of the process is back later.
    standIn.back();
    await acceptAll(world, pipeline, ["before"]);
    await world.time.advance(40_000);
    expect(await statusOf(world, "before")).toBe("completed");
    await acceptAll(world, pipeline, ["after"]);
    await world.time.advance(600_000);
    expect(await statusOf(world, "after")).toBeUndefined();
    // Nothing of it waits for anything any more; the process's lease does.
    expect(world.time.open()).toBe(before);
  });

  describe("of a process that starts", () => {
    it.each<[string, string[], number, boolean]>([
      ["without an outage", [], 0, false],
      ["within two minutes after an outage", ["away", "back"], 100_000, true],
      ["later", ["away", "back"], 130_000, false],
      ["after everybody died in the outage, whenever that was", ["away"], 900_000, true],
    ])("%s", async (_, outage, laterMs, isWorkedOn) => {
      const { world, pipeline } = worldOf();
      const seer = await startProcess(world, [pipeline], undefined);
      const seen = standInOf(seer).standIn;
      if (outage.includes("away")) seen.away();
      if (outage.includes("back")) seen.back();
      await world.time.advance(1_000);
      seer.kill();
      await world.time.advance(laterMs);
      await acceptAll(world, pipeline, ["run-0"]);
      const { standIn } = standInOf(await startProcess(world, [pipeline], undefined));
      await world.time.until(standIn.started());
      await world.time.advance(10_000);
      expect(await statusOf(world, "run-0")).toBe(isWorkedOn ? "completed" : undefined);
      // Not for longer than those would who saw it.
      await world.time.advance(200_000);
      await acceptAll(world, pipeline, ["later"]);
      await world.time.advance(10_000);
      expect(await statusOf(world, "later")).toBeUndefined();
      await world.time.until(standIn.stop(0));
    });

    it("starts all the same when the store fails", async () => {
      const { world, pipeline } = worldOf();
      const { standIn } = standInOf(
        await startProcess(world, [pipeline], undefined, { faults: (_, key) => (key.startsWith("outages/") ? "before" : undefined) }),
      );
      await acceptAll(world, pipeline, ["run-0"]);
      await world.time.until(standIn.started());
      standIn.away();
      await world.time.advance(10_000);
      expect(await statusOf(world, "run-0")).toBe("completed");
      await world.time.until(standIn.stop(0));
    });
  });

  it("in the end works on the runs that it has, and takes up every one that is left, one at a time", async () => {
    const { world, begun, pipeline } = worldOf({ takes: () => 5_000 });
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined), { concurrency: 1 });
    const runIds = names(20);
    await acceptAll(world, pipeline, runIds);
    standIn.away();
    standIn.back();
    await world.time.advance(119_000);
    const first = new Set(begun.map(runOf));
    expect(first.size).toBeLessThan(14);
    await world.time.advance(300_000);
    for (const runId of runIds) expect(await statusOf(world, runId), runId).toBe("completed");
    expect(begun).toHaveLength(runIds.length * callsOf("").length);
    // Of those that were not in hand by then, each began when the one before it had ended.
    const order = [...new Set(begun.map(runOf))].filter((runId) => !first.has(runId));
    for (const [position, runId] of order.slice(0, -1).entries()) {
      const next = begun.findIndex((call) => runOf(call) === order[position + 1]);
      expect(next).toBeGreaterThan(begun.findLastIndex((call) => runOf(call) === runId));
    }
  });

  it("keeps to its calls at once, and begins with every tenant, also with one that comes later", async () => {
    const { world, begun, seen, pipeline } = worldOf();
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined), { concurrency: 4, perTenant: 4 });
    await acceptAll(world, pipeline, names(200, "big"), "hatchet", "big");
    await acceptAll(world, pipeline, ["small"], "hatchet", "small");
    standIn.away();
    await world.time.until(untilEnded(world, "small", "small"));
    const begunRuns = () => new Set(begun.map(runOf)).size;
    expect(begunRuns()).toBeLessThan(20);
    await acceptAll(world, pipeline, ["late"], "hatchet", "late");
    await world.time.until(untilEnded(world, "late", "late"));
    expect(begunRuns()).toBeLessThan(100);
    await world.time.advance(30_000);
    expect(seen.most).toBe(4);
    await world.time.until(standIn.stop(0));
  });

  it("does no more calls of a tenant at once than it may", async () => {
    const { world, seen, pipeline } = worldOf();
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined), { concurrency: 4, perTenant: 3 });
    await acceptAll(world, pipeline, names(20));
    standIn.away();
    await world.time.advance(30_000);
    expect(seen.most).toBe(3);
    expect(await keysOf(world.store, "active/")).toEqual([]);
    await world.time.until(standIn.stop(0));
  });

  it("does each call once with several processes that stand in for the same runs", async () => {
    const { world, begun, pipeline } = worldOf();
    const processes = await Promise.all(names(3).map(() => startProcess(world, [pipeline], undefined)));
    const runIds = names(20);
    await acceptAll(world, pipeline, runIds);
    const standIns = processes.map((process) => standInOf(process).standIn);
    for (const standIn of standIns) standIn.away();
    await world.time.advance(60_000);
    expect([...begun].sort()).toEqual(runIds.flatMap(callsOf).sort());
    expect(await keysOf(world.store, "active/")).toEqual([]);
    for (const standIn of standIns) await world.time.until(standIn.stop(0));
  });

  it("leaves a run that another engine gets, and goes on with one that the engine is given anew", async () => {
    const { world, begun, pipeline } = worldOf({ takes: () => 10_000 });
    const process = await startProcess(world, [pipeline], undefined);
    const { standIn } = standInOf(process);
    await acceptAll(world, pipeline, ["moved", "anew"]);
    standIn.away();
    await world.time.advance(5_000);
    await takeOver({ ...process.host, engine: { name: "temporal" } }, "default", "moved", 2);
    await takeOver({ ...process.host, engine: { name: "hatchet" } }, "default", "anew", 2);
    await world.time.advance(120_000);
    // What ran then was finished and counts.
    expect([...begun].sort()).toEqual([...callsOf("anew"), "moved read"].sort());
    expect([await statusOf(world, "anew"), await statusOf(world, "moved")]).toEqual(["completed", undefined]);
    await world.time.until(standIn.stop(0));
  });

  it("leaves a run that was ended elsewhere, whose call waits for its next attempt", async () => {
    const { world, pipeline } = worldOf({ takes: () => -1 });
    const { standIn, ended } = standInOf(await startProcess(world, [pipeline], undefined));
    await acceptAll(world, pipeline, ["run-0"]);
    const before = world.time.open();
    standIn.away();
    standIn.back();
    await world.time.advance(125_000);
    await writeEnd(world.store, "default", "run-0", { v: 1, status: "cancelled", at: 0, message: "" });
    await world.time.advance(10_000);
    expect(ended).toEqual([{ tenant: "default", runId: "run-0", n: 1 }]);
    expect(world.time.open()).toBe(before);
  });

  it("lets runs that wait keep no others from being taken up", async () => {
    const { world, pipeline } = worldOf({ takes: (runId) => (runId.startsWith("waiting") ? -1 : 1_000) });
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined), { concurrency: 1 });
    await acceptAll(world, pipeline, names(4, "waiting"));
    standIn.away();
    await world.time.advance(1_000);
    await acceptAll(world, pipeline, ["run-0"]);
    await world.time.advance(75_000);
    expect(await statusOf(world, "run-0")).toBe("completed");
    await world.time.until(standIn.stop(0));
  });

  it.each([
    ["when it looks for runs", (operation: string, key: string) => operation === "list" && key === "active/"],
    ["when it reads a run", (operation: string, key: string) => operation === "get" && key.startsWith("active/")],
    ["when it does a call", (operation: string, key: string) => operation === "putIfAbsent" && key.includes("/results/map")],
    ["altogether", () => true],
  ])("tries again with a store that fails for a while %s", async (_, fails) => {
    const { world, pipeline } = worldOf();
    let isBroken = false;
    const faults = (operation: string, key: string) => (isBroken && fails(operation, key) ? ("before" as const) : undefined);
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined, { faults }));
    await acceptAll(world, pipeline, ["run-0"]);
    isBroken = true;
    standIn.away();
    standIn.back();
    // What it couldn't do by the end is still its own.
    await world.time.advance(125_000);
    expect(await statusOf(world, "run-0")).toBeUndefined();
    isBroken = false;
    await world.time.advance(60_000);
    expect(await statusOf(world, "run-0")).toBe("completed");
  });

  it("leaves a run whose record can't be read, and ends", async () => {
    const { world, pipeline } = worldOf();
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined));
    await acceptAll(world, pipeline, ["broken", "torn", "whole"]);
    await world.store.put(runKeys("default", "broken").request, Buffer.from("{}"));
    await world.store.put(runKeys("default", "torn").active, Buffer.from("{"));
    const before = world.time.open();
    standIn.away();
    standIn.back();
    await world.time.advance(150_000);
    expect(await statusOf(world, "whole")).toBe("completed");
    expect(world.time.open()).toBe(before);
  });

  it("stops: running calls end, no other begins, and another process goes on", async () => {
    const { world, begun, pipeline } = worldOf({ takes: () => 5_000 });
    const first = standInOf(await startProcess(world, [pipeline], undefined));
    await acceptAll(world, pipeline, ["run-0", "run-1"]);
    first.standIn.away();
    await world.time.advance(1_000);
    const stoppedAt = world.time.now();
    await world.time.until(first.standIn.stop(60_000));
    expect(world.time.now() - stoppedAt).toBe(4_000);
    await world.time.advance(60_000);
    expect([...begun].sort()).toEqual(["run-0 read", "run-1 read"]);
    const second = standInOf(await startProcess(world, [pipeline], undefined));
    second.standIn.away();
    await world.time.advance(60_000);
    expect([...begun].sort()).toEqual([...callsOf("run-0"), ...callsOf("run-1")].sort());
    await world.time.until(second.standIn.stop(0));
  });

  it("stops within the grace that it has, whatever its calls do, and can begin again", async () => {
    const { world, pipeline } = worldOf({ takes: () => 50_000 });
    const { standIn } = standInOf(await startProcess(world, [pipeline], undefined));
    await acceptAll(world, pipeline, ["run-0"]);
    standIn.away();
    await world.time.advance(1_000);
    const stoppedAt = world.time.now();
    await world.time.until(standIn.stop(2_000));
    expect(world.time.now() - stoppedAt).toBe(2_000);
    standIn.away();
    await world.time.until(untilEnded(world, "run-0"));
    await world.time.until(standIn.stop(0));
  });
});

/** Until a run has ended; time has to go on meanwhile. */
async function untilEnded(world: World, runId: string, tenant = "default"): Promise<void> {
  while ((await statusOf(world, runId, tenant)) === undefined) await world.time.clock().sleep(100);
}

describe("the order in which runs are taken up", () => {
  const keys = ["active/a/1", "active/a/2", "active/a/3", "active/b/1", "active/c/1", "active/c/2"];

  it("gives tenants turns", () => {
    expect(inTurns(keys, () => 0)).toEqual(["active/a/1", "active/b/1", "active/c/1", "active/a/2", "active/c/2", "active/a/3"]);
    expect(inTurns([], () => 0)).toEqual([]);
  });

  it("begins elsewhere in each process", () => {
    expect(inTurns(keys, () => 0.5)).toEqual(["active/b/1", "active/c/2", "active/a/2", "active/c/1", "active/a/3", "active/a/1"]);
    expect(inTurns(keys, () => 0.999).toSorted()).toEqual(keys);
  });
});
