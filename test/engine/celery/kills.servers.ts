/** How many messages workers send: one for each call, also while they are killed. That runs end and repeat nothing is in the suite of all engines. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runKeys } from "../../../lib/store/layout.ts";
import { exists } from "../../../lib/store/records.ts";
import { until } from "../../conformance/engine/bench.ts";
import { openWorkers, type Workers } from "../../conformance/engine/children.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";

const ITEMS = 45;
/** read, plan, the items, join, tell. */
const CALLS = ITEMS + 4;
const KILLS = 6;
/** Less than the run has for them, so that one worker leaves something to the others. */
const CONCURRENCY = 2;

let workers: Workers;
let server: RedisServer;

beforeEach(async () => {
  server = await startRedis();
  workers = await openWorkers("celery", { parts: { secrets: { CELERY_BROKER_URL: server.url }, options: { visibilityTimeoutMs: 2_000 } } }, CONCURRENCY);
});
afterEach(async () => {
  await workers?.close();
  await server?.stop();
});

const hasEnded = () => exists(workers.store, runKeys("default", "run-1").end);

/** How often Redis put something into a list since it started. */
async function pushes(): Promise<{ sent: number; broughtBack: number }> {
  const statistics = await server.redis.info("commandstats");
  const calls = (command: string) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(statistics)?.[1] ?? 0);
  return { sent: calls("lpush"), broughtBack: calls("rpush") };
}

describe("workers of the engine celery", () => {
  it(`send one message for each of ${CALLS} calls, and one for the run, when nothing goes wrong`, async () => {
    const [first] = await Promise.all([workers.start(), workers.start()]);
    first.submit("run-1", { items: ITEMS });
    await until("The end of the run", hasEnded, 60_000);
    expect(await workers.committed("run-1")).toHaveLength(CALLS);
    expect(workers.executions()).toHaveLength(CALLS);
    expect(await pushes()).toEqual({ sent: CALLS + 1, broughtBack: 0 });
  });

  it(`send few more although ${KILLS} of them are killed beside one that lives, and do nothing again that was committed`, async () => {
    const survivor = await workers.start();
    survivor.submit("run-1", { items: ITEMS });
    for (let round = 0; round < KILLS; round++) {
      const victim = await workers.start();
      const before = workers.executions().length;
      // Somewhere in the middle of calls, wherever that is this time.
      await until("Three calls", async () => workers.executions().length >= before + 3 || (await hasEnded()), 60_000);
      await victim.kill();
    }
    await survivor.kill();
    await workers.start();
    await until("The end of the run", hasEnded, 60_000);
    expect(await workers.committed("run-1")).toHaveLength(CALLS);
    expect(await workers.repeated()).toEqual([]);
    const { sent, broughtBack } = await pushes();
    // A call that lost its worker is asked for again until its claim is free.
    expect(broughtBack).toBeGreaterThan(0);
    expect(sent).toBeLessThan(10 * CALLS);
  });
});
