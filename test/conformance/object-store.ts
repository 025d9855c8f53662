/** What every object store must do. One suite; each store's test calls it. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../lib/store/object-store.ts";

export interface ObjectStoreConformance {
  name: string;
  /** A new, empty store. */
  setup: () => Promise<ObjectStore>;
  /** Removes what `setup` made. */
  teardown: (store: ObjectStore) => Promise<void>;
}

const RACERS = 20;
/** More than two pages of a bucket's listing. */
const MANY = 2_500;

/** Keys whose order per folder is not their order as text: "-" sorts before "/", digits, "_" and letters after it. */
const ORDERED = ["a-/x", "a-b", "a-b-", "a/b-c", "a/b/c", "a/b/c-d/e", "a/b0", "a/b_", "a0/x", "a_/x", "aa", "aa-", "b-c/d", "b/c", "b/c-", "z"].sort();
const PREFIXES = ["", "a", "a-", "a/", "a/b", "a/b/", "a/b/c", "a/b/c-", "aa", "b", "b-c/", "b/c", "c", "z", "zz/"];
const OUTSIDE = [
  "",
  "/a",
  "a/",
  "a//b",
  "..",
  "a/../b",
  ".",
  "a/.tmp",
  "A",
  "a/B",
  "a b",
  "a\\b",
  "a\u0000",
  "ä",
  "a.json",
  "c:",
  `${"x".repeat(101)}`,
  `a/${"x".repeat(101)}`,
];

/** Runs the suite against one store. */
export function objectStoreConformance(subject: ObjectStoreConformance): void {
  describe(`object store: ${subject.name}`, () => {
    let store: ObjectStore;
    beforeEach(async () => {
      store = await subject.setup();
    });
    afterEach(() => subject.teardown(store));

    reading(() => store);
    writing(() => store);
    streaming(() => store);
    listing(() => store);
    guarding(() => store);
  });
}

function reading(current: () => ObjectStore): void {
  it("passes its own check, which leaves nothing behind", async () => {
    await current().check();
    await current().check();
    expect(await keysOf(current(), "")).toEqual([]);
  });

  it("has nothing under a key that was never written", async () => {
    expect(await current().get("t/default/none")).toBeUndefined();
    expect(await current().get("t/default/none", { start: 0, end: 0 })).toBeUndefined();
    expect(await current().get("t/default/none", { start: 2, end: 5 })).toBeUndefined();
    expect(await current().getStream("t/default/none")).toBeUndefined();
    expect(await current().ageMs("t/default/none")).toBeUndefined();
  });

  it("returns every byte as it was written, also none", async () => {
    const all = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7 + (index >> 8)) % 256);
    await current().put("bytes/all", all);
    await current().put("bytes/none", new Uint8Array());
    expect(equal(await current().get("bytes/all"), all)).toBe(true);
    expect(await current().get("bytes/none")).toEqual(new Uint8Array());
    expect(Buffer.isBuffer(await current().get("bytes/all"))).toBe(false);
  });

  it("returns parts, cut at the end", async () => {
    await current().put("range", text("0123456789"));
    const part = async (start: number, end: number) => decoded(await current().get("range", { start, end }));
    expect(await part(0, 10)).toBe("0123456789");
    expect(await part(3, 6)).toBe("345");
    expect(await part(9, 10)).toBe("9");
    expect(await part(8, 100)).toBe("89");
    expect(await part(10, 20)).toBe("");
    expect(await part(50, 60)).toBe("");
    expect(await part(4, 4)).toBe("");
    await current().put("range-of-nothing", new Uint8Array());
    expect(await current().get("range-of-nothing", { start: 0, end: 10 })).toEqual(new Uint8Array());
  });

  it("keeps its own copy", async () => {
    const mine = text("mine");
    await current().put("copy", mine);
    mine.fill(0);
    const returned = await current().get("copy");
    expect(decoded(returned)).toBe("mine");
    returned?.fill(0);
    expect(decoded(await current().get("copy"))).toBe("mine");
  });

  it("tells an object's age by its own clock", async () => {
    await current().put("age", text("first"));
    const young = await current().ageMs("age");
    expect(young).toBeGreaterThanOrEqual(0);
    expect(young).toBeLessThan(60_000);
    // A bucket counts whole seconds, so growing takes a moment to be seen.
    while (((await current().ageMs("age")) ?? 0) <= (young ?? 0)) await sleep(50);
  });
}

