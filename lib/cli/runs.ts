/** `prompt-studio runs …`: what happened to runs, watching, cancelling and running again. */
import type { RunEvent, RunView, Studio } from "../client.ts";
import { given } from "../config/read.ts";
import { STAGE_IDS } from "../config.ts";
import { ENGINE_CATALOG } from "../engine/catalog.ts";
import { PermanentError } from "../schema/errors.ts";
import { closest } from "../schema/problems.ts";
import type { RunResult } from "../schema/result.ts";
import { type Context, colorOf } from "./context.ts";
import { failureLines, pointerLines, resultLines, viewLine } from "./result-text.ts";
import { EXIT } from "./surroundings.ts";
import { plain, table, usageText } from "./text.ts";
import { isEnded, workAndPrint } from "./work.ts";

const WATCH_MS = 1000;

/** Opens the studio for one action and closes it. */
export async function withStudio(context: Context, action: (studio: Studio) => Promise<number>, interactive = false): Promise<number> {
  const { options, surroundings } = context;
  const studio = await surroundings.openStudio({
    ...(options.store === undefined ? {} : { storeLocation: options.store }),
    ...(options.debug ? { debug: true } : {}),
    ...(interactive ? { interactive } : {}),
  });
  try {
    return await action(studio);
  } finally {
    await studio.close();
  }
}

/** `runs list`: the newest first. */
export function listRuns(context: Context, limit: number): Promise<number> {
  return withStudio(context, async (studio) => {
    const views = await studio.list({ limit });
    if (context.options.json) {
      context.printJson({ runs: views });
      return EXIT.done;
    }
    if (views.length === 0) {
      context.note(`There are no runs yet. Start one with: ${context.command("run FILE --prompts PROMPTS")}`);
      return EXIT.done;
    }
    const rows = views.map((view) => [
      view.runId,
      view.status.replaceAll("_", " "),
      new Date(view.createdMs).toISOString().slice(0, 16).replace("T", " "),
      plain(view.fileName),
      usageText(view.usage),
    ]);
    context.print(
      ...table(
        [{ title: "run" }, { title: "status" }, { title: "created (UTC)" }, { title: "file", least: 12 }, { title: "usage" }],
        rows,
        context.surroundings.stdout.columns,
      ),
    );
    return EXIT.done;
  });
}

/** How a result is printed. */
export type ResultFormat = "json" | "csv" | "md";

async function printResultAs(context: Context, result: RunResult | undefined, format: Exclude<ResultFormat, "json">, view: RunView): Promise<number> {
  if (result === undefined) {
    context.note(isEnded(view) ? `Run ${view.runId} has no result.` : `Run ${view.runId} has no result yet.`, viewLine(view));
    return EXIT.failed;
  }
  const { csvOf, resultMarkdown, resultSheet } = await import("../report/tables.ts");
  context.surroundings.stdout.write(format === "csv" ? csvOf(resultSheet(result)) : resultMarkdown(result));
  return EXIT.done;
}

/** `runs get`: a run as it is now, with its result when it has one; with a format only the result. */
export function getRun(context: Context, runId: string, format?: ResultFormat): Promise<number> {
  return withStudio(context, async (studio) => {
    const config = await context.surroundings.loadConfig({ storeLocation: context.options.store });
    const view = await studio.get(runId);
    const hasResult = view.status === "completed" || view.status === "completed_with_issues";
    const result = hasResult ? await studio.result(runId) : undefined;
    if (format === "csv" || format === "md") return printResultAs(context, result, format, view);
    if (context.options.json || format === "json") {
      context.printJson({ ...view, result: result ?? null });
      return EXIT.done;
    }
    const { stdout } = context.surroundings;
    if (result) context.print(...resultLines(result, { columns: stdout.columns, color: colorOf(stdout, config) }), ...pointerLines(runId, context.command));
    else if (isEnded(view)) context.print(...failureLines(view, context.command));
    else {
      const rows = view.stages.map(({ id, status, done, total }) => [id, status, total === undefined ? "" : `${done}/${total}`]);
      context.print(
        viewLine(view),
        "",
        ...table([{ title: "stage" }, { title: "status" }, { title: "done" }], rows, stdout.columns),
        "",
        `watch  ${context.command(`runs watch ${runId}`)}`,
      );
    }
    return EXIT.done;
  });
}

