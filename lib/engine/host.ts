/** Everything that loading and invoking need in one process; made once by the composition root. */
import type { Logger } from "pino";
import type { LiveEvent } from "../client.ts";
import type { Pipeline } from "../pipeline/define.ts";
import { createRecent, type Recent } from "../recent.ts";
import { createImmutableReader, type ImmutableReader } from "../store/immutable.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { CancelWatch } from "./cancel-watch.ts";
import { createCancelWatch } from "./cancel-watch.ts";
import type { Clock } from "./clock.ts";
import { createEarlier, type Earlier } from "./earlier.ts";
import { createGate, type Gate } from "./gate.ts";
import type { Lease } from "./lease.ts";
import { createStandings, type Standings } from "./standings.ts";

/** Calls that a process remembers to have met. */
const MOST_MET = 20_000;

/** `shutdown()` is the signal that aborts running calls of this process; they write that they were aborted and are free at once. Once it is aborted no call starts. */
export interface Host<Resources> {
  store: ObjectStore;
  clock: Clock;
  lease: Lease;
  pipelines: ReadonlyMap<string, Pipeline<Resources>>;
  resources: Resources;
  log: Logger;
  shutdown(): AbortSignal;
  observe(event: LiveEvent): void;
  gate: Gate;
  cancelWatch: CancelWatch;
  /** Keys of the claims that this process works on now. Its other claims are as free as a dead process's: their answer got lost on the way. */
  holding: Set<string>;
  /** Keys of the first claims of calls that this process has seen: such a call may have been tried before. */
  met: Recent<string, true>;
  /** Whether calls were begun before this process met their runs, for those whose claims are lost. */
  earlier: Earlier;
  /** Whether runs still go on, for calls that are met for the first time. */
  standings: Standings;
  /** For records that never change. */
  read: ImmutableReader;
}

/** A host with its own gate, cancel watch, reader and no claims. */
export function createHost<Resources>(
  parts: Omit<Host<Resources>, "gate" | "cancelWatch" | "standings" | "earlier" | "read" | "holding" | "met">,
): Host<Resources> {
  return {
    ...parts,
    gate: createGate(),
    cancelWatch: createCancelWatch(parts.store, parts.clock),
    earlier: createEarlier(parts.store),
    standings: createStandings(parts.store, parts.clock),
    read: createImmutableReader(parts.store),
    holding: new Set(),
    met: createRecent(MOST_MET),
  };
}
