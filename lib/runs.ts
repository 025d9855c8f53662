/** The runs of one tenant, whatever their pipeline: accepted and handed to an engine, looked at, cancelled, moved. */
import type { RunView } from "./client.ts";
import type { Dispatch, EngineName } from "./engine/contract.ts";
import { deliverEnd } from "./engine/deliver.ts";
import { readOwner, writeEnd } from "./engine/end.ts";
import { handOver } from "./engine/fallback.ts";
import { moveRun } from "./engine/move.ts";
import { readOrigin } from "./engine/rerun.ts";
import { type Acceptance, acceptRun } from "./engine/submit.ts";
import { readRunView } from "./engine/views.ts";
import type { Runtime } from "./runtime.ts";
import { messageOf, PermanentError } from "./schema/errors.ts";
import type { PipelineShape } from "./schema/pipeline.ts";
import { type RequestRecord, requestRecordSchema } from "./schema/records.ts";
import { identifierSchema } from "./schema/request.ts";
import { runKeys } from "./store/layout.ts";
import { createRecord, exists, readRecord } from "./store/records.ts";

const TELL_MS = 3_000;

export interface RunsOptions<Resources> {
  runtime: Runtime<Resources>;
  tenant: string;
  /** Whether a run goes to its engine as soon as it is accepted; otherwise whoever accepted it sees to that. */
  handsOver: boolean;
  /** The engine through which the runs come, which keeps them; the configured ones when not given. */
  engine?: EngineName | undefined;
}

/** A run to accept. */
export interface NewRun extends Pick<Acceptance, "runId" | "request" | "settings" | "document" | "rerunOf" | "prepare"> {
  shape: PipelineShape;
}

export interface Runs {
  /** A run's request; PermanentError "run_not_found" for one that this tenant doesn't have. */
  known(runId: string): Promise<RequestRecord>;
  view(runId: string): Promise<RunView>;
  /** Accepts a run durably; true when it was there already, with the same request and document. PermanentError "run_conflict" for another one. */
  accept(run: NewRun): Promise<boolean>;
  /** Resolves when the cancel stands in the store, which is what stops the calls; an end that came first stays. */
  cancel(runId: string, reason: string): Promise<RunView>;
  /** Gives the run to another engine of this process while it runs; see moveRun. PermanentError "invalid_request" for an engine that isn't here. */
  move(runId: string, to: string): Promise<RunView>;
}

/** Nothing is written and no lease taken before the first accept, cancel or move. */
export function createRuns<Resources>({ runtime, tenant, handsOver, engine: askedBy }: RunsOptions<Resources>): Runs {
  const { store, log } = runtime;

  const known = async (runId: string): Promise<RequestRecord> => {
    const run = await readRecord(store, runKeys(tenant, runId).request, requestRecordSchema);
    if (run === undefined) throw new PermanentError("run_not_found", `There is no run "${runId}" in this store; list the runs with "prompt-studio runs list".`);
    return run;
  };
  const view = async (runId: string): Promise<RunView> => {
    await known(runId);
    return (await readRunView(store, tenant, runId)) as RunView;
  };

  /** A run that somebody else has stays with him; one that no engine takes is kept for the sweeper. */
  const handOn = async (dispatch: Dispatch, pipeline: string, origin: string): Promise<void> => {
    const { host, engines, route } = await runtime.start();
    const { clock, lease } = host;
    const owner = await readOwner(store, tenant, dispatch.runId);
    const engine = engines.find(({ name }) => name === owner?.engine);
    const isOurs = engine !== undefined && (engine.name !== "embedded" || owner?.process === lease.id);
    if (!isOurs || (await exists(store, runKeys(tenant, dispatch.runId).end))) return;
    const others = route({ tenant, origin, pipeline }).filter((each) => each !== engine);
    const left = await handOver({ store, clock, lease, log, engines: [engine, ...others] }, [dispatch]);
    if (left.length > 0) log.error({ tenant, run: dispatch.runId }, "no engine took the run; a sweep will offer it again");
  };

  /** The store has the cancel already; the engine only stops asking sooner. */
  const tellEngine = async (runId: string, reason: string): Promise<void> => {
    try {
      const { host, engines } = await runtime.start();
      const owner = await readOwner(store, tenant, runId);
      const its = engines.find(({ name }) => name === owner?.engine);
      if (owner && its) await Promise.race([its.cancel({ tenant, runId, n: owner.n }, reason), host.clock.sleep(TELL_MS)]);
    } catch (error) {
      log.warn({ tenant, run: runId, reason: messageOf(error) }, "the engine couldn't be told of a cancel");
    }
  };

  return {
    known,
    view,
    async accept({ shape, ...run }) {
      const { host, route } = await runtime.start();
      const origin = await readOrigin(store, tenant, run.runId, run.rerunOf);
      const [first] = route({ tenant, origin, pipeline: shape.name });
      const engine = askedBy ?? first.name;
      const accepted = await acceptRun(store, { ...run, tenant, pipeline: shape.name, shape, engine, process: host.lease.id, now: Date.now() });
      if (handsOver) await handOn(accepted.dispatch, shape.name, origin);
      return accepted.existing;
    },
    async cancel(runId, reason) {
      await known(runId);
      const keys = runKeys(tenant, runId);
      if ((await store.get(keys.end)) === undefined) {
        await createRecord(store, keys.cancel, { v: 1, reason, at: Date.now() });
        await writeEnd(store, tenant, runId, { v: 1, status: "cancelled", at: Date.now(), message: reason });
        // Who asked through an engine is told by a process that has this engine.
        if (handsOver) await tellEngine(runId, reason);
        else if ((await readOwner(store, tenant, runId))?.engine === "embedded") await deliverEnd(store, tenant, runId, []);
      }
      return view(runId);
    },
    async move(runId, name) {
      await known(runId);
      const { host, engines } = await runtime.start();
      const to = engines.find((engine) => engine.name === name);
      if (to === undefined) {
        const here = engines.map((engine) => engine.name).join(", ");
        throw new PermanentError("invalid_request", `This process has no engine ${JSON.stringify(name.slice(0, 40))}; it has ${here}.`);
      }
      const { clock, lease } = host;
      await lease.ensureFresh();
      await moveRun({ store, clock, lease, log, to, engines }, tenant, runId);
      return view(runId);
    },
  };
}

/** Throws PermanentError "invalid_request" for what can't be a run's id. */
export function checkRunId(runId: string): void {
  if (identifierSchema.safeParse(runId).success) return;
  throw new PermanentError("invalid_request", `The run id ${JSON.stringify(runId.slice(0, 200))} is none; use 1 to 128 of A-Z a-z 0-9 . _ -`);
}
