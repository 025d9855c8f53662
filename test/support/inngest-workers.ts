/** The executor on a port of its own, for apps in processes of their own: everything goes over sockets. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { OpenedWorkers } from "../conformance/engine/subject.ts";
import { createInngestExecutor } from "./inngest-executor.ts";

/** An executor for the app that was started last. A dead app refuses the connection, as it would to Inngest. */
export async function openExecutorForWorkers(): Promise<OpenedWorkers & { executor: ReturnType<typeof createInngestExecutor> }> {
  let app = 0;
  const executor = createInngestExecutor({
    async serve(request) {
      const { pathname, search } = new URL(request.url);
      const headers = Object.fromEntries(request.headers);
      return fetch(`http://127.0.0.1:${app}${pathname}${search}`, { method: request.method, headers, body: await request.text() });
    },
    retryMs: 200,
  });
  const server = createServer(getRequestListener((request) => executor.fetch(request)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    executor,
    parts: { settings: { inngest: { baseUrl: `http://127.0.0.1:${port}/` } } },
    async ready(listening) {
      app = listening;
      await executor.sync();
    },
    async close() {
      executor.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
