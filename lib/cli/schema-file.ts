/** The file behind --schema: JSON Schema, or a module that exports a zod schema. */
import { open } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { messageOf, PermanentError } from "../schema/errors.ts";
import type { Json } from "../schema/json.ts";
import { parseJson } from "../schema/parse-json.ts";
import { isJsonObject } from "../schema/structure.ts";
import { whyUnreadable } from "./files.ts";

const MOST_BYTES = 2 * 1024 ** 2;
const MODULES: ReadonlySet<string> = new Set([".js", ".mjs", ".cjs", ".ts", ".mts"]);

/** The JSON Schema of a file. A module is run, so it must be one's own; its default export, its export `schema` or its only export is a zod schema or a JSON Schema. Throws PermanentError "invalid_request". */
export async function readSchemaFile(path: string, cwd: string): Promise<{ [key: string]: Json }> {
  const absolute = resolve(cwd, path);
  const value = MODULES.has(extname(absolute).toLowerCase())
    ? await exported(absolute, path)
    : parseJson(await readBytes(absolute, path), path, "invalid_request");
  const schema = z.json().safeParse(value);
  if (!schema.success || !isJsonObject(schema.data)) return refuse(path, "it holds no JSON Schema object");
  return schema.data;
}

async function readBytes(absolute: string, path: string): Promise<Uint8Array> {
  const file = await open(absolute, "r").catch((cause: unknown) => refuse(path, whyUnreadable(cause), cause));
  try {
    const status = await file.stat();
    if (!status.isFile()) refuse(path, status.isDirectory() ? "it is a folder" : "it is not a regular file");
    if (status.size > MOST_BYTES) refuse(path, `it is larger than ${MOST_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function exported(absolute: string, path: string): Promise<unknown> {
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(absolute).href);
  } catch (error) {
    const hint = /\.m?ts$/.test(absolute) ? "; Node before 22.18 can't run TypeScript, so compile it" : "";
    return refuse(path, `it can't be loaded (${messageOf(error)}${hint})`, error);
  }
  const exports = Object.values(module);
  const schema = module.default ?? module.schema ?? (exports.length === 1 ? exports[0] : undefined);
  if (schema === undefined) return refuse(path, "it has no export called default or schema");
  if (!isZod(schema)) return schema;
  try {
    return z.toJSONSchema(schema, { unrepresentable: "any" });
  } catch (error) {
    return refuse(path, `its zod schema can't be written as JSON Schema (${messageOf(error)})`, error);
  }
}

/** A schema of zod 4, whichever copy of the package made it. */
function isZod(value: unknown): value is z.ZodType {
  return value !== null && typeof value === "object" && "_zod" in value;
}

function refuse(path: string, why: string, cause?: unknown): never {
  throw new PermanentError("invalid_request", `The schema ${path} cannot be used: ${why}. Give a JSON Schema file, or a module that exports a zod 4 schema.`, {
    cause,
  });
}
