/** The runs of pipelines that others define: submitted, waited for, read, by one tenant. */
import type { RunEvent, RunView } from "./client.ts";
import type { Dispatch } from "./engine/contract.ts";
import { readOwner } from "./engine/end.ts";
import { derivedRunId } from "./engine/submit.ts";
import { readEvents } from "./engine/views.ts";
import type { Pipeline, StageHandle } from "./pipeline/define.ts";
import { callKey } from "./pipeline/kernel.ts";
import { checkRunId, createRuns } from "./runs.ts";
import type { Runtime } from "./runtime.ts";
import type { Artifact } from "./schema/document.ts";
import { PermanentError } from "./schema/errors.ts";
import { canonicalJson, type Json, sha256 } from "./schema/json.ts";
import { problemsOf } from "./schema/problems.ts";
import { endRecordSchema, type RequestRecord, requestRecordSchema, resultRecordSchema } from "./schema/records.ts";
import { artifactKey, runKeys } from "./store/layout.ts";
import type { ObjectStore } from "./store/object-store.ts";
import { exists, readRecord } from "./store/records.ts";

const LOOK_FIRST_MS = 20;
const LOOK_LAST_MS = 1_000;

/** What a run is started with. */
export interface Submission {
  /** Any JSON; checked by the pipeline's schema, if it has one. */
  request: unknown;
  /** What the run is about, at `context.document`; the request itself as request.json when not given. */
  document?: { bytes: Uint8Array; fileName: string };
  /** 1 to 128 of A-Z a-z 0-9 . _ -; without it the same submission is the same run, however often it is made. */
  runId?: string;
}

/** The runs of one tenant. Methods throw PermanentError for what the caller can mend, "run_not_found" for a run that this tenant doesn't have. */
export interface PipelineRuns {
  /** Accepted means durable: after this resolves the run survives anything. `existing` when it had been submitted before; "run_conflict" for another under its id. */
  submit<Resources>(pipeline: Pipeline<Resources>, submission: Submission): Promise<{ runId: string; existing: boolean }>;
  /** Resolves when the run has ended, wherever it is worked on; rejects with the signal's reason when that is aborted first. */
  ended(runId: string, options?: { signal?: AbortSignal }): Promise<RunView>;
  view(runId: string): Promise<RunView>;
  /** What happened, oldest first, after the event with the id `after`. */
  events(runId: string, after?: string): Promise<readonly RunEvent[]>;
  /** What a stage returned. "run_not_ended" before it has; the run's own error when it failed. */
  result<Output>(runId: string, stage: StageHandle<Output>): Promise<Output>;
  cancel(runId: string, reason: string): Promise<RunView>;
  /** Gives the run to another engine of this process while it runs; what is done stays done. */
  move(runId: string, engine: string): Promise<RunView>;
  /** Keeps bytes that a request names by what this returns, and a stage reads with `context.artifacts.get`. */
  attach(bytes: Uint8Array): Promise<Artifact>;
}

/** The runs of a tenant over a runtime, of the pipelines with these names. */
export function createPipelineRuns<OfRuntime>(runtime: Runtime<OfRuntime>, tenant: string, names: readonly string[]): PipelineRuns {
  const { store } = runtime;
  const runs = createRuns({ runtime, tenant, handsOver: true });
  return {
    view: runs.view,
    cancel: runs.cancel,
    move: runs.move,
    async submit(pipeline, { request, document, runId: asked }) {
      if (asked !== undefined) checkRunId(asked);
      const canonical = checkedRequest(pipeline, request);
      const { bytes, fileName } = document ?? { bytes: Buffer.from(canonicalJson(canonical)), fileName: "request.json" };
      const hash = sha256(bytes);
      const { name } = pipeline.shape;
      if (!names.includes(name))
        throw new PermanentError("invalid_request", `This engine doesn't have the pipeline "${name}"; it has ${names.join(", ")}. Give it to createEngine.`);
      const runId = asked ?? derivedRunId(hash, { pipeline: name, request: canonical, fileName }, {});
      const body = { body: bytes, sha256: hash, bytes: bytes.byteLength, fileName };
      return { runId, existing: await runs.accept({ runId, shape: pipeline.shape, request: canonical, settings: {}, document: body }) };
    },
    async ended(runId, { signal } = {}) {
      await runs.known(runId);
      const { clock } = (await runtime.start()).host;
      for (let wait = LOOK_FIRST_MS; !(await exists(store, runKeys(tenant, runId).end)); wait = Math.min(LOOK_LAST_MS, wait * 1.5)) {
        signal?.throwIfAborted();
        await clock.sleep(wait, signal);
      }
      return runs.view(runId);
    },
    async events(runId, after) {
      await runs.known(runId);
      return readEvents(store, tenant, runId, after);
    },
    async result(runId, stage) {
      return stage.output.parse(await outputOf(store, await runs.known(runId), stage.id));
    },
    async attach(bytes) {
      const hash = sha256(bytes);
      const key = artifactKey(tenant, hash);
      await store.putIfAbsent(key, bytes);
      return { key, sha256: hash, bytes: bytes.byteLength };
    },
  };
}

/** As it will be stored. Undefined entries don't survive that, and what is no JSON at all can't. */
function checkedRequest({ shape, request: schema }: Pick<Pipeline<unknown>, "shape" | "request">, request: unknown): Json {
  const parsed = schema?.safeParse(request);
  if (parsed && !parsed.success) {
    const problems = problemsOf(parsed.error, request, []);
    const list = problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join("; ");
    throw new PermanentError("invalid_request", `The request for the pipeline "${shape.name}" is not valid: ${list}.`, { problems });
  }
  return JSON.parse(canonicalJson(request)) as Json;
}

/** What a stage of a run returned, unchecked. */
async function outputOf(store: ObjectStore, run: RequestRecord, stageId: string): Promise<Json> {
  const keys = runKeys(run.tenant, run.runId);
  const stage = run.shape.stages.find(({ id }) => id === stageId);
  if (stage === undefined) throw new PermanentError("invalid_request", `The run "${run.runId}" has no stage "${stageId}".`);
  const record = await readRecord(store, keys.result(callKey(stage.id, stage.kind === "task" ? "run" : "join")), resultRecordSchema);
  if (record?.is === "done") return record.output ?? null;
  const end = await readRecord(store, keys.end, endRecordSchema);
  if (end === undefined) throw new PermanentError("run_not_ended", `The stage "${stageId}" of the run "${run.runId}" has no result yet.`);
  throw new PermanentError("run_ended", `The run "${run.runId}" ended as ${end.status} without a result of "${stageId}": ${end.message ?? end.code ?? ""}`);
}

/** A request that came through an engine: a run that was submitted before, by its id. */
export async function dispatchOf(store: ObjectStore, tenant: string, { run_id: runId }: Readonly<Record<string, unknown>>): Promise<Dispatch> {
  const owner = typeof runId === "string" ? await readOwner(store, tenant, runId) : undefined;
  if (typeof runId !== "string" || owner === undefined) throw new PermanentError("run_not_found", "The message names no run that was submitted.");
  return { tenant, runId, n: owner.n };
}

/** What the last stage of a run returned. */
export async function lastOutput(store: ObjectStore, tenant: string, runId: string): Promise<Json> {
  const run = await readRecord(store, runKeys(tenant, runId).request, requestRecordSchema);
  const last = run?.shape.stages.at(-1);
  return run && last ? outputOf(store, run, last.id) : null;
}
