/** What a run left behind for people: its result and its document's text. */
import { readLedger } from "./engine/paid.ts";
import { artifactSchema, type DocumentText, documentTextSchema } from "./schema/document.ts";
import { PermanentError } from "./schema/errors.ts";
import { endRecordSchema, type RequestRecord, resultRecordSchema } from "./schema/records.ts";
import { type RunResult, runResultSchema } from "./schema/result.ts";
import { usageOfRun } from "./schema/usage.ts";
import { runKeys } from "./store/layout.ts";
import type { ObjectStore } from "./store/object-store.ts";
import { readRecord } from "./store/records.ts";

/** The result of a run that has ended; a failed or cancelled one has its reason as an issue and no outputs. Throws PermanentError "run_not_found" while it goes on. */
export async function readRunResult(store: ObjectStore, run: RequestRecord): Promise<RunResult> {
  const keys = runKeys(run.tenant, run.runId);
  const end = await readRecord(store, keys.end, endRecordSchema);
  if (end === undefined)
    throw new PermanentError("run_not_found", `The run "${run.runId}" has no result yet; watch it with "prompt-studio runs watch ${run.runId}".`);
  const collated = await readRecord(store, keys.result("collate"), resultRecordSchema);
  if (collated?.is === "done") return { ...runResultSchema.parse(collated.output), status: end.status };
  const { fileName, sha256, bytes, key } = run.document;
  const stage = end.call?.split("/")[0];
  return {
    run_id: run.runId,
    status: end.status,
    file: { name: fileName, sha256, bytes, pages: 0, language: "und" },
    outputs: {},
    usage: usageOfRun(await readLedger(store, keys)),
    issues: [{ code: end.code ?? end.status, message: end.message ?? "", ...(stage ? { stage } : {}) }],
    artifacts: { document: { key, sha256, bytes } },
    final_output: {},
    storage_location: "",
    execution_summary: {},
  };
}

/** The text of a run's document, once it has been extracted. */
export async function readDocumentText(store: ObjectStore, run: RequestRecord): Promise<DocumentText> {
  const extracted = await readRecord(store, runKeys(run.tenant, run.runId).result(textCall(run)), resultRecordSchema);
  const output = extracted?.is === "done" ? extracted.output : undefined;
  const artifact = output !== null && typeof output === "object" && "text" in output ? artifactSchema.safeParse(output.text) : undefined;
  const bytes = artifact?.success ? await store.get(artifact.data.key) : undefined;
  if (bytes === undefined) throw new PermanentError("run_not_found", `The run "${run.runId}" has no extracted text.`);
  return documentTextSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
}

/** The call whose result names the text: runs of the first pipeline read a document in one call. */
function textCall({ shape }: RequestRecord): string {
  const stage = "extract-text";
  return shape.stages.find(({ id }) => id === stage)?.kind === "task" ? stage : `${stage}/join`;
}
