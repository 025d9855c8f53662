/** Runs untrusted work in a thread of its own that can be killed: by a deadline, by a ceiling for memory, by an abort signal. */
import { Worker } from "node:worker_threads";
import { messageOf } from "../schema/errors.ts";

/** Bounds on a thread. */
export interface GuardOptions {
  /** Milliseconds until the thread is killed. */
  deadlineMs: number;
  /** Megabytes that the thread may take. Its JavaScript heap is bounded by it exactly; what it takes elsewhere is watched, with a quarter more allowed, for threads that run at once can't be told apart. */
  memoryLimitMb: number;
  signal?: AbortSignal | undefined;
  /** Takes the messages before the answer and says so; messages that it does not take are the answer. Without it the first message is. */
  onPart?: ((message: unknown) => boolean) | undefined;
}

/** How the thread ended. `answer` is the first message that `onPart` did not take. */
export type GuardedEnd = { is: "answer"; answer: unknown } | { is: "deadline" } | { is: "memory" } | { is: "crashed"; message: string };

const WATCH_MS = 50;
const ALLOWANCE = 1.25;
const MEGABYTE = 1024 * 1024;

/** The limits of all threads that run now: the process may grow by their sum. */
const running = new Set<{ memoryLimitMb: number }>();

/** Starts `entry` with `data` (of which `transfer` moves instead of being copied) and waits for its answer or its end; the thread is gone when this resolves. Rejects only with the signal's reason. */
export async function runGuarded(entry: URL, data: unknown, options: GuardOptions, transfer: ArrayBuffer[] = []): Promise<GuardedEnd> {
  options.signal?.throwIfAborted();
  const worker = new Worker(entry, {
    workerData: data,
    transferList: transfer,
    execArgv: [],
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryLimitMb },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  try {
    return await watched(worker, options);
  } finally {
    await worker.terminate();
  }
}

function watched(worker: Worker, options: GuardOptions): Promise<GuardedEnd> {
  const share = { memoryLimitMb: options.memoryLimitMb };
  const before = takenByThreads();
  running.add(share);
  let stop = () => {};
  const end = new Promise<GuardedEnd>((resolve, reject) => {
    const deadline = setTimeout(() => resolve({ is: "deadline" }), options.deadlineMs);
    const watch = setInterval(() => {
      const allowed = [...running].reduce((sum, other) => sum + other.memoryLimitMb, 0) * MEGABYTE;
      if (takenByThreads() - before > allowed * ALLOWANCE) resolve({ is: "memory" });
    }, WATCH_MS);
    const abort = () => reject(options.signal?.reason);
    options.signal?.addEventListener("abort", abort, { once: true });
    worker.on("message", (message) => {
      if (!options.onPart?.(message)) resolve({ is: "answer", answer: message });
    });
    worker.once("messageerror", () => resolve({ is: "crashed", message: "the answer of the thread could not be read" }));
    worker.once("error", (error) => resolve(isOutOfMemory(error) ? { is: "memory" } : { is: "crashed", message: messageOf(error) }));
    worker.once("exit", (code) => resolve({ is: "crashed", message: `the thread ended with code ${code} and no answer` }));
    stop = () => {
      clearTimeout(deadline);
      clearInterval(watch);
      options.signal?.removeEventListener("abort", abort);
      running.delete(share);
    };
  });
  return end.finally(() => stop());
}

/** What the process holds beside this thread's own heap and buffers, in bytes. */
function takenByThreads(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return rss - heapTotal - external;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}
