/** Runs that Hatchet believes to be running although nothing goes on with them. It was seen once that an engine, killed while stages waited, forgot to wake one when it was back. */

/** What was still going on has gone on by then: Hatchet gives a dead engine's tenants to another after a minute, and a dead worker's tasks after half of one. */
const SETTLED_MS = 150_000;
/** Later than this nothing that is found can come from the outage any more, whatever the clocks say. */
const OVER_MS = 600_000;

/**
 * Whether a run that Hatchet calls running may have been forgotten in the last outage: it was made before Hatchet was back at `backMs`, and that is long enough ago.
 * A sweep then gives it out anew, once for each outage. If it was going on after all, that does no harm: what is committed isn't done again. Milliseconds since the epoch.
 */
export function mayBeForgotten({ createdMs, backMs, nowMs }: { createdMs: number; backMs: number | undefined; nowMs: number }): boolean {
  if (backMs === undefined || createdMs >= backMs) return false;
  const since = nowMs - backMs;
  return since >= SETTLED_MS && since <= OVER_MS;
}
