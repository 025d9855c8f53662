/** `prompt-studio worker`: makes the calls of an engine that is polled, and takes up what was left half-done. */
import type { Config } from "../config.ts";
import { isLoopback } from "../http/guard.ts";
import { type Listening, listen } from "../http/listen.ts";
import { formatPlural } from "../report/format.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Context } from "./context.ts";
import { EXIT, type Service, type ServiceOptions } from "./surroundings.ts";

/** So long may running calls go on after a stop. */
export const FINISH_MS = 10_000;

export interface WorkerOptions {
  engine?: string;
  concurrency?: number;
  llm?: string;
  host?: string;
  port?: number;
}

/** Works until it is told to stop; then lets running calls end for a while, and leaves the rest to others. */
export async function work(context: Context, options: WorkerOptions): Promise<number> {
  const { surroundings } = context;
  const service = await surroundings.openService(serviceOptions(context, options));
  try {
    const [engine] = service.engines;
    if (engine?.fetch !== undefined) {
      throw new PermanentError(
        "invalid_configuration",
        `The engine ${engine.name} calls an address and is not polled, so it has no workers. Start ${context.command(`serve --engine ${engine.name}`)} instead.`,
      );
    }
    const worker = await service.startWorker({
      onSwept: (runs) => context.remark(`Goes on with ${formatPlural(runs.length, "run")} that had been left.`),
    });
    const metrics = await watchable(service, options).catch(async (error: unknown) => {
      await worker.stop(0);
      throw error;
    });
    tell(context, service, metrics?.url);
    await untilStopped(surroundings.signal);
    context.remark("Stopping: running calls may end. Press Ctrl-C again to stop at once; nothing done is lost.");
    await worker.stop(FINISH_MS);
    await metrics?.close(0);
    return EXIT.done;
  } finally {
    await service.close();
  }
}

/** A worker answers nobody, except who watches it: /healthz and /metrics, where --port says so. */
async function watchable({ app, config }: Service, { port }: WorkerOptions): Promise<Listening | undefined> {
  if (port === undefined) return undefined;
  refuseOpenWithoutKeys(config);
  const paths = new Set(["/healthz", "/metrics"]);
  const fetch = (request: Request, env?: object) =>
    paths.has(new URL(request.url).pathname) ? app.fetch(request, env) : new Response("A worker has only /healthz and /metrics.\n", { status: 404 });
  return listen({ fetch }, config.http);
}

/** Throws PermanentError when others could ask and there are no keys. */
export function refuseOpenWithoutKeys({ http }: Config): void {
  if (http.apiKeys.length > 0 || isLoopback(http.host)) return;
  throw new PermanentError(
    "invalid_configuration",
    `Without keys only this machine may be served, and ${http.host} is open to others. Set PROMPT_STUDIO_API_KEYS to tenant:key, or leave --host out.`,
  );
}

function tell(context: Context, { engines, config }: Service, url: string | undefined): void {
  const { concurrency, concurrencyPerTenant } = config;
  const names = engines.map(({ name }) => name);
  if (context.options.json)
    context.printJson({ engine: names[0], fallback: names.slice(1), concurrency, concurrencyPerTenant, ...(url ? { url } : {}) }, "line");
  else context.print(`Working: engine ${names.join(", then ")}, ${formatPlural(concurrency, "call")} at once${url ? `; metrics at ${url}/metrics` : ""}`);
}

/** What of a command's options the composition root is told. */
export function serviceOptions({ options: common }: Context, own: WorkerOptions): ServiceOptions {
  const { engine, concurrency, llm, host, port } = own;
  const given = { engine, concurrency, llm, host, port, storeLocation: common.store, debug: common.debug };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Resolves when the program is told to stop. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
