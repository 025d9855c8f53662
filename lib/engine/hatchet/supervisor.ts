/**
 * Keeps a worker for Hatchet alive. The SDK's own worker reconnects after the engine was away, but stages that waited for their calls then wait for ever. So it runs in a
 * thread, which ends when the engine goes away and takes with it every connection, timer and half-made request of the SDK; a new one starts when the engine is back. Meanwhile,
 * and until Hatchet is itself again, a stand-in goes on with the runs.
 */
import { hostname } from "node:os";
import { Worker as Thread } from "node:worker_threads";
import type { Logger } from "pino";
import { compiledUrl } from "../../compiled.ts";
import { messageOf, PermanentError, RetryableError } from "../../schema/errors.ts";
import type { PipelineShape } from "../../schema/pipeline.ts";
import type { Clock } from "../clock.ts";
import type { Dispatch, Doors, Worker } from "../contract.ts";
import type { StandIn } from "../stand-in.ts";
import type { HatchetAccess } from "./connect.ts";
import type { FromThread, Question, ThreadData, ToThread } from "./protocol.ts";
import type { WorkflowOptions } from "./workflows.ts";

/**
 * Hatchet counts a worker's free slots anew only once a second or so when they are used up. So a worker has more of them than it does calls, and the others wait here for
 * a moment. What keeps tenants apart is their limit, not the slots.
 */
const SLOTS_PER_CALL = 4;
/** Between attempts to start again. */
const TRY_AGAIN_MS = 1_000;

export interface SupervisorOptions {
  access: HatchetAccess;
  doors: Doors;
  shapes: readonly PipelineShape[];
  /** Does a call in its tenant's turn, within what all workers of this process may do together. */
  inTurn: WorkflowOptions["invoke"];
  concurrency: number;
  perTenant: number;
  clock: Clock;
  log: Logger;
  ended(dispatch: Dispatch): Promise<unknown>;
  /** Goes on with the runs while Hatchet is away. */
  standIn: Pick<StandIn, "away" | "back">;
}

interface Running {
  /** Resolves when the thread has ended, for whatever reason. */
  ended: Promise<void>;
  stop(): void;
  kill(): Promise<void>;
}

/** Starts working; rejects when Hatchet can't be reached or refuses. From then on the worker comes back by itself whenever Hatchet does. */
export async function startWorker(options: SupervisorOptions): Promise<Worker> {
  const { clock, log, standIn } = options;
  const stopping = new AbortController();
  let thread = await startThread(options);
  const supervise = async () => {
    for (;;) {
      await thread.ended;
      if (stopping.signal.aborted) return;
      log.warn("Hatchet went away; the worker starts again when it is back");
      standIn.away();
      const next = await startAgain();
      if (next === undefined) return;
      thread = next;
    }
  };
  const startAgain = async (): Promise<Running | undefined> => {
    while (!stopping.signal.aborted) {
      try {
        const next = await startThread(options);
        if (stopping.signal.aborted) next.stop();
        else {
          log.info("Hatchet is back");
          standIn.back();
        }
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
      if (stopping.signal.aborted) return supervising;
      stopping.abort();
      thread.stop();
      const waited = new AbortController();
      await Promise.race([supervising, clock.sleep(graceMs, waited.signal)]);
      waited.abort();
      await thread.kill();
    },
  };
}

async function startThread(options: SupervisorOptions): Promise<Running> {
  const { access, shapes, perTenant, concurrency, log } = options;
  // Hatchet takes letters, digits, dots, hyphens and underscores.
  const name = `prompt-studio-${hostname()}-${process.pid}`.replaceAll(/[^\w.-]/g, "-");
  const workerData: ThreadData = { access, shapes, perTenant, slots: concurrency * SLOTS_PER_CALL, name };
  const thread = new Thread(compiledUrl(import.meta.url, "./hatchet-worker"), { workerData, name: "hatchet" });
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  const say = (message: ToThread) => thread.postMessage(message);
  await new Promise<void>((resolve, reject) => {
    thread.on("message", (message: FromThread) => {
      if (message.is === "ready") resolve();
      else if (message.is === "refused") reject(refusalOf(message));
      else if (message.is === "log") log.debug(message.reason === undefined ? {} : { reason: message.reason }, message.message);
      else
        void answer(options, message.question).then(
          (given) => say({ is: "answered", id: message.id, answer: given }),
          (error: unknown) => say({ is: "threw", id: message.id, message: messageOf(error) }),
        );
    });
    thread.once("error", (error) => {
      log.error({ reason: messageOf(error) }, "the thread of the Hatchet worker failed");
      reject(error);
    });
    void ended.then(() => reject(new RetryableError("adapter_unreachable", "Hatchet went away while its worker started.")));
  });
  return {
    ended,
    stop: () => say({ is: "stop" }),
    async kill() {
      await thread.terminate();
    },
  };
}

async function answer({ doors, inTurn, ended }: SupervisorOptions, question: Question): Promise<unknown> {
  if (question.door === "load") return doors.load(question.dispatch);
  if (question.door === "invoke") return inTurn(question.dispatch, question.call, question.turnMs);
  await ended(question.dispatch);
  return undefined;
}

function refusalOf({ message, isPermanent }: Extract<FromThread, { is: "refused" }>): Error {
  return isPermanent ? new PermanentError("invalid_configuration", message) : new RetryableError("adapter_unreachable", message);
}
