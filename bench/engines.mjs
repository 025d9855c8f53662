// What the product adds to an engine: runs of ten calls on each, beside the same steps by the engine's own means, in turns.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { productModule } from "../scripts/cases/product.mjs";
import { openProduct, STEPS } from "./engines/chain.mjs";
import { driverOf, ENGINES } from "./engines/engines.mjs";
import { closingAll } from "./engines/processes.mjs";
import { compiledTool } from "./engines/tools.mjs";
import { median, row, timed } from "./measure.mjs";

const ROUNDS = 25;
const SLOW_ROUNDS = 15;
const SLOW_MS = 100;
const RUNS_AT_ONCE = 50;
const SUBMITTED = 1_000;
/** The most that a call may add: three writes on a disk; two writes and three reads in a bucket. */
const MOST_ADDED = 1;
const MOST_SLOW = 1.05;
const RECORD = Buffer.from(JSON.stringify({ v: 1, filling: "x".repeat(180) }));

async function fsStore(open) {
  const folder = await open(mkdtempSync(join(tmpdir(), "prompt-studio-bench-")), (path) => rmSync(path, { recursive: true, force: true }));
  const { createFsStore } = await productModule("lib/store/fs");
  return createFsStore({ root: join(folder, "store") });
}

async function bucketStore(open) {
  const { startGateway } = await compiledTool("test/servers/versitygw");
  const { createS3Store } = await productModule("lib/store/s3");
  const { endpoint, credentials } = await open(startGateway("bench"), ({ stop }) => stop());
  return createS3Store({ endpoint, credentials, bucket: "bench", prefix: "", region: "us-east-1", forcePathStyle: true });
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

/** The engine's server, and the product and the bare engine at work on it. */
async function openBoth(open, name, store) {
  const driver = driverOf(name);
  const folder = await open(mkdtempSync(join(tmpdir(), `bench-${name}-`)), (path) => rmSync(path, { recursive: true, force: true }));
  const server = await open(driver.startServer({ folder }), ({ stop }) => stop());
  const ours = await open(openProduct({ engine: name, server, store }), ({ close }) => close());
  if (ours.fetch) {
    const app = await open(createServer(getRequestListener((request) => ours.fetch(request))), (it) => {
      it.closeAllConnections();
      it.close();
    });
    await new Promise((resolve) => app.listen(0, "127.0.0.1", resolve));
    server.addWorker(app.address().port);
    await server.ready();
  }
  const bare = await open(driver.openBare({ server, store }), ({ close }) => close());
  await ours.work();
  await ours.run(0);
  await bare.run(0);
  return { ours, bare };
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

function onDisk(name) {
  return closingAll(async (open) => {
    const { bareIs } = driverOf(name);
    const store = await fsStore(open);
    const both = await openBoth(open, name, store);
    const empty = await inRounds(both, store, { rounds: ROUNDS, stepMs: 0, writes: 3, reads: 0 });
    const slow = await inRounds(both, store, { rounds: SLOW_ROUNDS, stepMs: SLOW_MS, writes: 0, reads: 0 });
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
  });
}

function inBucket(name) {
  return closingAll(async (open) => {
    const store = await bucketStore(open);
    const rounds = await inRounds(await openBoth(open, name, store), store, { rounds: ROUNDS, stepMs: 0, writes: 2, reads: 3 });
    return [addedRow(`${name} on S3: what a call adds`, rounds, "two PUTs and three GETs")];
  });
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
