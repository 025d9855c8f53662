/** No call is left unsent, whoever settles what when: processes that know only what they did themselves, workers that die, and a Redis that loses what it had last. On a real Redis. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Received, workOnCall } from "../../../lib/engine/celery/advance.ts";
import { type Broker, createBroker, type Held, type Settling } from "../../../lib/engine/celery/broker.ts";
import { CALLS_OF_A_RUN, callMessage, QUEUE_NAMES, readCallTask } from "../../../lib/engine/celery/calls.ts";
import { decodeTask } from "../../../lib/engine/celery/protocol.ts";
import { createRuns } from "../../../lib/engine/celery/runs.ts";
import type { Dispatch, Doors } from "../../../lib/engine/contract.ts";
import { settledOf } from "../../../lib/engine/end.ts";
import { paperPolicy } from "../../../lib/pipeline/policies.ts";
import type { ItemGraph, PipelineShape } from "../../../lib/schema/pipeline.ts";
import { type ResultRecord, resultRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import type { ObjectStore } from "../../../lib/store/object-store.ts";
import { createRecord, keysOf, readRecord } from "../../../lib/store/records.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";
import { createRandom } from "../../support/random.ts";

const VISIBILITY_MS = 300;
const policy = paperPolicy(5, 3);
const dispatch: Dispatch = { tenant: "a", runId: "run-1", n: 1 };
const task = (id: string, after: string[] = []) => ({ id, kind: "task" as const, after, policy });

let server: RedisServer;
let keyPrefix: string;
let store: ObjectStore;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());
beforeEach(() => {
  keyPrefix = `${randomUUID()}.`;
  store = createMemoryStore();
});

const createOwn = (): Broker => createBroker({ redis: server.redis, keyPrefix, visibilityTimeoutMs: VISIBILITY_MS, shared: [], queues: QUEUE_NAMES });
const open = async () => (await server.redis.smembers(`${keyPrefix}prompt-studio.run:a:run-1:1:open`)).sort();

interface World {
  shape: PipelineShape;
  items?: ItemGraph;
  /** What a call does before it is committed, and after that, before the engine is told. */
  before?(call: string): Promise<void>;
  committed?(call: string): Promise<void>;
}

/** The doors without claims: whoever commits first has done the call. */
function doorsOf({ shape, items, before, committed }: World): Doors {
  return {
    load: async () => ({ is: "ready", shape }),
    async invoke(_, { key, op }) {
      const at = runKeys(dispatch.tenant, dispatch.runId).result(key);
      const record: ResultRecord = {
        v: 1,
        is: "done",
        at: 0,
        claim: 1,
        attempts: 1,
        durationMs: 0,
        usage: { input_tokens: 0, output_tokens: 0 },
        output: null,
      };
      if ((await readRecord(store, at, resultRecordSchema)) === undefined) {
        await before?.(key);
        await createRecord(store, at, op === "plan" && items ? { ...record, items } : record);
      }
      await committed?.(key);
      const result = await readRecord(store, at, resultRecordSchema);
      if (result === undefined) throw new Error("It was committed and is gone.");
      return settledOf(result);
    },
  };
}

/** A process of its own: a broker that can be cut off, and what it knows. Each answer to a settlement is noted. */
function openProcess(world: World, answers: Settling["what"][] = []) {
  const broker = createOwn();
  const life: { isOver: boolean; ended: number; answered?(): Promise<void> } = { isOver: false, ended: 0 };
  const runs = createRuns(doorsOf(world), store);
  const alive = () => {
    if (life.isOver) throw new Error("killed");
  };
  const mortal: Broker = {
    ...broker,
    async settle(...args) {
      alive();
      const answer = await broker.settle(...args);
      answers.push(answer.what);
      await life.answered?.();
      alive();
      return answer;
    },
    async finish(...args) {
      alive();
      return broker.finish(...args);
    },
  };
  const options = { doors: doorsOf(world), broker: mortal, runs, origin: "me@here", ended: async () => void life.ended++, delayed: () => undefined };
  return {
    life,
    broker,
    take: async (): Promise<Held | undefined> => (await broker.take({ tag: randomUUID(), full: [], sharedFirst: false })).held,
    /** Works on a message, and returns the one that was taken along. */
    work({ tag, raw }: Held, isAlong = true): Promise<Held | undefined> {
      const decoded = decodeTask(raw);
      const call = decoded.is === "task" ? readCallTask(decoded.task) : undefined;
      if (call === undefined) throw new Error("It is no call.");
      const next = randomUUID();
      const takeAlong: Received["takeAlong"] = (ask) => ask(isAlong ? { tag: next, full: [], sharedFirst: false } : undefined);
      return workOnCall(options, { task: call, tag, takeAlong });
    },
  };
}
type Process = ReturnType<typeof openProcess>;

