/** The Studio of one tenant: submits runs to a store, gives them to an engine or works on them, and reads them back. */
import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { buildDigraph } from "./agents/digraph.ts";
import type { Studio, Submission, Submitted } from "./client.ts";
import type { EngineName } from "./engine/contract.ts";
import { copyResultsBefore, findTry } from "./engine/rerun.ts";
import { derivedRunId } from "./engine/submit.ts";
import { listRunViews, readEvents } from "./engine/views.ts";
import { workOff } from "./engine/work-off.ts";
import type { Pipeline } from "./pipeline/define.ts";
import { readDocumentText, readRunResult } from "./run-files.ts";
import { checkRunId, createRuns } from "./runs.ts";
import type { Runtime } from "./runtime.ts";
import { PermanentError } from "./schema/errors.ts";
import { type Json, sha256 } from "./schema/json.ts";
import type { RequestRecord } from "./schema/records.ts";
import type { ProcessRequest } from "./schema/request.ts";
import { createSlots } from "./slots.ts";

const STOP_GRACE_MS = 5_000;
const SUBMISSIONS_AT_ONCE = 16;

/** What the composition root gives. `accept` validates a request and resolves its adapters to the settings that are frozen into the run. */
export interface StudioOptions<Resources> {
  runtime: Runtime<Resources>;
  pipeline: Pipeline<Resources>;
  tenant: string;
  maximumDocumentBytes: number;
  accept(request: unknown): ProcessRequest;
  settings(request: ProcessRequest, hasPassword: boolean): Promise<Json>;
  rememberPassword(tenant: string, runId: string, password: string): void;
  /** Whether a run goes to the engine as soon as it is accepted; otherwise `work` has to be called. */
  handsOver: boolean;
  /** The engine through which requests come, which keeps their runs. */
  engine?: EngineName | undefined;
}

/** A tenant's studio. Nothing is written and no lease taken before the first submit, work or rerun. */
export function createStudio<Resources>(options: StudioOptions<Resources>): Studio {
  const { runtime, tenant, pipeline } = options;
  const { store } = runtime;
  const submissions = createSlots(SUBMISSIONS_AT_ONCE);
  const runs = createRuns({ runtime, tenant, handsOver: options.handsOver, engine: options.engine });
  const { known, view } = runs;

  const documentOf = async ({ runId, document }: RequestRecord): Promise<Uint8Array> => {
    const bytes = await store.get(document.key);
    if (bytes === undefined) throw new PermanentError("internal", `The document of run "${runId}" is gone from the store; it was deleted by hand.`);
    return bytes;
  };

  const submit = async (submission: Submission): Promise<Submitted> => {
    const request = options.accept(submission.request);
    const bytes = await readDocument(submission, options.maximumDocumentBytes);
    const settings = await options.settings(request, submission.password !== undefined);
    const { run_id: requestedId, ...asked } = request;
    // Undefined entries don't survive the store. The order of keys does, since a schema's is that of the result; what is compared and hashed has none.
    const stored = JSON.parse(JSON.stringify(asked)) as Json;
    if (submission.runId !== undefined) checkRunId(submission.runId);
    // A document may have 200 MB, so it is hashed once.
    const document = { body: bytes, sha256: sha256(bytes), bytes: bytes.byteLength, fileName: submission.fileName };
    const derived = derivedRunId(document.sha256, { request: stored, fileName: submission.fileName }, settings);
    const given = submission.runId ?? requestedId ?? (submission.fresh ? `run-${randomUUID()}` : undefined);
    const { runId, before } = given === undefined ? await findTry(store, tenant, derived) : { runId: given, before: undefined };
    if (submission.password !== undefined) options.rememberPassword(tenant, runId, submission.password);
    const tryAfter = before && { rerunOf: before.runId, prepare: () => copyResultsBefore(store, before, runId, undefined) };
    const existing = await runs.accept({ runId, shape: pipeline.shape, request: stored, settings, document, ...tryAfter });
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
      const { host, engines } = await runtime.start();
      const [engine] = engines;
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
    cancel: runs.cancel,
    move: runs.move,
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
      const existing = await runs.accept({ runId: id, shape: pipeline.shape, request: old.request, settings: old.settings, document, rerunOf: runId, prepare });
      return { runId: id, existing, warnings: [] };
    },
    close: () => runtime.close(),
  };
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