function eventText(event: RunEvent): string {
  const took = event.durationMs === undefined ? "" : ` in ${(event.durationMs / 1000).toFixed(1)}s`;
  const what = [
    event.stage,
    event.item === undefined ? undefined : String(event.item).padStart(4, "0"),
    event.label,
    event.outcome ?? event.status,
    event.code,
  ];
  const words = what.filter((word) => word !== undefined && word !== "").join(" ");
  return plain(`${new Date(event.at).toISOString().slice(11, 19)} ${event.type} ${words}${took}`);
}

/** `runs watch`: each event as it becomes known, until the run has ended. It only looks; the work is done elsewhere. */
export function watchRun(context: Context, runId: string): Promise<number> {
  const { surroundings, options } = context;
  return withStudio(context, async (studio) => {
    await studio.get(runId);
    const seen = new Set<string>();
    for (let after: string | undefined; !surroundings.signal.aborted; ) {
      for (const event of await studio.events(runId, after)) {
        after = event.id;
        // A cursor may repeat events.
        if (seen.has(event.id)) continue;
        seen.add(event.id);
        if (options.json) context.printJson(event, "line");
        else context.print(eventText(event));
        if (event.type === "run-end") return event.status === "failed" || event.status === "cancelled" ? EXIT.failed : EXIT.done;
      }
      await surroundings.sleep(WATCH_MS);
    }
    context.note(`Interrupted. The run is not: watch it again with: ${context.command(`runs watch ${runId}`)}`);
    return EXIT.interrupted;
  });
}

/** `runs cancel`. */
export function cancelRun(context: Context, runId: string, reason: string): Promise<number> {
  return withStudio(context, async (studio) => {
    const view = await studio.cancel(runId, reason);
    if (context.options.json) context.printJson(view);
    else context.print(viewLine(view));
    if (view.status === "cancelled") return EXIT.done;
    context.note(`Run ${runId} had ended before it could be cancelled.`);
    return EXIT.failed;
  });
}

/** `runs move`: another engine goes on with a run, wherever it runs now. */
export async function moveRun(context: Context, runId: string, to: string): Promise<number> {
  const { options, surroundings } = context;
  const service = await surroundings.openService({ engine: to, alone: true, ...given({ storeLocation: options.store, debug: options.debug }) });
  try {
    const [engine] = service.engines;
    const before = await service.studio.get(runId);
    const view = await service.studio.move(runId, engine?.name ?? to);
    if (options.json) context.printJson(view);
    else context.print(viewLine(view));
    const where = before.engine === view.engine ? `was with ${view.engine} already` : `is with ${view.engine} now, and was with ${before.engine}`;
    context.remark(`Run ${runId} ${where}. Its calls are made by: ${ENGINE_CATALOG[engine?.name ?? "embedded"].runs}.`);
    return EXIT.done;
  } finally {
    await service.close();
  }
}

/** Throws PermanentError "invalid_request" that lists the stages. */
export function checkStage(stage: string): void {
  if (STAGE_IDS.some((id) => id === stage)) return;
  const near = closest(stage, STAGE_IDS);
  throw new PermanentError("invalid_request", `There is no stage ${plain(stage)}${near ? ` (did you mean ${near}?)` : ""}. Stages: ${STAGE_IDS.join(", ")}.`);
}

/** `runs rerun`: a new run with the old one's results before a stage, worked on here. */
export async function rerun(context: Context, runId: string, options: { from?: string; runId?: string; output?: "id" }): Promise<number> {
  if (options.from !== undefined) checkStage(options.from);
  const config = await context.surroundings.loadConfig({ storeLocation: context.options.store });
  const choice = { ...(options.from === undefined ? {} : { from: options.from }), ...(options.runId === undefined ? {} : { newRunId: options.runId }) };
  return withStudio(
    context,
    async (studio) => {
      const old = await studio.get(runId);
      const submitted = await studio.rerun(runId, choice);
      for (const warning of submitted.warnings) context.note(`warning: ${plain(warning)}`);
      context.remark(`Run ${submitted.runId} ${submitted.existing ? "goes on" : `starts from ${options.from ?? "the first stage"} of ${runId}`}.`);
      const from = options.from === undefined ? "" : ` --from ${options.from}`;
      return workAndPrint(context, studio, config, {
        runs: [{ path: old.fileName, runId: submitted.runId, existing: submitted.existing, outputName: undefined }],
        folder: undefined,
        gate: undefined,
        onlyId: options.output === "id",
        resume: () => [`runs rerun ${runId}${from} --run-id ${submitted.runId}`],
      });
    },
    true,
  );
}
