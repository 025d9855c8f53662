/** The suite of all engines, with Inngest played by an in-process executor that speaks the SDK's protocol to our served function. */
import { INNGEST_CAPABILITIES } from "../../../lib/engine/inngest/engine.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { openExecutorForWorkers } from "../../support/inngest-workers.ts";
import { serveInngest } from "../../support/inngest-world.ts";

engineConformance({
  name: "inngest",
  on: "the executor",
  capabilities: INNGEST_CAPABILITIES,
  lacks: { server: "the executor stands for a server in the test's own process" },
  workers: { open: openExecutorForWorkers },
  async start(host, options) {
    const { engine, executor } = await serveInngest(host, options);
    return {
      engine,
      async stopInEngine({ runId }) {
        const run = executor.runs.find(({ event }) => event.data.run_id === runId);
        if (run) executor.cancel(run);
      },
      async stop() {
        executor.stop();
        await engine.close();
      },
    };
  },
});
