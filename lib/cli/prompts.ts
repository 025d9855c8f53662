/** The file behind --prompts: a full request, an object with only `outputs`, or a bare list of outputs. */
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { formatBytes } from "../report/format.ts";
import { PermanentError } from "../schema/errors.ts";
import { parseJson } from "../schema/parse-json.ts";
import type { ProcessRequest } from "../schema/request.ts";
import { type RequestLimits, refuseUnsupported, validateRequest } from "../schema/validate.ts";
import { whyUnreadable } from "./files.ts";
import { readSchemaFile } from "./schema-file.ts";

/** What flags change in the request of the file. */
export interface RequestFlags {
  llm?: string | undefined;
  pages?: string | undefined;
  language?: string | undefined;
}

/** The output that --schema asks for. */
const SCHEMA_OUTPUT = { name: "document", prompt: "Everything that the schema names, as the document has it." };

/** Reads and checks the request of a prompts file, of a schema file, or of both together. Throws PermanentError "invalid_request" or "not_supported". */
export async function readRequest(
  files: { prompts?: string | undefined; schema?: string | undefined },
  cwd: string,
  limits: RequestLimits,
  flags: RequestFlags = {},
): Promise<ProcessRequest> {
  const { prompts, schema } = files;
  if (prompts === undefined && schema === undefined) {
    throw new PermanentError("invalid_request", "Nothing is asked for. Give --prompts FILE, or --schema FILE with a JSON Schema of what you want.");
  }
  const asked =
    prompts === undefined ? { outputs: [] } : asRequest(parseJson(await readPrompts(resolve(cwd, prompts), prompts, limits), prompts, "invalid_request"));
  const resolved = prompts === undefined ? asked : await withSchemaFiles(asked, dirname(resolve(cwd, prompts)));
  const value = withFlags(schema === undefined ? resolved : withOutput(resolved, { ...SCHEMA_OUTPUT, schema: await readSchemaFile(schema, cwd) }), flags);
  const request = validateRequest(value, limits);
  refuseUnsupported(request);
  return request;
}

/** A schema that is a text names a file beside the prompts. */
async function withSchemaFiles(value: unknown, folder: string): Promise<unknown> {
  if (!isObject(value) || !Array.isArray(value.outputs)) return value;
  const outputs = await Promise.all(
    value.outputs.map(async (output: unknown) =>
      isObject(output) && typeof output.schema === "string" ? { ...output, schema: await readSchemaFile(output.schema, folder) } : output,
    ),
  );
  return { ...value, outputs };
}

function withOutput(value: unknown, output: Record<string, unknown>): unknown {
  return isObject(value) && Array.isArray(value.outputs) ? { ...value, outputs: [...value.outputs, output] } : value;
}

async function readPrompts(absolute: string, path: string, limits: RequestLimits): Promise<Uint8Array> {
  const most = 2 * limits.outputs * (limits.promptBytes + 4096);
  const file = await open(absolute, "r").catch((cause: unknown) => refuse(path, whyUnreadable(cause), cause));
  try {
    const status = await file.stat();
    if (!status.isFile()) refuse(path, status.isDirectory() ? "it is a folder" : "it is not a regular file");
    if (status.size === 0) refuse(path, "it is empty");
    if (status.size > most) refuse(path, `its ${formatBytes(status.size)} are more than any allowed request has`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    return refuse(path, whyUnreadable(error), error);
  } finally {
    await file.close();
  }
}

function refuse(path: string, why: string, cause?: unknown): never {
  throw new PermanentError("invalid_request", `The prompts ${path} cannot be read: ${why}. Give --prompts a JSON file with a list "outputs".`, { cause });
}

function asRequest(value: unknown): unknown {
  return Array.isArray(value) ? { outputs: value } : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Flags win over the file. What has a wrong form is left for the validation to name. */
function withFlags(value: unknown, { llm, pages, language }: RequestFlags): unknown {
  if (!isObject(value)) return value;
  const changed = { ...value };
  const set = (section: string, entries: Record<string, string | undefined>) => {
    const given = Object.entries(entries).filter(([, entry]) => entry !== undefined);
    const before = changed[section] ?? {};
    if (given.length > 0 && isObject(before)) changed[section] = { ...before, ...Object.fromEntries(given) };
  };
  set("tool_settings", { llm });
  set("extraction_settings", { pages, language });
  return changed;
}
