/** What this process knows of the runs that it works on: their shapes, and what has been committed, read from the store once each. */
import type { Journal } from "../../pipeline/kernel.ts";
import type { PipelineShape, Settled } from "../../schema/pipeline.ts";
import { resultRecordSchema } from "../../schema/records.ts";
import { runKeys } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { inParallel, keysOf, readRecord } from "../../store/records.ts";
import type { Dispatch, Doors } from "../contract.ts";
import { settledOf } from "../invoke.ts";

/** Runs remembered at once; one that is forgotten is read again. */
const REMEMBERED = 200;

type Loaded = Awaited<ReturnType<Doors["load"]>>;

export interface Runs {
  /** The shape of a run, or what is to be done instead. Asks `load` once per run. */
  shape(dispatch: Dispatch): Promise<Loaded>;
  /** Everything that is committed by now; costs one list, and a read for each result that another process committed. */
  journal(dispatch: Dispatch, settled?: { call: string; outcome: Settled }): Promise<Journal>;
  forget(dispatch: Dispatch): void;
}

/** Over the doors and the store. Several workers may share it. */
export function createRuns(doors: Doors, store: ObjectStore): Runs {
  const known = new Map<string, { shape?: PipelineShape; journal: Map<string, Settled> }>();
  const entryOf = ({ tenant, runId }: Dispatch) => {
    const id = `${tenant}:${runId}`;
    const entry = known.get(id) ?? { journal: new Map<string, Settled>() };
    known.delete(id);
    known.set(id, entry);
    const oldest = known.size > REMEMBERED ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    return entry;
  };
  return {
    async shape(dispatch) {
      const entry = entryOf(dispatch);
      if (entry.shape) return { is: "ready", shape: entry.shape };
      const loaded = await doors.load(dispatch);
      if (loaded.is === "ready") entry.shape = loaded.shape;
      return loaded;
    },
    async journal(dispatch, settled) {
      const { journal } = entryOf(dispatch);
      if (settled) journal.set(settled.call, settled.outcome);
      const keys = runKeys(dispatch.tenant, dispatch.runId);
      const unread = (await keysOf(store, keys.results)).filter((key) => !journal.has(key.slice(keys.results.length)));
      await inParallel(unread, async (key) => {
        const record = await readRecord(store, key, resultRecordSchema);
        if (record) journal.set(key.slice(keys.results.length), settledOf(record));
      });
      return journal;
    },
    forget: ({ tenant, runId }) => void known.delete(`${tenant}:${runId}`),
  };
}
