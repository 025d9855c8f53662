/** What every command is given: the surroundings, the common options, and how to write. */
import type { Config } from "../config.ts";
import { errorDocument, errorLines } from "./errors.ts";
import { quoted } from "./quoted.ts";
import type { GlobalOptions, Surroundings, TextSink } from "./surroundings.ts";

/** What every command is given. */
export interface Context {
  surroundings: Surroundings;
  options: GlobalOptions;
  /** Lines of data, on stdout. */
  print(...lines: string[]): void;
  /** One JSON document on stdout: indented, or on one line. */
  printJson(value: unknown, form?: "document" | "line"): void;
  /** Lines for people, on stderr. */
  note(...lines: string[]): void;
  /** The same, but not when --quiet was given. */
  remark(...lines: string[]): void;
  /** A command of this program, ready to be pasted: `words` behind its name, with --store when this call had it. */
  command(words: string): string;
  /** Reports an error on stderr, and on stdout as JSON when JSON was asked for. */
  fail(error: unknown): void;
}

/** Binds the surroundings and the options of this call. */
export function createContext(surroundings: Surroundings, options: GlobalOptions): Context {
  const lines = (sink: TextSink, texts: readonly string[]) => {
    if (texts.length > 0) sink.write(`${texts.join("\n")}\n`);
  };
  const note = (...texts: string[]) => lines(surroundings.stderr, texts);
  const printJson = (value: unknown, form: "document" | "line" = "document") =>
    surroundings.stdout.write(`${JSON.stringify(value, undefined, form === "document" ? 2 : undefined)}\n`);
  return {
    surroundings,
    options,
    print: (...texts) => lines(surroundings.stdout, texts),
    printJson,
    note,
    remark: (...texts) => {
      if (!options.quiet) note(...texts);
    },
    command: (words) => `${surroundings.program} ${words}${options.store === undefined ? "" : ` --store ${quoted(options.store)}`}`,
    fail: (error) => {
      note(...errorLines(error, options.debug === true));
      if (options.json) printJson(errorDocument(error), "line");
    },
  };
}

/** Whether to colour what goes to a sink. */
export function colorOf(sink: TextSink, config: Config): boolean {
  return sink.isTerminal && config.terminal.color;
}
