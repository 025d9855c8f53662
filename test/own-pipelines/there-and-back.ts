/** A move to another engine and back while calls are running, which is the same whatever engine it is. */
import { expect } from "vitest";
import type { EngineName } from "../../lib/engine/contract.ts";
import { readOwner } from "../../lib/engine/end.ts";
import type { createEngine } from "../../lib/own-pipelines.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { type gated, ITEMS } from "./gated.ts";

/** Submits the run "run-1" to the embedded engine that works here, moves it to `to` and back, and sees that each call was done and paid for once. */
export async function thereAndBack(
  engine: Awaited<ReturnType<typeof createEngine>>,
  { map, pipeline, resources, running, end }: ReturnType<typeof gated>,
  store: ObjectStore,
  to: EngineName,
): Promise<void> {
  await engine.submit(pipeline, { request: {}, runId: "run-1" });
  await running(0, 1, 2);
  expect(await engine.move("run-1", to)).toMatchObject({ engine: to, status: "running" });
  end(0, 1, 2);
  await running(3, 4, 5);
  expect(await engine.move("run-1", "embedded")).toMatchObject({ engine: "embedded" });
  end(3, 4, 5);
  expect(await engine.ended("run-1")).toMatchObject({ status: "completed", engine: "embedded", usage: { input_tokens: ITEMS } });
  expect(await engine.result("run-1", map)).toBe(ITEMS);
  const all = Array.from({ length: ITEMS }, (_, item) => item);
  expect([resources.begun.toSorted(), resources.paid.toSorted()]).toEqual([all, all]);
  expect(await readOwner(store, "default", "run-1")).toMatchObject({ engine: "embedded", n: 3 });
}
