import { openInngest } from "../../../functions/prompt-studio.ts";
import { INNGEST_CAPABILITIES } from "../../../lib/engine/inngest/engine.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { engineConformance } from "../../conformance/engine.ts";
import { createInngestExecutor, EXECUTOR_URL } from "../../support/inngest-executor.ts";

engineConformance({
  name: "inngest",
  capabilities: INNGEST_CAPABILITIES,
  async start(host, { concurrency, perTenant }) {
    const executor = createInngestExecutor({ serve: (request) => engine.fetch?.(request) ?? Promise.reject(new Error("nothing is served")) });
    const { engine } = openInngest({
      settings: { isDev: true, baseUrl: EXECUTOR_URL, fetch: executor.fetch },
      store: host.store,
      clock: host.clock,
      doors: createDoors(host),
      log: host.log,
      intake: { tenant: "default", accept: () => Promise.reject(new Error("this suite sends no requests")) },
      concurrency,
      perTenant,
      hostLimitMs: 30_000,
    });
    await executor.sync();
    return {
      engine,
      async stop() {
        executor.stop();
        await engine.close();
      },
    };
  },
});
