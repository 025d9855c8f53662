/** The app that Inngest calls is killed while a stage of many items goes in lanes, and started again: the run ends, and no committed call runs again. In steps: the suite of all engines. */
import { afterEach, describe, expect, it } from "vitest";
import { runKeys } from "../../../lib/store/layout.ts";
import { exists } from "../../../lib/store/records.ts";
import { until } from "../../conformance/engine/bench.ts";
import { openWorkers, type Workers } from "../../conformance/engine/children.ts";
import { openExecutorForWorkers } from "../../support/inngest-workers.ts";

const ITEMS = 120;
/** read, plan, the items, join, tell. */
const CALLS = ITEMS + 4;
const KILLS = 3;
const AT_ONCE = 8;

let workers: Workers | undefined;
afterEach(() => workers?.close());

describe("a run in lanes whose app is killed", () => {
  it("ends, and does nothing again that was committed", { timeout: 120_000 }, async () => {
    const opened = await openExecutorForWorkers();
    const { start, store, committed, executions, repeated } = await openWorkers("inngest", opened, AT_ONCE).then((made) => {
      workers = made;
      return made;
    });
    let app = await start();
    app.submit("run-1", { items: ITEMS });
    for (let round = 1; round <= KILLS; round++) {
      await until("A part of the items", async () => (await committed("run-1")).length >= (ITEMS / (KILLS + 1)) * round, 60_000);
      await app.kill();
      app = await start();
    }
    await until("The end of the run", () => exists(store, runKeys("default", "run-1").end), 60_000);
    await until("The end at Inngest", () => opened.executor.runs.every(({ status }) => status === "Completed"), 60_000);
    expect(await repeated()).toEqual([]);
    expect(await committed("run-1")).toHaveLength(CALLS);
    expect(executions().length).toBeLessThanOrEqual(CALLS + KILLS * AT_ONCE);
  });
});