const begin = (broker: Broker) => broker.publish(dispatch, [callMessage(dispatch, undefined, "me@here")]);
const taken = async (process: Process): Promise<Held> => {
  const held = await process.take();
  if (held === undefined) throw new Error("There is nothing to take.");
  return held;
};

describe("a call that waits for two", () => {
  const shape: PipelineShape = { name: "pair", version: 1, stages: [task("zero"), task("one", ["zero"]), task("two", ["zero"]), task("both", ["one", "two"])] };

  it("is sent by whoever settles last, though each knows only its own when it is committed", async () => {
    let arrived = 0;
    let go: () => void = () => undefined;
    const bothCommitted = new Promise<void>((resolve) => {
      go = resolve;
    });
    const committed = async (call: string) => {
      if (call !== "one" && call !== "two") return;
      if (++arrived === 2) go();
      await bothCommitted;
    };
    const answers: Settling["what"][] = [];
    const [first, second] = [openProcess({ shape, committed }, answers), openProcess({ shape, committed }, answers)];
    await begin(first.broker);
    // Both have asked the store before either commits one of the two.
    await first.work(await taken(first), false);
    await second.work(await taken(second), false);
    const [one, two] = [await taken(first), await taken(second)];
    expect(await open()).toEqual(["one", "two"]);
    await Promise.all([first.work(one, false), second.work(two, false)]);
    expect(await open()).toEqual(["both"]);
    expect(answers.filter((what) => what === "last" || what === "forgot")).toEqual([]);
    await second.work(await taken(second));
    expect([first.life.ended + second.life.ended, await open()]).toEqual([1, []]);
  });

  it("costs no list of the results, and one command for each call, where one process does it all", async () => {
    const lists: string[] = [];
    const plain = store;
    store = {
      ...plain,
      list(prefix) {
        lists.push(prefix);
        return plain.list(prefix);
      },
    };
    const answers: Settling["what"][] = [];
    const process = openProcess({ shape }, answers);
    await begin(process.broker);
    let held: Held | undefined = await taken(process);
    while (held) held = await process.work(held);
    expect(process.life.ended).toBe(1);
    // The first message asks the store once; the last call ends the run.
    expect([lists.length, answers]).toEqual([1, ["done", "done", "done", "done"]]);
  });

  it("is sent although its sender dies before it has said so, or after", async () => {
    for (const diesAfter of [false, true]) {
      keyPrefix = `${randomUUID()}.`;
      store = createMemoryStore();
      const victim = openProcess({ shape });
      await begin(victim.broker);
      const zero = await victim.work(await taken(victim));
      const one = await victim.work(zero as Held);
      const two = await victim.work(one as Held);
      if (diesAfter) {
        // Its command arrives, and nobody hears the answer.
        await victim.work(two as Held);
        expect(await open()).toEqual(["both"]);
      } else {
        victim.life.isOver = true;
        await expect(victim.work(two as Held)).rejects.toThrow("killed");
        expect(await open()).toEqual(["two"]);
      }
      await sleep(VISIBILITY_MS + 50);
      const other = openProcess({ shape });
      let held = await other.take();
      while (held) held = await other.work(held);
      expect(other.life.ended).toBe(1);
    }
  });
});

describe("a Redis that lost what it had last", () => {
  it("gives a message back to a process that knows its call to be settled and the next to be sent, and it is sent again", async () => {
    const waits: PipelineShape = { name: "waits", version: 1, stages: [task("slow"), task("other"), task("one"), task("two", ["one", "other"])] };
    const answers: Settling["what"][] = [];
    const [first, second] = [openProcess({ shape: waits }, answers), openProcess({ shape: waits }, answers)];
    await begin(first.broker);
    await first.work(await taken(first), false);
    const [, other, one] = [await taken(first), await taken(second), await taken(first)];
    await second.work(other, false);
    let restore: (() => Promise<void>) | undefined;
    answers.length = 0;
    first.life.answered = async () => {
      restore ??= await backUp();
    };
    await first.work(one, false);
    // It was lost that "two" was sent, and not that "one" is settled, which was said before.
    expect([answers, await open()]).toEqual([
      ["behind", "done"],
      ["slow", "two"],
    ]);
    await restore?.();
    expect(await open()).toEqual(["one", "slow"]);
    await first.broker.release([one.tag]);
    await first.work(await taken(first), false);
    expect(await open()).toEqual(["slow", "two"]);
  });

  it("has no place any more that was heard of, so the store is asked for what others did", async () => {
    const wide: PipelineShape = { name: "wide", version: 1, stages: [task("a"), task("b"), task("c"), task("d", ["a", "b", "c"])] };
    const answers: Settling["what"][] = [];
    const [first, second] = [openProcess({ shape: wide }, answers), openProcess({ shape: wide }, answers)];
    await begin(first.broker);
    await first.work(await taken(first), false);
    const [a, b, c] = [await taken(first), await taken(second), await taken(first)];
    const restore = await backUp();
    await first.work(a, false);
    await restore();
    await second.work(b, false);
    answers.length = 0;
    await first.work(c, false);
    expect(answers).toEqual(["forgot", "behind", "done"]);
    // "a" has its message again, and "d" was sent all the same.
    expect(await open()).toEqual(["a", "d"]);
  });
});

