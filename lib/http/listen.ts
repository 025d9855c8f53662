/** An app on a port of this machine. */
import { createServer } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { PermanentError } from "../schema/errors.ts";

const HEADERS_MS = 20_000;
const REQUEST_MS = 660_000;
const KEEP_ALIVE_MS = 15_000;

export interface Listening {
  /** As others call it: http://127.0.0.1:3000 */
  url: string;
  /** Takes no more requests and resolves when those that are open are answered, at the latest after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Listens on a host and port; port 0 takes any free one. Throws PermanentError "invalid_configuration" when that isn't possible. */
export async function listen(
  app: { fetch(request: Request, env?: object): Response | Promise<Response> },
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const serverOptions = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = createAdaptorServer({ fetch: (request, env) => app.fetch(request, env), createServer, serverOptions });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program listens there" : (error.code ?? error.message);
      reject(
        new PermanentError("invalid_configuration", `Can't listen on ${host}, port ${port}: ${why}. Choose another with --port or --host.`, { cause: error }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const actual = address !== null && typeof address === "object" ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}`,
    close: (graceMs) =>
      new Promise((resolve) => {
        const connections = "closeAllConnections" in server ? server : undefined;
        const late = setTimeout(() => connections?.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
        connections?.closeIdleConnections();
      }),
  };
}
