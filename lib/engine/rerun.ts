/** What a rerun takes over from the run before. */
import { callKey } from "../pipeline/kernel.ts";
import { type RequestRecord, resultRecordSchema } from "../schema/records.ts";
import { runKeys } from "../store/layout.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { createRecord, inParallel, keysOf, readRecord } from "../store/records.ts";

/** Copies the done results of the stages before `from` to another run of the same tenant. Nothing is copied from behind a stage that isn't wholly done: it will be done anew, and what follows with it. */
export async function copyResultsBefore(store: ObjectStore, old: RequestRecord, newRunId: string, from: string): Promise<void> {
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
