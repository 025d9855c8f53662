/** The events of the Inngest engine: what starts a run, what stops it, and what tells how it ended. */
import { z } from "zod";
import { PermanentError } from "../../schema/errors.ts";
import { problemsOf } from "../../schema/problems.ts";
import { identifierSchema, processRequestSchema } from "../../schema/request.ts";
import type { Dispatch } from "../contract.ts";

export const REQUESTED = "prompt-studio/requested";
export const CANCELLED = "prompt-studio/cancelled";
export const COMPLETED = "prompt-studio/completed";
export const FAILED = "prompt-studio/failed";

/** A request that comes in an event has at most so many bytes of JSON; a larger one is submitted by HTTP or the command line. */
export const LARGEST_EVENT_BYTES = 256 * 1024;

/** Seconds in Inngest's queue that a run goes ahead of others. */
const prioritySchema = z.int().min(-600).max(600);

/** Names the n-th dispatch of a run that is in the store. */
export const dispatchDataSchema = z.strictObject({
  tenant: identifierSchema,
  run_id: identifierSchema,
  n: z.int().min(1),
  priority: prioritySchema.optional(),
});

/** A whole request, which the first step writes to the store. The document lies where `file_path` says; the tenant is the configured one. */
export const requestDataSchema = processRequestSchema.extend({
  run_id: identifierSchema,
  tenant: identifierSchema.optional(),
  priority: prioritySchema.optional(),
});

/** The data of `prompt-studio/requested`, as a sender writes it. */
export const requestedDataSchema = z.union([dispatchDataSchema, requestDataSchema]);
export type RequestedData = z.input<typeof requestedDataSchema>;

/** The data of `prompt-studio/cancelled`. */
export interface CancelledData {
  tenant: string;
  run_id: string;
  n: number;
  reason: string;
}

/** The data of `prompt-studio/completed` and `prompt-studio/failed`; the result itself is read from the store. */
export interface EndedData {
  tenant: string;
  run_id: string;
  status: "completed" | "completed_with_issues" | "failed" | "cancelled";
  call?: string;
  code?: string;
  message?: string;
}

/** An event's data, read: a dispatch, or a request (without what is Inngest's own) with its run's id. */
export type Requested = { is: "dispatch"; dispatch: Dispatch } | { is: "request"; runId: string; request: Record<string, unknown> };

/**
 * Reads the data of `prompt-studio/requested`, which anybody who may send events wrote. Of a request only the form around it is checked here, the rest by whoever accepts it.
 * Throws PermanentError "invalid_request" or "limit_exceeded" with what to mend.
 */
export function readRequested(data: unknown, tenant: string): Requested {
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw new PermanentError("invalid_request", `The data of ${REQUESTED} is no object.`);
  if (!("outputs" in data)) {
    const parsed = dispatchDataSchema.safeParse(data);
    if (!parsed.success) {
      const problems = problemsOf(parsed.error, data, Object.keys(requestDataSchema.shape));
      const first = problems[0];
      const detail = first ? `${first.pointer} ${first.message}` : "it has another form";
      throw new PermanentError("invalid_request", `The data of ${REQUESTED} is neither a request (with outputs) nor { tenant, run_id, n }: ${detail}.`, {
        problems,
      });
    }
    const { tenant: owner, run_id: runId, n } = parsed.data;
    return { is: "dispatch", dispatch: { tenant: owner, runId, n } };
  }
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > LARGEST_EVENT_BYTES) {
    throw new PermanentError(
      "limit_exceeded",
      `The request in ${REQUESTED} has ${bytes} bytes, and an event may have ${LARGEST_EVENT_BYTES}; submit it by HTTP.`,
    );
  }
  const { tenant: asked, priority: _priority, ...request } = data as Record<string, unknown>;
  if (asked !== undefined && asked !== tenant) {
    throw new PermanentError("invalid_request", `An event with a whole request starts a run of the configured tenant only; leave "tenant" out.`);
  }
  const runId = identifierSchema.safeParse(request.run_id);
  if (!runId.success) throw new PermanentError("invalid_request", "The request has no usable /run_id; it must be 1 to 128 of A-Z a-z 0-9 . _ -");
  return { is: "request", runId: runId.data, request };
}

/** The run id that a sender may have meant, where it is one; for saying to whom a refusal belongs. */
export function runIdOf(data: unknown): string | undefined {
  const parsed = z.object({ run_id: identifierSchema }).safeParse(data);
  return parsed.success ? parsed.data.run_id : undefined;
}
