/** Status, progress, usage and events of a run, derived from its records: nothing here is ever written. */
import type { RunEvent, RunView } from "../client.ts";
import { callKey } from "../pipeline/kernel.ts";
import type { ItemGraph, StageShape } from "../schema/pipeline.ts";
import {
  claimRecordSchema,
  type EndRecord,
  endRecordSchema,
  isLost,
  type RequestRecord,
  type ResultRecord,
  requestRecordSchema,
  resultRecordSchema,
  runPointerSchema,
  startOf,
} from "../schema/records.ts";
import { sumUsage } from "../schema/usage.ts";
import { ordinal, ordinalOf, recentPrefix, runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { inParallel, keysOf, readRecord, readRecords } from "../store/records.ts";
import { readOwner } from "./end.ts";
import { readLedger } from "./paid.ts";

/** An event may be this much older than one that was visible before it. */
const LATE_EVENTS_MS = 60_000;

type StageView = RunView["stages"][number];

/** A run as it is now; undefined when there is none under this id. Costs a few reads, and one for each paid answer. */
export async function readRunView(store: ObjectStore, tenant: string, runId: string): Promise<RunView | undefined> {
  const keys = runKeys(tenant, runId);
  const run = await readRecord(store, keys.request, requestRecordSchema);
  if (run === undefined) return undefined;
  const [end, owner, results, claims, ledger] = await Promise.all([
    readRecord(store, keys.end, endRecordSchema),
    readOwner(store, tenant, runId),
    keysOf(store, keys.results),
    keysOf(store, keys.allClaims),
    readLedger(store, keys),
  ]);
  const done = new Set(results.map((key) => key.slice(keys.results.length)));
  const started = new Set(claims.map((key) => keys.claimedCall(key).split("/")[0] ?? ""));
  const stages: StageView[] = [];
  for (const stage of run.shape.stages) {
    const planned = stage.kind === "graph" && done.has(callKey(stage.id, "plan"));
    const plan = planned ? await readRecord(store, keys.result(callKey(stage.id, "plan")), resultRecordSchema) : undefined;
    stages.push(stageView(stage, done, started, plan?.items, end));
  }
  return {
    runId,
    status: end?.status ?? (claims.length + results.length > 0 ? "running" : "queued"),
    fileName: run.document.fileName,
    createdMs: run.createdMs,
    engine: owner?.engine ?? "none",
    stages,
    usage: sumUsage(ledger.map(({ usage }) => usage)),
    ...(end?.code === undefined
      ? {}
      : { error: { code: end.code, message: end.message ?? "", ...(end.call ? { stage: end.call.split("/")[0] ?? end.call } : {}) } }),
  };
}

function stageView(
  stage: StageShape,
  done: ReadonlySet<string>,
  started: ReadonlySet<string>,
  plan: ItemGraph | undefined,
  end: EndRecord | undefined,
): StageView {
  const isDone = done.has(callKey(stage.id, stage.kind === "task" ? "run" : "join"));
  const isFailed = end?.status === "failed" && end.call?.split("/")[0] === stage.id;
  const status = isFailed ? "failed" : isDone ? "done" : started.has(stage.id) ? "running" : "waiting";
  if (stage.kind === "task") return { id: stage.id, status, done: isDone ? 1 : 0, total: 1 };
  const items = [...done].filter((key) => key.startsWith(`${stage.id}/`) && /\d{4}$/.test(key)).length;
  return { id: stage.id, status, done: items, total: plan?.count };
}

/**
 * What happened in a run, oldest first, after the event with the id `after`. A reader that resumes may see an event again and never misses one: events of other writers
 * may become visible later than younger ones, and their clocks differ, so those of the minute before the cursor are given again.
 */
export async function readEvents(store: ObjectStore, tenant: string, runId: string, after?: string): Promise<RunEvent[]> {
  const keys = runKeys(tenant, runId);
  const run = await readRecord(store, keys.request, requestRecordSchema);
  if (run === undefined) return [];
  const results = await readRecords(store, await keysOf(store, keys.results), resultRecordSchema);
  const events = [
    { id: "run-start", type: "run-start" as const, at: run.createdMs },
    ...(await startEvents(store, keys, run, results)),
    ...resultEvents(keys, run, results),
  ];
  const end = await readRecord(store, keys.end, endRecordSchema);
  if (end) events.push({ id: "run-end", type: "run-end", at: end.at, status: end.status, ...(end.code ? { code: end.code } : {}) });
  const order: RunEvent["type"][] = ["run-start", "stage-start", "item-start", "item-end", "stage-end", "run-end"];
  events.sort((left, right) => left.at - right.at || order.indexOf(left.type) - order.indexOf(right.type) || (left.id < right.id ? -1 : 1));
  const seen = events.find(({ id }) => id === after);
  return seen === undefined ? events : events.filter(({ id, at }) => id !== after && at > seen.at - LATE_EVENTS_MS);
}

type Results = readonly [key: string, result: ResultRecord][];

async function startEvents(store: ObjectStore, keys: ReturnType<typeof runKeys>, run: RequestRecord, results: Results): Promise<RunEvent[]> {
  const events = new Map<string, RunEvent>();
  const resultOf = new Map(results.map(([key, result]) => [key.slice(keys.results.length), result]));
  for (const [key, claim] of await readRecords(store, await keysOf(store, keys.allClaims), claimRecordSchema)) {
    const call = keys.claimedCall(key);
    const stage = run.shape.stages.find(({ id }) => id === call.split("/")[0]);
    if (stage === undefined || isLost(claim)) continue;
    const item = itemOf(call);
    const result = resultOf.get(call);
    const at = startOf(run, ordinalOf(key), claim, result);
    const known = events.get(`stage-start:${stage.id}`);
    if (known === undefined || at < known.at)
      events.set(`stage-start:${stage.id}`, { id: `stage-start:${stage.id}`, type: "stage-start", at, stage: stage.id });
    if (item !== undefined)
      events.set(`item-start:${key}`, { id: `item-start:${call}/${ordinal(ordinalOf(key))}`, type: "item-start", at, stage: stage.id, item });
  }
  return [...events.values()];
}

function resultEvents(keys: ReturnType<typeof runKeys>, run: RequestRecord, results: Results): RunEvent[] {
  const events: RunEvent[] = [];
  const labels = new Map<string, readonly string[]>();
  for (const [key, result] of results) {
    const call = key.slice(keys.results.length);
    const stage = run.shape.stages.find(({ id }) => id === call.split("/")[0]);
    if (stage === undefined) continue;
    if (result.items?.labels) labels.set(stage.id, result.items.labels);
    const item = itemOf(call);
    const common = { at: result.at, stage: stage.id, outcome: result.is, durationMs: result.durationMs, ...(result.code ? { code: result.code } : {}) };
    if (item !== undefined) events.push({ id: `item-end:${call}`, type: "item-end", item, ...common });
    else if (!call.endsWith("/plan")) events.push({ id: `stage-end:${call}`, type: "stage-end", ...common });
  }
  return events.map((event) => {
    const label = event.item === undefined || event.stage === undefined ? undefined : labels.get(event.stage)?.[event.item];
    return label === undefined ? event : { ...event, label };
  });
}

function itemOf(call: string): number | undefined {
  const name = call.split("/")[1];
  return name !== undefined && /^\d{4}$/.test(name) ? Number(name) : undefined;
}

/** The newest runs of a tenant, newest first, at most `limit`. */
export async function listRunViews(store: ObjectStore, tenant: string, limit: number): Promise<RunView[]> {
  const recent: string[] = [];
  for await (const key of store.list(recentPrefix(tenant))) {
    if (recent.push(key) >= limit) break;
  }
  const pointers = await readRecords(store, recent, runPointerSchema);
  const views = await inParallel(pointers, ([, { runId }]) => readRunView(store, tenant, runId));
  return views.filter((view) => view !== undefined);
}
