/** Settings that are wrong and servers that are not there: what is wrong is said, and when the server is there everything goes on. */
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import type { HatchetAccess } from "../../../lib/engine/hatchet/connect.ts";
import { createHatchetEngine } from "../../../lib/engine/hatchet/engine.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { until } from "../../conformance/engine/bench.ts";
import { type HatchetServer, startHatchet } from "../../servers/hatchet.ts";

describe("the engine hatchet", () => {
  let server: HatchetServer;
  const policy = { timeoutMs: 60_000, maxAttempts: 1, delay: { form: "doubling", rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } } as const;
  const shape = { name: "one", version: 1, stages: [{ id: "read", kind: "task", after: [], policy }] } as const;
  const dispatch = { tenant: "default", runId: "run-1", n: 1 };
  const engineWith = (access: Partial<HatchetAccess>, invoked: () => void = () => undefined) =>
    createHatchetEngine({
      access: { token: server.token, hostPort: server.hostPort, apiUrl: server.apiUrl, tls: { strategy: "none" }, ...access },
      doors: {
        load: async () => ({ is: "ready", shape: { ...shape, stages: [{ ...shape.stages[0], after: [] }] } }),
        async invoke() {
          invoked();
          return { is: "done" };
        },
      },
      store: createMemoryStore(),
      shapes: [{ ...shape, stages: [{ ...shape.stages[0], after: [] }] }],
      clock: systemClock,
      log: pino({ level: "silent" }),
      concurrency: 2,
      perTenant: 2,
    });

  beforeEach(async () => {
    server = await startHatchet();
  });
  afterEach(() => server?.stop());

  it("says what is wrong with its settings, when runs are submitted and when a worker starts", async () => {
    const forged = `${server.token.slice(0, -8)}AAAAAAAA`;
    const cases = [
      { access: { token: "none" }, says: "HATCHET_CLIENT_TOKEN" },
      { access: { token: forged }, says: "doesn't accept the token" },
      { access: { hostPort: "127.0.0.1:1" }, says: "HATCHET_CLIENT_HOST_PORT" },
      { access: { tls: { strategy: "tls" as const } }, says: "HATCHET_CLIENT_TLS_STRATEGY" },
      { access: { hostPort: server.apiUrl.replace("http://", "") }, says: "HATCHET_CLIENT_HOST_PORT" },
    ];
    for (const { access, says } of cases) {
      const engine = engineWith(access);
      const submitted = await engine.submit([dispatch]).catch((error: Error) => [{ is: "refused" as const, message: error.message }]);
      expect(submitted, JSON.stringify(access)).toEqual([{ is: "refused", message: expect.stringContaining(says) }]);
      await expect(engine.work(), JSON.stringify(access)).rejects.toThrow(says);
      await engine.close();
    }
  });

  it("works as soon as the server is there, and takes runs before the first worker", async () => {
    await server.kill();
    let invoked = 0;
    const engine = engineWith({}, () => {
      invoked++;
    });
    expect(await engine.submit([dispatch])).toEqual([{ is: "refused", message: expect.stringContaining("can't be reached") }]);
    await server.restart();
    // A connection that failed waits for a moment before it tries again.
    await until("An accepted run", async () => (await engine.submit([dispatch]))[0]?.is === "accepted", 60_000);
    const worker = await engine.work();
    while (invoked === 0) await sleep(50);
    await worker.stop(1_000);
    await engine.close();
  });
});
