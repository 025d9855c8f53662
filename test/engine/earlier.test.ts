/** What a run had when a process met it: one look for all its calls. */
import { expect, it } from "vitest";
import { createEarlier } from "../../lib/engine/earlier.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";

const run = { tenant: "default", runId: "run-1" };
const keys = runKeys("default", "run-1");
const bytes = Buffer.from("{}");

function counted() {
  const memory = createMemoryStore();
  let lists = 0;
  let isFailing = false;
  const store: typeof memory = {
    ...memory,
    list(prefix, after) {
      lists++;
      if (isFailing) throw new Error("the store failed");
      return memory.list(prefix, after);
    },
  };
  return {
    store,
    earlier: createEarlier(store),
    lists: () => lists,
    fail(is: boolean) {
      isFailing = is;
    },
  };
}

it("tells calls that have a result or an attempt from those that nobody has begun, with one look", async () => {
  const { store, earlier, lists } = counted();
  await store.put(keys.result("read"), bytes);
  await store.put(keys.result("map/0001"), bytes);
  await store.put(keys.attempt("map/0002", 1), bytes);
  await store.put(runKeys("default", "run-2").result("tell"), bytes);
  const calls = ["read", "map/0001", "map/0002", "map/0003", "map", "tell"];
  expect(await Promise.all(calls.map((call) => earlier.has(run, call)))).toEqual([true, true, true, false, false, false]);
  expect(lists()).toBe(2);
});

it("is about what was there at first: what comes later has its claim", async () => {
  const { store, earlier } = counted();
  expect(await earlier.has(run, "read")).toBe(false);
  await store.put(keys.result("read"), bytes);
  expect(await earlier.has(run, "read")).toBe(false);
  expect(await createEarlier(store).has(run, "read")).toBe(true);
});

it("looks again after a look that failed, and after many other runs", async () => {
  const { store, earlier, lists, fail } = counted();
  fail(true);
  await expect(earlier.has(run, "read")).rejects.toThrow("the store failed");
  fail(false);
  await store.put(keys.result("read"), bytes);
  expect(await earlier.has(run, "read")).toBe(true);
  for (let index = 0; index < 500; index++) await earlier.has({ ...run, runId: `other-${index}` }, "read");
  const before = lists();
  expect(await earlier.has(run, "read")).toBe(true);
  expect(lists()).toBe(before + 2);
});
