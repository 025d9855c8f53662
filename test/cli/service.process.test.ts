/** `serve`, `worker` and `engines` as processes: what a kill leaves is finished by another, and a stop is graceful. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { attemptRecordSchema, endRecordSchema } from "../../lib/schema/records.ts";
import { createFsStore } from "../../lib/store/fs.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord, readRecords } from "../../lib/store/records.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { makeFolder, PACKAGE_ROOT } from "./support/terminal.ts";

const PROGRAM = join(PACKAGE_ROOT, "dist", "lib", "cli", "main.js");

interface Started {
  child: ChildProcess;
  /** What was written so far. */
  output: { stdout: string; stderr: string };
  /** The first line of stdout. */
  ready: Promise<string>;
  ended: Promise<number | null>;
}

let folder: Awaited<ReturnType<typeof makeFolder>>;
let model: ModelServer;
let holding: boolean;
let asked: () => Promise<void>;
let children: Started[];

beforeEach(async () => {
  folder = await makeFolder();
  children = [];
  holding = true;
  let tell: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    tell = resolve;
  });
  asked = () => first;
  model = await startModelServer({
    answer: { "What is the total?": /[\d,]+\.\d\d/ },
    fault: () => {
      tell();
      return holding ? { delayMs: 120_000 } : undefined;
    },
  });
  const scripted = { kind: "openai", model: "m", baseUrl: model.url };
  await writeFile(join(folder.path, "prompt-studio.config.json"), JSON.stringify({ llm: "scripted", adapters: { llm: { scripted } } }));
});
afterEach(async () => {
  for (const { child } of children) child.kill("SIGKILL");
  await Promise.all(children.map(({ ended }) => ended));
  await model.close();
  await folder.remove();
});

function start(argv: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd: folder.path, env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output.stdout += chunk;
      if (output.stdout.includes("\n")) resolve(output.stdout.split("\n")[0] ?? "");
    });
    void ended.then((code) => reject(new Error(`It ended with ${code}: ${output.stderr}`)));
  });
  ready.catch(() => undefined);
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const started = { child, output, ready, ended };
  children.push(started);
  return started;
}

async function kill({ child, ended }: Started): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

const storeOf = () => createFsStore({ root: join(folder.path, ".prompt-studio") });

async function untilEnded(runId: string): Promise<string> {
  for (;;) {
    const end = await readRecord(storeOf(), runKeys("default", runId).end, endRecordSchema);
    if (end) return end.status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function resultOf(runId: string) {
  const shown = start(["runs", "get", runId, "--json"]);
  expect(await shown.ended, shown.output.stderr).toBe(0);
  return JSON.parse(shown.output.stdout).result;
}

const RUN = ["run", "a.txt", "--prompts", "p.json", "--run-id", "run-1"];
const VALUE = { outputs: { total: { value: "1,249.50", status: "extracted" } } };

describe.skipIf(process.platform === "win32")("a worker", () => {
  test("finishes the run of a command that was killed, asks nothing twice, and leaves nothing behind", { timeout: 90_000 }, async () => {
    const command = start(RUN);
    await asked();
    await kill(command);
    holding = false;
    const worker = start(["worker", "--json"]);
    expect(JSON.parse(await worker.ready)).toMatchObject({ engine: "embedded", concurrency: 8 });
    expect(await untilEnded("run-1")).toBe("completed");
    expect(model.answered()).toBe(1);
    expect(await resultOf("run-1")).toMatchObject(VALUE);
    worker.child.kill("SIGTERM");
    expect(await worker.ended, worker.output.stderr).toBe(0);
    expect(worker.output.stderr).toContain("Goes on with 1 run that had been left.");
    expect(await keysOf(storeOf(), "active/")).toEqual([]);
  });

  test("takes over from one that is killed while both are there", { timeout: 90_000 }, async () => {
    const command = start(RUN);
    await asked();
    await kill(command);
    const first = start(["worker"]);
    await first.ready;
    // The first one has the run when the model has been asked again.
    while (model.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    const second = start(["worker", "--port", "0", "--json"]);
    const { url } = JSON.parse(await second.ready);
    expect([(await fetch(`${url}/healthz`)).status, (await fetch(`${url}/metrics`)).status, (await fetch(`${url}/v1/runs`)).status]).toEqual([200, 200, 404]);
    holding = false;
    await kill(first);
    expect(await untilEnded("run-1")).toBe("completed");
    expect(model.answered()).toBe(1);
    expect(second.output.stderr).toContain("Goes on with 1 run");
  });

  test("that is told to stop writes down that it stopped its calls, and the next one goes on at once", { timeout: 90_000 }, async () => {
    const command = start(RUN);
    await asked();
    await kill(command);
    const worker = start(["worker"]);
    await worker.ready;
    while (model.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    worker.child.kill("SIGINT");
    expect(await worker.ended, worker.output.stderr).toBe(0);
    const keys = runKeys("default", "run-1");
    const attempts = await readRecords(storeOf(), await keysOf(storeOf(), keys.allAttempts), attemptRecordSchema);
    expect(attempts.map(([, { is }]) => is)).toEqual(["aborted"]);
    holding = false;
    await start(["worker"]).ready;
    expect(await untilEnded("run-1")).toBe("completed");
    expect(await resultOf("run-1")).toMatchObject(VALUE);
  });

  test("is refused for an engine that calls us", async () => {
    const worker = start(["worker", "--engine", "ingest"], { INNGEST_DEV: "1" });
    expect(await worker.ended).toBe(2);
    expect(worker.output.stderr).toContain("serve --engine inngest");
  });
});

describe.skipIf(process.platform === "win32")("a server", () => {
  const serve = async (...argv: string[]) => {
    const started = start(["serve", "--port", "0", "--json", ...argv], { PROMPT_STUDIO_FILES: "." });
    return { ...started, url: String(JSON.parse(await started.ready).url) };
  };
  const submit = (url: string) =>
    fetch(`${url}/prompt-studio/process`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ run_id: "run-1", file_path: "a.txt", outputs: [{ name: "total", prompt: "What is the total?" }] }),
    });

  test("that is killed loses nothing: the next one finishes what was accepted", { timeout: 90_000 }, async () => {
    const first = await serve();
    expect((await submit(first.url)).status).toBe(202);
    await asked();
    await kill(first);
    holding = false;
    const second = await serve();
    expect(await untilEnded("run-1")).toBe("completed");
    expect(await (await fetch(`${second.url}/v1/runs/run-1/result`)).json()).toMatchObject(VALUE);
    expect((await submit(second.url)).status).toBe(202);
    expect(model.answered()).toBe(1);
    const metrics = await (await fetch(`${second.url}/metrics`)).text();
    expect(metrics).toMatch(/^prompt_service_task_started_total\{task_name="collate",queue="prompt_llm",engine="embedded"\} 1$/m);
    second.child.kill("SIGTERM");
    expect(await second.ended, second.output.stderr).toBe(0);
    await expect(fetch(`${second.url}/healthz`)).rejects.toThrow();
  });

  test("doesn't open itself to others without keys, and says so", async () => {
    const refused = start(["serve", "--host", "0.0.0.0", "--port", "0"]);
    expect(await refused.ended).toBe(2);
    expect(refused.output.stderr).toMatch(/Without keys only this machine may be served.*PROMPT_STUDIO_API_KEYS/);
    const local = await serve();
    local.child.kill("SIGTERM");
    expect(await local.ended).toBe(0);
    expect(local.output.stderr).toContain("so only this machine is served");
  });

  test("says when its port is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const refused = start(["serve", "--port", String(port)]);
    expect(await refused.ended).toBe(2);
    expect(refused.output.stderr).toContain(`port ${port}: another program listens there`);
    other.close();
  });

  test("run works in its own process whatever engine is configured", { timeout: 60_000 }, async () => {
    holding = false;
    const command = start([...RUN, "--json"], { TASK_QUEUE_BACKEND: "celery", CELERY_BROKER_URL: "redis://127.0.0.1:1/0" });
    expect(await command.ended, command.output.stderr).toBe(0);
    const asked = start([...RUN, "--engine", "celery"]);
    expect(await asked.ended).toBe(2);
    expect(asked.output.stderr).toContain("works in its own process");
  });
});

