/** One attempt of a claimed call: run the handler under its deadline, watched for cancel, lost lease and shutdown, and say what to write down. */

import { setMaxListeners } from "node:events";
import { Pending } from "../pipeline/define.ts";
import { dependenciesOf, itemGraphProblem } from "../pipeline/item-graph.ts";
import { callKey } from "../pipeline/kernel.ts";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import type { Json } from "../schema/json.ts";
import { type ItemGraph, itemGraphSchema } from "../schema/pipeline.ts";
import { type AttemptRecord, type ResultRecord, resultRecordSchema } from "../schema/records.ts";
import type { Usage } from "../schema/result.ts";
import { runKeys } from "../store/layout.ts";
import { createContext } from "./context.ts";
import type { Host } from "./host.ts";
import type { Situation } from "./invoke.ts";
import { openLedger } from "./paid.ts";
import { failureOf, nextDelay } from "./retry.ts";

/** settled: somebody committed meanwhile. commit: write this result. attempt: write this record. lost: write nothing. */
export type Attempted =
  | { is: "settled"; result: ResultRecord }
  | { is: "commit"; result: ResultRecord }
  | { is: "attempt"; record: AttemptRecord; cancelled: boolean }
  | { is: "lost" };

type Ended = "cancelled" | "fenced" | "shutdown" | "timeout";

/** Why an attempt was stopped from outside; the reason of its signal. */
class Stopped extends Error {
  override readonly name = "Stopped";
  readonly why: Ended;
  constructor(why: Ended) {
    super(`The call was stopped: ${why}.`);
    this.why = why;
  }
}

/** Runs the handler of a claimed call, unless a result came meanwhile or a dependency failed. */
export async function attemptCall<Resources>(
  host: Host<Resources>,
  situation: Situation<Resources>,
  claim: { n: number; failures: number; state: unknown },
): Promise<Attempted> {
  const { dispatch, call } = situation;
  const keys = runKeys(dispatch.tenant, dispatch.runId);
  // Who has the first claim of all knows that nobody can have committed.
  const meanwhile = claim.n === 1 ? undefined : await host.read(keys.result(call.key), resultRecordSchema);
  if (meanwhile) return { is: "settled", result: meanwhile };
  const started = host.clock.monotonic();
  const plan = await planOf(host, situation);
  const label = call.item === undefined ? undefined : plan?.labels?.[call.item];
  const base = { v: 1 as const, claim: claim.n, attempts: claim.failures + 1 };
  const about = { runId: dispatch.runId, call: call.key, stage: call.stage, ...(label === undefined ? {} : { label }) };
  const failedDependency = await findFailedDependency(host, situation);
  if (failedDependency !== undefined) {
    const skipped = skippedFor(failedDependency);
    host.observe({ type: "call-end", ...about, outcome: "skipped", ...skipped });
    return { is: "commit", result: { ...base, ...skipped, is: "skipped", at: host.clock.wall() } };
  }
  host.observe({ type: "call-start", ...about });
  const watch = watchAttempt(host, situation);
  const admitPaid = () => {
    if (watch.signal.aborted) throw watch.signal.reason;
    if (host.lease.isFenced()) throw new Stopped("fenced");
  };
  const ledger = openLedger({ store: host.store, keys, call: call.key, now: host.clock.wall, admit: admitPaid });
  const durationMs = () => Math.round(host.clock.monotonic() - started);
  try {
    const input = call.item === undefined ? undefined : plan?.inputs?.[call.item];
    const context = createContext(host, situation, { paid: ledger.paid, signal: watch.signal, state: claim.state, input });
    const { output, items } = await Promise.race([handle(situation, context), watch.stopped]);
    const result: ResultRecord = {
      ...base,
      is: "done",
      at: host.clock.wall(),
      durationMs: durationMs(),
      usage: ledger.usage(),
      output,
      ...(items ? { items } : {}),
    };
    if (items) host.observe({ type: "stage-plan", runId: dispatch.runId, stage: call.stage, items: items.count });
    host.observe({ type: "call-end", ...about, outcome: "done", durationMs: result.durationMs, usage: result.usage });
    return { is: "commit", result };
  } catch (error) {
    const attempted = recordOf(host, situation, claim.failures, watch.signal.aborted ? watch.signal.reason : error);
    if (attempted.is === "attempt" && attempted.record.is === "failed")
      tellFailure(host, dispatch.tenant, about, attempted.record, { durationMs: durationMs(), usage: ledger.usage() });
    return attempted;
  } finally {
    watch.end();
  }
}

function skippedFor(dependency: string) {
  return { code: "dependency_failed", message: `"${dependency}", which it needs, has no result.`, durationMs: 0, usage: { input_tokens: 0, output_tokens: 0 } };
}

/** The log gets the code and never the message, which may quote the document. */
function tellFailure<Resources>(
  host: Host<Resources>,
  tenant: string,
  about: { runId: string; call: string; stage: string; label?: string },
  { code, message, final, delayMs, reason }: AttemptRecord,
  spent: { durationMs: number; usage: Usage },
): void {
  host.log.warn({ tenant, run: about.runId, call: about.call, code, final, delayMs }, "call failed");
  if (final) host.observe({ type: "call-end", ...about, outcome: "failed", ...spent, ...(code ? { code } : {}), ...(message ? { message } : {}) });
  else host.observe({ type: "call-wait", ...about, afterMs: delayMs, reason: reason ?? "it failed" });
}

