/** What the thread that works for Hatchet and the process around it tell each other: plain data. */
import type { Call, PipelineShape } from "../../schema/pipeline.ts";
import type { Dispatch } from "../contract.ts";
import type { HatchetAccess } from "./connect.ts";

/** What a thread starts with. */
export interface ThreadData {
  access: HatchetAccess;
  shapes: readonly PipelineShape[];
  /** Calls that Hatchet may give it at once. */
  slots: number;
  perTenant: number;
  /** Names the worker in Hatchet's dashboard. */
  name: string;
}

/** What only the process can do: its doors, a call in its tenant's turn, which it awaits for `turnMs` at most, and to say that a run has ended. */
export type Question =
  | { door: "load"; dispatch: Dispatch }
  | { door: "invoke"; dispatch: Dispatch; call: Call; turnMs: number }
  | { door: "ended"; dispatch: Dispatch };

export type FromThread =
  | { is: "ready" }
  /** It couldn't start; `isPermanent` when trying again is no use. */
  | { is: "refused"; message: string; isPermanent: boolean }
  | { is: "asked"; id: number; question: Question }
  | { is: "log"; message: string; reason?: string };

export type ToThread = { is: "answered"; id: number; answer: unknown } | { is: "threw"; id: number; message: string } | { is: "stop" };
