/** The app that Inngest calls is killed while it works, and started again: the run ends, and no committed call runs again. Everything goes over sockets. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { acceptRun } from "../../../lib/engine/submit.ts";
import { sha256 } from "../../../lib/schema/json.ts";
import { type PipelineShape, pipelineShapeSchema } from "../../../lib/schema/pipeline.ts";
import { createFsStore } from "../../../lib/store/fs.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { exists, keysOf } from "../../../lib/store/records.ts";
import { createInngestExecutor } from "../../support/inngest-executor.ts";

const APP = fileURLToPath(new URL("children/app.mjs", import.meta.url));
const KILLS = 3;
const AT_ONCE = 8;
const helloSchema = z.object({ port: z.int(), shape: pipelineShapeSchema });

let folder: string;
let store: ObjectStore;
let app: { child: ChildProcess; port: number; shape: PipelineShape } | undefined;
let executor: ReturnType<typeof createInngestExecutor>;
let inngest: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inngest-kill-"));
  store = createFsStore({ root: join(folder, "store") });
  // A dead app refuses the connection, as it would to Inngest.
  executor = createInngestExecutor({
    async serve(request) {
      const url = new URL(request.url);
      const headers = Object.fromEntries(request.headers);
      return fetch(`http://127.0.0.1:${app?.port}${url.pathname}${url.search}`, { method: request.method, headers, body: await request.text() });
    },
    retryMs: 200,
  });
  inngest = createServer(getRequestListener((request) => executor.fetch(request)));
  await new Promise<void>((resolve) => inngest.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  executor.stop();
  await kill();
  inngest.closeAllConnections();
  inngest.close();
  await rm(folder, { recursive: true, force: true });
});

async function startApp(port = 0): Promise<{ port: number; shape: PipelineShape }> {
  const url = `http://127.0.0.1:${(inngest.address() as AddressInfo).port}/`;
  const child = spawn(process.execPath, [APP, join(folder, "store"), url, String(port), join(folder, "log")], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  app = { child, ...helloSchema.parse(JSON.parse(String(line))) };
  return app;
}

async function kill(): Promise<void> {
  if (app === undefined || app.child.exitCode !== null) return;
  const gone = once(app.child, "exit");
  app.child.kill("SIGKILL");
  await gone;
}

const begun = async () => (await readFile(join(folder, "log"), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
const keys = runKeys("default", "run-1");
const committed = async () => (await keysOf(store, keys.results)).map((key) => key.slice(keys.results.length));

async function until(look: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + 60_000;
  while (!(await look())) {
    if (Date.now() > last) throw new Error("It did not happen within a minute.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each([
  ["in steps", 40],
  ["in lanes", 120],
])("a run %s whose app is killed", (_, items) => {
  it("ends, and does nothing again that was committed", { timeout: 120_000 }, async () => {
    const { port, shape } = await startApp();
    await executor.sync();
    const body = Buffer.from("a document");
    const document = { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" };
    const common = { tenant: "default", runId: "run-1", pipeline: shape.name, shape, request: { items }, settings: {}, document };
    await acceptRun(store, { ...common, engine: "inngest", process: "nobody", now: Date.now() });
    executor.send({ name: "prompt-studio/requested", data: { tenant: "default", run_id: "run-1", n: 1, priority: 0 } });
    const kills: { before: number; safe: readonly string[] }[] = [];
    for (let round = 1; round <= KILLS; round++) {
      await until(async () => (await committed()).length >= (items / (KILLS + 1)) * round);
      await kill();
      kills.push({ before: (await begun()).length, safe: await committed() });
      await startApp(port);
    }
    await until(() => exists(store, keys.end));
    await until(async () => executor.runs.every(({ status }) => status === "Completed"));
    const calls = await begun();
    expect(kills.flatMap(({ before, safe }) => calls.slice(before).filter((call) => safe.includes(call)))).toEqual([]);
    expect(new Set(calls).size).toBe(items + 1);
    expect(calls.length).toBeLessThanOrEqual(items + 1 + KILLS * AT_ONCE);
    expect(await committed()).toHaveLength(items + 3);
  });
});
