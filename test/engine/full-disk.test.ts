/** A store that takes no writes for a while, as a full disk does: nothing is lost, and what was paid for and kept is not paid for again. */
import { expect, it } from "vitest";
import { startSweeper } from "../../lib/engine/sweeper.ts";
import { PAPER_DELAY } from "../../lib/pipeline/policies.ts";
import { endRecordSchema } from "../../lib/schema/records.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { readAndMap } from "../support/pipeline.ts";
import { accept, createWorld, startProcess } from "../support/world.ts";

const policy = { timeoutMs: 600_000, maxAttempts: 3, delay: PAPER_DELAY };
const ITEMS = 4;

/** Each item pays at its beginning and works for 20 s. */
function worldOf() {
  const world = createWorld();
  const paid: string[] = [];
  const begun: string[] = [];
  const piece = async (context: Parameters<Parameters<typeof readAndMap>[0]["piece"]>[0], call: string) => {
    begun.push(call);
    await context.paid("answer/1", { call }, async () => {
      paid.push(call);
      return { answer: call, usage: { input_tokens: 1, output_tokens: 1 }, model: "m" };
    });
    await world.time.clock().sleep(20_000);
  };
  return { world, paid, begun, pipeline: readAndMap({ piece, policy, graph: { count: ITEMS, edges: [] } }) };
}

it.each([
  ["when its calls end", 12_000],
  ["long enough that the process stops itself", 40_000],
  ["so long that its lease is dead to others", 300_000],
])("full %s in the middle of a run: the run ends, and no kept answer is paid for twice", async (_, fullMs) => {
  const { world, paid, begun, pipeline } = worldOf();
  let full = false;
  const faults = (operation: string) => (full && (operation === "put" || operation === "putIfAbsent") ? ("before" as const) : undefined);
  const process = await startProcess(world, [pipeline], undefined, { faults });
  await process.engine.work();
  const sweeper = startSweeper({ ...process.host, engines: [process.engine], deliveries: [] });
  const { dispatch } = await accept(world, pipeline, { runId: "run-1", process: process.host.lease.id });
  await process.engine.submit([dispatch]);
  // "read" is done, and each item has paid and works.
  await world.time.advance(30_000);
  expect(paid).toHaveLength(1 + ITEMS);
  full = true;
  await world.time.advance(fullMs);
  expect(await keysOf(world.store, "active/")).toHaveLength(1);
  full = false;
  await world.time.advance(900_000);
  expect(await readRecord(world.store, runKeys("default", "run-1").end, endRecordSchema)).toMatchObject({ status: "completed" });
  expect(paid).toHaveLength(1 + ITEMS);
  for (const call of new Set(begun)) expect(begun.filter((each) => each === call).length, call).toBeLessThanOrEqual(2);
  expect(await keysOf(world.store, "active/")).toEqual([]);
  await sweeper.stop();
});

it("full at a submit: it fails, and the same submit later gives the run", async () => {
  const { world, pipeline } = worldOf();
  for (const refusedAt of [/artifacts/, /^active/, /request$/, /owner/, /^recent/]) {
    const runId = `run-${refusedAt.source.replace(/\W/g, "")}`;
    const refuse = (key: string) => (refusedAt.test(key) ? Promise.reject(new Error("ENOSPC")) : undefined);
    const full: typeof world = {
      ...world,
      store: {
        ...world.store,
        put: async (key, body) => (await refuse(key)) ?? world.store.put(key, body),
        putIfAbsent: async (key, body) => (await refuse(key)) ?? world.store.putIfAbsent(key, body),
      },
    };
    const isShared = refusedAt.source === "artifacts" && (await keysOf(world.store, "t/default/artifacts/")).length > 0;
    if (!isShared) await expect(accept(full, pipeline, { runId })).rejects.toThrow("ENOSPC");
    expect((await accept(world, pipeline, { runId })).dispatch).toEqual({ tenant: "default", runId, n: 1 });
    expect((await accept(world, pipeline, { runId })).existing).toBe(true);
  }
});
