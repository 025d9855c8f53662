/** A queue for work of which only so much may go on at once in this process. */

/** Who waits for a place. */
export interface Queue {
  /** Does the work when its turn comes. Rejects with the signal's reason when it is aborted before. */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** A queue that does at most `limit` things at once, first come, first served. */
export function createQueue(limit: number): Queue {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(work, signal) {
      signal?.throwIfAborted();
      if (busy >= limit) await turn(waiting, signal);
      else busy++;
      try {
        return await work();
      } finally {
        // The place goes on to the next in line, or is free.
        const next = waiting.shift();
        if (next) next();
        else busy--;
      }
    },
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
