/** A run changes its owner by a record that only one can write. */
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { createRecord } from "../store/records.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch, Engine } from "./contract.ts";
import type { Lease } from "./lease.ts";

/** Makes an engine the n-th owner of a run, in the name of this process; undefined when another was first. */
export async function takeOver(
  { store, clock, lease, engine }: { store: ObjectStore; clock: Clock; lease: Lease; engine: Pick<Engine, "name"> },
  tenant: string,
  runId: string,
  n: number,
): Promise<Dispatch | undefined> {
  const owner = { v: 1 as const, engine: engine.name, n, process: lease.id, at: clock.wall() };
  return (await createRecord(store, runKeys(tenant, runId).owner(n), owner)) ? { tenant, runId, n } : undefined;
}
