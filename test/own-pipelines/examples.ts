/** Runs the examples of own pipelines as a stranger does: as programs. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../repository/files.ts";

/** The last line that it printed, once it has ended well. */
export async function runExample(name: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(ROOT, "examples", "own-pipeline", `${name}.mjs`);
  const child = spawn(process.execPath, [path, ...args], { cwd, env: { PATH: process.env.PATH, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [printed, complained] = ["", ""];
  child.stdout.on("data", (data) => {
    printed += data;
  });
  child.stderr.on("data", (data) => {
    complained += data;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${complained}`);
  return printed.trim();
}
