/** The engine "hatchet" on a real Hatchet server, against what every engine must do. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import { createHatchetEngine, HATCHET_CAPABILITIES } from "../../../lib/engine/hatchet/engine.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { type HatchetServer, startHatchet } from "./server.ts";

let server: HatchetServer;

beforeAll(async () => {
  server = await startHatchet();
});
afterAll(() => server?.stop());

/** Tests use the same run ids in stores of their own; workers on one store share a namespace. */
const namespaces = new WeakMap<ObjectStore, string>();

engineConformance({
  name: "hatchet",
  capabilities: HATCHET_CAPABILITIES,
  async start(host, { concurrency, perTenant }) {
    const namespace = namespaces.get(host.store) ?? `t${randomUUID().slice(0, 8)}`;
    namespaces.set(host.store, namespace);
    const { token, hostPort, apiUrl } = server;
    const engine = createHatchetEngine({
      access: { token, hostPort, apiUrl, namespace, tls: { strategy: "none" } },
      doors: createDoors(host),
      shapes: [...host.pipelines.values()].map(({ shape }) => shape),
      clock: systemClock,
      log: host.log,
      concurrency,
      perTenant,
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
