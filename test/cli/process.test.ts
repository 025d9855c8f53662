/** The program itself, as a process: start, pipes, Ctrl-C. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startModelServer } from "../support/model-server.ts";
import { EXAMPLE, makeFolder, PACKAGE_ROOT } from "./support/terminal.ts";

const PROGRAM = join(PACKAGE_ROOT, "dist", "lib", "cli", "main.js");

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(argv: readonly string[], options: { env?: Record<string, string>; closeOutput?: boolean } = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd: folder.path,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  if (options.closeOutput) child.stdout.destroy();
  else child.stdout.on("data", (chunk) => (output.stdout += chunk));
  child.stderr.on("data", (chunk) => (output.stderr += chunk));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...output })));
  return { child, ended };
}

test("version, help and usage errors", async () => {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8"));
  expect(await start(["--version"]).ended).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  const help = await start(["--help"]).ended;
  expect(help.code).toBe(0);
  expect(help.stdout.match(/^ {2}prompt-studio /gm)).toHaveLength(3);
  expect(help.stdout).toMatch(/Exit codes: 0 done; 1 [\s\S]*130 interrupted/);
  expect((await start(["runn"]).ended).code).toBe(2);
});

test("nothing but commander is loaded before a command is chosen", () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, typeOnly, specifier = ""] of readFileSync(path, "utf8").matchAll(/^import (type )?[^;]*?from "([^"]+)"/gm)) {
      if (typeOnly) continue;
      if (specifier.startsWith(".")) visit(join(dirname(path), specifier));
      else if (!specifier.startsWith("node:")) packages.add(specifier);
    }
  };
  visit(join(PACKAGE_ROOT, "lib", "cli", "main.ts"));
  expect([...packages]).toEqual(["commander"]);
});

test("a reader that went away is no error", async () => {
  expect(await start(["graph", join(EXAMPLE, "prompts.json"), "--format", "json"], { closeOutput: true }).ended).toEqual({ code: 0, stdout: "", stderr: "" });
});

test.skipIf(process.platform === "win32")("Ctrl-C ends with 130; the printed command goes on and asks for nothing twice", async () => {
  let release = false;
  const asked = new AbortController();
  const firstRequest = new Promise<void>((resolve) => asked.signal.addEventListener("abort", () => resolve()));
  const server = await startModelServer({
    answer: { "What is the total?": /[\d,]+\.\d\d/ },
    fault: () => {
      asked.abort();
      return release ? undefined : { delayMs: 60_000 };
    },
  });
  try {
    await writeFile(
      join(folder.path, "prompt-studio.config.json"),
      JSON.stringify({ adapters: { llm: { scripted: { kind: "openai", model: "m", baseUrl: server.url } } } }),
    );
    const running = start(["run", "a.txt", "--prompts", "p.json", "--llm", "scripted"]);
    await firstRequest;
    running.child.kill("SIGINT");
    const stopped = await running.ended;
    expect([stopped.code, stopped.stdout]).toEqual([130, ""]);
    const command = /^ {2}node \S+main\.js (run a\.txt --prompts p\.json --run-id \S+ --llm scripted)$/m.exec(stopped.stderr)?.[1] ?? "";
    release = true;
    const resumed = await start([...command.split(" "), "--json"]).ended;
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ outputs: { total: { value: "1,249.50", status: "extracted" } } });
    const answered = server.answered();
    const again = await start([...command.split(" "), "--json"]).ended;
    expect(again.stdout).toBe(resumed.stdout);
    expect(server.answered()).toBe(answered);
  } finally {
    await server.close();
  }
});
