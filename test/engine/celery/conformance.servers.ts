/** The engine "celery" on a real Redis server, against what every engine must do. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { controlChannel } from "../../../lib/engine/celery/control.ts";
import { createCeleryEngine } from "../../../lib/engine/celery/engine.ts";
import { encodeReply, encodeTask, resultKey } from "../../../lib/engine/celery/protocol.ts";
import { RUN_TASK } from "../../../lib/engine/celery/requests.ts";
import { systemClock } from "../../../lib/engine/clock.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { until } from "../../conformance/engine/bench.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis({ durable: true });
});
afterAll(() => server?.stop());

/** Tests use the same run ids in stores of their own; workers on one store share a broker. */
const prefixes = new WeakMap<ObjectStore, string>();

engineConformance({
  name: "celery",
  on: "Redis",
  capabilities: { fairness: "lists", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true },
  workers: { open: () => ({ parts: { secrets: { CELERY_BROKER_URL: server.url }, options: { visibilityTimeoutMs: 2_000, keyPrefix: `${randomUUID()}.` } } }) },
  server: { kill: () => server.kill(), restart: () => server.restart() },
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
      acceptRequest: async ({ run_id }) => ({ tenant: "default", runId: String(run_id), n: 1 }),
      finalOutput: () => Promise.reject(new Error("nobody asks")),
    });
    const worker = await engine.work();
    return {
      engine,
      // As an application does: it asks for the run, which is there already, and revokes what it asked for.
      async stopInEngine({ runId }) {
        const id = randomUUID();
        const task = encodeTask({ id, name: RUN_TASK, kwargs: { run_id: runId }, queue: "celery", priority: 0, origin: "test" });
        await server.redis.lpush(`${keyPrefix}celery`, task);
        await until("The application's task", async () => (await server.redis.exists(`${keyPrefix}${resultKey(id)}`)) === 1);
        const command = encodeReply({ method: "revoke", arguments: { task_id: id } }, { exchange: "celery.pidbox", routing_key: "" }, null, randomUUID());
        await server.redis.publish(controlChannel(keyPrefix, 0), command);
      },
      async stop() {
        await worker.stop(1_000);
        await engine.close();
      },
    };
  },
});
