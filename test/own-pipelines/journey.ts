/** A run's journey from engine to engine while its calls are running, which is the same whatever engines they are. */
import { expect } from "vitest";
import type { EngineName } from "../../lib/engine/contract.ts";
import { readOwner } from "../../lib/engine/end.ts";
import type { createEngine } from "../../lib/own-pipelines.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { AT_ONCE, type gated } from "./gated.ts";

/**
 * Submits the run "run-1" to the embedded engine that works here, and moves it to one of `stops` after the other, each time with a wave of its calls running, which end only
 * then; the gate has as many waves. Each wave begins on the engine that the run was moved to. Sees that each call was done and paid for once.
 */
export async function travel(
  engine: Awaited<ReturnType<typeof createEngine>>,
  { map, pipeline, resources, running, end }: ReturnType<typeof gated>,
  store: ObjectStore,
  stops: readonly EngineName[],
): Promise<void> {
  await engine.submit(pipeline, { request: {}, runId: "run-1" });
  for (const [wave, stop] of stops.entries()) {
    const calls = Array.from({ length: AT_ONCE }, (_, index) => wave * AT_ONCE + index);
    await running(...calls);
    expect(await engine.move("run-1", stop)).toMatchObject({ engine: stop, status: "running" });
    end(...calls);
  }
  const items = stops.length * AT_ONCE;
  expect(await engine.ended("run-1")).toMatchObject({ status: "completed", engine: stops.at(-1), usage: { input_tokens: items } });
  expect(await engine.result("run-1", map)).toBe(items);
  const all = Array.from({ length: items }, (_, item) => item);
  const sorted = (numbers: readonly number[]) => numbers.toSorted((left, right) => left - right);
  expect([sorted(resources.begun), sorted(resources.paid)]).toEqual([all, all]);
  expect(await readOwner(store, "default", "run-1")).toMatchObject({ engine: stops.at(-1), n: stops.length + 1 });
}
