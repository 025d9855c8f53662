/** The executor that stands for Inngest, at an address of its own. An app that registers there is called at the address that it gives. */
import { z } from "zod";
import { listen } from "../../lib/http/listen.ts";
import { createInngestExecutor } from "./inngest-executor.ts";

const registrationSchema = z.object({ url: z.url() });

export interface InngestServer {
  url: string;
  executor: ReturnType<typeof createInngestExecutor>;
  /** Calls this instead of an address. */
  call(app: (request: Request) => Response | Promise<Response>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on a free port. */
export async function startInngestServer(): Promise<InngestServer> {
  let app = async (_: Request): Promise<Response> => new Response("nobody", { status: 503 });
  const executor = createInngestExecutor({ serve: (request) => app(request) });
  const callAt = async (url: string) => {
    app = async (request) => {
      const { search } = new URL(request.url);
      return fetch(new Request(`${url.split("?")[0]}${search}`, { method: request.method, headers: request.headers, body: await request.text() }));
    };
    await executor.sync();
  };
  const answer = async (request: Request): Promise<Response> => {
    if (new URL(request.url).pathname !== "/fn/register") return executor.fetch(request);
    await callAt(registrationSchema.parse(await request.json()).url);
    return Response.json({ ok: true, modified: true });
  };
  const server = await listen({ fetch: answer }, { host: "127.0.0.1", port: 0 });
  return {
    url: server.url,
    executor,
    async call(handler) {
      app = async (request) => handler(request);
      await executor.sync();
    },
    async stop() {
      executor.stop();
      await server.close(0);
    },
  };
}
