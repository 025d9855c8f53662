/** The engine "hatchet" on a real Hatchet server, against what every engine must do. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { loadSdk, openClient } from "../../../lib/engine/hatchet/connect.ts";
import { createHatchetEngine, HATCHET_CAPABILITIES } from "../../../lib/engine/hatchet/engine.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { until } from "../../conformance/engine/bench.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { type HatchetServer, startHatchet } from "../../servers/hatchet.ts";

let server: HatchetServer;

beforeAll(async () => {
  server = await startHatchet();
});
afterAll(() => server?.stop());

/** Tests use the same run ids in stores of their own; workers on one store share a namespace. */
const namespaces = new WeakMap<ObjectStore, string>();
const newNamespace = () => `t${randomUUID().slice(0, 8)}`;

engineConformance({
  name: "hatchet",
  on: "Hatchet 0.104.7",
  capabilities: HATCHET_CAPABILITIES,
  // A killed worker is taken for dead after 30 s.
  workers: {
    open() {
      const { token, hostPort, apiUrl } = server;
      return { parts: { settings: { hatchet: { hostPort, apiUrl, tls: "none", namespace: newNamespace() } }, secrets: { HATCHET_CLIENT_TOKEN: token } } };
    },
    kills: 2,
  },
  server: { kill: () => server.kill(), restart: () => server.restart() },
  async start(host, { concurrency, perTenant }) {
    const namespace = namespaces.get(host.store) ?? newNamespace();
    namespaces.set(host.store, namespace);
    const { token, hostPort, apiUrl } = server;
    const access = { token, hostPort, apiUrl, namespace, tls: { strategy: "none" as const } };
    const shapes = [...host.pipelines.values()].map(({ shape }) => shape);
    const engine = createHatchetEngine({ ...host, access, doors: createDoors(host), shapes, concurrency, perTenant });
    const worker = await engine.work();
    return {
      engine,
      // As a person does in the dashboard, who cancels the run and not its children.
      async stopInEngine({ tenant, runId, n }) {
        const client = openClient(await loadSdk(), access, () => undefined);
        const find = async () => (await client.runs.list({ additionalMetadata: { dispatch: `${namespace}/${tenant}/${runId}/${n}` } })).rows;
        await until("The run in Hatchet's list", async () => (await find()).length > 0);
        await client.runs.cancel({ ids: (await find()).map(({ metadata }) => metadata.id) });
      },
      async stop() {
        await worker.stop(1_000);
        await engine.close();
      },
    };
  },
});
