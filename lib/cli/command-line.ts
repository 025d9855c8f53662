/** The commands, their options and help. Each command's code is loaded when it is called, so that the help is there at once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CompareOptions } from "./compare-engines.ts";
import type { Context } from "./context.ts";
import type { EvalOptions } from "./eval.ts";
import type { RunOptions } from "./resume.ts";
import type { ResultFormat } from "./runs.ts";
import { EXIT, type GlobalOptions, type Surroundings } from "./surroundings.ts";
import type { WorkerOptions } from "./worker.ts";

const HELP = `
Examples:
  prompt-studio run invoice.pdf --prompts invoice.json       values, each with its page and quote
  prompt-studio run *.pdf --prompts p.json --out results     a batch; the same command goes on after a stop
  prompt-studio runs rerun RUN --from evaluate               a new run that reuses what came before

Settings: a flag wins over the environment, that over prompt-studio.config.json. Secrets come only
from environment variables (OPENAI_API_KEY) or standard input, never as flags.

Exit codes: 0 done; 1 a run failed or a service can't be reached; 2 usage, configuration or bad input;
3 finished below --min-grade or --min-accuracy; 130 interrupted (the run is kept, and the message says how to go on).`;

type Act = (context: Context) => Promise<number>;

/** Runs one command line (without node and script) to its exit code. Never throws: what goes wrong is reported on stderr. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let code: number = EXIT.done;
  const program = createProgram(surroundings, async (options, act) => {
    code = await perform(surroundings, options, act);
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (argv.includes("--json"))
      surroundings.stdout.write(`${JSON.stringify({ error: { code: "invalid_request", message: error.message.replace(/^error: /, "") } })}\n`);
    return EXIT.usage;
  }
}

async function perform(surroundings: Surroundings, options: GlobalOptions, act: Act): Promise<number> {
  const { createContext } = await import("./context.ts");
  const context = createContext(surroundings, options);
  try {
    return await act(context);
  } catch (error) {
    if (surroundings.signal.aborted) {
      context.note("Interrupted before anything was started.");
      return EXIT.interrupted;
    }
    const { exitCodeOf } = await import("./errors.ts");
    context.fail(error);
    return exitCodeOf(error);
  }
}

type Perform = (options: GlobalOptions, act: Act) => Promise<void>;

function createProgram(surroundings: Surroundings, act: Perform): Command {
  const program = new Command("prompt-studio")
    .description("Turns documents into trustworthy data: typed values, each with the place on the page that proves it.")
    .version(versionOf(surroundings.packageRoot), "-V, --version", "print the version")
    .option("--json", "print JSON on stdout: one document, or a line for each of several")
    .option("--quiet", "no progress and no remarks on stderr")
    .option("--debug", "print the stack of an error")
    .option("--store <location>", "where everything is kept: a folder or s3://bucket/prefix")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
      getOutHelpWidth: () => surroundings.stdout.columns,
      getErrHelpWidth: () => surroundings.stderr.columns,
    })
    .showHelpAfterError("Show what is possible: prompt-studio --help")
    .addHelpText("after", HELP);
  addRun(program, act);
  addRuns(program, act);
  addServices(program, act);
  addEval(program, act);
  addOthers(program, act);
  return program;
}

/** A subcommand's own options and, from the program, the common ones. */
function common(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

function addRun(program: Command, act: Perform): void {
  program
    .command("run")
    .description("read documents and extract what the prompts ask for")
    .argument("<file...>", "documents: PDF, Word, Excel, CSV, HTML, Markdown, JSON, text, images")
    .option("--prompts <file>", "JSON: a full request, an object with outputs, or a list of outputs")
    .option("--schema <file>", "JSON Schema of what is wanted, or a module that exports a zod schema; nested JSON comes out")
    .option("--run-id <id>", "name of the run; else derived from document, request and settings, so that the same command goes on")
    .option("--out <folder>", "write FILE.json and FILE.html for each document, and results.csv and results.jsonl for several")
    .option("--engine <name>", "what makes the calls happen (embedded)")
    .option("--llm <name>", "language model: local, openai, openai:MODEL, or a name of the configuration")
    .option("--pages <ranges>", "only these pages, as in 1-3,7")
    .option("--split", "a file that holds several documents is a run for each of them")
    .option("--language <code>", "language of the document, as in de")
    .option("--password-stdin", "read the document's password from standard input")
    .option("--password-env <name>", "environment variable that holds the document's password")
    .option("--strict", "warnings about the prompts are errors")
    .option("--fresh", "start over instead of continuing the same run")
    .addOption(onlyId())
    .addOption(new Option("--min-grade <grade>", "exit 3 when a value is graded lower").choices(["poor", "fair", "good", "excellent"]))
    .action((files: string[], options: RunOptions, command: Command) =>
      act(common(command), async (context) => {
        const { runDocuments } = await import("./run.ts");
        return runDocuments(context, files, options);
      }),
    );
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

function addRuns(program: Command, act: Perform): void {
  const runs = program.command("runs").description("look at runs, watch, cancel and run again");
  const load = () => import("./runs.ts");
  runs
    .command("list")
    .description("the newest runs")
    .option("--limit <number>", "how many", wholeNumber, 50)
    .action((options: { limit: number }, command: Command) => act(common(command), async (context) => (await load()).listRuns(context, options.limit)));
  runs
    .command("get")
    .description("one run, with its result when it has one")
    .argument("<run>", "run id")
    .addOption(new Option("--format <format>", "json as with --json; csv or md: only the table of values").choices(["json", "csv", "md"]))
    .action((run: string, options: { format?: ResultFormat }, command: Command) =>
      act(common(command), async (context) => (await load()).getRun(context, run, options.format)),
    );
  runs
    .command("watch")
    .description("each event of a run until it has ended; with --json one JSON object a line")
    .argument("<run>", "run id")
    .action((run: string, _: object, command: Command) => act(common(command), async (context) => (await load()).watchRun(context, run)));
  runs
    .command("cancel")
    .description("stop a run for good")
    .argument("<run>", "run id")
    .option("--reason <text>", "kept with the run", "cancelled at the command line")
    .action((run: string, options: { reason: string }, command: Command) =>
      act(common(command), async (context) => (await load()).cancelRun(context, run, options.reason)),
    );
  runs
    .command("move")
    .description("give a run to another engine while it runs")
    .argument("<run>", "run id")
    .requiredOption("--to <engine>", "embedded, inngest or celery")
    .action((run: string, options: { to: string }, command: Command) =>
      act(common(command), async (context) => (await load()).moveRun(context, run, options.to)),
    );
  runs
    .command("rerun")
    .description("a new run that starts with the old one's results")
    .argument("<run>", "run id")
    .option("--from <stage>", "the first stage to do again; all without it")
    .option("--run-id <id>", "name of the new run")
    .addOption(onlyId())
    .action((run: string, options: { from?: string; runId?: string; output?: "id" }, command: Command) =>
      act(common(command), async (context) => (await load()).rerun(context, run, options)),
    );
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return Number(text);
}

function addServices(program: Command, act: Perform): void {
  const withEngine = (command: Command) =>
    command
      .option("--engine <name>", "what makes the calls happen: embedded, inngest or celery")
      .option("--concurrency <number>", "calls at once in this process", wholeNumber)
      .option("--llm <name>", "default language model")
      .option("--host <host>", "where to listen; others than this machine need keys");
  withEngine(program.command("serve").description("answer over HTTP, and work on what comes in"))
    .option("--port <number>", "0 takes a free one", portNumber)
    .action((options: WorkerOptions, command: Command) => act(common(command), async (context) => (await import("./serve.ts")).serve(context, options)));
  withEngine(program.command("worker").description("work on runs until stopped; takes up what was left half-done"))
    .option("--port <number>", "answer /healthz and /metrics there", portNumber)
    .action((options: WorkerOptions, command: Command) => act(common(command), async (context) => (await import("./worker.ts")).work(context, options)));
  const engines = program
    .command("engines")
    .description("what each engine can do, whether it is set up, and where its calls run")
    .action((_: object, command: Command) => act(common(command), async (context) => (await import("./engines.ts")).printEngines(context)));
  engines
    .command("compare")
    .description("run the same documents on several engines at the same time; 1 when their results differ")
    .argument("<file...>", "documents")
    .option("--prompts <file>", "as for run")
    .option("--schema <file>", "as for run")
    .requiredOption("--engines <names>", "two or more, as in embedded,celery")
    .option("--llm <name>", "language model, as for run")
    .option("--concurrency <number>", "calls at once on each engine", wholeNumber)
    .action((files: string[], options: CompareOptions, command: Command) =>
      act(common(command), async (context) => (await import("./compare-engines.ts")).compareEngines(context, files, options)),
    );
}

function onlyId(): Option {
  return new Option("-o, --output <form>", "print only the run's id").choices(["id"]);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("It must be a number from 0 to 1, such as 0.9.");
  return value;
}

function addEval(program: Command, act: Perform): void {
  program
    .command("eval")
    .description("run documents with known answers and say how many are right")
    .argument("<folder...>", "folders with a document, prompts.json and expected.json, or folders of such")
    .option("--min-accuracy <share>", "exit 3 when less is right, as in 0.9", share)
    .option("--compare <run>", "show first what changed since a run, or since the JSON of another eval in a file")
    .option("--llm <name>", "language model; local without it, also where the prompts name another")
    .option("--reuse", "take what the same documents and prompts gave before, instead of running them again")
    .action((folders: string[], options: EvalOptions, command: Command) =>
      act(common(command), async (context) => (await import("./eval.ts")).evaluateFolders(context, folders, options)),
    );
}

function addOthers(program: Command, act: Perform): void {
  program
    .command("report")
    .description("a finished run as one self-contained HTML page, on stdout or in a file")
    .argument("<run>", "run id")
    .option("--out <file>", "write the page here")
    .action((run: string, options: { out?: string }, command: Command) =>
      act(common(command), async (context) => (await import("./report.ts")).writeReport(context, run, options.out)),
    );
  program
    .command("graph")
    .description("which output needs which, without running anything")
    .argument("<prompts>", "prompts file")
    .option("--format <format>", "table, mermaid, dot, svg or json", "table")
    .action((prompts: string, options: { format: string }, command: Command) =>
      act(common(command), async (context) => (await import("./graph.ts")).printGraph(context, prompts, options.format)),
    );
  program
    .command("doctor")
    .description("what is configured, what is missing, and how to mend it")
    .action((_: object, command: Command) => act(common(command), async (context) => (await import("./doctor.ts")).runDoctor(context)));
  program
    .command("init")
    .description("write an example PDF, prompts and a configuration; with --from prompts for a document of your own")
    .argument("[folder]", "where", ".")
    .option("--from <file>", "propose prompts for this document, without a model; only they are written")
    .action((folder: string, options: { from?: string }, command: Command) =>
      act(common(command), async (context) =>
        options.from === undefined
          ? (await import("./init.ts")).initialise(context, folder)
          : (await import("./init-from.ts")).initialiseFrom(context, options.from, folder),
      ),
    );
}

function versionOf(packageRoot: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  return manifest !== null && typeof manifest === "object" && "version" in manifest ? String(manifest.version) : "unknown";
}
