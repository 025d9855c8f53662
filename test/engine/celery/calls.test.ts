/** Which calls are sent, where to, and what the broker's memory means; and that the engine needs ioredis only when it is used. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../../lib/engine/celery/broker.ts";
import { CALLS_OF_A_RUN, callMessage, chooseCalls, priorityOf, queueOf, readCallTask } from "../../../lib/engine/celery/calls.ts";
import { parseRedisUrl } from "../../../lib/engine/celery/connect.ts";
import { decodeTask } from "../../../lib/engine/celery/protocol.ts";
import { paperPolicy } from "../../../lib/pipeline/policies.ts";
import type { Call } from "../../../lib/schema/pipeline.ts";

const policy = paperPolicy(5, 3);
const item = (index: number): Call => ({ key: `agentic-extract/${String(index).padStart(4, "0")}`, stage: "agentic-extract", op: "item", item: index, policy });
const dispatch = { tenant: "acme", runId: "run-1", n: 2 };

describe("the calls to send", () => {
  const sets = (sent: readonly Call[], sending: readonly Call[] = []) => {
    const keys = (calls: readonly Call[]) => new Set(calls.map(({ key }) => key));
    return { sent: keys(sent), sending: keys(sending) };
  };

  it("are those that were never sent", () => {
    const next = [item(0), item(1), item(2)];
    expect(chooseCalls(next, sets([item(0), item(2)]), 2)).toEqual({ chosen: [item(1)], hasMore: false });
    expect(chooseCalls(next, sets([item(0)], [item(2)]), 2)).toEqual({ chosen: [item(1)], hasMore: false });
    expect(chooseCalls(next, sets(next), 2)).toEqual({ chosen: [], hasMore: false });
  });

  it("are not many more than there is room for", () => {
    const next = Array.from({ length: 450 }, (_, index) => item(index));
    const sent = sets(next.slice(0, CALLS_OF_A_RUN));
    const { chosen, hasMore } = chooseCalls(next, sent, CALLS_OF_A_RUN);
    expect([chosen[0], hasMore]).toEqual([item(CALLS_OF_A_RUN), true]);
    expect(chosen.length).toBeLessThan(20);
    const all = chooseCalls(next.slice(0, 2 * CALLS_OF_A_RUN), sent, 0);
    expect(all).toEqual({ chosen: next.slice(CALLS_OF_A_RUN, 2 * CALLS_OF_A_RUN), hasMore: false });
  });

  it("have the queues of their stages, and the priorities of the queues", () => {
    const queues = ["extract-text", "chunk-embed", "generate-digraph", "agentic-extract", "evaluate", "collate"].map(queueOf);
    expect(queues).toEqual(["prompt_extraction", "prompt_indexing", "prompt_llm", "prompt_llm", "prompt_llm", "prompt_llm"]);
    expect(queues.slice(0, 3).map((queue) => priorityOf(queue))).toEqual([5, 3, 7]);
    expect([priorityOf("prompt_llm", 10), priorityOf("prompt_llm", -1)]).toEqual([0, 9]);
  });

  it("are messages whose lists belong to their tenant, and which say all that is needed", () => {
    const message = callMessage({ ...dispatch, priority: 1 }, item(7), "me@here");
    expect(message).toMatchObject({ name: "agentic-extract/0007", tenant: "acme", list: "prompt_llm@acme" });
    expect(callMessage(dispatch, item(7), "me@here").list).toBe("prompt_llm@acme\x06\x166");
    const decoded = decodeTask(message.raw);
    if (decoded.is !== "task") throw new Error("It was refused.");
    expect(decoded.task).toMatchObject({ id: "acme:run-1:2:agentic-extract/0007", name: "prompt_studio.call" });
    const { key, stage, op } = item(7);
    expect(readCallTask(decoded.task)).toEqual({ dispatch: { ...dispatch, priority: 1 }, call: { key, stage, op, item: 7 } });
    // Whoever sent it need not read it.
    expect(message.task).toEqual(readCallTask(decoded.task));
  });

  it("start with a message without a call", () => {
    const decoded = decodeTask(callMessage(dispatch, undefined, "me@here").raw);
    if (decoded.is !== "task") throw new Error("It was refused.");
    expect(readCallTask(decoded.task)).toEqual({ dispatch, call: undefined });
    expect(readCallTask({ ...decoded.task, kwargs: { tenant: "acme" } })).toBeUndefined();
  });
});

describe("what the broker says of a dispatch", () => {
  const known = { known: true, ended: false, cancelled: false, open: 1, first: false };

  it.each([
    [{ ...known, known: false }, undefined],
    [{ ...known, first: true }, "queued"],
    [known, "running"],
    [{ ...known, ended: true, open: 0 }, "ended"],
    [{ ...known, open: 0 }, "ended"],
    [{ ...known, ended: true, cancelled: true }, "cancelled"],
  ])("%j is %s", (memory, view) => {
    expect(viewOf(memory)).toBe(view);
  });
});

describe("the broker's URL", () => {
  it("is Celery's", () => {
    expect(parseRedisUrl("redis://localhost", "X")).toEqual({ host: "localhost", port: 6379, db: 0 });
    expect(parseRedisUrl("redis://user:p%40ss@[::1]:6380/3", "X")).toEqual({ host: "::1", port: 6380, db: 3, username: "user", password: "p@ss" });
    expect(parseRedisUrl("rediss://host/0?ssl_cert_reqs=CERT_NONE", "X")).toMatchObject({ tls: { rejectUnauthorized: false } });
    expect(parseRedisUrl("rediss://host/0", "X")).toMatchObject({ tls: { rejectUnauthorized: true } });
  });

  it.each(["amqp://localhost", "db+postgresql://user:secret@host/db", "sentinel://a;b", "rpc://", "", "redis://localhost/name"])("is never %j", (url) => {
    expect(() => parseRedisUrl(url, "CELERY_RESULT_BACKEND")).toThrow(/^CELERY_RESULT_BACKEND .*redis:\/\/localhost:6379\/0/);
    expect(() => parseRedisUrl(url, "CELERY_RESULT_BACKEND")).not.toThrow(/secret/);
  });
});

describe("without ioredis", () => {
  it("the engine can be made, and its first use says what to install", async () => {
    const hook = 'export async function resolve(name, context, next) { if (name === "ioredis") throw new Error("gone"); return next(name, context); }';
    const register = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
    const program = `
      const { createCeleryEngine } = await import("./dist/lib/engine/celery/engine.js");
      const engine = createCeleryEngine({ brokerUrl: "redis://localhost:1/0" });
      console.log(await engine.submit([{ tenant: "default", runId: "run-1", n: 1 }]).catch((error) => error.code + ": " + error.message));
    `;
    const args = ["--import", `data:text/javascript,${encodeURIComponent(register)}`, "--input-type=module", "-e", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(import.meta.dirname, "../../..") });
    expect(stdout.trim()).toBe('invalid_configuration: The engine "celery" needs the package ioredis; install it with "npm install ioredis@5".');
  });
});
