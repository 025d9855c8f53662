// What the store says of the storm: which calls a dead worker held, and which runs ended as they should.
import { productModule } from "../../scripts/cases/product.mjs";
import { answerOf, CALLS } from "./pipeline.mjs";

/** Reads the store of a storm. */
export async function createInspector(store, tenant) {
  const { ordinalOf, runKeys, ACTIVE_PREFIX } = await productModule("lib/store/layout");
  const records = await productModule("lib/store/records");
  const { attemptRecordSchema, claimRecordSchema, endRecordSchema, resultRecordSchema } = await productModule("lib/schema/records");
  const result = (runId, call) => records.readRecord(store, runKeys(tenant, runId).result(call), resultRecordSchema);
  const openRuns = async () => (await records.keysOf(store, ACTIVE_PREFIX)).map((key) => key.slice(key.lastIndexOf("/") + 1));

  /** Whether the process had claimed the call when it died, and neither ended the attempt nor committed. */
  const isHeld = async (runId, call, lease, diedAt) => {
    const keys = runKeys(tenant, runId);
    for (const key of await records.keysOf(store, keys.claims(call))) {
      const claim = await records.readRecord(store, key, claimRecordSchema);
      if (claim?.process !== lease) continue;
      const attempt = await records.readRecord(store, keys.attempt(call, ordinalOf(key)), attemptRecordSchema);
      const committed = await result(runId, call);
      return attempt === undefined && (committed === undefined || committed.at > diedAt);
    }
    return false;
  };

  return {
    openRuns,
    /** The calls that a dead process held. */
    async heldBy(lease, diedAt) {
      const calls = (await openRuns()).flatMap((runId) => CALLS.map((call) => ({ runId, call })));
      const held = await records.inParallel(calls, ({ runId, call }) => isHeld(runId, call, lease, diedAt));
      return calls.filter((_, index) => held[index]);
    },
    /** When a call was committed, milliseconds since the epoch; infinity when it wasn't. */
    committedAt: async ({ runId, call }) => (await result(runId, call))?.at ?? Number.POSITIVE_INFINITY,
    /** The runs that didn't end with what they should give. */
    async lost(runIds) {
      const whole = await records.inParallel(runIds, async (runId) => {
        const end = await records.readRecord(store, runKeys(tenant, runId).end, endRecordSchema);
        return end?.status === "completed" && (await result(runId, "both"))?.output === answerOf(runId);
      });
      return runIds.filter((_, index) => !whole[index]);
    },
  };
}
