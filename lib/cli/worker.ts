/** `prompt-studio worker`: makes the calls of an engine that is polled, and takes up what was left half-done. */
import { PermanentError } from "../schema/errors.ts";
import type { Context } from "./context.ts";
import { EXIT, type ServiceOptions } from "./surroundings.ts";
import { count } from "./text.ts";

/** So long may running calls go on after a stop. */
export const FINISH_MS = 10_000;

export interface WorkerOptions {
  engine?: string;
  concurrency?: number;
  llm?: string;
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
      onSwept: (runs) => context.remark(`Goes on with ${count(runs.length, "run")} that had been left.`),
    });
    const { concurrency, concurrencyPerTenant } = service.config;
    if (context.options.json) context.printJson({ engine: engine?.name, concurrency, concurrencyPerTenant }, "line");
    else context.print(`Working: engine ${service.engines.map(({ name }) => name).join(", then ")}, ${count(concurrency, "call")} at once`);
    await untilStopped(surroundings.signal);
    context.remark("Stopping: running calls may end. Press Ctrl-C again to stop at once; nothing done is lost.");
    await worker.stop(FINISH_MS);
    return EXIT.done;
  } finally {
    await service.close();
  }
}

/** What of a command's options the composition root is told. */
export function serviceOptions({ options: common }: Context, own: WorkerOptions & { host?: string; port?: number }): ServiceOptions {
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
