/** A service on this machine for tests: answers as it is told, and keeps what it was asked. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

/** A request that arrived. */
export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The body as JSON; an empty object where there is none. */
  json(): Record<string, unknown>;
}

/** An answer: JSON, text or bytes; or a function that writes it by itself. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
  | ((response: ServerResponse, request: IncomingMessage) => void | Promise<void>);

export interface TestService {
  url: string;
  requests: Seen[];
  close(): Promise<void>;
}

/** Starts a service on a free port of this machine. A `respond` that throws is a 500. */
export async function startService(respond: (request: Seen) => Reply | Promise<Reply>): Promise<TestService> {
  const requests: Seen[] = [];
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Uint8Array[] = [];
    for await (const part of incoming) parts.push(part);
    const body = Buffer.concat(parts);
    const url = new URL(incoming.url ?? "/", "http://service");
    const seen: Seen = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body,
      json: () => (body.length === 0 ? {} : JSON.parse(body.toString("utf8"))),
    };
    requests.push(seen);
    const reply = await respond(seen);
    if (typeof reply === "function") return reply(response, incoming);
    const text = reply.text ?? JSON.stringify(reply.json ?? {});
    response.writeHead(reply.status ?? 200, { "content-type": reply.text === undefined ? "application/json" : "text/plain", ...reply.headers }).end(text);
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) =>
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ error: String(error) })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the service has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
