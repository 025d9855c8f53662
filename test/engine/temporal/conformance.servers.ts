/** The engine "temporal" on a real Temporal server, against what every engine must do. */
import * as sdk from "@temporalio/client";
import { afterAll, beforeAll } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { createTemporalEngine, TEMPORAL_CAPABILITIES } from "../../../lib/engine/temporal/engine.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { startTemporal, type TemporalServer } from "../../servers/temporal.ts";

let server: TemporalServer;
/** For workers in processes of their own: it can be killed, and what it knew is in a file. */
let durable: TemporalServer;

beforeAll(async () => {
  [server, durable] = await Promise.all([startTemporal(), startTemporal({ isDurable: true })]);
});
afterAll(async () => {
  await server?.stop();
  await durable?.stop();
});

/** Tests use the same run ids in stores of their own; workers on one store share a namespace. */
const namespaces = new WeakMap<ObjectStore, string>();

const accessOf = ({ address }: TemporalServer, namespace: string) => ({ address, namespace, taskQueue: "prompt-studio" });

engineConformance({
  name: "temporal",
  on: "Temporal",
  capabilities: TEMPORAL_CAPABILITIES,
  async start(host, { concurrency, perTenant }) {
    const namespace = namespaces.get(host.store) ?? server.newNamespace();
    namespaces.set(host.store, namespace);
    const access = accessOf(server, namespace);
    const engine = createTemporalEngine({ sdk, access, doors: createDoors(host), clock: systemClock, log: host.log, concurrency, perTenant });
    const worker = await engine.work();
    return {
      engine,
      async stopInEngine({ tenant, runId, n }) {
        const connection = await sdk.Connection.connect({ address: server.address });
        const client = new sdk.Client({ connection, namespace });
        await client.workflow.getHandle(`${tenant}:${runId}:${n}`).terminate("by hand");
        await connection.close();
      },
      async stop() {
        await worker.stop(2_000);
        await engine.close();
      },
    };
  },
  // A killed worker's calls are given to others after the 30 s in which it might have been heard of.
  workers: {
    open: () => ({ parts: { settings: { temporal: accessOf(durable, durable.newNamespace()) } } }),
    kills: 2,
  },
  server: { kill: () => durable.kill(), restart: () => durable.restart() },
});
