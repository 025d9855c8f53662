/** Whether a finished result is what its schema describes. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Problem } from "./errors.ts";
import type { Json } from "./json.ts";
import { isJsonObject, unwrapSchema } from "./structure.ts";

const MOST_PROBLEMS = 20;

/** `pattern` comes from whoever sent the request, and a hostile one could run for hours, so it is not checked. */
const NO_PATTERNS = Object.assign(() => ({ test: () => true }), { code: "() => ({ test: () => true })" });

/**
 * What of `value` contradicts the schema (JSON Schema 2020-12 or earlier), as pointers into the value; empty where it is valid.
 * Keywords that nobody knows are passed over, `pattern` isn't checked, nothing is fetched. Throws Error for a schema that is none.
 */
export function schemaProblems(schema: Json, value: Json): Problem[] {
  const { $schema: _dialect, $id: _id, ...own } = asObject(unwrapSchema(schema));
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true, logger: false, code: { regExp: NO_PATTERNS } });
  addFormats.default(ajv);
  const validate = ajv.compile(own);
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, MOST_PROBLEMS).map(({ instancePath, message, params }) => ({
    pointer: instancePath,
    message: `${message ?? "is not valid"}${Array.isArray(params.allowedValues) ? ` (${params.allowedValues.slice(0, 10).join(", ")})` : ""}`,
  }));
}

/** What is wrong with a schema as such, in one sentence; undefined where it is one. */
export function schemaFault(schema: Json): string | undefined {
  try {
    schemaProblems(schema, null);
    return undefined;
  } catch (error) {
    return `is no valid JSON Schema: ${error instanceof Error ? error.message.slice(0, 300) : "it can't be compiled"}`;
  }
}

function asObject(schema: Json): { readonly [key: string]: Json } {
  return isJsonObject(schema) ? schema : {};
}
