/** How often and how long each stage is tried. */
import { INTERACTIVE_DELAY, PAPER_DELAY } from "../pipeline/policies.ts";
import type { CallPolicy, DelayPolicy } from "../schema/pipeline.ts";

export const STAGE_IDS = ["extract-text", "chunk-embed", "generate-digraph", "agentic-extract", "evaluate", "collate"] as const;
export type StageId = (typeof STAGE_IDS)[number];

const MINUTE = 60_000;
/** Of the time that a host lets a request take a call gets half, less what is needed around it. */
const AROUND_A_CALL_MS = 10_000;
const ATTEMPTS: Record<StageId, number> = { "extract-text": 4, "chunk-embed": 3, "generate-digraph": 3, "agentic-extract": 2, evaluate: 3, collate: 3 };
const TIMEOUT_MINUTES: Record<StageId, number> = {
  "extract-text": 10,
  "chunk-embed": 15,
  "generate-digraph": 5,
  "agentic-extract": 30,
  evaluate: 5,
  collate: 5,
};

/** What the configuration file may say about stages and delays. */
export interface PolicySettings {
  stages?: { [Id in StageId]?: { attempts?: number | undefined; timeoutMinutes?: number | undefined } | undefined } | undefined;
  delays?: { rateLimitedSeconds?: number | undefined; serverSeconds?: number | undefined; longestSeconds?: number | undefined } | undefined;
}

function perStage<T>(make: (id: StageId) => T): Record<StageId, T> {
  return Object.fromEntries(STAGE_IDS.map((id) => [id, make(id)])) as Record<StageId, T>;
}

/** The policy of each stage, with the paper's numbers where nothing else is set. */
export function policiesFrom(file: PolicySettings): Record<StageId, CallPolicy> {
  const milliseconds = (seconds: number | undefined, otherwise: number) => (seconds === undefined ? otherwise : Math.round(seconds * 1000));
  const delay: DelayPolicy = {
    form: "paper",
    rateLimitedBaseMs: milliseconds(file.delays?.rateLimitedSeconds, PAPER_DELAY.rateLimitedBaseMs),
    serverStepMs: milliseconds(file.delays?.serverSeconds, PAPER_DELAY.serverStepMs),
    maxMs: milliseconds(file.delays?.longestSeconds, PAPER_DELAY.maxMs),
  };
  return perStage((id) => ({
    timeoutMs: Math.round((file.stages?.[id]?.timeoutMinutes ?? TIMEOUT_MINUTES[id]) * MINUTE),
    maxAttempts: file.stages?.[id]?.attempts ?? ATTEMPTS[id],
    delay,
  }));
}

/** The same policies for somebody who waits at a terminal: delays double from 2 s to 60 s. */
export function interactivePolicies(policies: Record<StageId, CallPolicy>): Record<StageId, CallPolicy> {
  return perStage((id) => ({ ...policies[id], delay: INTERACTIVE_DELAY }));
}

/** The same policies on a host that ends a request after `hostLimitMs`: no call may take longer than half of it less 10 s. `warn` is told of each stage that has less time than it was given. */
export function limitedPolicies(policies: Record<StageId, CallPolicy>, hostLimitMs: number, warn: (message: string) => void): Record<StageId, CallPolicy> {
  const longest = Math.floor(hostLimitMs / 2) - AROUND_A_CALL_MS;
  return perStage((id) => {
    const { timeoutMs } = policies[id];
    if (timeoutMs <= longest) return policies[id];
    warn(
      `a call of ${id} may take ${Math.round(longest / 1000)} s here, not ${Math.round(timeoutMs / 1000)} s: the host ends each request after ${Math.round(hostLimitMs / 1000)} s`,
    );
    return { ...policies[id], timeoutMs: longest };
  });
}
