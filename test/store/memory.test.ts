import { expect, it } from "vitest";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { objectStoreConformance, text } from "../conformance/object-store.ts";

objectStoreConformance({ name: "memory", setup: async () => createMemoryStore(), teardown: async () => {} });

it("takes its time from the given clock", async () => {
  let now = 1_000_000;
  const store = createMemoryStore({ now: () => now });
  await store.put("lease", text("1"));
  now += 20_001;
  expect(await store.ageMs("lease")).toBe(20_001);
  await store.put("lease", text("2"));
  expect(await store.ageMs("lease")).toBe(0);
  now -= 600_000;
  expect(await store.ageMs("lease")).toBe(0);
});
