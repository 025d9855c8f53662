// Many small runs on one engine, whose workers, and whose server where it keeps what it was told, are killed at any moment: what was accepted ends, and nothing that was committed is done again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { productModule } from "../../scripts/cases/product.mjs";
import { driverOf } from "../engines/engines.mjs";
import { closingAll, until } from "../engines/processes.mjs";
import { createInspector } from "./check.mjs";
import { startCountingModel } from "./model.mjs";
import { CALLS } from "./pipeline.mjs";
import { startPool } from "./pool.mjs";

const TENANT = "default";
/** What starting a worker again, claiming and doing the call may take beyond the engine's own detection. */
const GRACE_MS = 20_000;
/** Nothing ends for so long beyond the limit: what is open now is lost. */
const STALLED_MS = 120_000;
/** Kills come while this part of the calls is asked for: neither before the work nor after it. */
const EARLIEST = 0.03;
const LATEST = 0.9;
const LONGEST_OUTAGE_MS = 2_000;

/** A small generator of numbers from 0 to 1 (Park and Miller, 1988). */
export function randomFrom(seed) {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** When what is killed, in order: moments are parts of all calls. */
function planKills({ kills, serverKills, random }) {
  const victims = [...Array(kills).fill("worker"), ...Array(serverKills).fill("server")];
  return victims.map((what) => ({ what, moment: EARLIEST + random() * (LATEST - EARLIEST) })).sort((one, other) => one.moment - other.moment);
}

async function killWorker({ pool, inspector, random, say }) {
  const at = Date.now();
  const lease = await pool.killOne(random());
  const held = lease === undefined ? [] : await inspector.heldBy(lease, at);
  say(`killed a worker, which held ${held.length} calls`);
  return { kill: "worker", at, held };
}

async function killServer({ server, model, calls, random, say }) {
  const at = Date.now();
  await server.kill();
  await sleep(random() * LONGEST_OUTAGE_MS);
  await server.restart();
  say("killed the server and started it again");
  const before = model.arrivals();
  // Workers that go on by themselves may have done everything by now.
  const back = until(() => model.arrivals() > before || model.asked.size === calls, "A call after the server was back", GRACE_MS * 10).then(
    () => Date.now() - at,
    () => Number.POSITIVE_INFINITY,
  );
  return { kill: "server", at, held: [], back };
}

/** Waits until `left()` is 0: true, or false when it doesn't change any more. A busy machine may take its time, so there is no other limit. */
async function untilNone(left, { stalledMs, everyMs, tell = () => undefined }) {
  let last = Number.POSITIVE_INFINITY;
  let changedAt = Date.now();
  for (let look = 0; Date.now() - changedAt < stalledMs; look++) {
    const now = await left();
    if (now <= 0) return true;
    if (now !== last) changedAt = Date.now();
    last = now;
    tell(now, look);
    await sleep(everyMs);
  }
  return false;
}

/** Waits until every run has ended, or nothing ends any more. */
async function untilEnded({ inspector, pool, runs, stalledMs, say }) {
  const left = async () => {
    pool.check();
    return runs - pool.accepted.size + (await inspector.openRuns()).length;
  };
  const tell = (now, look) => {
    if (look % 20 === 0) say(`${now} runs are open`);
  };
  await untilNone(left, { stalledMs, everyMs: 500, tell });
}

/** How long the recovery from a kill may take. While the server is gone, and until it is itself again, nobody sees the death of a worker. */
function limitOf({ kill, at }, kills, limits) {
  if (kill === "server") return limits.server;
  const outages = kills.filter((other) => other.kill === "server" && other.at < at + limits.worker && other.at + limits.server > at);
  return Math.max(limits.worker, ...outages.map((outage) => outage.at + limits.server - at));
}

async function summarize({ engine, kills, inspector, model, pool, limits, startedAt }) {
  const accepted = [...pool.accepted];
  const lost = await inspector.lost(accepted);
  const shown = [];
  for (const one of kills) {
    const { kill, at, held, back } = one;
    const times = await Promise.all(held.map(inspector.committedAt));
    const recovered = kill === "server" ? await back : Math.max(0, ...times.map((time) => time - at));
    shown.push({ kill, at_ms: at - startedAt, held: held.length, recovered_ms: Math.round(recovered), limit_ms: limitOf(one, kills, limits) });
  }
  const inFlight = shown.reduce((sum, { held }) => sum + held, 0);
  const requests = [...model.asked.values()].reduce((sum, times) => sum + times, 0);
  const recoveredMs = Math.max(0, ...shown.map(({ recovered_ms }) => recovered_ms));
  const problems = [
    ...(lost.length > 0 ? [`${lost.length} accepted runs did not end as they should: ${lost.slice(0, 5).join(", ")}`] : []),
    ...(model.repeated.length > 0 ? [`${model.repeated.length} committed calls were done again`] : []),
    ...(model.paidTwice.length > 0 ? [`${model.paidTwice.length} answers that were in the store were paid for again`] : []),
    ...(requests > accepted.length * CALLS.length + inFlight ? ["the model was asked more often than calls were in flight at the kills"] : []),
    ...shown.filter((one) => one.recovered_ms > one.limit_ms).map((one) => `recovery took ${one.recovered_ms} ms, and may take ${one.limit_ms} ms`),
    ...(shown.some(({ kill }) => kill === "worker") && inFlight === 0 ? ["no kill met a call: nothing was proven"] : []),
  ];
  return {
    kills: shown,
    detail: { calls: accepted.length * CALLS.length, model_requests: requests, in_flight: inFlight, unexpected_ends: pool.unexpected() },
    seconds: Math.round((Date.now() - startedAt) / 1_000),
    problems,
    result: { engine, accepted: accepted.length, lost: lost.length, repeated: model.repeated.length, recovered_ms: recoveredMs },
  };
}

/** Kills what the plan says, when it says so. */
async function killAll({ plan, stalledMs, parts }) {
  const done = [];
  for (const { what, moment } of plan) {
    const call = Math.round(moment * parts.calls);
    const left = () => {
      parts.pool.check();
      return call - parts.model.arrivals();
    };
    if (!(await untilNone(left, { stalledMs, everyMs: 5 }))) throw new Error(`Nothing goes on: ${left()} calls before call ${call}.`);
    done.push(await (what === "server" ? killServer(parts) : killWorker(parts)));
  }
  return done;
}

/** A server that isn't stopped while it is being started again, for then it would be left. */
async function startServer(driver, folder) {
  const server = await driver.startServer({ folder });
  let restarting = Promise.resolve();
  const restart = () => {
    restarting = server.restart();
    return restarting;
  };
  const stop = async () => {
    await restarting.catch(() => undefined);
    await server.stop();
  };
  return { ...server, restart, stop };
}

/** One storm, with a model that takes `modelMs`. `say` is told how it goes. Gives the kills, the counts, what is wrong (nothing, when all is well), and the result. */
export function storm({ engine, runs, kills, serverKills, workers, modelMs, seed, say }) {
  const driver = driverOf(engine);
  const random = randomFrom(seed);
  const limits = { worker: driver.detectionMs + GRACE_MS, server: (driver.serverDetectionMs ?? driver.detectionMs) + GRACE_MS };
  return closingAll(async (open) => {
    const folder = await open(mkdtempSync(join(tmpdir(), `chaos-${engine}-`)), (path) => rmSync(path, { recursive: true, force: true }));
    const root = join(folder, "store");
    const server = await open(startServer(driver, folder), ({ stop }) => stop());
    const model = await open(startCountingModel({ root, tenant: TENANT, latencyMs: modelMs }), ({ close }) => close());
    const { createFsStore } = await productModule("lib/store/fs");
    const inspector = await createInspector(createFsStore({ root }), TENANT);
    // A server that is used for another storm knows the runs of the last.
    const started = Date.now().toString(36);
    const runIds = Array.from({ length: runs }, (_, index) => `run-${started}-${index}`);
    const startedAt = Date.now();
    const opening = startPool({ engine, root, modelUrl: model.url, server, count: workers, runIds, openRuns: inspector.openRuns, say });
    const pool = await open(opening, ({ stop }) => stop());
    const plan = planKills({ kills, serverKills: driver.durable ? serverKills : 0, random });
    const parts = { pool, server, model, calls: runs * CALLS.length, inspector, random, say };
    const stalledMs = Math.max(...Object.values(limits)) + STALLED_MS;
    const done = await killAll({ plan, stalledMs, parts });
    await untilEnded({ inspector, pool, runs, stalledMs, say });
    return summarize({ engine, kills: done, inspector, model, pool, limits, startedAt });
  });
}
