/** Real processes on one store: the same command twice at once, and one that takes over from a killed one. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFsStore } from "../../lib/store/fs.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { exists, keysOf } from "../../lib/store/records.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";

const ROOT = join(import.meta.dirname, "../..");
const keys = runKeys("default", "same");

let folder: string;
let model: ModelServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "processes-"));
});

afterEach(async () => {
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

function start() {
  const example = join(ROOT, "examples/invoice");
  const job = ["run", join(example, "invoice.pdf"), "--prompts", join(example, "prompts.json"), "--run-id", "same", "--llm", "openai:m", "--json", "--quiet"];
  const child = spawn(process.execPath, [join(ROOT, "dist/lib/cli/main.js"), ...job], {
    cwd: folder,
    env: { PATH: process.env.PATH, PROMPT_STUDIO_STORE: join(folder, "store"), OPENAI_API_KEY: "not-a-key", OPENAI_BASE_URL: model.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part) => {
    stdout += part;
  });
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

const answer = () => JSON.stringify({ reasoning: "", found: false, quote: "", value: null });

describe("the same command", () => {
  it("started twice at once is one run: each call once, each question once, one result", { timeout: 60_000 }, async () => {
    model = await startModelServer({ answer, latencyMs: 50 });
    const [left, right] = await Promise.all([start().ended, start().ended]);
    expect(left.code, left.stderr).toBe(0);
    expect(right.code, right.stderr).toBe(0);
    expect(right.stdout).toBe(left.stdout);
    const store = createFsStore({ root: join(folder, "store") });
    const calls = (await keysOf(store, keys.allClaims)).map(keys.claimedCall);
    expect(new Set(calls).size).toBe(calls.length);
    expect([...model.counts().values()].filter((count) => count > 1)).toEqual([]);
    expect(await keysOf(store, "recent/")).toHaveLength(1);
    expect(await keysOf(store, "active/")).toEqual([]);
    expect(await keysOf(store, "outbox/")).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("whose other process is killed finishes the run alone", { timeout: 60_000 }, async () => {
    let killed = false;
    model = await startModelServer({ answer, fault: ({ sequence }) => (killed || sequence < 3 ? undefined : { delayMs: 3_600_000 }) });
    const victim = start();
    while (model.answered() < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    const heir = start();
    const store = createFsStore({ root: join(folder, "store") });
    while ((await keysOf(store, "processes/")).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    killed = true;
    victim.child.kill("SIGKILL");
    const { code, stderr } = await heir.ended;
    expect(code, stderr).toBe(0);
    expect(await exists(store, keys.end)).toBe(true);
    expect(await keysOf(store, "active/")).toEqual([]);
    // What had answered is not asked again.
    const repeated = [...model.counts().values()].reduce((sum, count) => sum + count - 1, 0);
    expect(repeated).toBeLessThanOrEqual(8);
    expect(model.answered()).toBe(model.counts().size);
  });
});
