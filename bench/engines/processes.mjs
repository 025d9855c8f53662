// What a script started is gone when it ends, also when it is asked to end before: its servers are stopped, and child processes are killed with everything that they started.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 10;
const STOP_MS = 5_000;
const living = new Set();

const signalGroup = (child, signal) => {
  try {
    // Its children are in its process group, where there are groups.
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
};
process.on("exit", () => {
  for (const child of living) signalGroup(child, "SIGKILL");
});
/** What closes what is open now, in the order in which it was opened. */
const opened = [];
async function closeFrom(first) {
  const failures = [];
  for (const close of opened.splice(first).reverse()) await close().catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Resolves never: this process ends when all is closed. */
let interruption;
/** Whether this process was asked to end: nothing is to be started any more. */
export const isInterrupted = () => interruption !== undefined;
async function interrupt() {
  for (const child of living) signalGroup(child, "SIGKILL");
  // What is being opened meanwhile comes to it.
  while (opened.length > 0) await closeFrom(0).catch((error) => console.error(error));
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    // Who asks twice doesn't want to wait.
    if (interruption) process.exit(1);
    interruption = interrupt();
  });
}

/**
 * Gives `work` a function `open(opening, close)` that waits for what is being opened and gives it; `close` gets it in the end, the last first, however the work ends,
 * and also when this process is interrupted. Works may be in each other, not side by side.
 */
export async function closingAll(work) {
  const first = opened.length;
  const open = (opening, close) => {
    const promise = Promise.resolve(opening);
    opened.push(async () => promise.then(close, () => undefined));
    return promise;
  };
  try {
    return await work(open);
  } finally {
    await (interruption ?? closeFrom(first));
  }
}

const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

/** Starts a program in a process group of its own. `child` is Node's; `ended` resolves when it is gone. */
export function startProcess(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], detached: process.platform !== "win32", ...options });
  living.add(child);
  let failure;
  const ended = new Promise((resolve) => {
    child.once("error", (error) => {
      failure = error;
      resolve();
    });
    child.once("exit", resolve);
  }).then(() => {
    living.delete(child);
  });
  const gone = async (withinMs) => {
    const until = Date.now() + withinMs;
    while (!hasEnded(child) && failure === undefined && Date.now() < until) await sleep(LOOK_EVERY_MS);
    return hasEnded(child) || failure !== undefined;
  };
  return {
    child,
    ended,
    hasEnded: () => hasEnded(child) || failure !== undefined,
    failure: () => failure,
    /** Resolves when it is gone. */
    async kill() {
      signalGroup(child, "SIGKILL");
      await gone(Number.POSITIVE_INFINITY);
    },
    /** Asks it to stop, and kills it when it doesn't. */
    async stop() {
      if (!hasEnded(child)) child.kill("SIGTERM");
      if (!(await gone(STOP_MS))) await this.kill();
      signalGroup(child, "SIGKILL");
    },
  };
}

/** Waits until `look` gives something; fails with `what` after so long. */
export async function until(look, what, withinMs = 60_000, everyMs = 50) {
  const last = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > last) throw new Error(`${what} did not happen within ${withinMs / 1_000} s.`);
    await sleep(everyMs);
  }
}
