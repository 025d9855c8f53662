/** `engines compare` and `runs move` as commands, with Inngest at an address of the test. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openService } from "../../inngest.config.ts";
import { type InngestServer, startInngestServer } from "../support/inngest-server.ts";
import { startModelServer } from "../support/model-server.ts";
import { makeFolder, PACKAGE_ROOT } from "./support/terminal.ts";

const PROGRAM = join(PACKAGE_ROOT, "dist", "lib", "cli", "main.js");

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: InngestServer;
beforeEach(async () => {
  folder = await makeFolder();
  server = await startInngestServer();
});
afterEach(async () => {
  await server.stop();
  await folder.remove();
});

async function command(...argv: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd: folder.path, env: { PATH: process.env.PATH, INNGEST_DEV: server.url } });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, ...output };
}

const COMPARE = ["engines", "compare", "a.txt", "b.txt", "--prompts", "p.json", "--engines", "embedded,inngest"];

test("the same documents give the same on two engines at once", async () => {
  const { code, stdout, stderr } = await command(...COMPARE, "--llm", "local", "--json");
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ equal: true, differences: [] });
  expect(report.engines).toMatchObject([
    { engine: "embedded", runs: 2, failed: 0, failedCalls: 0 },
    { engine: "inngest", runs: 2, failed: 0, failedCalls: 0 },
  ]);
  expect(server.executor.runs.map(({ status }) => status)).toEqual(["Completed", "Completed"]);
  const shown = await command("runs", "get", report.engines[1].run_ids[1], "--json");
  expect(JSON.parse(shown.stdout)).toMatchObject({ engine: "inngest", result: { outputs: { total: { value: "7.00" } } } });
});

test("where the answers differ, it ends with 1 and says which", async () => {
  let answers = 0;
  const found = { reasoning: "It stands there.", found: true, quote: "Total due 1,249.50", value: "1,249.50" };
  const answer = () => JSON.stringify(answers++ === 0 ? found : { ...found, found: false, quote: "", value: null });
  const model = await startModelServer({ answer });
  const scripted = { kind: "openai", model: "m", baseUrl: model.url };
  await writeFile(join(folder.path, "prompt-studio.config.json"), JSON.stringify({ llm: "scripted", adapters: { llm: { scripted } } }));
  const { code, stdout, stderr } = await command("engines", "compare", "a.txt", "--prompts", "p.json", "--engines", "embedded,inngest");
  expect(code, stderr).toBe(1);
  expect(stdout).toMatch(/^embedded +1 +0 /m);
  expect(stdout).toMatch(/The results differ in \d places:\n {2}a\.txt {2}total\.value\n/);
  await model.close();
});

test("what can't be compared is said before anything is started", async () => {
  for (const names of ["embedded", "embedded,embedded", "inngest,ingest"]) {
    const refused = await command(...COMPARE.slice(0, -1), names);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("name two engines or more, each once")]);
  }
  const missing = await command(...COMPARE.slice(0, -1), "embedded,celery");
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("CELERY_BROKER_URL")]);
  expect((await command("runs", "list", "--json")).stdout).toContain('"runs": []');
});

test("a run that nobody works on is moved, a worker of the other engine finishes it, and then there is nothing to move", { timeout: 60_000 }, async () => {
  const env = { TASK_QUEUE_BACKEND: "inngest", INNGEST_DEV: "http://127.0.0.1:1", PROMPT_STUDIO_LOG_LEVEL: "silent" };
  const service = await openService({ source: { env, cwd: folder.path }, llm: "local" });
  const request = { outputs: [{ name: "total", prompt: "What is the total?" }] };
  await service.studio.submit({ document: join(folder.path, "a.txt"), fileName: "a.txt", request, runId: "run-1" });
  await service.close();
  const worker = spawn(process.execPath, [PROGRAM, "worker"], { cwd: folder.path, env: { PATH: process.env.PATH }, stdio: "ignore" });
  const workerEnded = new Promise((resolve) => worker.once("close", resolve));
  const moved = await command("runs", "move", "run-1", "--to", "embedded");
  expect([moved.code, moved.stderr]).toEqual([0, expect.stringContaining("Run run-1 is with embedded now, and was with inngest")]);
  const watched = await command("runs", "watch", "run-1", "--json");
  expect(watched.code, watched.stderr).toBe(0);
  expect(await command("runs", "move", "run-1", "--to", "inngest")).toMatchObject({ code: 1, stderr: expect.stringContaining("there is nothing to move") });
  expect(await command("runs", "move", "none", "--to", "inngest")).toMatchObject({ code: 2, stderr: expect.stringContaining('no run "none"') });
  expect(await command("runs", "move", "run-1", "--to", "kafka")).toMatchObject({ code: 2, stderr: expect.stringContaining("kafka") });
  worker.kill();
  await workerEnded;
});
