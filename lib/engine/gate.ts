/** Lets calls run side by side, except one that must be alone in its process. */

/** Where calls wait until they may run. */
export interface Gate {
  /** Runs `work` beside others, or with nothing beside it. Lonely work waits for running work, and later work waits for it. */
  run<T>(alone: boolean, work: () => Promise<T>): Promise<T>;
}

/** A fair gate: first come, first served. */
export function createGate(): Gate {
  let running = new Set<Promise<unknown>>();
  let lastLonely: Promise<unknown> = Promise.resolve();
  return {
    async run(alone, work) {
      const before = alone ? [...running, lastLonely] : [lastLonely];
      let release: () => void = () => undefined;
      const turn = new Promise<void>((resolve) => {
        release = resolve;
      });
      if (alone) {
        lastLonely = turn;
        running = new Set();
      } else {
        running.add(turn);
      }
      try {
        await Promise.all(before);
        return await work();
      } finally {
        running.delete(turn);
        release();
      }
    },
  };
}
