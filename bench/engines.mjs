// What the product adds to an engine: runs of ten calls on each, beside the same steps by the engine's own means, in turns.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { productModule } from "../scripts/cases/product.mjs";
import { openProduct, STEPS } from "./engines/chain.mjs";
import { driverOf, ENGINES } from "./engines/engines.mjs";
import { compiledTool } from "./engines/tools.mjs";
import { median, row, timed } from "./measure.mjs";

const ROUNDS = 9;
const SLOW_ROUNDS = 5;
const SLOW_MS = 100;
const RUNS_AT_ONCE = 50;
const SUBMITTED = 1_000;
/** The most that a call may add: three writes on a disk; two writes and three reads in a bucket. */
const MOST_ADDED = 1;
const MOST_SLOW = 1.05;
const RECORD = Buffer.from(JSON.stringify({ v: 1, filling: "x".repeat(180) }));

async function fsStore() {
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-bench-"));
  const { createFsStore } = await productModule("lib/store/fs");
  return {
    store: createFsStore({ root: join(folder, "store") }),
    folder,
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function bucketStore() {
  const { startGateway } = await compiledTool("test/servers/versitygw");
  const { createS3Store } = await productModule("lib/store/s3");
  const gateway = await startGateway("bench");
  const { endpoint, credentials } = gateway;
  return { store: createS3Store({ endpoint, credentials, bucket: "bench", prefix: "", region: "us-east-1", forcePathStyle: true }), close: gateway.stop };
}

/** What writes and reads of small objects take now, one after the other, milliseconds. */
let probes = 0;
async function accesses(store, writes, reads) {
  const key = () => `t/bench/probes/${process.pid}-${probes++}`;
  const read = key();
  await store.putIfAbsent(read, RECORD);
  return timed(async () => {
    for (let index = 0; index < writes; index++) await store.putIfAbsent(key(), RECORD);
    for (let index = 0; index < reads; index++) await store.get(read);
  });
}

/** The engine's server, the product and the bare engine on it. */
async function open(name, opened) {
  const driver = driverOf(name);
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const server = await driver.startServer({ folder });
  const ours = await openProduct({ engine: name, server, store: opened.store });
  const closing = [];
  if (ours.fetch) {
    const app = createServer(getRequestListener((request) => ours.fetch(request)));
    await new Promise((resolve) => app.listen(0, "127.0.0.1", resolve));
    server.addWorker(app.address().port);
    await server.ready();
    closing.push(async () => {
      app.closeAllConnections();
      app.close();
    });
  }
  const bare = await driver.openBare({ server, store: opened.store });
  return {
    ours,
    bare,
    async close() {
      await bare.close();
      await ours.close();
      for (const close of closing) await close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rounds of both in turns: milliseconds a call, to the first call, and of the store's accesses. */
async function inRounds({ ours, bare }, store, { rounds, stepMs, writes, reads }) {
  const done = [];
  for (let index = 0; index < rounds; index++) {
    const mine = await ours.run(stepMs);
    const theirs = await bare.run(stepMs);
    const access = writes + reads === 0 ? 0 : await accesses(store, writes, reads);
    done.push({
      call: { ours: mine.whole / STEPS, yardstick: theirs.whole / STEPS },
      first: { ours: mine.first, yardstick: theirs.first },
      added: { ours: Math.max(0, mine.whole - theirs.whole) / STEPS, yardstick: access },
    });
  }
  return done;
}

const pick = (rounds, name) => rounds.map((round) => round[name]);
/** The ratio of what is added is that of the medians: a single round may add nothing. */
const addedRow = (what, rounds, yardstickIs) => {
  const ours = median(pick(rounds, "added").map((round) => round.ours));
  const yardstick = median(pick(rounds, "added").map((round) => round.yardstick));
  return { what, unit: "ms", ours, yardstick, yardstickIs, ratio: ours / yardstick, most: MOST_ADDED };
};

async function onDisk(name) {
  const { bareIs } = driverOf(name);
  const opened = await fsStore();
  const both = await open(name, opened);
  try {
    await both.ours.work();
    await both.ours.run(0);
    await both.bare.run(0);
    const empty = await inRounds(both, opened.store, { rounds: ROUNDS, stepMs: 0, writes: 3, reads: 0 });
    const slow = await inRounds(both, opened.store, { rounds: SLOW_ROUNDS, stepMs: SLOW_MS, writes: 0, reads: 0 });
    const rate = [
      { ours: (RUNS_AT_ONCE * 1_000) / (await both.ours.many(RUNS_AT_ONCE)), yardstick: (RUNS_AT_ONCE * 1_000) / (await both.bare.many(RUNS_AT_ONCE)) },
    ];
    const submit = [{ ours: await both.ours.submit(SUBMITTED), yardstick: await both.bare.submit(SUBMITTED) }];
    return [
      row(`${name}: a call of nothing`, "ms", pick(empty, "call"), bareIs),
      addedRow(`${name}: what a call adds`, empty, "three writes"),
      { ...row(`${name}: a call of ${SLOW_MS} ms`, "ms", pick(slow, "call"), bareIs), most: MOST_SLOW },
      row(`${name}: to the first call`, "ms", pick(empty, "first"), bareIs),
      row(`${name}: runs of ${STEPS} calls`, "a second", rate, bareIs),
      row(`${name}: submit of 1,000 accepted runs`, "ms", submit, bareIs),
    ];
  } finally {
    await both.close();
    await opened.close();
  }
}

async function inBucket(name) {
  const opened = await bucketStore();
  const both = await open(name, opened);
  try {
    await both.ours.work();
    await both.ours.run(0);
    await both.bare.run(0);
    const rounds = await inRounds(both, opened.store, { rounds: ROUNDS, stepMs: 0, writes: 2, reads: 3 });
    return [addedRow(`${name} on S3: what a call adds`, rounds, "two PUTs and three GETs")];
  } finally {
    await both.close();
    await opened.close();
  }
}

/** Every engine, or those that are named in BENCH_ENGINES, whose servers are installed. */
export async function benchEngines(names = process.env.BENCH_ENGINES?.split(",") ?? ENGINES) {
  const rows = [];
  for (const name of names) {
    rows.push(...(await onDisk(name)));
    rows.push(...(await inBucket(name)));
  }
  return rows;
}
