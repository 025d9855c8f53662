/** Runs the examples of own pipelines as a stranger does: as programs. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../repository/files.ts";

type Environment = Readonly<Record<string, string>>;

export function runExample(name: string, args: readonly string[], cwd: string, env: Environment = {}): Promise<string> {
  return runProgram(join(ROOT, "examples", "own-pipeline", `${name}.mjs`), args, cwd, env);
}

/** What a program printed, once it has ended well. */
export async function runProgram(path: string, args: readonly string[], cwd: string, env: Environment = {}): Promise<string> {
  const child = spawn(process.execPath, [path, ...args], { cwd, env: { PATH: process.env.PATH, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [printed, complained] = ["", ""];
  child.stdout.on("data", (data) => {
    printed += data;
  });
  child.stderr.on("data", (data) => {
    complained += data;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${path} ended with ${code}: ${complained}`);
  return printed.trim();
}
