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

const runSchema = z.object({ app: z.object({ id: z.string() }), function: z.object({ id: z.string() }), status: z.string(), endedAt: z.string().nullish() });
const oldRunSchema = z.object({ status: z.string(), ended_at: z.string().nullish() });

/**
 * The states of our function's runs of a dispatch, in lower case; none where Inngest has none. The second version of the API is asked first. In both some
 * answers call a run that goes on "completed", but give no time of its end. Throws RetryableError when Inngest can't be asked, so that nobody takes silence for an end.
 */
export async function askStates(client: AskedClient, { event, run }: Pick<SentRecord, "event" | "run">): Promise<readonly string[]> {
  if (run !== undefined) {
    const path = `runs/${encodeURIComponent(run)}`;
    const newer = await ask(client, `/v2/${path}`, z.object({ data: runSchema }));
    if (newer) return [stateOf(newer.data.status, newer.data.endedAt)];
    const older = await ask(client, `/v1/${path}`, z.object({ data: oldRunSchema }));
    return older ? [stateOf(older.data.status, older.data.ended_at)] : [];
  }
  if (event === undefined) return [];
  const path = `events/${encodeURIComponent(event)}/runs`;
  const newer = await ask(client, `/v2/${path}`, z.object({ data: z.array(runSchema).nullish() }));
  if (newer) {
    const own = (newer.data ?? []).filter((entry) => entry.app.id === client.id && entry.function.id === FUNCTION_ID);
    return own.map(({ status, endedAt }) => stateOf(status, endedAt));
  }
  const older = await ask(client, `/v1/${path}`, z.object({ data: z.array(oldRunSchema).nullish() }));
  return (older?.data ?? []).map(({ status, ended_at }) => stateOf(status, ended_at));
}

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
