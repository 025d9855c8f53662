/** How a run is accepted: in an order in which a kill at any point leaves either nothing that counts or a run that goes on. */
import { PermanentError } from "../schema/errors.ts";
import { canonicalJson, type Json, sha256 } from "../schema/json.ts";
import type { PipelineShape } from "../schema/pipeline.ts";
import { type RequestRecord, requestRecordSchema } from "../schema/records.ts";
import { artifactKey, recentKey, runKeys } from "../store/layout.ts";
import type { Body, ObjectStore } from "../store/object-store.ts";
import { createRecord, exists, readRecord, writeRecord } from "../store/records.ts";
import type { Dispatch, EngineName } from "./contract.ts";
import { readOwner } from "./end.ts";

/** A run to accept. `request` is raw (validated, not defaulted), `document` its bytes by hash. */
export interface Acceptance {
  tenant: string;
  runId: string;
  pipeline: string;
  shape: PipelineShape;
  request: Json;
  settings: Json;
  document: { body: Body; sha256: string; bytes: number; fileName: string };
  engine: EngineName;
  process: string;
  now: number;
  rerunOf?: string;
  /** Work between the request and its first owner, done until there is one: a rerun copies results here. */
  prepare?(): Promise<void>;
}

/** What accept found or made; `dispatch` is for the engine. */
export interface Accepted {
  dispatch: Dispatch;
  existing: boolean;
  run: RequestRecord;
}

/** Accepted means durable. The same request and document under a known id give the first run; anything else there is PermanentError "run_conflict". What a killed submit left out is written now. */
export async function acceptRun(store: ObjectStore, acceptance: Acceptance): Promise<Accepted> {
  const { tenant, runId, document, now } = acceptance;
  const keys = runKeys(tenant, runId);
  const known = await readRecord(store, keys.request, requestRecordSchema);
  if (known) refuseOther(known, acceptance);
  if (known && (await exists(store, keys.end))) {
    await list(store, known);
    await store.delete(keys.active);
    return { dispatch: await newestDispatch(store, acceptance), existing: true, run: known };
  }

  const artifact = { key: artifactKey(tenant, document.sha256), sha256: document.sha256, bytes: document.bytes };
  if (!(await exists(store, artifact.key))) await store.putIfAbsent(artifact.key, document.body);
  await writeRecord(store, keys.active, { v: 1, tenant, runId });
  const fresh: RequestRecord = {
    v: 1,
    tenant,
    runId,
    createdMs: now,
    pipeline: acceptance.pipeline,
    shape: acceptance.shape,
    request: acceptance.request,
    settings: acceptance.settings,
    document: { ...artifact, fileName: document.fileName },
    ...(acceptance.rerunOf === undefined ? {} : { rerunOf: acceptance.rerunOf }),
  };
  const created = known === undefined && (await createRecord(store, keys.request, fresh));
  const run = created ? fresh : await readRecord(store, keys.request, requestRecordSchema);
  if (run === undefined) throw new PermanentError("internal", `The request of run "${runId}" was written and is gone.`);
  if (!created) refuseOther(run, acceptance);
  if (!(await exists(store, keys.owner(1)))) {
    await acceptance.prepare?.();
    await createRecord(store, keys.owner(1), { v: 1, engine: acceptance.engine, n: 1, process: acceptance.process, at: now });
  }
  await list(store, run);
  // The run may have ended while this was going on, and its pointer with it.
  if (await exists(store, keys.end)) await store.delete(keys.active);
  return { dispatch: await newestDispatch(store, acceptance), existing: !created, run };
}

/** Puts the run into its tenant's list, at its own time. */
async function list(store: ObjectStore, { tenant, runId, createdMs }: RequestRecord): Promise<void> {
  const key = recentKey(tenant, createdMs, runId);
  if (!(await exists(store, key))) await createRecord(store, key, { v: 1, tenant, runId });
}

async function newestDispatch(store: ObjectStore, { tenant, runId }: Acceptance): Promise<Dispatch> {
  return { tenant, runId, n: (await readOwner(store, tenant, runId))?.n ?? 1 };
}

function refuseOther(known: RequestRecord, { runId, request, document, pipeline, rerunOf }: Acceptance): void {
  if (rerunOf !== undefined && known.rerunOf !== rerunOf) {
    throw new PermanentError(
      "run_conflict",
      `The run "${runId}" exists and is no rerun of "${rerunOf}"; choose another run id, or leave it out to have one made.`,
    );
  }
  const sameRequest = known.pipeline === pipeline && canonicalJson(known.request) === canonicalJson(request);
  if (sameRequest && known.document.sha256 === document.sha256) return;
  const what = sameRequest ? "another document" : "another request";
  throw new PermanentError("run_conflict", `The run "${runId}" exists with ${what}; choose another run id, or leave it out to have one made.`);
}

/** A run id that the same document, request and settings always give. */
export function derivedRunId(documentSha256: string, request: Json, settings: Json): string {
  return `run-${sha256(canonicalJson({ documentSha256, request, settings })).slice(0, 24)}`;
}
