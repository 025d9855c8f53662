/** A worker that outlives its engine. The SDK's reconnects, but its durable tasks that were waiting then wait for ever; so it is given up with its client, and a new one started. */
import { hostname } from "node:os";
import type { Logger } from "pino";
import { messageOf } from "../../schema/errors.ts";
import type { Clock } from "../clock.ts";
import type { Worker } from "../contract.ts";
import { explain, type HatchetAccess, type HatchetSdk, openClient } from "./connect.ts";
import { type Link, openLink } from "./link.ts";
import { declareWorkflows, type WorkflowOptions } from "./workflows.ts";

/** Stages wait for their calls in slots of their own, which cost nothing. */
const DURABLE_SLOTS = 1_000;
/**
 * Hatchet counts a worker's free slots anew only once a second or so, when they are used up; so a worker has more of them than it does calls, and the others wait here
 * for a moment. What keeps tenants apart is their limit, not the slots.
 */
const SLOTS_PER_CALL = 4;
const READY_MS = 10_000;
/** Between attempts to start again. */
const TRY_AGAIN_MS = 1_000;

export interface WorkerOptions {
  sdk: HatchetSdk;
  access: HatchetAccess;
  workflows: WorkflowOptions;
  clock: Clock;
  log: Logger;
  concurrency: number;
}

/** Starts working; rejects when the engine can't be reached or refuses. From then on it comes back by itself whenever the engine does. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { clock, log } = options;
  const stopping = new AbortController();
  let session = await startSession(options);
  const supervise = async () => {
    while (!stopping.signal.aborted) {
      await Promise.race([session.link.lost, aborted(stopping.signal)]);
      if (stopping.signal.aborted) return;
      log.warn("Hatchet went away; the worker starts again when it is back");
      await session.abandon();
      const next = await restart();
      if (next) session = next;
    }
  };
  const restart = async (): Promise<Session | undefined> => {
    while (!stopping.signal.aborted) {
      try {
        const next = await startSession(options);
        log.info("Hatchet is back");
        return next;
      } catch (error) {
        log.debug({ reason: messageOf(error) }, "Hatchet is not back yet");
        await clock.sleep(TRY_AGAIN_MS, stopping.signal);
      }
    }
    return undefined;
  };
  const supervising = supervise();
  return {
    async stop(graceMs) {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await supervising;
      const waited = new AbortController();
      await Promise.race([session.finish(), clock.sleep(graceMs, waited.signal)]);
      waited.abort();
      await session.abandon();
    },
  };
}

interface Session {
  link: Link;
  /** Takes nothing new, and resolves when what it has is done. */
  finish(): Promise<void>;
  /** Lets go of everything at once. */
  abandon(): Promise<void>;
}

async function startSession(options: WorkerOptions): Promise<Session> {
  const { sdk, access, workflows, concurrency, log } = options;
  const client = openClient(sdk, access, log);
  const link = await openLink(client.config.host_port, access.tls).catch((error: unknown) => {
    throw explain(error, access);
  });
  try {
    const { call, runs } = declareWorkflows(sdk, client, workflows);
    const worker = await withoutSignalHandlers(() =>
      client.worker(workerName(), {
        workflows: [...runs.values(), call],
        slots: concurrency * SLOTS_PER_CALL,
        durableSlots: DURABLE_SLOTS,
        handleKill: false,
      }),
    );
    const ended = worker.start();
    ended.catch(() => link.close());
    await Promise.race([worker.waitUntilReady(READY_MS), ended]);
    const inner = worker._internal;
    return {
      link,
      finish: () => worker.stop().catch((error: unknown) => log.debug({ reason: messageOf(error) }, "the Hatchet worker didn't stop well")),
      async abandon() {
        link.close();
        inner.killing = true;
        inner.evictionManager?.stop();
        await client.durableListener.stop();
        // Says goodbye to an engine that may be gone.
        await inner.listener?.unregister().catch(() => undefined);
      },
    };
  } catch (error) {
    link.close();
    throw explain(error, access);
  }
}

/** Hatchet takes letters, digits, dots, hyphens and underscores. */
function workerName(): string {
  return `prompt-studio-${hostname()}-${process.pid}`.replaceAll(/[^\w.-]/g, "-");
}

/** The SDK's worker would end the process on a signal, and keep each worker that ever was; stopping is our caller's business. */
async function withoutSignalHandlers<T>(create: () => Promise<T>): Promise<T> {
  const signals = ["SIGTERM", "SIGINT"] as const;
  const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  try {
    return await create();
  } finally {
    for (const signal of signals) {
      for (const listener of process.listeners(signal)) if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
