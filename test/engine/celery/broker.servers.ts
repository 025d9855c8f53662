/** The broker's promises on a real Redis server: turns, room, messages that lose their worker, and a server that goes away. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Broker, createBroker, type Held, type Taking } from "../../../lib/engine/celery/broker.ts";
import { CALLS_OF_A_RUN, callMessage, QUEUE_NAMES, type QueueName } from "../../../lib/engine/celery/calls.ts";
import { createCeleryEngine } from "../../../lib/engine/celery/engine.ts";
import { decodeTask, encodeTask } from "../../../lib/engine/celery/protocol.ts";
import { createResults } from "../../../lib/engine/celery/results.ts";
import { systemClock } from "../../../lib/engine/clock.ts";
import type { Doors } from "../../../lib/engine/contract.ts";
import { paperPolicy } from "../../../lib/pipeline/policies.ts";
import type { Call, PipelineShape } from "../../../lib/schema/pipeline.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { freePort } from "../../servers/installed.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";

let server: RedisServer;
let keyPrefix: string;
let broker: Broker;

const policy = paperPolicy(5, 3);
const call = (stage: string, item: number): Call => ({ key: `${stage}/${String(item).padStart(4, "0")}`, stage, op: "item", item, policy });
const callsOf = (stage: string, count: number) => Array.from({ length: count }, (_, item) => call(stage, item));
const open = (options: { queues?: readonly QueueName[]; visibilityTimeoutMs?: number; redis?: Redis } = {}) =>
  createBroker({ redis: server.redis, keyPrefix, visibilityTimeoutMs: 60_000, shared: ["celery"], queues: QUEUE_NAMES, ...options });
const nameOf = ({ raw }: Held) => {
  const decoded = decodeTask(raw);
  return decoded.is === "task" ? decoded.task.id : "refused";
};
const taking = (full: string[] = [], sharedFirst = false): Taking => ({ tag: randomUUID(), full, sharedFirst });
const takeAll = async (from: Broker, full: string[] = []): Promise<Held[]> => {
  const taken: Held[] = [];
  for (;;) {
    const { held } = await from.take(taking(full));
    if (held === undefined) return taken;
    taken.push(held);
  }
};
const send = (tenant: string, calls: readonly Call[], priority?: number, runId = "run-1") => {
  const dispatch = { tenant, runId, n: 1, ...(priority === undefined ? {} : { priority }) };
  return broker.publish(
    dispatch,
    calls.map((one) => callMessage(dispatch, one, "me@here")),
  );
};

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());
beforeEach(() => {
  keyPrefix = `${randomUUID()}.`;
  broker = open();
});

/** A client repeats what it has no answer to when its connection breaks, though the server may have done it. */
const repeating = (redis: Redis): Redis =>
  new Proxy(redis, {
    get(target, name) {
      if (name === "evalsha") return (...args: Parameters<Redis["evalsha"]>) => target.evalsha(...args).then(() => target.evalsha(...args));
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

describe("a command that is sent twice", () => {
  it("takes no message that nobody gets, and gives none twice", async () => {
    await send("a", [call("warm-up", 0)]);
    await takeAll(broker);
    const twice = open({ redis: repeating(server.redis) });
    await send("a", callsOf("evaluate", 5), undefined, "run-2");
    const taken = await takeAll(twice);
    expect(new Set(taken.map(nameOf)).size).toBe(5);
    await twice.delay(taken[0]?.tag ?? "", { afterMs: 0 });
    for (const { tag } of taken.slice(1)) await twice.acknowledge(tag);
    await sleep(5);
    expect((await takeAll(broker)).map(nameOf)).toEqual(taken.slice(0, 1).map(nameOf));
  });

  it("settles a call once, and takes along what nobody else gets", async () => {
    const dispatch = { tenant: "a", runId: "run-1", n: 1 };
    await send("a", callsOf("evaluate", 3));
    const twice = open({ redis: repeating(server.redis) });
    const { held } = await twice.take(taking());
    if (held === undefined) throw new Error("Nothing was taken.");
    const messages = [callMessage(dispatch, call("collate", 0), "me@here")];
    const settlement = { call: "evaluate/0000", tag: held.tag, messages, hasMore: false, heard: "", settling: [], mayLeave: false };
    const { what, held: next } = await twice.settle(dispatch, settlement, taking());
    expect([what, next && nameOf(next)]).toEqual(["done", "a:run-1:1:evaluate/0001"]);
    expect((await takeAll(broker)).map(nameOf)).toEqual(["a:run-1:1:evaluate/0002", "a:run-1:1:collate/0000"]);
  });
});

describe("the lists of the tenants", () => {
  it("are taken from in turn, however long they are", async () => {
    await send("a", callsOf("evaluate", 100));
    await send("b", callsOf("evaluate", 2));
    const tenants = (await takeAll(broker)).map(({ tenant }) => tenant);
    expect(tenants.slice(0, 5).join("")).toBe("ababa");
    expect(tenants).toHaveLength(102);
  });

  it("are left alone while their tenant has its share", async () => {
    await send("a", callsOf("evaluate", 2));
    await send("b", callsOf("evaluate", 2));
    expect((await takeAll(broker, ["a"])).map(({ tenant }) => tenant)).toEqual(["b", "b"]);
    expect((await takeAll(broker)).map(({ tenant }) => tenant)).toEqual(["a", "a"]);
  });

  it("give runs of higher priority first, then what is furthest in its run, then runs of lower priority", async () => {
    await send("a", [call("evaluate", 0)], -1, "low");
    await send("a", [call("chunk-embed", 0), call("extract-text", 0), call("evaluate", 0)], 0, "plain");
    await send("a", [call("chunk-embed", 0)], 5, "high");
    const order = [
      "a:high:1:chunk-embed/0000",
      "a:plain:1:evaluate/0000",
      "a:plain:1:extract-text/0000",
      "a:plain:1:chunk-embed/0000",
      "a:low:1:evaluate/0000",
    ];
    expect((await takeAll(broker)).map(nameOf)).toEqual(order);
  });

  it("keep what a worker of other queues doesn't take", async () => {
    await send("a", [call("chunk-embed", 0), call("evaluate", 0)]);
    expect((await takeAll(open({ queues: ["prompt_indexing"] }))).map(nameOf)).toEqual(["a:run-1:1:chunk-embed/0000"]);
    expect((await takeAll(open({ queues: ["prompt_llm"] }))).map(nameOf)).toEqual(["a:run-1:1:evaluate/0000"]);
  });

  it("and the queues of others are taken from by turns", async () => {
    await send("a", callsOf("evaluate", 1));
    await server.redis.lpush(`${keyPrefix}celery`, encodeTask({ id: "asked", name: "x", kwargs: {}, queue: "celery", priority: 0, origin: "you" }));
    const first = (await broker.take(taking(["", "b"], true))).held;
    expect(first && [first.tenant, nameOf(first)]).toEqual(["", "asked"]);
  });
});

describe("a run", () => {
  it("has at most 200 calls open, sends each once, and the next when one is settled", async () => {
    const calls = callsOf("evaluate", 450);
    const dispatch = { tenant: "a", runId: "run-1", n: 1 };
    await send("a", calls);
    await send("a", calls);
    const taken = await takeAll(broker);
    expect(new Set(taken.map(nameOf)).size).toBe(CALLS_OF_A_RUN);
    expect(taken).toHaveLength(CALLS_OF_A_RUN);
    const [first] = taken;
    if (first === undefined) throw new Error("Nothing was taken.");
    const messages = calls.map((one) => callMessage(dispatch, one, "me@here"));
    const settlement = { call: "evaluate/0000", tag: first.tag, messages, hasMore: false, heard: "", settling: [], mayLeave: false };
    expect(await broker.settle(dispatch, settlement, undefined)).toMatchObject({ what: "done", open: CALLS_OF_A_RUN, sent: CALLS_OF_A_RUN + 1 });
    // The worker died after that, and whoever gets its message does the same again.
    expect(await broker.settle(dispatch, settlement, undefined)).toMatchObject({ what: "done", open: CALLS_OF_A_RUN, sent: 0 });
    expect((await takeAll(broker)).map(nameOf)).toEqual(["a:run-1:1:evaluate/0200"]);
  });

  it("is ended once, by the first who does it", async () => {
    const dispatch = { tenant: "a", runId: "run-1", n: 1 };
    await send("a", callsOf("evaluate", 1));
    expect(await broker.inspect(dispatch)).toBe("running");
    expect([await broker.finish(dispatch, "@ended"), await broker.finish(dispatch, "@ended")]).toEqual([true, false]);
    expect(await broker.inspect(dispatch)).toBe("ended");
    expect(await broker.inspect({ ...dispatch, n: 2 })).toBeUndefined();
  });
});

describe("a message whose worker", () => {
  it("is silent goes to another, who takes it first, and what the silent one does then counts no more", async () => {
    const hasty = open({ visibilityTimeoutMs: 100 });
    await send("a", callsOf("evaluate", 2));
    const { held } = await hasty.take(taking());
    if (held === undefined) throw new Error("Nothing was taken.");
    await sleep(150);
    const again = await takeAll(hasty);
    expect(again.map(nameOf)).toEqual(["a:run-1:1:evaluate/0000", "a:run-1:1:evaluate/0001"]);
    await hasty.renew([held.tag]);
    await hasty.delay(held.tag, { afterMs: 0 });
    await hasty.release([held.tag]);
    expect(await server.redis.hlen(`${keyPrefix}prompt-studio.unacked`)).toBe(2);
    expect(await server.redis.zcard(`${keyPrefix}prompt-studio.unacked_index`)).toBe(2);
    expect(await server.redis.zcard(`${keyPrefix}prompt-studio.delayed`)).toBe(0);
  });

  it("says that it lives stays with it", async () => {
    const hasty = open({ visibilityTimeoutMs: 2_000 });
    await send("a", callsOf("evaluate", 1));
    const { held } = await hasty.take(taking());
    if (held === undefined) throw new Error("Nothing was taken.");
    for (let round = 0; round < 5; round++) {
      await sleep(500);
      await hasty.renew([held.tag]);
      expect(await takeAll(hasty)).toEqual([]);
    }
  });

  it("stops is given back, and one that is delayed comes back when it is due", async () => {
    await send("a", callsOf("evaluate", 2));
    const [first, second] = await takeAll(broker);
    if (first === undefined || second === undefined) throw new Error("Nothing was taken.");
    await broker.release([second.tag]);
    await broker.delay(first.tag, { afterMs: 1_000 });
    const returned = await broker.take(taking());
    expect(returned.held && nameOf(returned.held)).toBe(nameOf(second));
    const { held, nextDueMs } = await broker.take(taking());
    expect(held).toBeUndefined();
    expect(nextDueMs).toBeGreaterThan(0);
    expect(nextDueMs).toBeLessThanOrEqual(1_000);
    await sleep((nextDueMs ?? 0) + 5);
    expect((await takeAll(broker)).map(nameOf)).toEqual([nameOf(first)]);
  });
});

describe("a result", () => {
  it("is not overwritten by a task that begins again", async () => {
    const results = createResults(server.redis, keyPrefix, Date.now);
    await results.end({ id: "task-1" }, { status: "SUCCESS", result: "done" });
    await results.begin({ id: "task-1" }, null);
    expect(JSON.parse((await server.redis.get(`${keyPrefix}celery-task-meta-task-1`)) ?? "")).toMatchObject({ status: "SUCCESS", result: "done" });
  });
});

describe("a broker that goes away", () => {
  const shape: PipelineShape = { name: "one", version: 1, stages: [{ id: "one", kind: "task", after: [], policy }] };
  const dispatch = { tenant: "default", runId: "run-1", n: 1 };
  const engineOf = (url: string, doors: Doors) =>
    createCeleryEngine({
      brokerUrl: url,
      doors,
      store: createMemoryStore(),
      clock: systemClock,
      log: pino({ level: "silent" }),
      concurrency: 1,
      perTenant: 1,
      acceptRequest: () => Promise.reject(new Error("nobody asks")),
      finalOutput: () => Promise.reject(new Error("nobody asks")),
    });
  const never: Doors = { load: () => Promise.reject(new Error("never")), invoke: () => Promise.reject(new Error("never")) };

  it("is named by the errors of a submit and of a worker, without its password", async () => {
    const port = await freePort();
    const engine = engineOf(`redis://user:secret@127.0.0.1:${port}/0`, never);
    const message = new RegExp(`The Celery broker at 127.0.0.1:${port} can't be reached: connect ECONNREFUSED .*CELERY_BROKER_URL`);
    await expect(engine.submit([dispatch])).rejects.toThrow(message);
    await expect(engine.work()).rejects.toThrow(message);
    await expect(engine.submit([dispatch])).rejects.not.toThrow("secret");
    await engine.close();
  });

  it("that doesn't speak TLS, though the URL says so, is told from one that is away", async () => {
    const engine = engineOf(server.url.replace("redis://", "rediss://"), never);
    await expect(engine.work()).rejects.toThrow(/can't be reached: .*rediss:\/\/ is for a server that speaks TLS/);
    await engine.close();
  });

  it("and comes back empty finds its workers waiting, and a run that is given to it again", async () => {
    const first = await startRedis();
    let invoked: () => void = () => undefined;
    const wasInvoked = new Promise<void>((resolve) => {
      invoked = resolve;
    });
    const engine = engineOf(first.url, {
      load: async () => ({ is: "ready", shape }),
      async invoke() {
        invoked();
        return { is: "superseded" };
      },
    });
    const worker = await engine.work();
    await first.stop();
    const second = await startRedis({ port: first.port });
    expect(await engine.inspect(dispatch)).toBeUndefined();
    await engine.submit([dispatch]);
    await wasInvoked;
    await engine.settled(dispatch);
    expect(await engine.inspect(dispatch)).toBe("ended");
    await worker.stop(1_000);
    await engine.close();
    await second.stop();
  });
});
