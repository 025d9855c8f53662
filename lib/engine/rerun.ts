/** What a rerun takes over from the run before. */
import { callKey } from "../pipeline/kernel.ts";
import { endRecordSchema, type RequestRecord, requestRecordSchema, resultRecordSchema } from "../schema/records.ts";
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { createRecord, inParallel, keysOf, readRecord } from "../store/records.ts";

/** Copies the done results of the stages before `from` (of all, when undefined) to another run of the same tenant. Nothing is copied from behind a stage that isn't wholly done: it will be done anew, and what follows with it. */
export async function copyResultsBefore(store: ObjectStore, old: RequestRecord, newRunId: string, from: string | undefined): Promise<void> {
  const source = runKeys(old.tenant, old.runId);
  const target = runKeys(old.tenant, newRunId);
  const all = await keysOf(store, source.results);
  for (const stage of old.shape.stages) {
    if (stage.id === from) return;
    const join = callKey(stage.id, stage.kind === "task" ? "run" : "join");
    const own = all.map((key) => key.slice(source.results.length)).filter((call) => call === stage.id || call.startsWith(`${stage.id}/`));
    const parts = await inParallel(
      own.filter((name) => name !== join),
      async (call) => {
        const result = await readRecord(store, source.result(call), resultRecordSchema);
        if (result?.is === "done") await createRecord(store, target.result(call), result);
        return result?.is === "done";
      },
    );
    const joined = parts.includes(false) ? undefined : await readRecord(store, source.result(join), resultRecordSchema);
    if (joined?.is !== "done") return;
    await createRecord(store, target.result(join), joined);
  }
}

/** Which run a repeated submission means, by the id that is derived from it: that run, or, since a failed or cancelled run never goes on, the next try after it. */
export interface Try {
  runId: string;
  /** The ended try before this one, whose results it starts with. */
  before: RequestRecord | undefined;
}

/** The first of `derived`, `derived-2`, `derived-3` and so on whose run didn't fail and wasn't cancelled. */
export async function findTry(store: ObjectStore, tenant: string, derived: string): Promise<Try> {
  let before: RequestRecord | undefined;
  for (let number = 1; ; number++) {
    const runId = number === 1 ? derived : `${derived}-${number}`;
    const keys = runKeys(tenant, runId);
    const end = await readRecord(store, keys.end, endRecordSchema);
    if (end?.status !== "failed" && end?.status !== "cancelled") return { runId, before };
    before = await readRecord(store, keys.request, requestRecordSchema);
  }
}

/** The run of which this one is a rerun, or a rerun of a rerun; itself when it is none. `rerunOf` says so for a run that isn't written yet. */
export async function readOrigin(store: ObjectStore, tenant: string, runId: string, rerunOf?: string): Promise<string> {
  let origin = runId;
  for (let before = rerunOf ?? (await rerunOfRun(store, tenant, runId)); before !== undefined; before = await rerunOfRun(store, tenant, origin))
    origin = before;
  return origin;
}

async function rerunOfRun(store: ObjectStore, tenant: string, runId: string): Promise<string | undefined> {
  return (await readRecord(store, runKeys(tenant, runId).request, requestRecordSchema))?.rerunOf;
}
