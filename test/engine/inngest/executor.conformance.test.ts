/** The suite of all engines, with Inngest played by an in-process executor that speaks the SDK's protocol to our served function. */
import { INNGEST_CAPABILITIES } from "../../../lib/engine/inngest/engine.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { serveInngest } from "../../support/inngest-world.ts";

engineConformance({
  name: "inngest",
  capabilities: INNGEST_CAPABILITIES,
  async start(host, options) {
    const { engine, executor } = await serveInngest(host, options);
    return {
      engine,
      async stop() {
        executor.stop();
        await engine.close();
      },
    };
  },
});
