/** What the claims and attempts of a call allow now. Pure: the reader of the records is below, the decision above. */
import { type AttemptRecord, attemptRecordSchema, type ClaimRecord, claimRecordSchema } from "../schema/records.ts";
import type { ImmutableReader } from "../store/immutable.ts";
import { ordinalOf, type runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { keysOf } from "../store/records.ts";

/** From this crash on, a call runs with nothing beside it in its process. */
const ALONE_FROM_CRASH = 3;
/** So many crashes while alone prove that the call itself kills its process. */
const POISONED_AT_CRASH = 10;
/** A claim older than the call's timeout by this much is free: its process would have ended the call long ago. */
const OVERDUE_MS = 60_000;
const BUSY_MS = 1_000;

/** Claims and attempts of one call, by number, and what is known of the newest claim's process and of the newest attempt's age. */
export interface CallHistory {
  claims: ReadonlyMap<number, ClaimRecord>;
  attempts: ReadonlyMap<number, AttemptRecord>;
  newestClaim: { dead: boolean; ageMs: number } | undefined;
  newestAttemptAgeMs: number | undefined;
}

/** claim: take claim n. again: not now. failed: the newest attempt or ten lonely crashes settle it. */
export type Admission =
  | { is: "claim"; n: number; alone: boolean; failures: number; state: unknown }
  | { is: "again"; afterMs: number; why: "retry" | "busy" | "pending"; reason: string }
  | { is: "failed"; code: string; message: string; claim: number; failures: number };

/** Decides by numbered claims alone: claim n is free when it has an attempt record, its process is dead, or it is overdue. */
export function admit(history: CallHistory, timeoutMs: number): Admission {
  const newest = Math.max(0, ...history.claims.keys(), ...history.attempts.keys());
  const lastAttempt = history.attempts.get(newest);
  const failures = [...history.attempts.values()].filter((attempt) => attempt.is === "failed").length;
  if (lastAttempt?.is === "failed" && lastAttempt.final) {
    return { is: "failed", code: lastAttempt.code ?? "internal", message: lastAttempt.message ?? "", claim: newest, failures };
  }
  if (lastAttempt) {
    const left = lastAttempt.delayMs - (history.newestAttemptAgeMs ?? 0);
    if (left > 0) return { is: "again", afterMs: left, why: lastAttempt.is === "pending" ? "pending" : "retry", reason: lastAttempt.reason ?? lastAttempt.is };
  } else if (history.newestClaim && !history.newestClaim.dead && history.newestClaim.ageMs <= timeoutMs + OVERDUE_MS) {
    return { is: "again", afterMs: BUSY_MS, why: "busy", reason: "another process works on it" };
  }
  const crashed = [...history.claims].filter(([n]) => !history.attempts.has(n)).map(([, claim]) => claim);
  const lonely = crashed.filter((claim) => claim.alone).length;
  if (lonely >= POISONED_AT_CRASH) {
    return { is: "failed", code: "call_poisoned", message: `It ended its process ${crashed.length} times, ${lonely} of them alone.`, claim: newest, failures };
  }
  return { is: "claim", n: newest + 1, alone: crashed.length >= ALONE_FROM_CRASH, failures, state: lastState(history.attempts) };
}

function lastState(attempts: ReadonlyMap<number, AttemptRecord>): unknown {
  const pending = [...attempts].filter(([, attempt]) => attempt.is === "pending").sort(([left], [right]) => right - left);
  return pending[0]?.[1].state;
}

/**
 * Reads the history of a call; `isFree` says whether nobody works on a claim any more. Costs two lists, and what this process hasn't read yet.
 * An attempt stands for its claim also where that is missing: claims may be lost with the machine's power.
 */
export async function readHistory(
  { store, read }: { store: ObjectStore; read: ImmutableReader },
  keys: ReturnType<typeof runKeys>,
  call: string,
  isFree: (claimKey: string, claim: ClaimRecord) => Promise<boolean>,
): Promise<CallHistory> {
  const [claimKeys, attemptKeys] = await Promise.all([keysOf(store, keys.claims(call)), keysOf(store, keys.attempts(call))]);
  const claims = new Map<number, ClaimRecord>();
  const attempts = new Map<number, AttemptRecord>();
  for (const key of claimKeys) {
    const claim = await read(key, claimRecordSchema);
    if (claim) claims.set(ordinalOf(key), claim);
  }
  for (const key of attemptKeys) {
    const attempt = await read(key, attemptRecordSchema);
    if (attempt) attempts.set(ordinalOf(key), attempt);
  }
  const newest = Math.max(0, ...claims.keys(), ...attempts.keys());
  const claim = claims.get(newest);
  if (attempts.has(newest)) return { claims, attempts, newestClaim: undefined, newestAttemptAgeMs: await store.ageMs(keys.attempt(call, newest)) };
  if (claim === undefined) return { claims, attempts, newestClaim: undefined, newestAttemptAgeMs: undefined };
  const claimKey = keys.claim(call, newest);
  const [dead, ageMs] = await Promise.all([isFree(claimKey, claim), store.ageMs(claimKey)]);
  return { claims, attempts, newestClaim: { dead, ageMs: ageMs ?? 0 }, newestAttemptAgeMs: undefined };
}
