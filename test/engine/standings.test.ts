/** Looks at whether a run goes on are shared by what begins together, for 50 ms, and never beyond that. */
import { expect, it } from "vitest";
import { createStandings } from "../../lib/engine/standings.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { writeRecord } from "../../lib/store/records.ts";
import { createWorld } from "../support/world.ts";

const dispatch = { tenant: "default", runId: "run-1", n: 1 };
const keys = runKeys("default", "run-1");
const OWNER = { v: 1, engine: "embedded", n: 2, process: "other", at: 0 } as const;

function counted() {
  const world = createWorld();
  let reads = 0;
  let failing = false;
  const store: typeof world.store = {
    ...world.store,
    async get(key, range) {
      reads++;
      if (failing) throw new Error("the store failed");
      return world.store.get(key, range);
    },
  };
  const fail = (is: boolean) => {
    failing = is;
  };
  return { world, standings: createStandings(store, world.time.clock()), reads: () => reads, fail };
}

it("many calls that begin together cost one look, those of another dispatch their own", async () => {
  const { standings, reads } = counted();
  await Promise.all(Array.from({ length: 200 }, () => standings.read(dispatch)));
  const one = reads();
  expect(one).toBeLessThanOrEqual(3);
  await standings.read({ ...dispatch, n: 2 });
  expect(reads()).toBe(2 * one);
});

it("what happens to a run is seen 50 ms later at the latest, and at once by the process that ended it", async () => {
  const { world, standings } = counted();
  expect(await standings.read(dispatch)).toBeUndefined();
  await writeRecord(world.store, keys.owner(2), OWNER);
  await world.time.advance(50);
  expect(await standings.read(dispatch)).toEqual({ is: "superseded" });
  await world.store.delete(keys.owner(2));
  standings.forget(dispatch);
  expect(await standings.read(dispatch)).toBeUndefined();
});

it("a look that failed is made anew by the next", async () => {
  const { standings, fail } = counted();
  fail(true);
  await expect(standings.read(dispatch)).rejects.toThrow("the store failed");
  fail(false);
  expect(await standings.read(dispatch)).toBeUndefined();
});
