/** Sweeps for as long as a process works: at its start, every half minute, and at once when another process has died. */
import { messageOf } from "../schema/errors.ts";
import { PROCESSES_PREFIX } from "../store/layout.ts";
import { keysOf } from "../store/records.ts";
import type { Dispatch } from "./contract.ts";
import { adopt, type SweepOptions, tidy } from "./sweep.ts";

const SWEEP_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 3_000;

export interface Sweeper {
  /** Resolves when the sweep that is going on, if any, has ended. */
  stop(): Promise<void>;
}

/** Starts to sweep. A sweep that fails is logged and tried again; `onSwept` is told what was taken over. */
export function startSweeper(options: SweepOptions, onSwept: (dispatches: readonly Dispatch[]) => void = () => undefined): Sweeper {
  const { store, clock, lease, log } = options;
  const stopped = new AbortController();
  const dead = new Set<string>();

  /** Whether a process died since the last look. */
  const someoneDied = async (): Promise<boolean> => {
    let died = false;
    const keys = await keysOf(store, PROCESSES_PREFIX);
    for (const key of keys) {
      // A process that is dead stays dead: its id is never used again.
      if (dead.has(key) || !(await lease.isDead(key.slice(PROCESSES_PREFIX.length)))) continue;
      dead.add(key);
      died = true;
    }
    for (const key of dead) if (!keys.includes(key)) dead.delete(key);
    return died;
  };
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      log.error({ reason: messageOf(error) }, `${what} failed`);
      return undefined;
    }
  };

  const loop = async () => {
    let sweptAt = Number.NEGATIVE_INFINITY;
    let tidying: Promise<void> | undefined;
    while (!stopped.signal.aborted) {
      const died = await attempt("looking for dead processes", someoneDied);
      if (died || clock.monotonic() - sweptAt >= SWEEP_EVERY_MS) {
        sweptAt = clock.monotonic();
        const adopted = await attempt("sweep", async () => {
          await lease.ensureFresh();
          return adopt(options);
        });
        if (adopted && adopted.length > 0) onSwept(adopted);
        // May take long, and nobody who dies meanwhile should wait for it.
        tidying ??= attempt("tidying", () => tidy(options)).then(() => {
          tidying = undefined;
        });
      }
      await clock.sleep(LOOK_EVERY_MS, stopped.signal);
    }
    await tidying;
  };
  const ended = loop();
  return {
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}
