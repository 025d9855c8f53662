// The workers of the storm: a number of processes that are started again whenever one is gone, and the runs that they were told to accept.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isInterrupted, startProcess } from "../engines/processes.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
const READY_MS = 120_000;
const PORTION = 8;
/** Runs that are accepted and have not ended. More would only wait for each other, and a recovery would be measured that is a queue. */
const MOST_OPEN = 64;
const LOOK_EVERY_MS = 200;
/** A worker may end by itself so often: one did when it lost its lease, which a busy machine can do to it. */
const MOST_UNEXPECTED = 5;

/** Starts `count` workers and gives them the runs. `server` is told where the workers are. */
export async function startPool({ engine, root, modelUrl, server, count, runIds, openRuns, say }) {
  const workers = new Set();
  const accepted = new Set();
  const waiting = [...runIds];
  let unexpected = 0;
  let open = true;
  let goingOn = 0;
  let failure;

  const give = (worker) => {
    const told = [...workers].reduce((sum, other) => sum + other.told.length, 0);
    if (worker.lease === undefined || worker.told.length > 0 || waiting.length === 0 || goingOn + told >= MOST_OPEN) return;
    worker.told = waiting.splice(0, PORTION);
    worker.process.child.send({ submit: worker.told }, () => undefined);
  };
  const take = (worker, message, ready) => {
    if (message.ready !== undefined) {
      Object.assign(worker, { lease: message.ready, port: message.port });
      if (worker.port !== undefined) server.addWorker(worker.port);
      ready();
    }
    if (message.accepted === undefined) return;
    for (const runId of message.accepted) accepted.add(runId);
    goingOn += message.accepted.length;
    worker.told = worker.told.filter((runId) => !accepted.has(runId));
    give(worker);
  };
  const start = async () => {
    const args = [WORKER, engine, root, modelUrl, JSON.stringify(server.address), String(count)];
    const worker = { process: startProcess(process.execPath, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] }), told: [], isVictim: false };
    workers.add(worker);
    const gone = worker.process.ended.then(() => lost(worker));
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`A worker was not ready within ${READY_MS / 1_000} s.`)), READY_MS);
      const settle = (act) => () => {
        clearTimeout(late);
        act();
      };
      worker.process.child.on("message", (message) => take(worker, message, settle(resolve)));
      void gone.then(settle(resolve));
    });
    return worker;
  };
  /** What it was told and had not accepted is for the next; a worker is started in its place. */
  const lost = async (worker) => {
    workers.delete(worker);
    if (worker.port !== undefined) server.removeWorker(worker.port);
    waiting.unshift(...worker.told.splice(0));
    if (!open || isInterrupted()) return;
    if (!worker.isVictim) {
      unexpected++;
      say(`a worker ended by itself with ${worker.process.child.exitCode ?? worker.process.child.signalCode}`);
    }
    // One that can't start would otherwise be started for ever.
    if (unexpected > MOST_UNEXPECTED * count) failure ??= new Error("The workers don't stay alive; see their messages above.");
    else
      await start().catch((error) => {
        failure ??= error;
      });
  };
  const feed = async () => {
    while (open && accepted.size < runIds.length) {
      goingOn = (await openRuns()).length;
      for (const worker of workers) give(worker);
      await sleep(LOOK_EVERY_MS);
    }
  };

  await Promise.all(Array.from({ length: count }, start));
  await server.ready?.();
  const feeding = feed();
  return {
    accepted,
    unexpected: () => unexpected,
    /** Throws when the workers can't go on. */
    check() {
      if (failure) throw failure;
    },
    /** Kills one of those that are ready, chosen by a number from 0 to 1; gives the id of its lease. */
    async killOne(random) {
      const ready = [...workers].filter(({ lease }) => lease !== undefined);
      const victim = ready[Math.floor(random * ready.length)];
      if (victim === undefined) return undefined;
      victim.isVictim = true;
      await victim.process.kill();
      return victim.lease;
    },
    async stop() {
      open = false;
      await feeding;
      await Promise.all([...workers].map((worker) => worker.process.kill()));
    },
  };
}
