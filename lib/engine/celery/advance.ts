/**
 * What one message of a call leads to: the call is invoked, its outcome obeyed, and what may run after it sent before the message is acknowledged.
 *
 * No call is left unsent, though each process knows only a part of what is committed: a call is committed before it is settled with the broker, which puts the settled calls
 * of a dispatch in a row, and lets nobody acknowledge a message before its worker has read what all before it left in the store. So whoever settles the last of the calls
 * that another one waits for sends it. A worker that dies before leaves its message to another, which does the same again; so does a Redis that lost what it had, since it
 * lost the acknowledgement with the rest. That is why a message of a call that is known to be settled makes this process forget what it knew.
 */
import { callOf, nextCalls, pipelineEnd } from "../../pipeline/kernel.ts";
import type { Outcome, Settled } from "../../schema/pipeline.ts";
import type { Dispatch, Doors } from "../contract.ts";
import type { Broker, Held, Settlement, Settling, Taking } from "./broker.ts";
import { type CallTask, callMessage, chooseCalls, START } from "./calls.ts";
import { isBehind, isSettled, type Known, learn, type Runs } from "./runs.ts";

export interface AdvanceOptions {
  doors: Doors;
  broker: Broker;
  runs: Runs;
  /** Who sends, for the messages' header. */
  origin: string;
  /** Called once per dispatch that ended here, after its end is written. */
  ended(dispatch: Dispatch): Promise<void>;
  /** Called when a message of this process comes back in so many milliseconds. */
  delayed(afterMs: number): void;
}

/** Settles, at once, with a command that takes the next message, too; without `taking` when nothing may be taken. */
export type TakeAlong = (settle: (taking: Taking | undefined) => Promise<Settling>) => Promise<Settling>;

/** A message of a call that is worked on. */
export interface Received {
  task: CallTask;
  tag: string;
  takeAlong: TakeAlong;
}

/** Works on the message of a call to its acknowledgement, and returns the message that was taken with it, if any. Rejects when the store or the broker fails; the message is still this worker's then. */
export async function workOnCall(options: AdvanceOptions, received: Received): Promise<Held | undefined> {
  const { doors, broker, runs } = options;
  const { dispatch, call } = received.task;
  if (call === undefined) {
    // What is committed is found while the run is loaded.
    await Promise.all([runs.shape(dispatch), runs.read(dispatch, runs.renew(dispatch))]);
    return advance(options, received);
  }
  const loaded = await runs.shape(dispatch);
  if (loaded.is !== "ready") return obey(options, received, loaded);
  const stage = loaded.shape.stages.find(({ id }) => id === call.stage);
  // A run's shape never changes, so nobody of ours sent this.
  if (stage === undefined) return void (await broker.acknowledge(received.tag));
  const known = callOf(stage, call.op, call.item);
  if (isSettled(runs.known(dispatch), known.key)) runs.renew(dispatch);
  return obey(options, received, await doors.invoke(dispatch, known), known.key);
}

async function obey(options: AdvanceOptions, received: Received, outcome: Outcome, call?: string): Promise<Held | undefined> {
  if (outcome.is === "again") {
    await options.broker.delay(received.tag, { afterMs: outcome.afterMs });
    options.delayed(outcome.afterMs);
  } else if (outcome.is === "cancelled" || outcome.is === "superseded" || call === undefined) {
    await finish(options, received);
  } else return advance(options, received, { call, outcome });
}

/** Sends what may run now and was not sent before, as often as the broker tells of something that wasn't known. */
async function advance(options: AdvanceOptions, received: Received, settled?: { call: string; outcome: Settled }): Promise<Held | undefined> {
  const { broker, runs, origin } = options;
  const { dispatch } = received.task;
  const loaded = await runs.shape(dispatch);
  if (loaded.is !== "ready") return obey(options, received, loaded);
  let known = runs.known(dispatch);
  let mayLeave = false;
  for (;;) {
    if (settled) known.journal.set(settled.call, settled.outcome);
    while (isBehind(known)) await runs.read(dispatch, known);
    // From here to the command nothing else may happen: what it says was heard of is what the calls are chosen by.
    const next = nextCalls(loaded.shape, known.journal);
    if (next.length === 0 && pipelineEnd(loaded.shape, known.journal)) return finish(options, received);
    const { chosen, hasMore } = chooseCalls(next, known, known.open);
    const messages = chosen.map((call) => callMessage(dispatch, call, origin));
    const { what, held } = await settle(broker, received, known, { call: settled?.call ?? START, messages, hasMore, mayLeave });
    if (what === "over") runs.forget(dispatch);
    if (what === "over" || what === "done") return held;
    if (what === "last" || what === "forgot") known = runs.renew(dispatch, known);
    if (what === "last") mayLeave = true;
  }
}

/** Settles a call by what is known, and learns from the answer. Until that is here, others know what is under way. */
async function settle(
  broker: Broker,
  { task: { dispatch }, tag, takeAlong }: Received,
  known: Known,
  settlement: Pick<Settlement, "call" | "messages" | "hasMore" | "mayLeave">,
): Promise<Settling> {
  const { call, messages } = settlement;
  const whole = { ...settlement, tag, heard: known.heard, settling: [...known.settling] };
  known.settling.add(call);
  for (const { name } of messages) known.sending.add(name);
  try {
    const answer = await takeAlong((taking) => broker.settle(dispatch, whole, taking));
    learn(known, messages, answer);
    return answer;
  } finally {
    known.settling.delete(call);
    for (const { name } of messages) known.sending.delete(name);
  }
}

async function finish({ broker, runs, ended }: AdvanceOptions, { task: { dispatch }, tag }: Received): Promise<undefined> {
  const isFirst = await broker.finish(dispatch, "@ended", tag);
  runs.forget(dispatch);
  if (isFirst) await ended(dispatch);
}