/** Runs the handler and checks what it returns by its schema. A wrong form is our mistake, and no other attempt would mend it. */
async function handle<Resources>(
  { definition, call }: Situation<Resources>,
  context: ReturnType<typeof createContext<Resources>>,
): Promise<{ output: Json; items?: ItemGraph }> {
  const { stage } = definition;
  const checked = (schema: { safeParse(value: unknown): { success: boolean; data?: unknown; error?: unknown } }, value: unknown) => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new PermanentError("internal", `The stage "${call.stage}" returned data that its schema refuses.`, { cause: parsed.error });
    // Undefined entries don't survive JSON; what is stored is what later stages see.
    return JSON.parse(JSON.stringify(parsed.data ?? null)) as Json;
  };
  if (stage.kind === "task") return { output: checked(stage.output, await stage.run(context)) };
  if (call.op === "item") return { output: checked(stage.itemOutput, await stage.work(context, call.item ?? 0)) };
  if (call.op === "join") return { output: checked(stage.output, await stage.join(context)) };
  const planned = itemGraphSchema.safeParse(await stage.plan(context));
  const problem = planned.success ? itemGraphProblem(planned.data) : "it doesn't have its form";
  if (problem !== undefined || !planned.success) {
    throw new PermanentError("internal", `The plan of "${call.stage}" can't be worked off: ${problem}.`, { cause: planned.error });
  }
  return { output: null, items: planned.data };
}

function recordOf<Resources>(host: Host<Resources>, { call }: Situation<Resources>, failuresBefore: number, error: unknown): Attempted {
  const base = { v: 1 as const, at: host.clock.wall(), delayMs: 0, final: false };
  if (error instanceof Pending) {
    return {
      is: "attempt",
      cancelled: false,
      record: { ...base, is: "pending", delayMs: wholeDelay(error.afterMs), state: (error.state ?? null) as Json, reason: "waits for an outside service" },
    };
  }
  if (error instanceof Stopped && error.why === "fenced") return { is: "lost" };
  if (error instanceof Stopped && error.why !== "timeout") {
    return { is: "attempt", cancelled: error.why === "cancelled", record: { ...base, is: "aborted", reason: error.why } };
  }
  const seconds = Math.round(call.policy.timeoutMs / 1000);
  const failure = failureOf(error instanceof Stopped ? new RetryableError("call_timed_out", `It took longer than ${seconds} s.`) : error);
  const delayMs = nextDelay(failure, failuresBefore + 1, call.policy);
  const { code, message, reason } = failure;
  return {
    is: "attempt",
    cancelled: false,
    record: { ...base, is: "failed", delayMs: wholeDelay(delayMs ?? 0), final: delayMs === undefined, code, message, reason },
  };
}

/** What a service asked for may be nonsense, and a record that holds no number could never be read again. */
function wholeDelay(ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : 0;
}

/** A signal that aborts on deadline, cancel, lost lease or shutdown, and a promise that rejects then, for handlers that don't listen. */
function watchAttempt<Resources>(host: Host<Resources>, { dispatch, call }: Situation<Resources>) {
  const controller = new AbortController();
  // One listener per request that the handler has open.
  setMaxListeners(0, controller.signal);
  const finished = new AbortController();
  const stop = (why: Ended) => controller.abort(new Stopped(why));
  const stopped = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  stopped.catch(() => undefined);
  const stopping = host.shutdown();
  const shutdown = () => stop("shutdown");
  const endCancelWatch = host.cancelWatch.listen(dispatch.tenant, dispatch.runId, () => stop("cancelled"));
  const endFenceWatch = host.lease.onFenced(() => stop("fenced"));
  stopping.addEventListener("abort", shutdown, { once: true });
  if (stopping.aborted) shutdown();
  void host.clock.sleep(call.policy.timeoutMs, finished.signal).then(() => {
    if (!finished.signal.aborted) stop("timeout");
  });
  return {
    signal: controller.signal,
    stopped,
    end() {
      // A reason of its own: without one an error with its stack is made, for every call.
      finished.abort("finished");
      endCancelWatch();
      endFenceWatch();
      stopping.removeEventListener("abort", shutdown);
    },
  };
}

async function planOf<Resources>(host: Host<Resources>, { dispatch, call }: Situation<Resources>): Promise<ItemGraph | undefined> {
  if (call.op !== "item") return undefined;
  return (await host.read(runKeys(dispatch.tenant, dispatch.runId).result(callKey(call.stage, "plan")), resultRecordSchema))?.items;
}

/** The first dependency of an item that has no result to go on with, unless the item can do without. */
async function findFailedDependency<Resources>(host: Host<Resources>, situation: Situation<Resources>): Promise<string | undefined> {
  const { call, dispatch } = situation;
  const plan = await planOf(host, situation);
  if (plan === undefined || call.item === undefined || plan.tolerant?.includes(call.item)) return undefined;
  const keys = runKeys(dispatch.tenant, dispatch.runId);
  for (const dependency of dependenciesOf(plan, call.item)) {
    const result = await host.read(keys.result(callKey(call.stage, "item", dependency)), resultRecordSchema);
    if (result === undefined)
      throw new PermanentError("internal", `Item ${call.item} of "${call.stage}" was invoked before item ${dependency}, which it waits for.`);
    if (result.is !== "done") return plan.labels?.[dependency] ?? `item ${dependency}`;
  }
  return undefined;
}
