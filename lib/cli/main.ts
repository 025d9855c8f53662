#!/usr/bin/env node
/** The program: binds the command line to this process. */
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "./command-line.ts";
import { quoted } from "./quoted.ts";
import { EXIT, type TextSink } from "./surroundings.ts";

const WIDTH_WITHOUT_TERMINAL = 120;

function sinkOf(stream: NodeJS.WriteStream): TextSink {
  // A reader that went away (`| head`) is no error; writing to it would be one.
  let closed = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    closed = true;
  });
  return {
    write: (text) => {
      if (!closed) stream.write(text);
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || WIDTH_WITHOUT_TERMINAL;
    },
  };
}

/** The folder of the package: the nearest one above with a package.json. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) throw new Error("The package has no package.json. Install it again.");
  }
}

/** How to call this program again from `cwd`: its name when it was called by that, else node and the script. */
function programName(script: string, cwd: string): string {
  if (basename(script, ".cmd") === "prompt-studio") return "prompt-studio";
  const path = relative(cwd, script);
  return `node ${quoted(path === "" || path.startsWith("..") || isAbsolute(path) ? script : path)}`;
}

/** Resolves when everything written so far has left the process: exiting earlier would cut a pipe's last data. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => (stream.writableLength === 0 ? resolve() : stream.write("", () => resolve())));
}

async function main(): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => {
    // The second time somebody really wants out. The store doesn't mind: it survives being killed.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const code = await runCommandLine(process.argv.slice(2), {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    stdin: process.stdin,
    cwd: process.cwd(),
    program: programName(process.argv[1] ?? "", process.cwd()),
    packageRoot: packageRoot(),
    loadConfig: async (overrides) => (await import("../config.ts")).loadConfig({ overrides }),
    openStudio: async (options) => {
      const { openStudio } = await import("../../inngest.config.ts");
      return openStudio(options);
    },
    openService: async (options) => {
      const { openService } = await import("../../inngest.config.ts");
      return openService(options);
    },
    checkStore: async (config) => {
      const { openConfiguredStore } = await import("../../inngest.config.ts");
      const store = await openConfiguredStore(config);
      await store.check();
    },
    checkAdapter: async (config, service, instance) => {
      const { checkAdapter } = await import("../../inngest.config.ts");
      await checkAdapter(config, service, instance, interrupt.signal);
    },
    signal: interrupt.signal,
    now: Date.now,
    sleep: (milliseconds) => wait(milliseconds, undefined, { signal: interrupt.signal }).catch(() => undefined),
  });
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(code);
}

await main();
