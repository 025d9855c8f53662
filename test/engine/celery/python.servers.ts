/** A Python application, with Celery's own client, asks this engine for runs. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createCeleryDelivery, createCeleryEngine } from "../../../lib/engine/celery/engine.ts";
import { systemClock } from "../../../lib/engine/clock.ts";
import { type Delivery, deliverEnd } from "../../../lib/engine/deliver.ts";
import { createHost } from "../../../lib/engine/host.ts";
import { ownIdentity } from "../../../lib/engine/identity.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { startLease } from "../../../lib/engine/lease.ts";
import { acceptRun } from "../../../lib/engine/submit.ts";
import { definePipeline, defineStage } from "../../../lib/pipeline/define.ts";
import { PermanentError } from "../../../lib/schema/errors.ts";
import { type Json, sha256 } from "../../../lib/schema/json.ts";
import { endRecordSchema, resultRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { readRecord } from "../../../lib/store/records.ts";
import { installedServer } from "../../servers/installed.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";

const PYTHON = installedServer("celery");
const HOSTNAME = "prompt-studio@test";
const policy = { timeoutMs: 60_000, maxAttempts: 1, delay: { form: "doubling" as const, rateLimitedBaseMs: 50, serverStepMs: 50, maxMs: 500 } };

const store = createMemoryStore();
const run = promisify(execFile);
const started: string[] = [];
const aborted: string[] = [];
let server: RedisServer;
const stops: (() => Promise<void> | void)[] = [];

/** What the request says happens: it says hello, fails for good, or works until it is stopped. */
const pipeline = definePipeline<undefined>({
  name: "asked",
  version: 1,
  stages: [
    defineStage<undefined, string>({
      id: "answer",
      kind: "task",
      after: [],
      policy,
      output: z.string(),
      async run({ request, runId, signal }) {
        const { name } = z.object({ name: z.string() }).parse(request);
        started.push(runId);
        if (name === "nobody") throw new PermanentError("document_broken", "there is nobody");
        if (name !== "forever") return `hello ${name}`;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted.push(runId);
        throw signal.reason;
      },
    }),
  ],
});

const python = async (action: string, given: Json = {}): Promise<unknown> => {
  const { stdout } = await run(PYTHON, [join(import.meta.dirname, "client.py"), server.url, action, JSON.stringify(given)]);
  return JSON.parse(stdout);
};
const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let look = 0; !(await what()); look++) {
    if (look > 500) throw new Error("It didn't happen within 10 s.");
    await sleep(20);
  }
};
const sendOne = async (given: Json): Promise<string> => z.object({ id: z.string() }).parse(await python("send", given)).id;
const finalOutput = async (tenant: string, runId: string): Promise<Json> => {
  const result = await readRecord(store, runKeys(tenant, runId).result("answer"), resultRecordSchema);
  return { answer: result?.output ?? null };
};

