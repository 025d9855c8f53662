/** The engine "celery" on a real Redis server, against what every engine must do. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { createCeleryEngine } from "../../../lib/engine/celery/engine.ts";
import { systemClock } from "../../../lib/engine/clock.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { type RedisServer, startRedis } from "./redis.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

/** Tests use the same run ids in stores of their own; workers on one store share a broker. */
const prefixes = new WeakMap<ObjectStore, string>();

engineConformance({
  name: "celery",
  capabilities: { fairness: "lists", priority: true, bulk: 1_000, severalMachines: true },
  async start(host, { concurrency, perTenant }) {
    const keyPrefix = prefixes.get(host.store) ?? `${randomUUID()}.`;
    prefixes.set(host.store, keyPrefix);
    const engine = createCeleryEngine({
      brokerUrl: server.url,
      doors: createDoors(host),
      store: host.store,
      clock: systemClock,
      log: host.log,
      concurrency,
      perTenant,
      keyPrefix,
      acceptRequest: () => Promise.reject(new Error("nobody asks")),
      finalOutput: () => Promise.reject(new Error("nobody asks")),
    });
    const worker = await engine.work();
    return {
      engine,
      async stop() {
        await worker.stop(1_000);
        await engine.close();
      },
    };
  },
});
