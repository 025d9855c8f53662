/** The Studio of one tenant: submits runs to a store, gives them to an engine or works on them, and reads them back. */
import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { buildDigraph } from "./agents/digraph.ts";
import type { RunView, Studio, Submission, Submitted } from "./client.ts";
import type { Dispatch } from "./engine/contract.ts";
import { deliverEnd } from "./engine/deliver.ts";
import { readOwner, writeEnd } from "./engine/end.ts";
import { handOver } from "./engine/fallback.ts";
import { copyResultsBefore, findTry } from "./engine/rerun.ts";
import { type Acceptance, acceptRun, derivedRunId } from "./engine/submit.ts";
import { listRunViews, readEvents, readRunView } from "./engine/views.ts";
import { workOff } from "./engine/work-off.ts";
import { readDocumentText, readRunResult } from "./run-files.ts";
import type { Running, Runtime } from "./runtime.ts";
import { messageOf, PermanentError } from "./schema/errors.ts";
import { canonicalJson, type Json, sha256 } from "./schema/json.ts";
import { type RequestRecord, requestRecordSchema } from "./schema/records.ts";
import { identifierSchema, type ProcessRequest } from "./schema/request.ts";
import { createSlots } from "./slots.ts";
import { runKeys } from "./store/layout.ts";
import { createRecord, exists, readRecord } from "./store/records.ts";

const STOP_GRACE_MS = 5_000;
const TELL_MS = 3_000;
const SUBMISSIONS_AT_ONCE = 16;

/** What the composition root gives. `accept` validates a request and resolves its adapters to the settings that are frozen into the run. */
export interface StudioOptions<Resources> {
  runtime: Runtime<Resources>;
  tenant: string;
  maximumDocumentBytes: number;
  accept(request: unknown): ProcessRequest;
  settings(request: ProcessRequest, hasPassword: boolean): Promise<Json>;
  rememberPassword(tenant: string, runId: string, password: string): void;
  /** Whether a run goes to the engine as soon as it is accepted; otherwise `work` has to be called. */
  handsOver: boolean;
}

