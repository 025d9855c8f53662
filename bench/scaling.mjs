// More workers: 16 documents with ten outputs each and a model that takes a second, on 1, 2 and 4 worker processes of the command line.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine } from "../scripts/ready.mjs";
import { driverOf, ENGINES } from "./engines/engines.mjs";
import { closingAll, startProcess } from "./engines/processes.mjs";
import { compiledTool } from "./engines/tools.mjs";
import { timed } from "./measure.mjs";

const DOCUMENTS = 16;
const OUTPUTS = 10;
const MODEL_MS = 1_000;
const AT_ONCE = 8;
const WORKERS = [1, 2, 4];
const LOOK_EVERY_MS = 100;
const LONGEST_MS = 600_000;

const promptOf = (index) => `What is the value of label ${index}?`;
const outputs = Array.from({ length: OUTPUTS }, (_, index) => ({ name: `label_${index}`, type: "text", prompt: promptOf(index) }));
const answers = Object.fromEntries(outputs.map(({ prompt }, index) => [prompt, new RegExp(`Label ${index}: (\\S+)`)]));

function writeDocuments(folder) {
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: DOCUMENTS }, (_, document) => {
    const lines = outputs.map((_, index) => `Label ${index}: value-${document}-${index}`);
    writeFileSync(join(folder, `document-${document}.txt`), `Document ${document}\n\n${lines.join("\n\n")}\n`);
    return `document-${document}.txt`;
  });
}

/** A command that serves or works; resolves with its first line, as JSON. */
async function startCommand(args, env) {
  const started = startProcess(process.execPath, [commandLine, ...args, "--json"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface(started.child.stdout);
  const first = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    void started.ended.then(() => reject(new Error(`"prompt-studio ${args.join(" ")}" ended with ${started.child.exitCode}.`)));
  });
  return { ...started, told: JSON.parse(first) };
}

/** Gives each server its share of the documents by HTTP, and waits until all are done. */
async function doAll(urls, documents) {
  const open = new Set();
  const submit = async (file, index) => {
    const url = urls[index % urls.length];
    const body = JSON.stringify({ run_id: `run-${index}`, file_path: file, outputs, tool_settings: { llm: "openai:simulated" } });
    const answer = await fetch(new URL("/prompt-studio/process", url), { method: "POST", headers: { "content-type": "application/json" }, body });
    if (answer.status !== 202) throw new Error(`A run was refused: ${await answer.text()}`);
    open.add(new URL(`/v1/runs/run-${index}`, url).href);
  };
  await Promise.all(documents.map(submit));
  for (const last = Date.now() + LONGEST_MS; open.size > 0; await sleep(LOOK_EVERY_MS)) {
    if (Date.now() > last) throw new Error(`${open.size} runs did not end.`);
    for (const url of open) {
      const { status } = await (await fetch(url)).json();
      if (["failed", "cancelled"].includes(status)) throw new Error(`A run ended as ${status}.`);
      if (status.startsWith("completed")) open.delete(url);
    }
  }
}

function withWorkers(name, count, model) {
  const driver = driverOf(name);
  return closingAll(async (open) => {
    const folder = await open(mkdtempSync(join(tmpdir(), `bench-scaling-${name}-`)), (path) => rmSync(path, { recursive: true, force: true }));
    const server = await open(driver.startServer({ folder }), ({ stop }) => stop());
    const documents = writeDocuments(join(folder, "files"));
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      NO_COLOR: "1",
      TASK_QUEUE_BACKEND: name,
      PROMPT_STUDIO_STORE: join(folder, "store"),
      PROMPT_STUDIO_FILES: join(folder, "files"),
      // Inngest's limit is one for all that it calls, and so is that for a tenant on some engines.
      PROMPT_STUDIO_CONCURRENCY: String(name === "inngest" ? AT_ONCE * count : AT_ONCE),
      PROMPT_STUDIO_CONCURRENCY_PER_TENANT: String(AT_ONCE * count),
      OPENAI_API_KEY: "none",
      OPENAI_BASE_URL: model.url,
      LOG_LEVEL: "silent",
      ...driver.environment?.(server.address),
    };
    const start = (args) => open(startCommand(args, env), (command) => command.stop());
    const callsInServe = name === "embedded" || server.addWorker !== undefined;
    const serving = await Promise.all(Array.from({ length: callsInServe ? count : 1 }, () => start(["serve", "--port", "0"])));
    const urls = serving.map(({ told }) => told.url);
    if (server.addWorker) {
      for (const url of urls) server.addWorker(Number(new URL(url).port));
      await server.ready();
    }
    if (!callsInServe) await Promise.all(Array.from({ length: count }, () => start(["worker"])));
    return timed(() => doAll(urls, documents));
  });
}

/** Every engine, or those that are named in BENCH_ENGINES. The yardstick is the model's own time. */
export function benchScaling(names = process.env.BENCH_ENGINES?.split(",") ?? ENGINES) {
  return closingAll(async (open) => {
    const { startModelServer } = await compiledTool("test/support/model-server");
    const model = await open(startModelServer({ answer: answers, latencyMs: MODEL_MS }), ({ close }) => close());
    const rows = [];
    for (const name of names) {
      for (const count of WORKERS) {
        const asked = model.requests.length;
        const ours = (await withWorkers(name, count, model)) / 1_000;
        const yardstick = ((model.requests.length - asked) * MODEL_MS) / (1_000 * AT_ONCE * count);
        const what = `${name}: ${DOCUMENTS} documents × ${OUTPUTS} outputs, ${count} ${count === 1 ? "worker" : "workers"}`;
        rows.push({ what, unit: "s", ours, yardstick, yardstickIs: "the model's seconds over all slots", ratio: ours / yardstick });
      }
    }
    return rows;
  });
}
