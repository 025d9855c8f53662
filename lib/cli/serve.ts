/** `prompt-studio serve`: HTTP, and in the same process whatever the engine needs to have its calls made. */
import { listen } from "../http/listen.ts";
import { formatPlural } from "../report/format.ts";
import type { Context } from "./context.ts";
import { EXIT, type Service, type ServiceOptions } from "./surroundings.ts";
import { FINISH_MS, refuseOpenWithoutKeys, serviceOptions, untilStopped, type WorkerOptions } from "./worker.ts";

/** Serves until it is told to stop; then takes no more requests, lets running calls end for a while, and leaves the rest for the next start. */
export async function serve(context: Context, options: WorkerOptions): Promise<number> {
  const { surroundings } = context;
  const given: ServiceOptions = serviceOptions(context, options);
  const config = await surroundings.loadConfig(given);
  refuseOpenWithoutKeys(config);
  const hasKeys = config.http.apiKeys.length > 0;
  const service = await surroundings.openService(given);
  try {
    const worker = await service.startWorker({
      only: isDoneHere,
      onSwept: (runs) => context.remark(`Goes on with ${formatPlural(runs.length, "run")} that had been left.`),
    });
    const listening = await listen(service.app, config.http).catch(async (error: unknown) => {
      await worker.stop(0);
      throw error;
    });
    tell(context, service, listening.url, hasKeys);
    await untilStopped(surroundings.signal);
    context.remark("Stopping: open requests and running calls may end. Press Ctrl-C again to stop at once; nothing done is lost.");
    await Promise.all([listening.close(FINISH_MS), worker.stop(FINISH_MS)]);
    return EXIT.done;
  } finally {
    await service.close();
  }
}

/** Embedded calls are made here, and an engine that calls us does so here; what polls a broker has workers of its own. */
function isDoneHere({ name, fetch }: Service["engines"][number]): boolean {
  return name === "embedded" || fetch !== undefined;
}

function tell(context: Context, { engines, config }: Service, url: string, hasKeys: boolean): void {
  const [engine, ...others] = engines.map(({ name }) => name);
  if (context.options.json) context.printJson({ url, engine, fallback: others, keys: hasKeys }, "line");
  else context.print(`Listening on ${url}`);
  context.remark(
    `engine ${[engine, ...others].join(", then ")}; ${formatPlural(config.concurrency, "call")} at once; documents by path ${config.http.files ?? "are not read (PROMPT_STUDIO_FILES)"}`,
    hasKeys
      ? `${formatPlural(config.http.apiKeys.length, "key")}: requests need "Authorization: Bearer KEY".`
      : "No keys are set (PROMPT_STUDIO_API_KEYS), so only this machine is served.",
  );
  if (engines.some((each) => !isDoneHere(each))) context.remark(`Calls are made by workers: ${context.command(`worker --engine ${engine}`)}`);
}