/** A tenant's studio. Nothing is written and no lease taken before the first submit, work or rerun. */
export function createStudio<Resources>(options: StudioOptions<Resources>): Studio {
  const { runtime, tenant } = options;
  const { store, pipeline, log } = runtime;
  const submissions = createSlots(SUBMISSIONS_AT_ONCE);

  const known = async (runId: string): Promise<RequestRecord> => {
    const run = await readRecord(store, runKeys(tenant, runId).request, requestRecordSchema);
    if (run === undefined) throw new PermanentError("run_not_found", `There is no run "${runId}" in this store; list the runs with "prompt-studio runs list".`);
    return run;
  };
  const view = async (runId: string): Promise<RunView> => {
    await known(runId);
    return (await readRunView(store, tenant, runId)) as RunView;
  };
  const documentOf = async ({ runId, document }: RequestRecord): Promise<Uint8Array> => {
    const bytes = await store.get(document.key);
    if (bytes === undefined) throw new PermanentError("internal", `The document of run "${runId}" is gone from the store; it was deleted by hand.`);
    return bytes;
  };
  const put = async (run: {
    runId: string;
    request: Json;
    settings: Json;
    document: Acceptance["document"];
    rerunOf?: string;
    prepare?: () => Promise<void>;
  }): Promise<boolean> => {
    const started = await runtime.start();
    const { host, engine } = started;
    const { shape } = pipeline;
    const accepted = await acceptRun(store, {
      ...run,
      tenant,
      pipeline: shape.name,
      shape,
      engine: engine.name,
      process: host.lease.id,
      now: Date.now(),
    });
    if (options.handsOver) await handOn(started, accepted.dispatch);
    return accepted.existing;
  };
  /** A run that somebody else has stays with him; one that no engine takes is kept for the sweeper. */
  const handOn = async ({ host, engine, others }: Pick<Running<Resources>, "host" | "engine" | "others">, dispatch: Dispatch): Promise<void> => {
    const owner = await readOwner(store, dispatch.tenant, dispatch.runId);
    const isOurs = owner?.engine === engine.name && (engine.name !== "embedded" || owner.process === host.lease.id);
    if (!isOurs || (await exists(store, runKeys(dispatch.tenant, dispatch.runId).end))) return;
    const { clock, lease } = host;
    const left = await handOver({ store, clock, lease, log, engines: [engine, ...others] }, [dispatch]);
    if (left.length > 0) log.error({ tenant: dispatch.tenant, run: dispatch.runId }, "no engine took the run; a sweep will offer it again");
  };

  /** The store has the cancel already, which is what stops the calls; the engine only stops asking sooner. */
  const tellEngine = async (runId: string, reason: string): Promise<void> => {
    try {
      const { host, engine, others } = await runtime.start();
      const owner = await readOwner(store, tenant, runId);
      const its = [engine, ...others].find(({ name }) => name === owner?.engine);
      if (owner && its) await Promise.race([its.cancel({ tenant, runId, n: owner.n }, reason), host.clock.sleep(TELL_MS)]);
    } catch (error) {
      log.warn({ tenant, run: runId, reason: messageOf(error) }, "the engine couldn't be told of a cancel");
    }
  };

  const submit = async (submission: Submission): Promise<Submitted> => {
    const request = options.accept(submission.request);
    const bytes = await readDocument(submission, options.maximumDocumentBytes);
    const settings = await options.settings(request, submission.password !== undefined);
    const { run_id: requestedId, ...asked } = request;
    // Undefined entries don't survive the store; what is compared and hashed is what is stored.
    const canonical = JSON.parse(canonicalJson(asked)) as Json;
    if (submission.runId !== undefined) checkRunId(submission.runId);
    // A document may have 200 MB, so it is hashed once.
    const document = { body: bytes, sha256: sha256(bytes), bytes: bytes.byteLength, fileName: submission.fileName };
    const derived = derivedRunId(document.sha256, { request: canonical, fileName: submission.fileName }, settings);
    const given = submission.runId ?? requestedId ?? (submission.fresh ? `run-${randomUUID()}` : undefined);
    const { runId, before } = given === undefined ? await findTry(store, tenant, derived) : { runId: given, before: undefined };
    if (submission.password !== undefined) options.rememberPassword(tenant, runId, submission.password);
    const tryAfter = before && { rerunOf: before.runId, prepare: () => copyResultsBefore(store, before, runId, undefined) };
    const existing = await put({ runId, request: canonical, settings, document, ...tryAfter });
    const warnings = buildDigraph(request.outputs).warnings.map(({ output, message }) => `${output}: ${message}`);
    if (before && !existing)
      warnings.unshift(`the run ${before.runId} of the same request had failed or been cancelled; this is a new try, which starts with what it had`);
    return { runId, existing, warnings };
  };

  return {
    // Each holds a whole document.
    submit: (submission) => submissions(() => submit(submission)),
    async work(runIds, { signal, observe } = {}) {
      for (const runId of runIds) await known(runId);
      const { host, engine } = await runtime.start();
      const current = runtime.freshShutdown();
      const stop = () => current.abort();
      const mute = observe && runtime.listen(observe);
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) stop();
      const worker = await engine.work();
      try {
        const lookEveryMs = Math.max(1_000, runIds.length * 10);
        await Promise.all([...new Set(runIds)].map((runId) => workOff(host, engine, { tenant, runId, lookEveryMs })));
      } finally {
        signal?.removeEventListener("abort", stop);
        await worker.stop(STOP_GRACE_MS);
        mute?.();
      }
      return Promise.all(runIds.map(view));
    },
    get: view,
    list: ({ limit = 20 } = {}) => listRunViews(store, tenant, limit),
    async events(runId, after) {
      await known(runId);
      return readEvents(store, tenant, runId, after);
    },
    result: async (runId) => readRunResult(store, await known(runId)),
    documentText: async (runId) => readDocumentText(store, await known(runId)),
    documentBytes: async (runId) => documentOf(await known(runId)),
    async cancel(runId, reason) {
      await known(runId);
      const keys = runKeys(tenant, runId);
      if ((await store.get(keys.end)) === undefined) {
        await createRecord(store, keys.cancel, { v: 1, reason, at: Date.now() });
        await writeEnd(store, tenant, runId, { v: 1, status: "cancelled", at: Date.now(), message: reason });
        // Who asked through an engine is told by a process that has this engine.
        if (options.handsOver) await tellEngine(runId, reason);
        else if ((await readOwner(store, tenant, runId))?.engine === "embedded") await deliverEnd(store, tenant, runId, []);
      }
      return view(runId);
    },
    async rerun(runId, { from, newRunId }) {
      const old = await known(runId);
      const stages = old.shape.stages.map(({ id }) => id);
      if (from !== undefined && !stages.includes(from)) {
        throw new PermanentError("invalid_request", `There is no stage "${from}"; the stages are ${stages.join(", ")}.`);
      }
      if (newRunId !== undefined) checkRunId(newRunId);
      const id = newRunId ?? `${runId.slice(0, 100)}-${randomUUID().slice(0, 8)}`;
      const { sha256: hash, bytes, fileName } = old.document;
      const document = { body: await documentOf(old), sha256: hash, bytes, fileName };
      const prepare = () => copyResultsBefore(store, old, id, from ?? stages[0] ?? "");
      const existing = await put({ runId: id, request: old.request, settings: old.settings, document, rerunOf: runId, prepare });
      return { runId: id, existing, warnings: [] };
    },
    close: () => runtime.close(),
  };
}

function checkRunId(runId: string): void {
  if (identifierSchema.safeParse(runId).success) return;
  throw new PermanentError("invalid_request", `The run id ${JSON.stringify(runId.slice(0, 200))} is none; use 1 to 128 of A-Z a-z 0-9 . _ -`);
}

/** The document's bytes. What can't be read, is too large or is empty is a PermanentError that says so. */
async function readDocument({ document, fileName }: Submission, maximumBytes: number): Promise<Uint8Array> {
  const bytes = typeof document === "string" ? await readWithin(document, maximumBytes) : document;
  const size = typeof bytes === "number" ? bytes : bytes.byteLength;
  if (typeof bytes === "number" || size > maximumBytes) {
    throw new PermanentError(
      "limit_exceeded",
      `"${fileName}" has ${size} bytes, and the limit is ${maximumBytes}; raise limits.documentBytes in the configuration if you mean it.`,
    );
  }
  if (size === 0) throw new PermanentError("document_empty", `"${fileName}" has 0 bytes.`);
  return bytes;
}

/** The file, or its size when that is beyond the limit. */
async function readWithin(path: string, maximumBytes: number): Promise<Uint8Array | number> {
  try {
    const info = await stat(path);
    // What is no file may never end (a pipe, a device).
    if (info.isFile()) return info.size > maximumBytes ? info.size : await readFile(path);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? error.code : "it is not there";
    throw new PermanentError("document_unreadable", `"${path}" can't be read: ${why}.`, { cause: error });
  }
  throw new PermanentError("document_unreadable", `"${path}" is no file.`);
}
