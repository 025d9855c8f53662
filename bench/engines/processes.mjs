// Child processes that are killed with everything that they started, and never outlive this process.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
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
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

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

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
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
