/** The embedded engine: the loop over the kernel, in this process, needing nothing. Several processes on one store are safe, since every call is claimed. */
import { setMaxListeners } from "node:events";
import { type Journal, nextCalls, pipelineEnd } from "../pipeline/kernel.ts";
import type { Call, Outcome, PipelineShape, Settled } from "../schema/pipeline.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch, Doors, Engine, EngineView, Worker } from "./contract.ts";
import { createTurns } from "./turns.ts";

/** At most so many calls of a run at once. */
const CALLS_OF_A_RUN = 200;
/** Stands among a run's calls for reading its shape. */
const LOAD = "load";

/** What the embedded engine drives, and how much at once. */
export interface EmbeddedOptions {
  doors: Doors;
  clock: Clock;
  /** Calls at once in this process. */
  concurrency: number;
  /** Calls at once of one tenant. */
  perTenant: number;
  /** Called when a run has ended or goes on elsewhere, as far as this process knows, so that what is owed goes out without waiting for a sweep. */
  ended?: ((dispatch: Dispatch) => void) | undefined;
}

interface RunLoop {
  dispatch: Dispatch;
  shape: PipelineShape | undefined;
  journal: Map<string, Settled>;
  inFlight: Set<string>;
  waiting: Set<string>;
  ready: Call[];
  /** Ends the waits of its calls once this process has nothing more to do for it. */
  over: AbortController;
  settle: { resolve(): void; reject(error: unknown): void };
  settled: Promise<void>;
}

/** The engine's `settled` rejects when the store fails; the run itself is whole and goes on when it is worked on again. */
export function createEmbeddedEngine({ doors, clock, concurrency, perTenant, ended }: EmbeddedOptions): Engine {
  const runs = new Map<string, RunLoop>();
  const turns = createTurns(perTenant);
  let workers = 0;
  let busy = 0;
  const idle: (() => void)[] = [];

  const finish = (id: string, run: RunLoop, error?: unknown) => {
    if (runs.get(id) !== run) return;
    runs.delete(id);
    turns.remove(id);
    run.over.abort();
    if (error === undefined) run.settle.resolve();
    else run.settle.reject(error);
  };

  const conclude = (id: string, run: RunLoop) => {
    finish(id, run);
    ended?.(run.dispatch);
  };

  const offer = (id: string, run: RunLoop) => {
    const isOpen = run.shape === undefined ? !run.waiting.has(LOAD) : run.ready.length > 0 && run.inFlight.size < CALLS_OF_A_RUN;
    if (isOpen) turns.offer(id, run.dispatch.tenant, run.dispatch.priority ?? 0);
    else turns.remove(id);
  };

  /** Looks what the run may do now, and whether it has ended. */
  const refresh = (id: string, run: RunLoop) => {
    if (run.shape !== undefined) {
      const journal: Journal = run.journal;
      const next = nextCalls(run.shape, journal);
      if (next.length === 0 && pipelineEnd(run.shape, journal)) return conclude(id, run);
      run.ready = next.filter(({ key }) => !run.inFlight.has(key) && !run.waiting.has(key));
    }
    offer(id, run);
  };

  const obey = (id: string, run: RunLoop, key: string, outcome: Outcome) => {
    // The run ended, or has a newer dispatch, while this call was running.
    if (runs.get(id) !== run) return;
    if (outcome.is === "cancelled" || outcome.is === "superseded") return conclude(id, run);
    if (outcome.is !== "again") {
      run.journal.set(key, outcome);
      // While known calls wait for their turn there is no need to look for more: a look costs as much as the run has items.
      if (outcome.is === "done" && run.ready.length > 0) return offer(id, run);
      return refresh(id, run);
    }
    run.waiting.add(key);
    offer(id, run);
    void clock.sleep(outcome.afterMs, run.over.signal).then(() => {
      run.waiting.delete(key);
      if (runs.get(id) !== run) return;
      refresh(id, run);
      pump();
    });
  };

  const loadRun = async (id: string, run: RunLoop) => {
    const loaded = await doors.load(run.dispatch);
    if (loaded.is === "ready") {
      run.shape = loaded.shape;
      refresh(id, run);
    } else if (loaded.is === "again") {
      obey(id, run, LOAD, loaded);
    } else conclude(id, run);
  };

  const step = async (id: string, run: RunLoop, call: Call | undefined) => {
    try {
      if (call === undefined) await loadRun(id, run);
      else {
        const outcome = await doors.invoke(run.dispatch, call);
        run.inFlight.delete(call.key);
        obey(id, run, call.key, outcome);
      }
    } catch (error) {
      finish(id, run, error);
    } finally {
      busy--;
      turns.release(run.dispatch.tenant);
      if (busy === 0) for (const resolve of idle.splice(0)) resolve();
      pump();
    }
  };

  const pump = () => {
    while (workers > 0 && busy < concurrency) {
      const id = turns.take();
      const run = id === undefined ? undefined : runs.get(id);
      if (id === undefined || run === undefined) return;
      const call = run.shape === undefined ? undefined : run.ready.shift();
      if (call) run.inFlight.add(call.key);
      if (run.shape !== undefined) offer(id, run);
      busy++;
      void step(id, run, call);
    }
  };

  const accept = (dispatch: Dispatch) => {
    const id = idOf(dispatch);
    const known = runs.get(id);
    if (known && known.dispatch.n >= dispatch.n) return;
    let settle: RunLoop["settle"] = { resolve: () => undefined, reject: () => undefined };
    const settled = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    settled.catch(() => undefined);
    const over = new AbortController();
    // One listener per waiting call.
    setMaxListeners(0, over.signal);
    const run: RunLoop = { dispatch, shape: undefined, journal: new Map(), inFlight: new Set(), waiting: new Set(), ready: [], over, settle, settled };
    if (known) finish(id, known);
    runs.set(id, run);
    refresh(id, run);
  };

  return {
    name: "embedded",
    capabilities: { fairness: "process", priority: true, bulk: 1_000, severalMachines: false, server: "none", ownCancel: false },
    async submit(dispatches) {
      for (const dispatch of dispatches) accept(dispatch);
      pump();
      return dispatches.map(() => ({ is: "accepted" as const }));
    },
    // The cancel record is what stops the run's calls, in whatever process they run; here nothing of it waits any more.
    async cancel(dispatch) {
      const run = runs.get(idOf(dispatch));
      if (run && run.dispatch.n <= dispatch.n) finish(idOf(dispatch), run);
    },
    async inspect(dispatch): Promise<EngineView | undefined> {
      const run = runs.get(idOf(dispatch));
      if (run === undefined || run.dispatch.n !== dispatch.n) return undefined;
      return run.inFlight.size > 0 ? "running" : "queued";
    },
    settled: async (dispatch) => runs.get(idOf(dispatch))?.settled,
    async work(): Promise<Worker> {
      workers++;
      pump();
      let stopped = false;
      return {
        async stop(graceMs) {
          if (stopped) return;
          stopped = true;
          workers--;
          if (workers > 0 || busy === 0) return;
          const waited = new AbortController();
          await Promise.race([new Promise<void>((resolve) => idle.push(resolve)), clock.sleep(graceMs, waited.signal)]);
          waited.abort();
        },
      };
    },
    async close() {
      workers = 0;
      for (const [id, run] of [...runs]) finish(id, run);
    },
  };
}

function idOf(dispatch: Dispatch): string {
  return `${dispatch.tenant}:${dispatch.runId}`;
}