function writing(current: () => ObjectStore): void {
  it("replaces with put, and never with putIfAbsent", async () => {
    expect(await current().putIfAbsent("value", text("first"))).toBe(true);
    expect(await current().putIfAbsent("value", text("second"))).toBe(false);
    expect(decoded(await current().get("value"))).toBe("first");
    await current().put("value", text("third"));
    expect(decoded(await current().get("value"))).toBe("third");
    await current().put("value", new Uint8Array());
    expect(await current().get("value")).toEqual(new Uint8Array());
  });

  it("counts a writer whose own bytes are there as the winner", async () => {
    expect(await current().putIfAbsent("claims/a", text('{"nonce":"1"}'))).toBe(true);
    expect(await current().putIfAbsent("claims/a", text('{"nonce":"1"}'))).toBe(true);
    expect(await current().putIfAbsent("claims/a", text('{"nonce":"2"}'))).toBe(false);
    expect(await current().putIfAbsent("claims/a", text('{"nonce":"1"} '))).toBe(false);
  });

  it(`lets one of ${RACERS} racing writers win, and all read the winner's bytes`, async () => {
    for (const key of ["race/1", "race/2/deep/er", "race/3"]) {
      const wins = await Promise.all(Array.from({ length: RACERS }, (_, racer) => current().putIfAbsent(key, text(`racer ${racer}`))));
      expect(wins.filter((won) => won)).toHaveLength(1);
      const read = await Promise.all(wins.map(() => current().get(key).then(decoded)));
      expect(new Set(read)).toEqual(new Set([`racer ${wins.indexOf(true)}`]));
    }
  });

  it("deletes, also what is not there, and the name is free again", async () => {
    await current().put("gone/a", text("a"));
    await current().put("gone/b", text("b"));
    await current().delete("gone/a");
    await current().delete("gone/a");
    await current().delete("never/there");
    expect(await current().get("gone/a")).toBeUndefined();
    expect(decoded(await current().get("gone/b"))).toBe("b");
    expect(await keysOf(current(), "gone/")).toEqual(["gone/b"]);
    expect(await current().putIfAbsent("gone/a", text("new"))).toBe(true);
  });
}

function streaming(current: () => ObjectStore): void {
  it("writes and reads streams", async () => {
    const chunks = Array.from({ length: 40 }, (_, index) => new Uint8Array(50_000 + index).fill(index));
    const whole = Buffer.concat(chunks);
    await current().put("stream/put", inChunks(chunks));
    expect(await current().putIfAbsent("stream/new", inChunks(chunks))).toBe(true);
    expect(await current().putIfAbsent("stream/new", inChunks(chunks))).toBe(true);
    expect(await current().putIfAbsent("stream/new", inChunks(chunks.slice(1)))).toBe(false);
    for (const key of ["stream/put", "stream/new"]) {
      expect(equal(await current().get(key), whole)).toBe(true);
      expect(equal(await drained(await current().getStream(key)), whole)).toBe(true);
    }
    await current().put("stream/empty", inChunks([]));
    expect(await drained(await current().getStream("stream/empty"))).toHaveLength(0);
  });

  it("copes with a producer that reuses its buffer", async () => {
    await current().put("stream/reused", reusing(["one ", "two ", "six"]));
    expect(decoded(await current().get("stream/reused"))).toBe("one two six");
  });

  it("shows nothing of a stream that throws half-way, and passes its error on", async () => {
    await current().put("torn/old", text("old"));
    await expect(current().put("torn/old", throwing())).rejects.toThrow("the source broke");
    await expect(current().put("torn/put", throwing())).rejects.toThrow("the source broke");
    await expect(current().putIfAbsent("torn/new", throwing())).rejects.toThrow("the source broke");
    expect(decoded(await current().get("torn/old"))).toBe("old");
    expect(await keysOf(current(), "torn/")).toEqual(["torn/old"]);
    expect(await current().putIfAbsent("torn/new", text("whole"))).toBe(true);
  });

  it("never shows part of an object while it is replaced", async () => {
    const versions = ["a", "b", "c", "d", "e", "f"].map((letter) => new Uint8Array(300_000).fill(letter.charCodeAt(0)));
    await current().put("replaced", versions[0] ?? new Uint8Array());
    let writing = true;
    const write = (async () => {
      for (const version of versions) await current().put("replaced", version);
      writing = false;
    })();
    do {
      const seen = await current().get("replaced");
      expect(versions.some((version) => equal(seen, version))).toBe(true);
    } while (writing);
    await write;
  });
}

