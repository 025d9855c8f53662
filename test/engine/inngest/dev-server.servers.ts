/** The suite of all engines against a real Inngest server, wherever INNGEST_DEV names one (http://127.0.0.1:8288). It drives our function over sockets. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { describe, it } from "vitest";
import { INNGEST_PATH, openInngest } from "../../../functions/prompt-studio.ts";
import { INNGEST_CAPABILITIES } from "../../../lib/engine/inngest/engine.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { engineConformance } from "../../conformance/engine.ts";

const server = process.env.INNGEST_DEV;

if (server === undefined || !URL.canParse(server)) {
  const reason = "no Inngest server: set INNGEST_DEV to the URL of a dev server, which is in no package registry";
  console.warn(`Skipped: the engine inngest against a real server (${reason}).`);
  describe("the engine inngest on a real server", () => {
    it.skip(reason, () => undefined);
  });
} else {
  engineConformance({
    name: "inngest",
    capabilities: INNGEST_CAPABILITIES,
    async start(host, { concurrency, perTenant }) {
      const { engine } = openInngest({
        // Its own app for each test: what an earlier one left in the server must not count against this one's limits.
        settings: { id: `prompt-studio-${randomUUID().slice(0, 8)}`, isDev: true, baseUrl: server },
        store: host.store,
        clock: host.clock,
        doors: createDoors(host),
        log: host.log,
        intake: { tenant: "default", accept: () => Promise.reject(new Error("this suite sends no requests")) },
        concurrency,
        perTenant,
        hostLimitMs: 30_000,
      });
      const served = createServer(getRequestListener((request) => engine.fetch?.(request) ?? new Response(null, { status: 404 })));
      await new Promise<void>((resolve) => served.listen(0, "127.0.0.1", resolve));
      const { port } = served.address() as AddressInfo;
      const synced = await fetch(`http://127.0.0.1:${port}${INNGEST_PATH}`, { method: "PUT" });
      if (!synced.ok) throw new Error(`The server did not take the app: ${await synced.text()}`);
      return {
        engine,
        async stop() {
          served.closeAllConnections();
          await new Promise((resolve) => served.close(resolve));
          await engine.close();
        },
      };
    },
  });
}
