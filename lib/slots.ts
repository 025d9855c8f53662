/** So much at once in this process and no more: the rest waits in line. */

/** Runs work in one of a number of slots, first come, first served. Rejects with the signal's reason when that aborts before its turn. Work must not wait for other work of the same slots. */
export type Slots = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** So many slots. */
export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work, signal) => {
    signal?.throwIfAborted();
    if (free > 0) free--;
    else await turn(waiting, signal);
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The slot goes from hand to hand, so that nobody who comes now is faster than who waits.
      if (next) next();
      else free++;
    }
  };
}

function turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const come = () => {
      signal?.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(come), 1);
      reject(signal?.reason);
    };
    waiting.push(come);
    signal?.addEventListener("abort", leave, { once: true });
  });
}
