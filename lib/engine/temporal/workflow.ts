/** The workflow: one for every dispatch of every pipeline. It runs in Temporal's isolate, from a bundle that scripts/build.mjs makes. A change of the order of its commands breaks running runs: test/engine/temporal/replay.test.ts notices. */
import type { ActivityOptions } from "@temporalio/common";
import {
  ActivityCancellationType,
  ApplicationFailure,
  continueAsNew,
  patched,
  proxyActivities,
  proxyLocalActivities,
  sleep,
  workflowInfo,
} from "@temporalio/workflow";
import type { Dispatch } from "../contract.ts";
import { type Activities, inputProblem, type Progress, packProgress, type RunInput, type RunOutput, unpackProgress } from "./messages.ts";
import { type Hands, walkRun } from "./walk.ts";

/** Temporal ends a history at 51,200 events or 50 MB; what runs when this is reached still adds to it. */
const LONG_EVENTS = 10_000;
const LONG_BYTES = 10_000_000;
const LONGEST_SUMMARY = 200;
/** Our own limit of a call's time comes first. */
const BEYOND_TIMEOUT_MS = 120_000;
const LOAD_MS = 120_000;

/** Attempts and delays are ours: Temporal repeats only what died, or what couldn't reach the store, for as long as that takes. A cancelled workflow leaves running calls to the store's word. */
const ALWAYS = {
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds" },
  cancellationType: ActivityCancellationType.ABANDON,
} satisfies ActivityOptions;
/** What the workflow has learned since its first histories, by the names that are in them. */
const LOCAL_LOAD = "local-load";
const HEARTBEAT_TIMEOUT = "30 seconds";

/** Sees to it that the calls of one dispatch happen. */
export async function promptStudioRun(input: RunInput): Promise<RunOutput> {
  const problem = inputProblem(input);
  if (problem !== undefined) throw ApplicationFailure.nonRetryable(`This is no run of Prompt Studio: ${problem}.`, "invalid_request");
  const { dispatch, progress } = input;
  const start = progress ? unpackProgress(progress) : await load(dispatch);
  if ("is" in start) return start;
  const end = await walkRun(handsOf(dispatch), start);
  if (end.is === "continued") return continueAsNew<typeof promptStudioRun>({ dispatch, progress: packProgress(end.progress) });
  if (end.is === "failed") throw ApplicationFailure.nonRetryable(`${end.call} failed: ${end.code}`, end.code);
  return { is: end.is };
}

async function load(dispatch: Dispatch): Promise<Progress | RunOutput> {
  const options = { ...ALWAYS, startToCloseTimeout: LOAD_MS };
  // One read of the store, done with the workflow's first task instead of in one of its own. Runs of before have it in one.
  const activities = patched(LOCAL_LOAD)
    ? proxyLocalActivities<Activities>(options)
    : proxyActivities<Activities>({ ...options, heartbeatTimeout: HEARTBEAT_TIMEOUT });
  for (;;) {
    const loaded = await activities.load(dispatch);
    if (loaded.is === "ready") return { shape: loaded.shape, journal: new Map(), waiting: new Map() };
    if (loaded.is === "failed" || loaded.is === "skipped") throw ApplicationFailure.nonRetryable(`the run can't be loaded: ${loaded.code}`, loaded.code);
    if (loaded.is !== "again") return { is: loaded.is };
    await sleep(loaded.afterMs, { summary: loaded.why });
  }
}

function handsOf(dispatch: Dispatch): Hands {
  return {
    call(call, round, label) {
      const name = round === 1 ? call.key : `${call.key} try ${round}`;
      const summary = label === undefined || label === "" ? name : `${name} ${label}`;
      const startToCloseTimeout = call.policy.timeoutMs + BEYOND_TIMEOUT_MS;
      const options = {
        ...ALWAYS,
        heartbeatTimeout: HEARTBEAT_TIMEOUT,
        startToCloseTimeout,
        activityId: name,
        summary: summary.slice(0, LONGEST_SUMMARY),
      } as const;
      return proxyActivities<Activities>(options).call(dispatch, call);
    },
    sleep: (ms, why) => sleep(ms, { summary: why.slice(0, LONGEST_SUMMARY) }),
    now: () => Date.now(),
    isLong() {
      const { historyLength, historySize } = workflowInfo();
      return historyLength >= LONG_EVENTS || historySize >= LONG_BYTES;
    },
  };
}
