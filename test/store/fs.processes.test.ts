/** The folder store under several processes, and under SIGKILL. The children run the compiled store. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createFsStore } from "../../lib/store/fs.ts";
import { decoded, keysOf } from "../conformance/object-store.ts";

const STORE_MODULE = new URL("../../dist/lib/store/fs.js", import.meta.url).href;
const RACERS = 6;
const RACED_KEYS = 150;
const LIVES = 10;

let root = "";
let children: ChildProcess[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "store-"));
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await rm(root, { recursive: true, force: true });
});

function start(script: string, parameters: readonly string[]) {
  const path = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
  const child = spawn(process.execPath, [path, STORE_MODULE, root, ...parameters], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

it(`lets one of ${RACERS} racing processes win each key`, async () => {
  const racers = Array.from({ length: RACERS }, (_, index) => start("racer.mjs", [`racer-${index}`, String(RACED_KEYS)]));
  for (const { lines } of racers) expect((await lines.next()).value).toBe("ready");
  for (const { child } of racers) child.stdin.write("go\n");
  const wins: number[][] = await Promise.all(racers.map(async ({ lines }) => JSON.parse((await lines.next()).value ?? "null")));
  expect(wins.flat().sort((left, right) => left - right)).toEqual(Array.from({ length: RACED_KEYS }, (_, number) => number));
  const store = createFsStore({ root });
  for (const [index, won] of wins.entries()) {
    for (const number of won) expect(decoded(await store.get(`claims/${number}/deep/000001`))).toBe(JSON.stringify({ name: `racer-${index}`, number }));
  }
  expect(await readdir(join(root, ".tmp"))).toEqual([]);
});

it(`shows only whole objects, and every acknowledged one, after ${LIVES} kills`, { timeout: 120_000 }, async () => {
  const acknowledged = new Map<string, string>();
  const whole = new Set<string>();
  const store = createFsStore({ root });
  for (let life = 0; life < LIVES; life++) {
    const { child, lines } = start("writer.mjs", [String(life)]);
    const exit = once(child, "exit");
    // Each life ends after another number of writes, in the middle of three more.
    for (let left = 3 + ((life * 5) % 17); left > 0; left--) acknowledge(acknowledged, (await lines.next()).value);
    child.kill("SIGKILL");
    // What it had said before it died counts too.
    for (let line = await lines.next(); !line.done; line = await lines.next()) acknowledge(acknowledged, line.value);
    expect(await exit).toEqual([null, "SIGKILL"]);
    for (const key of await keysOf(store, "")) {
      if (whole.has(key)) continue;
      const checksum = await wholeChecksum(store, key);
      // A replaced object may be newer than its last acknowledgement, and the next life replaces it again.
      if (key.startsWith("replaced/")) continue;
      if (acknowledged.has(key)) expect(checksum).toBe(acknowledged.get(key));
      whole.add(key);
    }
  }
  const keys = await keysOf(store, "");
  expect([...acknowledged.keys()].filter((key) => !keys.includes(key))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(LIVES);
  await store.check();
});

function acknowledge(acknowledged: Map<string, string>, line: string | undefined): void {
  const [key, checksum] = (line ?? "").split(" ");
  if (key && checksum?.length === 64) acknowledged.set(key, checksum);
}

/** The checksum that a record says it has, once it is found to be true. */
async function wholeChecksum(store: ReturnType<typeof createFsStore>, key: string): Promise<string> {
  const bytes = Buffer.from((await store.get(key)) ?? []);
  const said = bytes.subarray(0, 64).toString();
  expect(createHash("sha256").update(bytes.subarray(65)).digest("hex"), `the record ${key}`).toBe(said);
  return said;
}
