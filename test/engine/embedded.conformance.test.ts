import { systemClock } from "../../lib/engine/clock.ts";
import { createEmbeddedEngine } from "../../lib/engine/embedded.ts";
import { createDoors } from "../../lib/engine/invoke.ts";
import { engineConformance } from "../conformance/engine.ts";

engineConformance({
  name: "embedded",
  capabilities: { fairness: "process", priority: true, bulk: 1_000, severalMachines: false, server: "none", ownCancel: false },
  workers: { open: () => ({ parts: {} }) },
  async start(host, { concurrency, perTenant }) {
    const engine = createEmbeddedEngine({ doors: createDoors(host), clock: systemClock, concurrency, perTenant });
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
