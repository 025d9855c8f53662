/** So much at once and no more: the rest waits in line. */

/** Runs work in one of a number of slots, first come, first served. Work must not wait for other work of the same slots. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** So many slots. */
export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
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
