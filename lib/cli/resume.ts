/** The command that goes on with interrupted runs, ready to be pasted. */
import { quoted } from "./quoted.ts";
import type { GlobalOptions } from "./surroundings.ts";

/** The options of `run`. */
export interface RunOptions {
  prompts?: string;
  schema?: string;
  runId?: string;
  out?: string;
  engine?: string;
  llm?: string;
  pages?: string;
  split?: boolean;
  language?: string;
  passwordStdin?: boolean;
  passwordEnv?: string;
  strict?: boolean;
  fresh?: boolean;
  minGrade?: string;
  output?: "id";
}

/** A run to go on with: its file, and the pages where it is a part of the file. */
interface Resumed {
  path: string;
  pages?: string | undefined;
  runId: string;
}

/** What follows the program's name. Without --fresh, which would start over; --store is added where the words are shown. One command for all documents, or one for each where only the run's id leads back to it. */
export function resumeCommands(runs: readonly Resumed[], options: RunOptions, common: GlobalOptions): string[] {
  const [first] = runs;
  if (first !== undefined && runs.length === 1) return [resumeCommand([first.path], { ...options, ...ofRun(first) }, common)];
  if (!options.fresh) return [resumeCommand([...new Set(runs.map(({ path }) => path))], { ...options, runId: undefined }, common)];
  return runs.map((run) => resumeCommand([run.path], { ...options, ...ofRun(run) }, common));
}

/** A run with its id needs no splitting any more: its pages are known. */
function ofRun({ runId, pages }: Resumed): Partial<RunOptions> {
  return pages === undefined ? { runId } : { runId, pages, split: false };
}

function resumeCommand(paths: readonly string[], options: Omit<RunOptions, "runId"> & { runId?: string | undefined }, common: GlobalOptions): string {
  const flags: [string, string | boolean | undefined][] = [
    ["--prompts", options.prompts],
    ["--schema", options.schema],
    ["--run-id", options.runId],
    ["--out", options.out],
    ["--output", options.output],
    ["--engine", options.engine],
    ["--llm", options.llm],
    ["--pages", options.pages],
    ["--split", options.split],
    ["--language", options.language],
    ["--password-stdin", options.passwordStdin],
    ["--password-env", options.passwordEnv],
    ["--strict", options.strict],
    ["--min-grade", options.minGrade],
    ["--json", common.json],
    ["--quiet", common.quiet],
  ];
  const words = flags.flatMap(([flag, value]) => (value === undefined || value === false ? [] : value === true ? [flag] : [flag, quoted(value)]));
  return ["run", ...paths.map((path) => quoted(path.startsWith("-") ? `./${path}` : path)), ...words].join(" ");
}
