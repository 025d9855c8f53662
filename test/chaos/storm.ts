/** The storm of `npm run chaos` in short: the same on every engine. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import type { EngineName } from "../../lib/engine/contract.ts";
import { REPOSITORY } from "../support/root.ts";

const RUNS = 60;
const SHORT_STORM = ["--runs", String(RUNS), "--kills", "2", "--server-kills", "1", "--json"];
const LONGEST_MS = 300_000;
const resultSchema = z.strictObject({ engine: z.string(), accepted: z.int(), lost: z.int(), repeated: z.int(), recovered_ms: z.int() });
const detailSchema = z.object({ problems: z.array(z.string()), calls: z.int(), model_requests: z.int(), in_flight: z.int() });

/** One test: workers of the engine, and its server where it is durable, are killed while 60 runs go on. */
export function testStorm(engine: EngineName): void {
  it(`${engine}: killed workers and servers lose no accepted run, repeat no committed call, and are made up for in time`, { timeout: LONGEST_MS }, async () => {
    const { stdout, stderr, code } = await runChaos(["--engine", engine, ...SHORT_STORM]);
    const [detail, result] = stdout.trim().split("\n").slice(-2);
    expect(detailSchema.parse(JSON.parse(detail ?? "null")), stderr).toMatchObject({ problems: [], calls: RUNS * 3 });
    expect(resultSchema.parse(JSON.parse(result ?? "null"))).toMatchObject({ engine, accepted: RUNS, lost: 0, repeated: 0 });
    expect(code).toBe(0);
  });
}

async function runChaos(args: readonly string[]): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const child = spawn(process.execPath, [join(REPOSITORY, "scripts", "chaos.mjs"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  // A test that is given up takes the servers with it.
  onTestFinished(() => {
    child.kill("SIGTERM");
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (part) => {
      said[stream] += part;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { ...said, code };
}
