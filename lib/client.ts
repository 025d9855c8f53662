/** The program's own interface, which the command line uses (and HTTP will): everything that can be done with runs, whatever store and engine are configured. */
import type { DocumentText } from "./schema/document.ts";
import type { RequestInput } from "./schema/request.ts";
import type { RunResult, RunStatus, Usage } from "./schema/result.ts";

/** A document and what is asked of it. `document` is a file's path or its bytes. Without `runId` the id is derived from document, request and settings, so the same submission continues the same run. */
export interface Submission {
  document: string | Uint8Array;
  fileName: string;
  request: RequestInput;
  runId?: string;
  fresh?: boolean;
  password?: string;
}

/** What submit found or made. `existing` when the id was known with the same request and document. */
export interface Submitted {
  runId: string;
  existing: boolean;
  warnings: readonly string[];
}

/** One line of a run's history; `id` is an opaque cursor. Times are milliseconds since the epoch by the writer's clock. */
export interface RunEvent {
  id: string;
  type: "run-start" | "stage-start" | "item-start" | "item-end" | "stage-end" | "run-end";
  at: number;
  stage?: string;
  item?: number;
  label?: string;
  outcome?: "done" | "failed" | "skipped";
  durationMs?: number;
  code?: string;
  status?: RunStatus;
}

/** What goes on in this process while a run is worked on; never stored. `engine` is the one that has the call made. `call-wait` carries the reason in words ("429 from openai"). */
export type LiveEvent = { engine?: string } & LiveFact;

type LiveFact =
  | { type: "call-start"; runId: string; call: string; stage: string; label?: string }
  | {
      type: "call-end";
      runId: string;
      call: string;
      stage: string;
      label?: string;
      outcome: "done" | "failed" | "skipped";
      code?: string;
      message?: string;
      durationMs: number;
      usage: Usage;
    }
  | { type: "call-wait"; runId: string; call: string; stage: string; label?: string; afterMs: number; reason: string }
  | { type: "stage-plan"; runId: string; stage: string; items: number };

/** A run as a list shows it. */
export interface RunView {
  runId: string;
  status: RunStatus;
  fileName: string;
  createdMs: number;
  engine: string;
  stages: readonly { id: string; status: "waiting" | "running" | "done" | "failed"; done: number; total: number | undefined }[];
  usage: Usage;
  error?: { stage?: string; code: string; message: string };
}

/** Made by createStudio (lib/local-studio.ts). Every method throws PermanentError for what the caller can mend. */
export interface Studio {
  /** Accepted means durable: after this resolves the run survives anything. */
  submit(submission: Submission): Promise<Submitted>;
  /** Works on these runs in this process until each has ended or `signal` aborts, which stops every call that this process is running; resolves to the views. */
  work(runIds: readonly string[], options?: { signal?: AbortSignal; observe?: (event: LiveEvent) => void }): Promise<readonly RunView[]>;
  get(runId: string): Promise<RunView>;
  list(options?: { limit?: number }): Promise<readonly RunView[]>;
  events(runId: string, after?: string): Promise<readonly RunEvent[]>;
  result(runId: string): Promise<RunResult>;
  documentText(runId: string): Promise<DocumentText>;
  /** The document's own bytes. */
  documentBytes(runId: string): Promise<Uint8Array>;
  cancel(runId: string, reason: string): Promise<RunView>;
  /** Gives a run to another engine while it runs; what is done stays done. */
  move(runId: string, engine: string): Promise<RunView>;
  /** A new run that starts with the old one's results before stage `from` (the first stage when not given). */
  rerun(runId: string, options: { from?: string; newRunId?: string }): Promise<Submitted>;
  close(): Promise<void>;
}