function listing(current: () => ObjectStore): void {
  it("lists by prefix and after, ascending by code unit over the whole key", async () => {
    await Promise.all([...ORDERED].reverse().map((key) => current().put(key, text(key))));
    for (const prefix of PREFIXES) {
      const wanted = ORDERED.filter((key) => key.startsWith(prefix));
      expect(await keysOf(current(), prefix)).toEqual(wanted);
      for (const after of ["a", "a-b", "a/", "a/b", "a/b-", "a/b/c", "a/b/c-d/e", "aa", "b/", "zz"]) {
        expect({ prefix, after, keys: await keysOf(current(), prefix, after) }).toEqual({ prefix, after, keys: wanted.filter((key) => key > after) });
      }
    }
  });

  it("lists what is left when objects vanish meanwhile", async () => {
    await Promise.all(Array.from({ length: 30 }, (_, index) => current().put(`vanishing/${index % 3}/${String(index).padStart(3, "0")}`, text("x"))));
    const seen: string[] = [];
    for await (const key of current().list("vanishing/")) {
      if (seen.length === 0) await Promise.all((await keysOf(current(), "vanishing/1/")).map((gone) => current().delete(gone)));
      seen.push(key);
    }
    expect(seen).toEqual([...seen].sort());
    expect(seen.filter((key) => !key.startsWith("vanishing/1/"))).toHaveLength(20);
    expect(await keysOf(current(), "vanishing/1/")).toEqual([]);
  });

  it(`lists ${MANY} keys`, { timeout: 120_000 }, async () => {
    const keys = Array.from({ length: MANY }, (_, index) => `many/${String(index).padStart(6, "0")}`);
    const left = [...keys];
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (let key = left.pop(); key !== undefined; key = left.pop()) await current().put(key, text(key));
      }),
    );
    expect(await keysOf(current(), "many/")).toEqual(keys);
    expect(await keysOf(current(), "many/", "many/001100")).toEqual(keys.slice(1101));
    for await (const first of current().list("many/")) {
      expect(first).toBe(keys[0]);
      break;
    }
  });
}

function guarding(current: () => ObjectStore): void {
  it("refuses keys and prefixes outside the layout", async () => {
    const refused = { name: "PermanentError", code: "internal" };
    for (const key of OUTSIDE) {
      await expect(current().get(key)).rejects.toMatchObject(refused);
      await expect(current().getStream(key)).rejects.toMatchObject(refused);
      await expect(current().put(key, text("x"))).rejects.toMatchObject(refused);
      await expect(current().putIfAbsent(key, text("x"))).rejects.toMatchObject(refused);
      await expect(current().delete(key)).rejects.toMatchObject(refused);
      await expect(current().ageMs(key)).rejects.toMatchObject(refused);
    }
    for (const prefix of ["/", "../", "a//", "A", ".", "a/.", `${"x".repeat(101)}`]) await expect(keysOf(current(), prefix)).rejects.toMatchObject(refused);
    expect(await keysOf(current(), "")).toEqual([]);
  });

  it("accepts the longest segments of the layout", async () => {
    const key = `${"x".repeat(100)}/${"y".repeat(100)}`;
    await current().put(key, text("long"));
    expect(await keysOf(current(), "x")).toEqual([key]);
  });

  it("refuses ranges that are none", async () => {
    await current().put("range", text("0123456789"));
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0.5, 2],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
    ] as const) {
      await expect(current().get("range", { start, end })).rejects.toMatchObject({ name: "PermanentError", code: "internal" });
    }
  });
}

/** All keys of a listing. */
export async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix, after)) keys.push(key);
  return keys;
}

export const text = (content: string): Uint8Array => new TextEncoder().encode(content);

export const decoded = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** Whether two objects are the same, without a message of megabytes when they are not. */
function equal(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left !== undefined && Buffer.compare(left, right) === 0;
}

async function drained(stream: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* reusing(words: readonly string[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(16);
  for (const word of words) yield buffer.subarray(0, new TextEncoder().encodeInto(word, buffer).written);
}

async function* throwing(): AsyncGenerator<Uint8Array> {
  yield text("half of it");
  throw new Error("the source broke");
}
