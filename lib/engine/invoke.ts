/** The two doors from an engine to our code. Whatever engine calls, however often, from however many processes: a call is committed once, and what it paid for stays paid. */
import type { LiveEvent } from "../client.ts";
import type { Pipeline, StageDefinition } from "../pipeline/define.ts";
import { callOf } from "../pipeline/kernel.ts";
import type { Call, Outcome, Settled } from "../schema/pipeline.ts";
import { type AttemptRecord, type ClaimRecord, type RequestRecord, type ResultRecord, requestRecordSchema, resultRecordSchema } from "../schema/records.ts";
import { runKeys } from "../store/layout.ts";
import { createRecord, readRecord } from "../store/records.ts";
import { type Attempted, attemptCall } from "./attempt.ts";
import type { Dispatch, Doors, EngineName } from "./contract.ts";
import { endIfLast, mayEnd, oweEnd, readStanding, settledOf, writeEnd } from "./end.ts";
import { type Admission, admit, type CallHistory, readHistory } from "./history.ts";
import type { Host } from "./host.ts";

const UNSUPPORTED_AGAIN_MS = 30_000;
/** The claim of a call that was never tried. */
const FIRST: Claim = { n: 1, alone: false, failures: 0, state: undefined };
const NO_USAGE = { input_tokens: 0, output_tokens: 0 };

type Claim = Omit<Extract<Admission, { is: "claim" }>, "is">;
/** Finds why a call that is being claimed is not to be tried, if there is a reason. */
type Look = () => Promise<Outcome | "taken" | undefined>;

/** What a call of a run is invoked with. */
export interface Situation<Resources> {
  dispatch: Dispatch;
  call: Call;
  run: RequestRecord;
  pipeline: Pipeline<Resources>;
  definition: StageDefinition<Resources>;
}

/** The doors of a host, for one of its engines, whose name what goes on is told with. */
export function createDoors<Resources>(own: Host<Resources>, engine?: EngineName): Doors {
  const host = engine === undefined ? own : { ...own, observe: (event: LiveEvent) => own.observe({ ...event, engine }) };
  return { load: (dispatch) => load(host, dispatch), invoke: (dispatch, call) => invoke(host, dispatch, call) };
}

async function load<Resources>(host: Host<Resources>, dispatch: Dispatch): ReturnType<Doors["load"]> {
  const [run, standing] = await Promise.all([
    host.read(runKeys(dispatch.tenant, dispatch.runId).request, requestRecordSchema),
    readStanding(host.store, dispatch, host.clock.wall()),
  ]);
  if (run === undefined) return { is: "failed", code: "run_not_found" };
  return standing ?? { is: "ready", shape: run.shape };
}

/**
 * In this order: result; end, cancel, newer owner; due time and attempts; claim; result again; run; commit. What comes before the claim is read side by side:
 * only the claim decides, and a result that was committed meanwhile is looked for after it. A call that this process hasn't met is claimed at once, while the rest is read.
 * Throws only when the store fails.
 */
async function invoke<Resources>(host: Host<Resources>, dispatch: Dispatch, offered: Pick<Call, "stage" | "op" | "item">): Promise<Outcome> {
  const { tenant, runId } = dispatch;
  const keys = runKeys(tenant, runId);
  const run = await host.read(keys.request, requestRecordSchema);
  const stage = run?.shape.stages.find(({ id }) => id === offered.stage);
  if (run === undefined || stage === undefined) return { is: "failed", code: "run_not_found" };
  const call = callOf(stage, offered.op, offered.item);
  const known = host.pipelines.get(run.pipeline);
  if (known === undefined || known.shape.version < run.shape.version) {
    return unsupported(host, dispatch, call, "busy", "the run is of a newer version than this process");
  }
  const pipeline = { shape: run.shape, stages: known.stages };
  const definition = known.stages.get(call.stage);
  const isDropped = definition === undefined || definition.shape.kind !== stage.kind;
  const canRun = definition?.stage.canRun?.({ tenant, runId, request: run.request, settings: run.settings, resources: host.resources }) ?? true;
  // A rerun has many results that nobody claimed.
  if (!isDropped && canRun && run.rerunOf === undefined && meets(host, keys.claim(call.key, 1))) {
    const outcome = await firstAttempt(host, { dispatch, call, run, pipeline, definition });
    if (outcome !== "taken") return outcome;
  }
  const [committed, standing, history] = await Promise.all([
    host.read(keys.result(call.key), resultRecordSchema),
    readStanding(host.store, dispatch, host.clock.wall()),
    historyOf(host, dispatch, call),
  ]);
  if (committed) return finish(host, dispatch, pipeline, call, committed);
  if (standing) return standing;
  if (isDropped) return dropped(host, dispatch, call);
  if (!canRun) return unsupported(host, dispatch, call, "pending", "this process lacks what the call needs (a password)");
  return admitted(host, { dispatch, call, run, pipeline, definition }, history);
}

