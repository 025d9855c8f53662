/** A document at a service that reads it in its own time and is paid for that: submitted once as far as can be known, waited for without holding anything, and its result stored before it is looked at. */
import { Pending } from "../../pipeline/define.ts";
import { PermanentError, RetryableError } from "../../schema/errors.ts";
import { canonicalJson, type Json, sha256 } from "../../schema/json.ts";
import type { ExtractionContext } from "../contract.ts";
import { field } from "../http-errors.ts";

const MOST_LOSSES = 8;
const MOST_POLLS = 500;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
const DELAY_GROWTH = 1.5;

/** Stores a result as it comes; all of it or nothing. */
export type Keep = (body: AsyncIterable<Uint8Array>) => Promise<void>;

/** How a service is used. Each function throws as lib/adapters/http.ts says. */
export interface Job {
  /** Who is named in errors. */
  source: string;
  /** What was asked, without the document's bytes and without secrets: its hash, the settings, the pages. */
  request: Json;
  /** Hands the document over and answers with the job's id. A service that answers with the result itself keeps it here. */
  submit(keep: Keep): Promise<string>;
  /** Where the job stands. "lost": the service doesn't know it, or has given the result away. A job that failed throws. */
  poll(id: string): Promise<"working" | "ready" | "lost">;
  /** Keeps the result. "lost" where it was given away before. */
  retrieve(id: string, keep: Keep): Promise<"kept" | "lost">;
}

const NOTHING = { input_tokens: 0, output_tokens: 0 };

/** Thrown inside of the ledger to leave no answer there. */
class Interrupted extends Error {}

/**
 * The bytes of a job's result. What is meant to be submitted is written down before it is, and the job's id after: an intent without an id was cut off in between,
 * so the document is submitted again and `possibly_billed_twice` counts it. So it is with a result that was given away and isn't here. Throws Pending while the service works.
 */
export async function runJob(job: Job, context: ExtractionContext): Promise<Uint8Array> {
  const { paid, kept } = context;
  const name = `${job.source}-${sha256(canonicalJson(job.request)).slice(0, 16)}`;
  let losses = 0;
  for (let n = 1; losses < MOST_LOSSES; n++) {
    const place = `${name}-${n}`;
    const known = await kept.get(place);
    if (known !== undefined) return known;
    const keep: Keep = (body) => kept.put(place, body);
    const id = await submitOnce(job, paid, n, { doubtful: losses > 0, keep });
    if (id === "refused") continue;
    if (id === "unknown") {
      losses++;
      continue;
    }
    const direct = await kept.get(place);
    if (direct !== undefined) return direct;
    const state = await job.poll(id);
    if (state === "working") throw pending(job, n, context.state);
    if (state === "ready" && (await job.retrieve(id, keep)) === "kept") {
      const result = await kept.get(place);
      if (result !== undefined) return result;
    }
    losses++;
  }
  throw new PermanentError("adapter_failed", `${job.source} lost the document ${MOST_LOSSES} times. Look at its own list of jobs, then start a new run.`);
}

/** The id of the n-th submission: submitted now, or known from before. "unknown": an attempt that was cut off may have submitted. "refused": the service didn't take it. */
async function submitOnce(job: Job, paid: ExtractionContext["paid"], n: number, { doubtful, keep }: { doubtful: boolean; keep: Keep }): Promise<string> {
  let isNew = false;
  await paid(`intent/${n}`, job.request, async () => {
    isNew = true;
    return { answer: null, usage: NOTHING, model: job.source };
  });
  let refusal: unknown;
  const submitted = await paid<{ id: string }>(`submit/${n}`, job.request, async () => {
    if (!isNew) throw new Interrupted();
    try {
      const id = await job.submit(keep);
      return { answer: { id }, usage: doubtful ? { ...NOTHING, possibly_billed_twice: 1 } : NOTHING, model: job.source };
    } catch (error) {
      if (!wasRefused(error)) throw error;
      refusal = error;
      return { answer: { id: "refused" }, usage: NOTHING, model: job.source };
    }
  }).catch((error: unknown) => {
    if (error instanceof Interrupted) return { id: "unknown" };
    throw error;
  });
  if (refusal !== undefined) throw refusal;
  return submitted.id;
}

/** Whether the service surely has not taken the document: it said so, or was never reached. */
function wasRefused(error: unknown): boolean {
  if (error instanceof RetryableError) return (error.status !== undefined && error.status < 500) || /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(error.message);
  return error instanceof PermanentError;
}

function pending({ source }: Job, n: number, before: unknown): Pending {
  const polls = field(before, "n") === n ? Number(field(before, "polls") ?? 0) + 1 : 0;
  if (polls >= MOST_POLLS) throw new PermanentError("adapter_failed", `${source} has been working for hours and isn't done. Look at its own list of jobs.`);
  return new Pending(Math.min(LONGEST_DELAY_MS, Math.round(FIRST_DELAY_MS * DELAY_GROWTH ** Math.min(polls, 20))), { n, polls });
}
