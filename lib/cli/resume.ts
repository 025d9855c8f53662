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
  language?: string;
  passwordStdin?: boolean;
  passwordEnv?: string;
  strict?: boolean;
  fresh?: boolean;
  minGrade?: string;
  output?: "id";
}

/** What follows the program's name. Without --fresh, which would start over; --store is added where the words are shown. One command for all documents, or one for each where only the run's id leads back to it. */
export function resumeCommands(files: readonly { path: string; runId: string }[], options: RunOptions, common: GlobalOptions): string[] {
  const command = (paths: readonly string[], runId: string | undefined) => {
    const flags: [string, string | boolean | undefined][] = [
      ["--prompts", options.prompts],
      ["--schema", options.schema],
      ["--run-id", runId],
      ["--out", options.out],
      ["--output", options.output],
      ["--engine", options.engine],
      ["--llm", options.llm],
      ["--pages", options.pages],
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
  };
  const [first] = files;
  if (first !== undefined && files.length === 1) return [command([first.path], first.runId)];
  if (!options.fresh)
    return [
      command(
        files.map(({ path }) => path),
        undefined,
      ),
    ];
  return files.map(({ path, runId }) => command([path], runId));
}
