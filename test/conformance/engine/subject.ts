/** What the suite must know of an engine, and what a test of the suite is. */
import type { Capabilities, Dispatch, Engine, EngineName } from "../../../lib/engine/contract.ts";
import type { Host } from "../../../lib/engine/host.ts";
import type { Bench } from "./bench.ts";

/** An engine that works in this process. */
export interface StartedEngine {
  engine: Engine;
  stop(): Promise<void>;
  /** Stops the run as a person would in the engine's own interface; where the engine declares to have one. */
  stopInEngine?(dispatch: Dispatch): Promise<void>;
}

/** How the shared child program (worker.mjs) makes the engine: its settings and secrets, as createEngine gets them, and further options of its own. */
export interface WorkerParts {
  settings?: Readonly<Record<string, unknown>>;
  secrets?: Readonly<Record<string, string>>;
  options?: Readonly<Record<string, unknown>>;
}

/** What the workers of one test share. */
export interface OpenedWorkers {
  parts: WorkerParts;
  /** After a worker has said that it is ready; for engines that must be told where it listens. */
  ready?(port: number): Promise<void>;
  close?(): Promise<void>;
}

/** Workers in processes of their own. */
export interface WorkersUnderTest {
  open(): OpenedWorkers | Promise<OpenedWorkers>;
  /** How often a worker is killed in one run; 3 when not given. Fewer where it takes long to notice. */
  kills?: number;
}

/** An engine under test. */
export interface EngineUnderTest {
  name: EngineName;
  /** Where it runs, for the table of results: "Redis 7", "a dev server". */
  on?: string;
  capabilities: Capabilities;
  /** Starts one that works on a host's pipelines, through `createDoors(host)`. */
  start<Resources>(host: Host<Resources>, options: { concurrency: number; perTenant: number }): Promise<StartedEngine>;
  workers?: WorkersUnderTest;
  /** The engine's server, killed without warning, and started again with what it had written. */
  server?: { kill(): Promise<void>; restart(): Promise<void> };
  /** Why the stand-in for a server, or the server under test, can't do what the engine declares. */
  lacks?: Partial<Record<"server" | "ownCancel", string>>;
}

/** One test of the suite; its name is a row of the table in docs/engines.md. */
export interface EngineTest {
  name: string;
  /** Why it doesn't apply to this engine: always something that the engine declares. */
  without?(under: EngineUnderTest): string | undefined;
  timeoutMs?: number;
  run(bench: Bench): Promise<void>;
}