beforeAll(async () => {
  if (!existsSync(PYTHON)) throw new Error('Celery for Python is missing; install it with "node scripts/servers.mjs install celery".');
  server = await startRedis();
  stops.push(() => server.stop());
  const log = pino({ level: "silent" });
  const lease = await startLease(store, systemClock, ownIdentity());
  stops.push(() => lease.stop());
  const host = createHost<undefined>({
    store,
    clock: systemClock,
    lease,
    log,
    pipelines: new Map([[pipeline.shape.name, pipeline]]),
    resources: undefined,
    shutdown: () => new AbortController().signal,
    observe: () => undefined,
  });
  const delivery = createCeleryDelivery({ resultBackend: server.url, clock: systemClock, log, finalOutput });
  stops.push(() => delivery.close());
  const deliveries: Delivery[] = [delivery.deliver];
  const engine = createCeleryEngine({
    brokerUrl: server.url,
    resultBackend: server.url,
    doors: createDoors(host),
    store,
    clock: systemClock,
    log,
    concurrency: 4,
    perTenant: 4,
    hostname: HOSTNAME,
    async acceptRequest(kwargs) {
      const parsed = z.object({ run_id: z.string(), document: z.string(), name: z.string() }).safeParse(kwargs);
      if (!parsed.success) throw new PermanentError("invalid_request", "It can't be accepted.", { problems: [{ pointer: "/name", message: "is missing" }] });
      const { run_id, document, name } = parsed.data;
      const body = Buffer.from(document);
      const accepted = await acceptRun(store, {
        tenant: "default",
        runId: run_id,
        pipeline: pipeline.shape.name,
        shape: pipeline.shape,
        request: { name },
        settings: {},
        document: { body, sha256: sha256(body), bytes: body.byteLength, fileName: "document.txt" },
        engine: "celery",
        process: lease.id,
        now: Date.now(),
      });
      return accepted.dispatch;
    },
    finalOutput,
    ended: async ({ tenant, runId }) => void (await deliverEnd(store, tenant, runId, deliveries)),
  });
  stops.push(() => engine.close());
  const worker = await engine.work();
  stops.push(() => worker.stop(1_000));
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const asking = (runId: string, name: string) => ({ kwargs: { run_id: runId, document: "a document", name } });

describe("a Python application", () => {
  it("gets the result of a run", async () => {
    expect(await python("run", asking("hello", "Ada"))).toEqual({ state: "SUCCESS", result: { answer: "hello Ada" } });
  });

  it.each(["prompt_llm", "prompt_extraction", "prompt_indexing"])("may send to the queue %s, with a priority", async (queue) => {
    const given = { ...asking(`hello-${queue}`, "Ada"), options: { queue, priority: 9 } };
    expect(await python("run", given)).toEqual({ state: "SUCCESS", result: { answer: "hello Ada" } });
  });

  it("gets the result of a run that has ended before, without another run", async () => {
    expect(await python("run", asking("again", "Ada"))).toEqual(await python("run", asking("again", "Ada")));
    expect(started.filter((runId) => runId === "again")).toEqual(["again"]);
  });

  it("gets an exception that says why a run failed", async () => {
    expect(await python("run", asking("failing", "nobody"))).toEqual({
      state: "FAILURE",
      raised: "builtins.RuntimeError",
      message: "The run failing failed in answer: there is nobody [document_broken]",
    });
  });

  it("gets an exception that says what is wrong with a request", async () => {
    const message = "It can't be accepted.\n  /name: is missing [invalid_request]";
    expect(await python("run", { kwargs: { run_id: "bad" } })).toEqual({ state: "FAILURE", raised: "builtins.ValueError", message });
    expect(await python("run", { ...asking("args", "Ada"), options: { args: [1] } })).toMatchObject({ state: "FAILURE", raised: "builtins.ValueError" });
    expect(await python("chain", asking("chained", "Ada"))).toMatchObject({ state: "FAILURE", raised: "builtins.ValueError" });
  });

  it("gets an exception for a task that nobody knows, and for pickle, which is never loaded", async () => {
    expect(await python("run", { task: "prompt_studio.unknown" })).toMatchObject({ state: "FAILURE", raised: "celery.exceptions.NotRegistered" });
    const pickled = { ...asking("pickled", "Ada"), options: { serializer: "pickle" } };
    expect(await python("run", pickled)).toMatchObject({ state: "FAILURE", raised: "kombu.exceptions.ContentDisallowed" });
  });

  it("may ask for later, and its countdown is kept", async () => {
    const id = await sendOne({ ...asking("later", "Ada"), options: { countdown: 3 } });
    await until(async () => (await server.redis.zcard("prompt-studio.delayed")) === 1);
    expect(started).not.toContain("later");
    expect(await python("outcome", { id })).toEqual({ state: "SUCCESS", result: { answer: "hello Ada" } });
  });

  it("hears that its task came too late", async () => {
    const late = { ...asking("late", "Ada"), options: { countdown: 2, expires: 1 } };
    expect(await python("run", late)).toMatchObject({ state: "REVOKED", raised: "celery.exceptions.TaskRevokedError", message: "expired" });
    expect(started).not.toContain("late");
  });

  it("revokes a task that waits, which ends at once", async () => {
    const id = await sendOne({ ...asking("waiting", "Ada"), options: { countdown: 3_600 } });
    await until(async () => (await server.redis.zcard("prompt-studio.delayed")) === 1);
    expect(await python("revoke", { id })).toEqual([{ [HOSTNAME]: { ok: `tasks ${id} flagged as revoked` } }]);
    expect(await python("outcome", { id })).toMatchObject({ state: "REVOKED", raised: "celery.exceptions.TaskRevokedError" });
    expect(started).not.toContain("waiting");
  });

  it("revokes a running task, whose run is cancelled", async () => {
    const id = await sendOne(asking("running", "forever"));
    await until(() => started.includes("running"));
    expect(await python("revoke", { id, terminate: true })).toEqual([{ [HOSTNAME]: { ok: `tasks ${id} flagged as revoked` } }]);
    expect(await python("outcome", { id })).toMatchObject({ state: "REVOKED", raised: "celery.exceptions.TaskRevokedError", message: "revoked" });
    expect(await readRecord(store, runKeys("default", "running").end, endRecordSchema)).toMatchObject({ status: "cancelled" });
    await until(() => aborted.includes("running"));
  });

  it("pings the worker, all of them or by name", async () => {
    expect(await python("ping")).toEqual([{ [HOSTNAME]: { ok: "pong" } }]);
    expect(await python("ping", { destination: [HOSTNAME] })).toEqual([{ [HOSTNAME]: { ok: "pong" } }]);
    expect(await python("ping", { destination: ["other@test"], timeout: 1 })).toEqual([]);
  });

  it("leaves nothing in the broker that is not acknowledged", async () => {
    await until(async () => (await server.redis.hlen("prompt-studio.unacked")) === 0);
    expect(await server.redis.zcard("prompt-studio.unacked_index")).toBe(0);
    expect(await server.redis.zcard("prompt-studio.delayed")).toBe(0);
  });
});
