/** What an engine is: whatever sees to it that the calls of a run happen. It carries ids only; the store carries the data. */
import type { Call, Outcome, PipelineShape } from "../schema/pipeline.ts";

export const ENGINE_NAMES = ["embedded", "inngest", "hatchet", "temporal", "celery"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The n-th time that a run was given to an engine. */
export interface Dispatch {
  tenant: string;
  runId: string;
  n: number;
  /** Higher runs first, within a tenant; default 0. */
  priority?: number;
}

/** The two doors from an engine to our code. They throw only for a store that fails; everything else is an Outcome. */
export interface Doors {
  load(dispatch: Dispatch): Promise<{ is: "ready"; shape: PipelineShape } | Exclude<Outcome, { is: "done" }>>;
  invoke(dispatch: Dispatch, call: Call): Promise<Outcome>;
}

/** Declared, never probed; a "no" is the printed reason of a skipped conformance test. */
export interface Capabilities {
  fairness: "engine" | "process" | "cap" | "lists";
  priority: boolean;
  bulk: number;
  severalMachines: boolean;
  /** "durable": runs go on when its server was killed and is back; "none": there is no server that could be. */
  server: "durable" | "none";
  /** A run can be stopped in an interface of the engine itself, and ends as cancelled in the store. */
  ownCancel: boolean;
}

/** What an engine made of one dispatch. */
export type SubmitResult = { is: "accepted" } | { is: "refused"; message: string };

/** The engine's own opinion of a dispatch, for the sweeper. */
export type EngineView = "queued" | "running" | "ended" | "cancelled";

/** A started worker. `stop` finishes or aborts running calls within `graceMs` and resolves when none is left. */
export interface Worker {
  stop(graceMs: number): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  readonly capabilities: Capabilities;
  /** Up to 1,000 at once, an outcome each; a dispatch given twice is one. */
  submit(dispatches: readonly Dispatch[]): Promise<readonly SubmitResult[]>;
  cancel(dispatch: Dispatch, reason: string): Promise<void>;
  inspect(dispatch: Dispatch): Promise<EngineView | undefined>;
  /** Resolves when this process has nothing more to do for the dispatch; rejects when the store fails. */
  settled(dispatch: Dispatch): Promise<void>;
  /** For engines that call us: answers a request of theirs. */
  fetch?(request: Request): Promise<Response>;
  work(): Promise<Worker>;
  close(): Promise<void>;
}
