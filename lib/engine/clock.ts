/** Time as a parameter, so that tests can bend it. Milliseconds everywhere. */

/** `wall` may jump; `monotonic` never goes back, and may stand still while the machine sleeps. `sleep` ends early, without an error, when the signal aborts. */
export interface Clock {
  wall(): number;
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.min(ms, 2_000_000_000));
      signal?.addEventListener("abort", finish, { once: true });
    }),
};