/** Everything under the prefix as it is now; returned is what brings it back. */
async function backUp(): Promise<() => Promise<void>> {
  const { redis } = server;
  const keys = async () => redis.keys(`${keyPrefix}*`);
  const dumps = await Promise.all((await keys()).map(async (key) => [key, await redis.dumpBuffer(key)] as const));
  return async () => {
    const change = redis.multi();
    for (const key of await keys()) change.del(key);
    for (const [key, dump] of dumps) if (dump) change.restore(key, 0, dump);
    await change.exec();
  };
}

/** Processes of two slots each that work until the run has ended. */
async function storm(world: World, { seed, processes, kills, losses }: { seed: number; processes: number; kills: number; losses: number }) {
  const random = createRandom(seed);
  const answers: Settling["what"][] = [];
  const all: Process[] = [];
  const slots: Promise<void>[] = [];
  const hasEnded = () => all.some(({ life }) => life.ended > 0);
  const deadline = Date.now() + 60_000;
  const slot = async (process: Process) => {
    let held: Held | undefined;
    while (!process.life.isOver && !hasEnded() && Date.now() < deadline) {
      held ??= await process.take();
      if (held === undefined) await sleep(2);
      else held = await process.work(held, random() < 0.7).catch(() => undefined);
    }
  };
  const start = () => {
    const process = openProcess(world, answers);
    all.push(process);
    slots.push(slot(process), slot(process));
  };
  for (let count = 0; count < processes; count++) start();
  await begin(createOwn());
  let restore: (() => Promise<void>) | undefined;
  for (let event = 0; event < kills + losses && !hasEnded(); event++) {
    if (event < losses) restore = await backUp();
    await sleep(20 + random() * 60);
    await restore?.();
    restore = undefined;
    if (event >= kills) continue;
    const victim = all.filter(({ life }) => !life.isOver)[Math.floor(random() * processes)];
    if (victim) victim.life.isOver = true;
    start();
  }
  await Promise.all(slots);
  return { hasEnded: hasEnded(), answers, committed: (await keysOf(store, runKeys(dispatch.tenant, dispatch.runId).results)).length };
}

describe("several processes at once", () => {
  const item = { policy, onError: "collect" as const };
  const shape: PipelineShape = { name: "graph", version: 1, stages: [{ id: "map", kind: "graph", after: [], policy, item }, task("tell", ["map"])] };
  const graphOf = (seed: number, count: number): ItemGraph => {
    const random = createRandom(seed);
    const edges = Array.from({ length: count }, (_, index): [number, number][] => (index < 4 ? [] : [1, 2].map(() => [Math.floor(random() * index), index])));
    return { count, edges: edges.flat() };
  };
  const upTo = (ms: number, seed: number) => {
    const random = createRandom(seed);
    return () => sleep(random() * ms);
  };

  it.each([1, 2, 3, 4])("send each call of a graph once, and never find that one was forgotten (seed %i)", async (seed) => {
    const sentBefore = pushes(await server.redis.info("commandstats"));
    const { answers, ...end } = await storm({ shape, items: graphOf(seed, 80), before: upTo(6, seed) }, { seed, processes: 3, kills: 0, losses: 0 });
    expect(end).toEqual({ hasEnded: true, committed: 83 });
    expect(pushes(await server.redis.info("commandstats")) - sentBefore).toBe(84);
    expect(answers.filter((what) => what === "last" || what === "forgot" || what === "room")).toEqual([]);
  });

  it("send each of many more calls than may be open once", async () => {
    const count = 3 * CALLS_OF_A_RUN;
    const sentBefore = pushes(await server.redis.info("commandstats"));
    const { answers, ...end } = await storm({ shape, items: { count, edges: [] } }, { seed: 9, processes: 3, kills: 0, losses: 0 });
    expect(end).toEqual({ hasEnded: true, committed: count + 3 });
    expect(pushes(await server.redis.info("commandstats")) - sentBefore).toBe(count + 4);
    expect(answers.filter((what) => what === "last" || what === "forgot")).toEqual([]);
  });

  it.each([11, 12, 13, 14, 15, 16])("end the run although they are killed and Redis loses what it had (seed %i)", async (seed) => {
    const { answers, ...end } = await storm({ shape, items: graphOf(seed, 80), before: upTo(40, seed) }, { seed, processes: 3, kills: 5, losses: 4 });
    expect(end).toEqual({ hasEnded: true, committed: 83 });
    // What was lost came back with its messages, and not because nothing else was left to do.
    expect(answers).not.toContain("last");
  });
});

const pushes = (statistics: string): number => Number(/cmdstat_lpush:calls=(\d+)/.exec(statistics)?.[1] ?? 0);
