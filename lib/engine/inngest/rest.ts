/** What Inngest says of a dispatch when asked over its REST API. */
import type { Inngest } from "inngest";
import { z } from "zod";
import { messageOf, RetryableError } from "../../schema/errors.ts";

/** The function's id within the app. */
export const FUNCTION_ID = "prompt-studio";
const ASK_TIMEOUT_MS = 10_000;

export type AskedClient = Pick<Inngest, "id" | "apiBaseUrl" | "signingKey" | "fetch">;

/** By what Inngest knows a dispatch: the event that was sent for it, or the run of an event that somebody else sent. */
export const sentRecordSchema = z.object({ v: z.literal(1), event: z.string().optional(), run: z.string().optional(), at: z.number() });
export type SentRecord = z.infer<typeof sentRecordSchema>;

const runSchema = z.object({
  id: z.string(),
  app: z.object({ id: z.string() }),
  function: z.object({ id: z.string() }),
  status: z.string(),
  endedAt: z.string().nullish(),
});
const oldRunSchema = z.object({ run_id: z.string(), status: z.string(), ended_at: z.string().nullish() });

/** What a run that goes on is called when Inngest has nothing more to do for it. */
const FORGOTTEN = "forgotten";

/**
 * The states of our function's runs of a dispatch, in lower case; none where Inngest has none. The second version of the API is asked first. In both some
 * answers call a run that goes on "completed", but give no time of its end. Throws RetryableError when Inngest can't be asked, so that nobody takes silence for an end.
 */
export async function askStates(client: AskedClient, sent: Pick<SentRecord, "event" | "run">): Promise<readonly string[]> {
  const runs = await askRuns(client, sent);
  return Promise.all(
    runs.map(async ({ id, state }) => {
      if (state !== "running") return state;
      // A run that goes on always has a job: a step that is due, or a sleep that ends. A server that lost its queue goes on calling it running.
      const jobs = await ask(client, `/v1/runs/${encodeURIComponent(id)}/jobs`, z.object({ data: z.array(z.unknown()) }));
      return jobs?.data.length === 0 ? FORGOTTEN : state;
    }),
  );
}

async function askRuns(client: AskedClient, { event, run }: Pick<SentRecord, "event" | "run">): Promise<readonly { id: string; state: string }[]> {
  if (run !== undefined) {
    const path = `runs/${encodeURIComponent(run)}`;
    const newer = await ask(client, `/v2/${path}`, z.object({ data: runSchema }));
    if (newer) return [newRun(newer.data)];
    const older = await ask(client, `/v1/${path}`, z.object({ data: oldRunSchema }));
    return older ? [oldRun(older.data)] : [];
  }
  if (event === undefined) return [];
  const path = `events/${encodeURIComponent(event)}/runs`;
  const newer = await ask(client, `/v2/${path}`, z.object({ data: z.array(runSchema).nullish() }));
  if (newer) return (newer.data ?? []).filter((entry) => entry.app.id === client.id && entry.function.id === FUNCTION_ID).map(newRun);
  const older = await ask(client, `/v1/${path}`, z.object({ data: z.array(oldRunSchema).nullish() }));
  return (older?.data ?? []).map(oldRun);
}

const newRun = ({ id, status, endedAt }: z.infer<typeof runSchema>) => ({ id, state: stateOf(status, endedAt) });
const oldRun = ({ run_id: id, status, ended_at: endedAt }: z.infer<typeof oldRunSchema>) => ({ id, state: stateOf(status, endedAt) });

function stateOf(status: string, endedAt: string | null | undefined): string {
  const state = status.toLowerCase();
  return state === "completed" && !endedAt ? "running" : state;
}

/** An answer of the API; undefined where it has nothing under that path. */
async function ask<Schema extends z.ZodType>(
  { apiBaseUrl, signingKey, fetch }: AskedClient,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const url = new URL(path, apiBaseUrl);
  const headers = signingKey === undefined ? {} : { authorization: `Bearer ${signingKey}` };
  try {
    const response = await fetch(url.href, { headers, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return schema.parse(await response.json());
  } catch (cause) {
    throw new RetryableError("adapter_unreachable", `Inngest at ${url.origin} can't be asked about a run: ${messageOf(cause)}`, { source: "inngest", cause });
  }
}