/** Whether this process meets a call, told by the key of its first claim, for the first time. One that it forgot costs a refused claim. */
function meets<Resources>({ met }: Host<Resources>, firstClaim: string): boolean {
  if (met.get(firstClaim)) return false;
  met.set(firstClaim, true);
  return true;
}

function historyOf<Resources>(host: Host<Resources>, { tenant, runId }: Dispatch, call: Call): Promise<CallHistory> {
  return readHistory(host, runKeys(tenant, runId), call.key, (key, claim) => isFree(host, key, claim));
}

/** Another process may do what this one can't; whoever watches this one sees why it waits. */
function unsupported<Resources>(host: Host<Resources>, { runId }: Dispatch, call: Call, why: "busy" | "pending", reason: string): Outcome {
  host.observe({ type: "call-wait", runId, call: call.key, stage: call.stage, afterMs: UNSUPPORTED_AGAIN_MS, reason });
  return { is: "again", afterMs: UNSUPPORTED_AGAIN_MS, why, reason };
}

/** "taken": the call was claimed before, or has a result or attempts whose claims were lost. */
async function firstAttempt<Resources>(host: Host<Resources>, situation: Situation<Resources>): Promise<Outcome | "taken"> {
  const { dispatch, call } = situation;
  const look = async () => {
    const [standing, isBegun] = await Promise.all([host.standings.read(dispatch), host.earlier.has(dispatch, call.key)]);
    return isBegun ? "taken" : standing;
  };
  return claimAndAttempt(host, situation, FIRST, look);
}

async function admitted<Resources>(host: Host<Resources>, situation: Situation<Resources>, history: CallHistory): Promise<Outcome> {
  const { dispatch, call, pipeline } = situation;
  const admission = admit(history, call.policy.timeoutMs);
  if (admission.is === "again") return admission;
  if (admission.is === "failed") {
    const { code, message, claim, failures } = admission;
    const result: ResultRecord = { v: 1, is: "failed", at: host.clock.wall(), claim, attempts: failures, durationMs: 0, code, message, usage: NO_USAGE };
    return finish(host, dispatch, pipeline, call, await commit(host, situation, result));
  }
  const outcome = await claimAndAttempt(host, situation, admission, async () => undefined);
  return outcome === "taken" ? busy("another process was first") : outcome;
}

/** Claims and does one attempt when the gate lets it, unless `look`, which goes on beside the claim, finds why not. "taken": another has the claim. */
async function claimAndAttempt<Resources>(host: Host<Resources>, situation: Situation<Resources>, claim: Claim, look: Look): Promise<Outcome | "taken"> {
  const { dispatch, call } = situation;
  await host.lease.ensureFresh();
  const outcome = await host.gate.run(claim.alone, async () => {
    // The gate may have been a long wait: a stale process must not claim, and one that stops must not start anything.
    await host.lease.ensureFresh();
    if (host.shutdown().aborted) return busy("this process is stopping");
    const claimKey = runKeys(dispatch.tenant, dispatch.runId).claim(call.key, claim.n);
    if (host.holding.has(claimKey)) return busy("this process works on it");
    host.holding.add(claimKey);
    try {
      return await claimed(host, situation, claim, claimKey, look);
    } finally {
      host.holding.delete(claimKey);
    }
  });
  // The last failed attempt is written, so whoever looks next settles the call the same way; outside the gate, which a second entry could close for ever.
  return outcome === "given up" ? admitted(host, situation, await historyOf(host, dispatch, call)) : outcome;
}

/** Takes the claim and does one attempt. The claim counts as held from before it is written, so that this process never takes it for a lost one. */
async function claimed<Resources>(
  host: Host<Resources>,
  situation: Situation<Resources>,
  { n, failures, alone, state }: Claim,
  claimKey: string,
  look: Look,
): Promise<Outcome | "taken" | "given up"> {
  // Whole seconds: what a process claims in one of them then is the same content, which a disk needs only once.
  const at = Math.floor(host.clock.wall() / 1_000) * 1_000;
  const record: ClaimRecord = { v: 1, process: host.lease.id, dispatch: situation.dispatch.n, alone, at };
  // Claims are about living processes, which a loss of power leaves none of; what else counts then, attempts, results and paid answers, is kept on its own.
  const put = host.store.putIfAbsent(claimKey, Buffer.from(JSON.stringify(record)), "process-death");
  const [claiming, looking] = await Promise.allSettled([put, look()]);
  if (claiming.status === "rejected") throw claiming.reason;
  if (!claiming.value) return "taken";
  try {
    if (looking.status === "rejected") throw looking.reason;
    if (looking.value === undefined) return await conclude(host, situation, { n, failures }, await attemptCall(host, situation, { n, failures, state }));
    await release(host, situation, n, "it was claimed in vain");
    return looking.value;
  } catch (error) {
    await release(host, situation, n, "the store failed").catch(() => undefined);
    throw error;
  }
}

