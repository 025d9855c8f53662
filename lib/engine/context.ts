/** What a handler gets, built from the store. */
import type { z } from "zod";
import type { StageContext } from "../pipeline/define.ts";
import { callKey } from "../pipeline/kernel.ts";
import type { Paid } from "../pipeline/paid.ts";
import { PermanentError } from "../schema/errors.ts";
import { sha256 } from "../schema/json.ts";
import { type ResultRecord, resultRecordSchema } from "../schema/records.ts";
import { artifactKey, runKeys } from "../store/layout.ts";
import type { Host } from "./host.ts";
import type { Situation } from "./invoke.ts";
import { readLedger } from "./paid.ts";

/** Parsed outputs by record, so that what all items of a stage read is parsed once while the record is remembered. */
const parsedOutputs = new WeakMap<ResultRecord, { schema: z.ZodType; output: unknown }>();

/** The context of one attempt. Results are read through the schema of the stage that wrote them. */
export function createContext<Resources>(
  host: Host<Resources>,
  situation: Situation<Resources>,
  parts: { paid: Paid; signal: AbortSignal; state: unknown; input: unknown },
): StageContext<Resources> {
  const { run, dispatch } = situation;
  const keys = runKeys(dispatch.tenant, dispatch.runId);
  return {
    tenant: run.tenant,
    runId: run.runId,
    createdMs: run.createdMs,
    request: run.request,
    settings: run.settings,
    document: run.document,
    resources: host.resources,
    ...parts,
    async result(stage) {
      const op = situation.pipeline.stages.get(stage.id)?.stage.kind === "graph" ? "join" : "run";
      const record = await committed(host, keys.result(callKey(stage.id, op)));
      return outputOf(record, stage.output);
    },
    async item(stage, index) {
      const record = await committed(host, keys.result(callKey(stage.id, "item", index)));
      if (record.is === "done") return { is: "done", output: outputOf(record, stage.itemOutput), attempts: record.attempts };
      return { is: record.is, code: record.code ?? "internal", message: record.message ?? "", attempts: record.attempts };
    },
    artifacts: {
      async put(bytes) {
        const hash = sha256(bytes);
        const key = artifactKey(run.tenant, hash);
        await host.store.putIfAbsent(key, bytes);
        return { key, sha256: hash, bytes: bytes.byteLength };
      },
      async get(artifact) {
        const bytes = await host.store.get(artifact.key);
        if (bytes === undefined)
          throw new PermanentError("internal", `The artifact "${artifact.key}" is gone from the store; it was deleted by hand, so run the document anew.`);
        return bytes;
      },
    },
    kept: {
      get: (name) => host.store.get(keys.kept(situation.call.key, name)),
      async put(name, body) {
        await host.store.putIfAbsent(keys.kept(situation.call.key, name), body);
      },
    },
    ledger: () => readLedger(host.store, keys),
  };
}

function outputOf<Output>(record: ResultRecord, schema: z.ZodType<Output>): Output {
  const known = parsedOutputs.get(record);
  if (known?.schema === schema) return known.output as Output;
  const output = schema.parse(record.output);
  parsedOutputs.set(record, { schema, output });
  return output;
}

async function committed<Resources>(host: Host<Resources>, key: string): Promise<ResultRecord> {
  const record = await host.read(key, resultRecordSchema);
  if (record === undefined) throw new PermanentError("internal", `"${key}" was read before it was committed: a stage reads what it doesn't wait for.`);
  return record;
}
