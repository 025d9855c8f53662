/** The storm of `npm run chaos` in short, on every engine with its real server (inngest: on the executor, or on the server that INNGEST_DEV names). */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ENGINE_NAMES } from "../../lib/engine/contract.ts";
import { REPOSITORY } from "../support/root.ts";

const RUNS = 60;
const SHORT = ["--runs", String(RUNS), "--kills", "2", "--server-kills", "1", "--json"];
const resultSchema = z.strictObject({ engine: z.string(), accepted: z.int(), lost: z.int(), repeated: z.int(), recovered_ms: z.int() });
const detailSchema = z.object({ problems: z.array(z.string()), calls: z.int(), model_requests: z.int(), in_flight: z.int() });

/** Runs the command; its last two lines, and what it said. */
async function storm(engine: string): Promise<{ result: unknown; detail: unknown; code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(REPOSITORY, "scripts", "chaos.mjs"), "--engine", engine, ...SHORT], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let said = "";
  child.stdout.on("data", (part) => {
    stdout += part;
  });
  child.stderr.on("data", (part) => {
    said += part;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const [detail, result] = stdout
    .trim()
    .split("\n")
    .slice(-2)
    .map((line) => JSON.parse(line));
  return { result, detail, code, said };
}

describe.each(ENGINE_NAMES.map((engine) => [engine]))("workers and server killed under %s", (engine) => {
  it("lose no accepted run, repeat no committed call, and are made up for in time", { timeout: 300_000 }, async () => {
    const { result, detail, code, said } = await storm(engine);
    expect(detailSchema.parse(detail), said).toMatchObject({ problems: [], calls: RUNS * 3 });
    expect(resultSchema.parse(result)).toMatchObject({ engine, accepted: RUNS, lost: 0, repeated: 0 });
    expect(code).toBe(0);
  });
});