/** Says that a claim ended without an attempt. It was no crash, so the claim is free at once and counts against nobody. */
async function release<Resources>(host: Host<Resources>, { dispatch, call }: Situation<Resources>, n: number, reason: string): Promise<void> {
  const aborted = { v: 1 as const, is: "aborted" as const, at: host.clock.wall(), delayMs: 0, final: false, reason };
  if (!host.lease.isFenced()) await createRecord(host.store, runKeys(dispatch.tenant, dispatch.runId).attempt(call.key, n), aborted);
}

function isFree<Resources>(host: Host<Resources>, claimKey: string, claim: ClaimRecord): Promise<boolean> {
  return claim.process === host.lease.id ? Promise.resolve(!host.holding.has(claimKey)) : host.lease.isDead(claim.process);
}

async function conclude<Resources>(
  host: Host<Resources>,
  situation: Situation<Resources>,
  claim: { n: number; failures: number },
  attempted: Attempted,
): Promise<Outcome | "given up"> {
  const { dispatch, call, pipeline } = situation;
  const keys = runKeys(dispatch.tenant, dispatch.runId);
  if (attempted.is === "settled") return finish(host, dispatch, pipeline, call, attempted.result);
  if (attempted.is === "commit") {
    const { result } = attempted;
    const owing = mayEnd(pipeline.shape, call, settledOf(result)) ? oweEnd(host.store, dispatch.tenant, dispatch.runId) : undefined;
    // Both are waited for, whichever fails.
    const [committed] = await Promise.allSettled([commit(host, situation, result, claim.n), owing]);
    if (committed.status === "rejected") throw committed.reason;
    return finish(host, dispatch, pipeline, call, committed.value, owing);
  }
  if (attempted.is === "lost") return busy("this process lost its lease");
  const { record, cancelled } = attempted;
  await createRecord(host.store, keys.attempt(call.key, claim.n), record);
  if (cancelled) return (await readStanding(host.store, dispatch, host.clock.wall())) ?? { is: "cancelled" };
  return record.final ? "given up" : { is: "again", afterMs: record.delayMs, why: whyOf(record), reason: record.reason ?? record.is };
}

function busy(reason: string): Outcome {
  return { is: "again", afterMs: 1_000, why: "busy", reason };
}

function whyOf(record: AttemptRecord): "retry" | "pending" | "busy" {
  if (record.is === "failed") return "retry";
  return record.is === "pending" ? "pending" : "busy";
}

/** The first commit stands; what a loser used goes to `wasted/`. */
async function commit<Resources>(
  host: Host<Resources>,
  { dispatch, call }: Situation<Resources>,
  result: ResultRecord,
  claim = result.claim,
): Promise<ResultRecord> {
  const keys = runKeys(dispatch.tenant, dispatch.runId);
  if (await createRecord(host.store, keys.result(call.key), result)) return result;
  if (claim > 0 && result.usage.input_tokens + result.usage.output_tokens > 0) {
    await createRecord(host.store, keys.wasted(call.key, claim), { v: 1, usage: result.usage });
  }
  const standing = await readRecord(host.store, keys.result(call.key), resultRecordSchema);
  if (standing === undefined) throw new Error(`The result of "${call.key}" was written and is gone.`);
  return standing;
}

async function finish<Resources>(
  host: Host<Resources>,
  dispatch: Dispatch,
  pipeline: Pipeline<Resources>,
  call: Call,
  result: ResultRecord,
  owing?: ReturnType<typeof oweEnd>,
): Promise<Settled> {
  if (await endIfLast(host, dispatch, pipeline, call, result, owing)) host.standings.forget(dispatch);
  return settledOf(result);
}

async function dropped<Resources>(host: Host<Resources>, dispatch: Dispatch, call: Call): Promise<Outcome> {
  const code = "pipeline_version_unsupported";
  const message = `This version has no stage "${call.stage}" any more; finish the run with the version that accepted it, or run it anew.`;
  await writeEnd(host.store, dispatch.tenant, dispatch.runId, { v: 1, status: "failed", at: host.clock.wall(), call: call.key, code, message });
  return { is: "superseded" };
}