test("the serverless entry answers whoever has a key, and nobody without", async () => {
  const script = `
    const { default: app } = await import(${JSON.stringify(pathToFileURL(join(PACKAGE_ROOT, "dist", "api", "index.js")).href)});
    const ask = (path, headers) => app.fetch(new Request("https://example.com" + path, { headers }));
    const answers = [await ask("/healthz"), await ask("/v1/runs"), await ask("/v1/runs", { authorization: "Bearer a-key" })];
    console.log(JSON.stringify(answers.map(({ status }) => status)));
    process.exit(0);
  `;
  const ask = async (env: Record<string, string>) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: folder.path, env: { PATH: process.env.PATH, ...env } });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await new Promise((resolve) => child.on("close", resolve));
    return JSON.parse(output);
  };
  expect(await ask({ PROMPT_STUDIO_API_KEYS: "acme:a-key" })).toEqual([200, 401, 200]);
  expect(await ask({})).toEqual([200, 401, 401]);
});

describe("engines", () => {
  test("lists what each can do, and ends with 1 when the chosen one doesn't answer", async () => {
    const plain = start(["engines"]);
    expect(await plain.ended, plain.output.stderr).toBe(0);
    expect(plain.output.stdout).toMatch(/^embedded +default +process +yes +1000 +one +yes +in serve or worker/m);
    expect(plain.output.stdout).toMatch(/^celery +- .* lacks CELERY_BROKER_URL/m);
    expect(plain.output.stdout).toMatch(/^temporal +- .* lacks TEMPORAL_ADDRESS/m);
    const parts = { TASK_QUEUE_SPLIT: "embedded:20", TASK_QUEUE_TENANTS: "acme:embedded", TASK_QUEUE_FALLBACK: "embedded" };
    const env = { TASK_QUEUE_BACKEND: "celery", ...parts, CELERY_BROKER_URL: "redis://user:very-secret@127.0.0.1:1/0" };
    const celery = start(["engines", "--json"], env);
    expect(await celery.ended).toBe(1);
    const { engines } = JSON.parse(celery.output.stdout);
    expect(engines).toContainEqual(expect.objectContaining({ engine: "celery", use: "default", reachable: false, address: "redis://127.0.0.1:1/0" }));
    expect(engines).toContainEqual(expect.objectContaining({ engine: "embedded", use: "20 %, tenant acme, fallback 1" }));
    expect(celery.output.stdout + celery.output.stderr).not.toContain("very-secret");
  });
});
