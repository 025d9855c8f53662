/** The small parts of the engine, each for what only it promises. */
import { describe, expect, it } from "vitest";
import { createCancelWatch } from "../../lib/engine/cancel-watch.ts";
import { createGate } from "../../lib/engine/gate.ts";
import { startLease } from "../../lib/engine/lease.ts";
import { openLedger, readLedger } from "../../lib/engine/paid.ts";
import { createTurns } from "../../lib/engine/turns.ts";
import { processRecordSchema } from "../../lib/schema/records.ts";
import { processKey, runKeys } from "../../lib/store/layout.ts";
import { readRecord, writeRecord } from "../../lib/store/records.ts";
import { createWorld } from "../support/world.ts";

const keys = runKeys("default", "run-1");
const usage = { input_tokens: 3, output_tokens: 1 };

describe("the cancel watch", () => {
  it("looks once a second per run for all its listeners, and not at all without one", async () => {
    const { time, store } = createWorld();
    let looks = 0;
    const counted = {
      ...store,
      get: (key: string) => {
        looks++;
        return store.get(key);
      },
    };
    const watch = createCancelWatch(counted, time.clock());
    const stops = Array.from({ length: 50 }, () => watch.listen("default", "run-1", () => undefined));
    await time.advance(10_500);
    expect(looks).toBe(10);
    for (const stop of stops) stop();
    await time.advance(10_000);
    expect(looks).toBe(10);
  });

  it("tells also a call that starts while others are being told", async () => {
    const { time, store } = createWorld();
    const watch = createCancelWatch(store, time.clock());
    const told: string[] = [];
    watch.listen("default", "run-1", () => {
      told.push("first");
      // The first one has not stopped listening yet.
      watch.listen("default", "run-1", () => told.push("second"));
    });
    await writeRecord(store, keys.cancel, { v: 1, reason: "enough", at: 0 });
    await time.advance(2_500);
    expect(told).toEqual(["first", "second"]);
  });
});

describe("the lease", () => {
  it("stays ended when a renewal was under way as it was stopped", async () => {
    const { time, store } = createWorld();
    const clock = time.clock();
    let isSlow = false;
    const slow = {
      ...store,
      put: async (key: string, body: Uint8Array) => {
        if (isSlow && Buffer.from(body).includes('"ended":false')) await clock.sleep(3_000);
        await store.put(key, body);
      },
    } as typeof store;
    const lease = await time.until(startLease(slow, clock, { id: "p1", host: "h", pid: 1 }));
    isSlow = true;
    await time.advance(5_500);
    await time.until(lease.stop());
    await time.advance(10_000);
    expect((await readRecord(store, processKey("p1"), processRecordSchema))?.ended).toBe(true);
  });

  it("is fenced 12 s after its last good renewal began, also when a clock jumps, and lives again after a renewal", async () => {
    const { time, store } = createWorld();
    let isBroken = false;
    let jump = 0;
    const base = time.clock();
    const clock = { ...base, wall: () => base.wall() + jump };
    const failing = {
      ...store,
      put: async (key: string, body: Uint8Array) => {
        if (isBroken) throw new Error("injected");
        await store.put(key, body);
      },
    } as typeof store;
    const lease = await time.until(startLease(failing, clock, { id: "p1", host: "h", pid: 1 }));
    await time.advance(60_000);
    expect(lease.isFenced()).toBe(false);
    let told = 0;
    lease.onFenced(() => told++);
    isBroken = true;
    await time.advance(6_000);
    expect(lease.isFenced()).toBe(false);
    await time.advance(7_000);
    expect(lease.isFenced()).toBe(true);
    expect(told).toBe(1);
    await expect(lease.ensureFresh()).rejects.toThrow("injected");
    isBroken = false;
    await lease.ensureFresh();
    expect(lease.isFenced()).toBe(false);
    jump = 600_000;
    expect(lease.isFenced()).toBe(true);
  });
});

describe("the ledger", () => {
  const ledgerOf = (store: ReturnType<typeof createWorld>["store"], call = "read") => openLedger({ store, keys, call, now: () => 0, admit: () => undefined });

  it("asks once for what is asked twice at the same time", async () => {
    const { store } = createWorld();
    const { paid, usage: used } = ledgerOf(store);
    let asked = 0;
    const perform = async () => ({ answer: `answer ${++asked}`, usage, model: "m" });
    expect(await Promise.all([paid("answer/1", "q", perform), paid("answer/1", "q", perform)])).toEqual(["answer 1", "answer 1"]);
    expect(await paid("answer/1", "q", perform)).toBe("answer 1");
    expect(await paid("answer/2", "q", perform)).toBe("answer 2");
    expect(used()).toEqual({ input_tokens: 6, output_tokens: 2 });
  });

  it("lets what failed be asked again, and gives the loser of a race the winner's answer", async () => {
    const { store } = createWorld();
    const { paid } = ledgerOf(store);
    await expect(paid("answer/1", "q", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    const winner = ledgerOf(store);
    const answer = await paid("answer/1", "q", async () => {
      await winner.paid("answer/1", "q", async () => ({ answer: "the winner's", usage, model: "m" }));
      return { answer: "the loser's", usage, model: "m" };
    });
    expect(answer).toBe("the winner's");
    expect(await readLedger(store, keys)).toEqual([{ stage: "read", call: "read", model: "m", usage }]);
  });
});

describe("the gate", () => {
  it("lets work run side by side, and lonely work with nothing beside it, in the order of arrival", async () => {
    const gate = createGate();
    const log: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string, alone: boolean) =>
      gate.run(alone, async () => {
        log.push(`+${name}`);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        log.push(`-${name}`);
      });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const all = [work("a", false), work("b", false), work("lonely", true), work("c", false), work("other", true)];
    for (const name of ["a", "b", "lonely", "c", "other"]) {
      await turn();
      ends.get(name)?.();
    }
    await Promise.all(all);
    expect(log).toEqual(["+a", "+b", "-a", "-b", "+lonely", "-lonely", "+c", "-c", "+other", "-other"]);
  });

  it("opens again after work that failed", async () => {
    const gate = createGate();
    await expect(gate.run(true, () => Promise.reject(new Error("it failed")))).rejects.toThrow("it failed");
    expect(await gate.run(false, async () => "open")).toBe("open");
  });
});

describe("turns", () => {
  it("give back a tenant's place, and keep nothing of tenants that have nothing", () => {
    const turns = createTurns(1);
    turns.offer("a1", "a", 0);
    turns.offer("a2", "a", 0);
    expect(turns.take()).toBe("a1");
    expect(turns.take()).toBeUndefined();
    turns.release("a");
    turns.remove("a2");
    turns.remove("unknown");
    expect(turns.take()).toBeUndefined();
    turns.offer("b", "b", 0);
    turns.offer("b", "b", 0);
    expect([turns.take(), turns.take()]).toEqual(["b", undefined]);
  });
});
