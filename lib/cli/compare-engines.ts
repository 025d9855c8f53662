/** `prompt-studio engines compare`: the same documents on several engines at the same time, measured, and whether the results are the same. */
import { randomUUID } from "node:crypto";
import type { RunView } from "../client.ts";
import { given } from "../config/read.ts";
import { checkAdapters } from "../config.ts";
import { listen } from "../http/listen.ts";
import { registerInngest } from "../inngest-maker.ts";
import { formatPlural } from "../report/format.ts";
import { PermanentError } from "../schema/errors.ts";
import type { ProcessRequest } from "../schema/request.ts";
import { differencesOf, type EngineReport, type Measured, reportOf } from "./compare-report.ts";
import type { Context } from "./context.ts";
import { checkDocuments, type DocumentFile } from "./files.ts";
import { readRequest } from "./prompts.ts";
import { EXIT, type Service } from "./surroundings.ts";
import { duration, plain, table, usageText } from "./text.ts";
import { isEnded } from "./work.ts";

const LOOK_MS = 250;
const MOST_DIFFERENCES = 20;

export interface CompareOptions {
  prompts?: string;
  schema?: string;
  engines: string;
  llm?: string;
  concurrency?: number;
}

/** Runs the command: 1 when results differ or a run failed. */
export async function compareEngines(context: Context, files: readonly string[], options: CompareOptions): Promise<number> {
  const { surroundings } = context;
  const common = given({ storeLocation: context.options.store, llm: options.llm, concurrency: options.concurrency });
  const configs = await Promise.all(options.engines.split(",").map((engine) => surroundings.loadConfig({ engine, ...common })));
  const [config, ...others] = configs;
  if (config === undefined || others.length === 0 || new Set(configs.map(({ engine }) => engine)).size < configs.length) {
    throw new PermanentError(
      "invalid_request",
      `There is nothing to compare in --engines ${plain(options.engines)}: name two engines or more, each once, as in embedded,celery.`,
    );
  }
  const asked = await readRequest(options, surroundings.cwd, config.limits, options);
  // One file, and one run id, can't be those of several runs.
  const request = { ...asked, run_id: undefined, output_file_path: undefined };
  checkAdapters(request, config);
  const documents = await checkDocuments(files, surroundings.cwd, config.limits.documentBytes);
  const id = randomUUID().slice(0, 8);
  const services: Service[] = [];
  try {
    // One after the other: what is wrong with one of them is said before any has begun.
    for (const { engine } of configs)
      services.push(await surroundings.openService({ engine, ...common, alone: true, ...given({ debug: context.options.debug }) }));
    const measured = await Promise.all(services.map((service) => measure(context, service, { id, request, documents })));
    if (surroundings.signal.aborted) {
      context.note("Interrupted. The runs are kept and go on when a worker of their engine works.");
      return EXIT.interrupted;
    }
    return print(context, measured, documents);
  } finally {
    await Promise.allSettled(services.map((service) => service.close()));
  }
}

interface Work {
  id: string;
  request: ProcessRequest;
  documents: readonly DocumentFile[];
}

/** Runs every document on one engine, whose calls are made here. */
async function measure(context: Context, service: Service, work: Work): Promise<Measured> {
  const { signal } = context.surroundings;
  const { studio } = service;
  const engine = service.config.engine;
  const called = service.engines.some((each) => each.fetch !== undefined);
  const listening = called ? await listen(service.app, { host: service.config.http.host, port: 0 }) : undefined;
  if (listening) await registerInngest(listening.url);
  const worker = await service.startWorker();
  try {
    const runIds = await Promise.all(
      work.documents.map(async ({ absolute, fileName }, index) => {
        const submission = { document: absolute, fileName, request: work.request, runId: `compare-${work.id}-${engine}-${index + 1}` };
        return (await studio.submit(submission)).runId;
      }),
    );
    context.remark(`${engine}: ${formatPlural(runIds.length, "run")} accepted.`);
    const ended = async (runId: string): Promise<RunView> => {
      for (;;) {
        const view = await studio.get(runId);
        if (isEnded(view) || signal.aborted) return view;
        await context.surroundings.sleep(LOOK_MS);
      }
    };
    const runs = await Promise.all(
      runIds.map(async (runId) => {
        const view = await ended(runId);
        return { view, events: await studio.events(runId), result: isEnded(view) ? await studio.result(runId) : undefined };
      }),
    );
    return { engine, runs };
  } finally {
    await Promise.all([listening?.close(0), worker.stop(0)]);
  }
}

function print(context: Context, measured: readonly Measured[], documents: readonly DocumentFile[]): number {
  const engines = measured.map(reportOf);
  const differences = differencesOf(
    measured,
    documents.map(({ path }) => path),
  );
  const equal = differences.length === 0;
  if (context.options.json) context.printJson({ equal, engines, differences });
  else {
    const header = ["engine", "runs", "failed", "median", "longest", "queue", "calls failed", "usage"].map((title) => ({ title }));
    context.print(...table(header, engines.map(cellsOf), context.surroundings.stdout.columns), "");
    context.print(equal ? "The results are the same." : `The results differ in ${formatPlural(differences.length, "place")}:`);
    for (const { file, what, engines: values } of differences.slice(0, MOST_DIFFERENCES)) {
      context.print(
        `  ${plain(file)}  ${plain(what)}`,
        ...Object.entries(values).map(([engine, value]) => `    ${engine}  ${plain(JSON.stringify(value)).slice(0, 160)}`),
      );
    }
    if (differences.length > MOST_DIFFERENCES) context.print(`  and ${differences.length - MOST_DIFFERENCES} more; --json has them all`);
  }
  return equal && engines.every(({ failed }) => failed === 0) ? EXIT.done : EXIT.failed;
}

function cellsOf({ engine, runs, failed, medianMs, longestMs, queueMs, failedCalls, usage }: EngineReport): string[] {
  return [engine, String(runs), String(failed), duration(medianMs), duration(longestMs), duration(queueMs), String(failedCalls), usageText(usage) || "-"];
}
