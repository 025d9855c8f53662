/** What one message of a call leads to: the call is invoked, its outcome obeyed, and what may run after it sent before the message is acknowledged. */
import { callOf, nextCalls, pipelineEnd } from "../../pipeline/kernel.ts";
import type { Outcome, Settled } from "../../schema/pipeline.ts";
import type { Dispatch, Doors } from "../contract.ts";
import type { Broker } from "./broker.ts";
import { type CallTask, callMessage, chooseCalls, LOOKED_AT, START } from "./calls.ts";
import type { Runs } from "./runs.ts";

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

/** Works on the message of a call to its acknowledgement. Rejects when the store or the broker fails; the message is still this worker's then. */
export async function workOnCall(options: AdvanceOptions, { dispatch, call }: CallTask, tag: string): Promise<void> {
  const { doors, broker, runs } = options;
  const loaded = await runs.shape(dispatch);
  if (loaded.is !== "ready") return obey(options, dispatch, loaded, tag);
  if (call === undefined) return advance(options, dispatch, tag);
  const stage = loaded.shape.stages.find(({ id }) => id === call.stage);
  // A run's shape never changes, so nobody of ours sent this.
  if (stage === undefined) return broker.acknowledge(tag);
  const known = callOf(stage, call.op, call.item);
  return obey(options, dispatch, await doors.invoke(dispatch, known), tag, known.key);
}

async function obey(options: AdvanceOptions, dispatch: Dispatch, outcome: Outcome, tag: string, call?: string): Promise<void> {
  if (outcome.is === "again") {
    await options.broker.delay(tag, { afterMs: outcome.afterMs });
    options.delayed(outcome.afterMs);
  } else if (outcome.is === "cancelled" || outcome.is === "superseded" || call === undefined) {
    await finish(options, dispatch, tag);
  } else await advance(options, dispatch, tag, { call, outcome });
}

/** Sends what may run now and was not sent before. A repeat for a call that is committed already sends what is missing, which is nothing or what a killed worker left out. */
async function advance(options: AdvanceOptions, dispatch: Dispatch, tag: string, settled?: { call: string; outcome: Settled }): Promise<void> {
  const { broker, runs, origin } = options;
  const loaded = await runs.shape(dispatch);
  if (loaded.is !== "ready") return obey(options, dispatch, loaded, tag);
  const journal = await runs.journal(dispatch, settled);
  const next = nextCalls(loaded.shape, journal).slice(0, LOOKED_AT);
  if (next.length === 0 && pipelineEnd(loaded.shape, journal)) return finish(options, dispatch, tag);
  const { sent, open } = await broker.sent(
    dispatch,
    next.map(({ key }) => key),
  );
  const messages = chooseCalls(next, sent, open).map((call) => callMessage(dispatch, call, origin));
  await broker.publish(dispatch, messages, { tag, call: settled?.call ?? START });
}

async function finish({ broker, runs, ended }: AdvanceOptions, dispatch: Dispatch, tag: string): Promise<void> {
  const isFirst = await broker.finish(dispatch, "@ended", tag);
  runs.forget(dispatch);
  if (isFirst) await ended(dispatch);
}
