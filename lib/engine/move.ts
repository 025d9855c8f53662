/** Giving a run to another engine while it runs. */
import type { Logger } from "pino";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import { endRecordSchema } from "../schema/records.ts";
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { readRecord } from "../store/records.ts";
import type { Clock } from "./clock.ts";
import { ENGINE_NAMES, type Engine } from "./contract.ts";
import { readOwner } from "./end.ts";
import { handOver } from "./fallback.ts";
import type { Lease } from "./lease.ts";
import { takeOver } from "./take-over.ts";

export interface MoveOptions {
  store: ObjectStore;
  clock: Clock;
  lease: Lease;
  log: Logger;
  /** Gets the run. */
  to: Engine;
  /** The engines of this process, among which may be the one that has it. */
  engines: readonly Engine[];
}

/**
 * Makes `to` the owner of a run under the next number and gives it the run. What the old engine has running is finished and counts; what it would begin
 * after that is superseded. A run that `to` has already stays as it is. Throws PermanentError "run_ended", and RetryableError "engine_unavailable" when `to`
 * doesn't take it: then the run goes back to the engine that had it.
 */
export async function moveRun(options: MoveOptions, tenant: string, runId: string): Promise<void> {
  const { store, to, engines } = options;
  const ended = await readRecord(store, runKeys(tenant, runId).end, endRecordSchema);
  if (ended) throw new PermanentError("run_ended", `The run "${runId}" has ended (${ended.status}), so there is nothing to move.`);
  const owner = await readOwner(store, tenant, runId);
  if (owner?.engine === to.name) return;
  const dispatch = await takeOver({ ...options, engine: to }, tenant, runId, (owner?.n ?? 0) + 1);
  // Somebody else gave it away at the same moment.
  if (dispatch === undefined) return moveRun(options, tenant, runId);
  const left = await handOver({ ...options, engines: [to] }, [dispatch]);
  if (left.length === 0) return;
  const before = ENGINE_NAMES.find((name) => name === owner?.engine);
  const back = before && (await takeOver({ ...options, engine: { name: before } }, tenant, runId, dispatch.n + 1));
  // Where this process doesn't have that engine, a sweep of one that has it finds the run.
  if (back) await handOver({ ...options, engines: engines.filter(({ name }) => name === before) }, [back]);
  throw new RetryableError("engine_unavailable", `The engine ${to.name} didn't take the run "${runId}"; ${before ?? "a sweep"} goes on with it.`);
}
