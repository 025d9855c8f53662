/** What a command touches outside itself, so that tests can hand it something else. */
import type { ServiceKind } from "../adapters/settings.ts";
import type { Studio } from "../client.ts";
import type { Config, Overrides } from "../config.ts";
import type { Engine } from "../engine/contract.ts";
import type { StartedWorker, WorkerOptions } from "../runtime.ts";

/** A stream of text. `columns` is the width of the terminal, or what to assume where there is none. */
export interface TextSink {
  write(text: string): void;
  isTerminal: boolean;
  columns: number;
}

/** What the composition root is asked for. `interactive`: somebody waits, so delays are short. */
export interface StudioOptions {
  llm?: string;
  engine?: string;
  storeLocation?: string;
  interactive?: boolean;
  debug?: boolean;
}

/** What the composition root is asked for when there is an engine to be used. */
export interface ServiceOptions extends Omit<StudioOptions, "interactive"> {
  /** No other engine behind this one, and no log. */
  alone?: boolean;
  concurrency?: number;
  host?: string;
  port?: number;
}

/** Everything behind HTTP or a worker. Which engine gets a run is a matter of the configuration. */
export interface Service {
  config: Config;
  /** Of the configured tenant; its runs go to their engine as soon as they are accepted. */
  studio: Studio;
  app: { fetch(request: Request, env?: object): Response | Promise<Response> };
  engines: readonly Engine[];
  startWorker(options?: WorkerOptions): Promise<StartedWorker>;
  close(): Promise<void>;
}

/** Everything outside the command. */
export interface Surroundings {
  stdout: TextSink;
  stderr: TextSink;
  stdin: AsyncIterable<Uint8Array>;
  cwd: string;
  /** How this program was called, for commands that a person may paste: "prompt-studio", or node and the script. */
  program: string;
  /** Where the installed package is: its version and examples. */
  packageRoot: string;
  loadConfig(overrides: Overrides): Promise<Config>;
  openStudio(options: StudioOptions): Promise<Studio>;
  openService(options: ServiceOptions): Promise<Service>;
  /** Throws when the store can't do what a run needs, saying what to change. */
  checkStore(config: Config): Promise<void>;
  /** Asks an outside service something that costs nothing; throws what is wrong with it. */
  checkAdapter(config: Config, service: ServiceKind, instance: string): Promise<void>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when `signal` is aborted. */
  sleep(milliseconds: number): Promise<void>;
}

/** Options that every command has. */
export interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
  debug?: boolean;
  store?: string;
}

/** The exit codes, as docs/command-line.md explains them. */
export const EXIT = { done: 0, failed: 1, usage: 2, belowGate: 3, interrupted: 130 } as const;
