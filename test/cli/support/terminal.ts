/** Runs command lines in this process, in a folder of their own, and collects what they write. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkAdapter } from "../../../inngest.config.ts";
import { runCommandLine } from "../../../lib/cli/command-line.ts";
import type { StudioOptions } from "../../../lib/cli/surroundings.ts";
import type { Studio } from "../../../lib/client.ts";
import { loadConfig } from "../../../lib/config.ts";

export const PACKAGE_ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const EXAMPLE = join(PACKAGE_ROOT, "examples", "invoice");

export interface Setting {
  env?: Record<string, string>;
  studio?: Studio;
  openStudio?: (options: StudioOptions) => Promise<Studio>;
  checkStore?: () => Promise<void>;
  stdin?: string;
  terminal?: boolean;
  columns?: number;
  interrupt?: AbortController;
  sleep?: () => Promise<void>;
}

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  opened: StudioOptions[];
}

/** A temporary folder with a document and prompts. */
export async function makeFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "prompt-studio-cli-"));
  await writeFile(join(path, "a.txt"), "Total due 1,249.50\n");
  await writeFile(join(path, "b.txt"), "Total due 7.00\n");
  await writeFile(join(path, "p.json"), JSON.stringify({ outputs: [{ name: "total", prompt: "What is the total?" }] }));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** Runs one command line in `cwd`. Without a studio, opening one is an error of the test: nothing may have been started. */
export async function run(cwd: string, argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const outcome: Outcome = { code: -1, stdout: "", stderr: "", opened: [] };
  const { studio, terminal: isTerminal = false, columns = 100 } = setting;
  const sink = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      outcome[name] += text;
    },
    isTerminal,
    columns,
  });
  let clock = 0;
  outcome.code = await runCommandLine(argv, {
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    stdin: bytesOf(setting.stdin ?? ""),
    cwd,
    program: "prompt-studio",
    packageRoot: PACKAGE_ROOT,
    loadConfig: async (overrides) => loadConfig({ env: setting.env ?? {}, cwd, overrides }),
    openStudio: async (options) => {
      outcome.opened.push(options);
      if (setting.openStudio) return setting.openStudio(options);
      if (!studio) throw new Error("the studio was opened");
      return studio;
    },
    openService: async () => {
      throw new Error("a service was opened");
    },
    checkStore: setting.checkStore ?? (() => Promise.resolve()),
    checkAdapter: (config, service, instance) => checkAdapter(config, service, instance, new AbortController().signal),
    signal: (setting.interrupt ?? new AbortController()).signal,
    now: () => {
      clock += 100;
      return clock;
    },
    sleep: setting.sleep ?? (() => Promise.resolve()),
  });
  return outcome;
}
