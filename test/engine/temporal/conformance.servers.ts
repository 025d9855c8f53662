/** The engine "temporal" on a real Temporal server, against what every engine must do. */
import * as sdk from "@temporalio/client";
import { afterAll, beforeAll } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { createTemporalEngine, TEMPORAL_CAPABILITIES } from "../../../lib/engine/temporal/engine.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { startTemporal, type TemporalServer } from "./server.ts";

let server: TemporalServer;

beforeAll(async () => {
  server = await startTemporal();
});
afterAll(() => server?.stop());

/** Tests use the same run ids in stores of their own; workers on one store share a namespace. */
const namespaces = new WeakMap<ObjectStore, string>();

engineConformance({
  name: "temporal",
  capabilities: TEMPORAL_CAPABILITIES,
  async start(host, { concurrency, perTenant }) {
    const namespace = namespaces.get(host.store) ?? server.newNamespace();
    namespaces.set(host.store, namespace);
    const access = { address: server.address, namespace, taskQueue: "prompt-studio" };
    const engine = createTemporalEngine({ sdk, access, doors: createDoors(host), clock: systemClock, log: host.log, concurrency, perTenant });
    const worker = await engine.work();
    return {
      engine,
      async stop() {
        await worker.stop(2_000);
        await engine.close();
      },
    };
  },
});
