/** Working on chosen runs to their end, without a sweeper: what the command line does with its own runs. */
import { runKeys } from "../store/layout.ts";
import { exists } from "../store/records.ts";
import type { Dispatch, Engine } from "./contract.ts";
import { type Delivery, deliverEnd } from "./deliver.ts";
import { readOwner } from "./end.ts";
import type { Host } from "./host.ts";
import { takeOver } from "./sweep.ts";

const LOOK_AGAIN_MS = 1_000;

/**
 * Works on a run until it has ended, and delivers its end, or until this process is stopped. A run whose owner died is taken over; one whose owner lives is joined.
 * `lookEveryMs` is how often its end is looked for while its calls wait. Rejects when the store fails; the run is whole and can be worked on again.
 */
export async function workOff<Resources>(
  host: Pick<Host<Resources>, "store" | "lease" | "clock" | "shutdown">,
  engine: Engine,
  run: { tenant: string; runId: string; deliveries?: readonly Delivery[]; lookEveryMs?: number },
): Promise<void> {
  const { store, clock } = host;
  const { tenant, runId, deliveries = [], lookEveryMs = LOOK_AGAIN_MS } = run;
  const keys = runKeys(tenant, runId);
  const stopping = host.shutdown();
  while (!stopping.aborted) {
    if (await exists(store, keys.end)) {
      // Whoever wrote the end may have died before it took this pointer away.
      await store.delete(keys.active);
      await deliverEnd(store, tenant, runId, deliveries);
      return;
    }
    const dispatch = await ownDispatch(host, engine, tenant, runId);
    if (dispatch) {
      await engine.submit([dispatch]);
      await untilAborted(settledOrEnded(host, engine, dispatch, lookEveryMs), stopping);
    }
    if (!(await exists(store, keys.end))) await clock.sleep(LOOK_AGAIN_MS, stopping);
  }
}

/** The dispatch under which this process may work. A living neighbour's is joined: every call is claimed, so two loops do no harm. */
async function ownDispatch<Resources>(
  { store, lease, clock }: Pick<Host<Resources>, "store" | "lease" | "clock">,
  engine: Engine,
  tenant: string,
  runId: string,
): Promise<Dispatch | undefined> {
  const owner = await readOwner(store, tenant, runId);
  if (owner && !(await lease.isDead(owner.process))) return { tenant, runId, n: owner.n };
  await lease.ensureFresh();
  return takeOver({ store, clock, lease, engine }, tenant, runId, (owner?.n ?? 0) + 1);
}

/** Until the engine has nothing more to do. A run that was ended elsewhere may have calls here that would wait an hour for their next attempt, so its end is looked for meanwhile. */
async function settledOrEnded<Resources>(
  { store, clock }: Pick<Host<Resources>, "store" | "clock">,
  engine: Engine,
  dispatch: Dispatch,
  lookEveryMs: number,
): Promise<void> {
  const settled = new AbortController();
  const watch = async () => {
    while (!settled.signal.aborted) {
      await clock.sleep(lookEveryMs, settled.signal);
      const isEnded = !settled.signal.aborted && (await exists(store, runKeys(dispatch.tenant, dispatch.runId).end).catch(() => false));
      if (isEnded) await engine.cancel(dispatch, "the run has ended");
    }
  };
  void watch();
  await engine.settled(dispatch).finally(() => settled.abort());
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
