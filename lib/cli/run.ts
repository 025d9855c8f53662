/** `prompt-studio run`: documents and prompts in, values out. Everything that can be wrong is checked before anything is started. */
import { resolve } from "node:path";
import type { Studio, Submission } from "../client.ts";
import { type Config, checkAdapters } from "../config.ts";
import { PermanentError } from "../schema/errors.ts";
import type { ProcessRequest } from "../schema/request.ts";
import { type Grade, gradeSchema } from "../schema/result.ts";
import type { Context } from "./context.ts";
import { checkDocuments, type OutputFolder, prepareFolder } from "./files.ts";
import { readPassword } from "./password.ts";
import { readRequest } from "./prompts.ts";
import { readingOf } from "./reading.ts";
import { type RunOptions, resumeCommands } from "./resume.ts";
import { type DocumentPart, labelOf, splitFiles } from "./split.ts";
import { EXIT } from "./surroundings.ts";
import { plain } from "./text.ts";
import { type Work, workAndPrint } from "./work.ts";

interface Prepared {
  config: Config;
  request: ProcessRequest;
  documents: readonly DocumentPart[];
  folder: OutputFolder | undefined;
  password: string | undefined;
  gate: Grade | undefined;
}

/** Runs the command; resolves to the exit code. */
export async function runDocuments(context: Context, files: readonly string[], options: RunOptions): Promise<number> {
  const { surroundings } = context;
  const prepared = await prepare(context, files, options);
  if (surroundings.signal.aborted) return EXIT.interrupted;
  const studio = await surroundings.openStudio({
    interactive: true,
    ...(options.llm === undefined ? {} : { llm: options.llm }),
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    ...(context.options.store === undefined ? {} : { storeLocation: context.options.store }),
    ...(context.options.debug ? { debug: true } : {}),
  });
  try {
    const work = await submitAll(context, studio, prepared, options);
    return work === undefined ? EXIT.interrupted : await workAndPrint(context, studio, prepared.config, work);
  } finally {
    await studio.close();
  }
}

async function prepare(context: Context, files: readonly string[], options: RunOptions): Promise<Prepared> {
  const { surroundings } = context;
  const { cwd } = surroundings;
  const config = await surroundings.loadConfig({ engine: options.engine ?? "embedded", storeLocation: context.options.store, llm: options.llm });
  const gate = options.minGrade === undefined ? undefined : gradeSchema.parse(options.minGrade);
  const request = await readRequest(options, cwd, config.limits, options);
  checkAdapters(request, config);
  if (options.strict) await refuseWarnings(request);
  refuseOneForMany(files, options.runId ?? request.run_id, request.output_file_path);
  const whole = await checkDocuments(files, cwd, config.limits.documentBytes);
  const password = await readPassword(options, surroundings.stdin, config.secret);
  const documents: DocumentPart[] = options.split
    ? await splitFiles(context, whole, { limits: config.limits, ...readingOf(request), password, signal: surroundings.signal })
    : whole;
  refuseOneForMany(documents, options.runId ?? request.run_id, request.output_file_path);
  const inputs = [
    ...whole.map(({ absolute }) => absolute),
    ...[options.prompts, options.schema].flatMap((path) => (path === undefined ? [] : [resolve(cwd, path)])),
  ];
  const folder = options.out === undefined ? undefined : await prepareFolder(options.out, cwd, documents, inputs);
  return { config, request, documents, folder, password, gate };
}

/** What is one cannot belong to several documents: each run would take the place of the one before. */
function refuseOneForMany(files: readonly unknown[], runId: string | undefined, resultPath: string | undefined): void {
  if (files.length < 2) return;
  if (resultPath !== undefined) {
    throw new PermanentError(
      "invalid_request",
      `One output_file_path (${plain(resultPath)}) can't hold the results of ${files.length} documents. Leave it out, and name a folder with --out.`,
    );
  }
  if (runId !== undefined) {
    throw new PermanentError(
      "invalid_request",
      `One run id (${runId}) can't name the runs of ${files.length} documents. Leave --run-id and run_id out: each run gets its own.`,
    );
  }
}

/** --strict: what would only warn is an error, and nothing is started. */
async function refuseWarnings(request: ProcessRequest): Promise<void> {
  const { buildDigraph } = await import("../agents/digraph.ts");
  const { warnings } = buildDigraph(request.outputs);
  if (warnings.length === 0) return;
  const problems = warnings.map(({ output, message }) => ({ pointer: `/outputs/${request.outputs.findIndex(({ name }) => name === output)}/prompt`, message }));
  throw new PermanentError("invalid_request", `--strict: the prompts have warnings: ${problems[0]?.pointer} ${problems[0]?.message}`, { problems });
}

/** Hands every document to the studio. Undefined when interrupted on the way: the runs that were accepted are kept. */
async function submitAll(context: Context, studio: Studio, prepared: Prepared, options: RunOptions): Promise<Work | undefined> {
  const { request, documents, folder, password, gate } = prepared;
  const runId = options.runId ?? request.run_id;
  const runs: Work["runs"][number][] = [];
  const warned = new Set<string>();
  const commands = () =>
    resumeCommands(
      runs.map(({ runId: id }, index) => ({ path: documents[index]?.path ?? "", pages: documents[index]?.pages, runId: id })),
      options,
      context.options,
    );
  for (const [index, document] of documents.entries()) {
    if (context.surroundings.signal.aborted) {
      context.note(`Interrupted. ${runs.length} of ${documents.length} documents were accepted; the same command goes on.`);
      return undefined;
    }
    const submission: Submission = {
      document: document.absolute,
      fileName: document.fileName,
      request: document.pages === undefined ? request : { ...request, extraction_settings: { ...request.extraction_settings, pages: document.pages } },
      ...(runId === undefined ? {} : { runId }),
      ...(options.fresh ? { fresh: true } : {}),
      ...(password === undefined ? {} : { password }),
    };
    const submitted = await studio.submit(submission);
    for (const warning of submitted.warnings.filter((text) => !warned.has(text))) context.note(`warning: ${plain(warning)}`);
    for (const warning of submitted.warnings) warned.add(warning);
    runs.push({ path: labelOf(document), runId: submitted.runId, existing: submitted.existing, outputName: folder?.names[index] });
  }
  return { runs, folder: folder?.path, gate, onlyId: options.output === "id", resume: commands };
}
