/** Whether a request can be run at all: its form, its limits, what contradicts itself, and what this version does not honour. */
import { PermanentError, type Problem } from "./errors.ts";
import { echo, jsonPointer, problemsOf } from "./problems.ts";
import {
  evaluationSettingsSchema,
  extractionSettingsSchema,
  type Output,
  outputSchema,
  type ProcessRequest,
  processRequestSchema,
  tableSettingsSchema,
  toolSettingsSchema,
} from "./request.ts";
import { readStructure, type StructureNode } from "./structure.ts";
import { schemaFault } from "./validity.ts";

/** What a request may hold at most. `promptBytes` is UTF-8 bytes of one prompt. */
export interface RequestLimits {
  promptBytes: number;
  outputs: number;
}

const KEYS = [processRequestSchema, toolSettingsSchema, extractionSettingsSchema, outputSchema, evaluationSettingsSchema, tableSettingsSchema].flatMap(
  (schema) => Object.keys(schema.shape),
);
const MOST_PROBLEMS = 50;
/** As keys of a plain object these would reach JavaScript's own machinery. */
const DANGEROUS_NAMES = new Set(["__proto__", "constructor", "prototype"]);

function refuse(problems: readonly Problem[], code: "invalid_request" | "not_supported" = "invalid_request"): never {
  const shown = problems.slice(0, MOST_PROBLEMS);
  const first = shown[0];
  const more = problems.length - 1;
  const summary = code === "invalid_request" ? "The request is not valid" : "The request asks for something that this version does not do yet";
  const detail = first ? `: ${first.pointer === "" ? "" : `${first.pointer} `}${first.message}` : "";
  throw new PermanentError(code, `${summary}${detail}${more > 0 ? ` (and ${more} more)` : ""}`, { problems: shown });
}

/** A request that may be run, with "not given" for every null. Throws PermanentError "invalid_request" that lists every problem with its JSON pointer. */
export function validateRequest(value: unknown, limits: RequestLimits): ProcessRequest {
  tooManyOutputs(value, limits);
  const parsed = processRequestSchema.safeParse(value);
  if (!parsed.success) refuse(problemsOf(parsed.error, value, KEYS));
  const request = parsed.data;
  const problems = [
    ...nameProblems(request.outputs),
    ...structureProblems(request.outputs, limits),
    ...request.outputs.flatMap((output, index) => outputProblems(output, index, limits)),
    ...pageProblems(request),
  ];
  if (problems.length > 0) refuse(problems);
  return request;
}

/** Said alone and first: checking thousands of outputs one by one would only bury it. */
function tooManyOutputs(value: unknown, limits: RequestLimits): void {
  const outputs = value !== null && typeof value === "object" && "outputs" in value ? value.outputs : undefined;
  if (!Array.isArray(outputs) || outputs.length <= limits.outputs) return;
  refuse([
    {
      pointer: "/outputs",
      message: `has ${outputs.length} outputs, more than the limit of ${limits.outputs} (limits.outputs, PROMPT_STUDIO_MAX_OUTPUTS); split the request or raise the limit`,
    },
  ]);
}

function nameProblems(outputs: readonly Output[]): Problem[] {
  const first = new Map<string, number>();
  return outputs.flatMap(({ name }, index) => {
    const pointer = jsonPointer(["outputs", index, "name"]);
    if (DANGEROUS_NAMES.has(name)) return [{ pointer, message: `${echo(name)} cannot be the name of an output; choose another` }];
    if (name.trim() === "") return [{ pointer, message: "a name is needed, not only blanks" }];
    const earlier = first.get(name);
    if (earlier !== undefined) return [{ pointer, message: `the name ${echo(name)} is already that of /outputs/${earlier}; names must differ` }];
    first.set(name, index);
    return [];
  });
}

function outputProblems(output: Output, index: number, limits: RequestLimits): Problem[] {
  const problems: Problem[] = [];
  const add = (key: string, message: string) => problems.push({ pointer: jsonPointer(["outputs", index, key]), message });
  for (const key of ["prompt", "promptx"] as const) {
    const bytes = Buffer.byteLength(output[key] ?? "", "utf8");
    if (bytes > limits.promptBytes) {
      add(key, `is ${bytes} bytes long, more than the limit of ${limits.promptBytes} (limits.promptBytes, PROMPT_STUDIO_MAX_PROMPT_BYTES)`);
    }
  }
  if (output.prompt.trim() === "") add("prompt", "a prompt is needed, not only blanks");
  const size = output["chunk-size"];
  const overlap = output["chunk-overlap"];
  if (size !== undefined && size > 0 && overlap !== undefined && overlap >= size)
    add("chunk-overlap", `must be less than chunk-size (${size}), not ${overlap}`);
  return problems;
}

/** What schemas and columns ask for must be something that questions can be made from, and not too many. */
function structureProblems(outputs: readonly Output[], limits: RequestLimits): Problem[] {
  const read = outputs.map(structureProblemsOf);
  const questions = read.reduce((sum, each) => sum + each.questions, 0);
  const problems = read.flatMap((each) => each.problems);
  if (problems.length > 0 || questions <= limits.outputs) return problems;
  const message = `ask for ${questions} values with the leaves of their schemas, more than the limit of ${limits.outputs} (limits.outputs, PROMPT_STUDIO_MAX_OUTPUTS); split the request or raise the limit`;
  return [{ pointer: "/outputs", message }];
}

function structureProblemsOf({ schema, columns, type }: Output, index: number): { problems: Problem[]; questions: number } {
  const at = (key: string, rest = "") => `${jsonPointer(["outputs", index, key])}${rest}`;
  const rows = type === "table" || type === "line-item";
  const problems: Problem[] = [];
  if (schema !== undefined && type !== undefined && type !== "json") {
    problems.push({ pointer: at("type"), message: `must be json beside a schema, not ${type}; leave it out, or describe rows with columns` });
  }
  if (columns !== undefined && !rows) problems.push({ pointer: at("columns"), message: "belong to an output of type table or line-item" });
  if (columns !== undefined) {
    const names = columns.map((column) => (typeof column === "string" ? column : column.name));
    const bad = names.findIndex((name, position) => names.indexOf(name) < position || DANGEROUS_NAMES.has(name));
    if (bad >= 0) problems.push({ pointer: at("columns", `/${bad}`), message: `${echo(names[bad])} can't be the name of a column here; names must differ` });
  }
  if (schema === undefined) return { problems, questions: 1 };
  const read = readStructure(schema);
  if ("problem" in read) return { problems: [...problems, { pointer: at("schema", read.problem.pointer), message: read.problem.message }], questions: 0 };
  const fault = schemaFault(schema);
  if (fault !== undefined) problems.push({ pointer: at("schema"), message: fault });
  return { problems, questions: questionsIn(read.node) };
}

function questionsIn(node: StructureNode): number {
  return node.is === "object" ? node.properties.reduce((sum, property) => sum + questionsIn(property.node), 0) : 1;
}

/** Ranges such as 1-3,7: from 1, and never backwards. */
function pageProblems(request: ProcessRequest): Problem[] {
  const pages = request.extraction_settings?.pages;
  if (pages === undefined) return [];
  const wrong = pages.split(",").find((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return from < 1 || to < from || to > 1_000_000;
  });
  return wrong === undefined
    ? []
    : [{ pointer: "/extraction_settings/pages", message: `${echo(wrong)} is not a range of pages; pages count from 1, as in 1-3,7` }];
}

/**
 * Throws PermanentError "not_supported" that names each value asking for something this version does not do. A setting that would be
 * ignored in silence gives a wrong result that looks right; false, null and labels ask for nothing and pass.
 */
export function refuseUnsupported(request: ProcessRequest): void {
  const problems = [...toolProblems(request), ...request.outputs.flatMap(unsupportedOutput)];
  if (problems.length > 0) refuse(problems, "not_supported");
}

function toolProblems(request: ProcessRequest): Problem[] {
  const tool = request.tool_settings;
  if (!tool) return [];
  const problems: Problem[] = [];
  const add = (key: string, message: string) => problems.push({ pointer: jsonPointer(["tool_settings", key]), message });
  if (tool.enable_challenge) {
    add("enable_challenge", "a second model that challenges values is not built yet; set it to false");
    if (tool.challenge_llm) add("challenge_llm", "a challenging model is not built yet; leave it out");
  }
  if (tool.single_pass_extraction_mode) add("single_pass_extraction_mode", "one request for all outputs is not built yet; set it to false");
  if (tool.summarize_as_source) add("summarize_as_source", "a summary as the source is not built yet; set it to false");
  if (Object.keys(tool.grammar ?? {}).length > 0) add("grammar", "synonyms are not built yet; leave it empty");
  return problems;
}

function unsupportedOutput(output: Output, index: number): Problem[] {
  const problems: Problem[] = [];
  const add = (path: readonly string[], message: string) => problems.push({ pointer: jsonPointer(["outputs", index, ...path]), message });
  const evaluation = output.eval_settings;
  if ((evaluation?.monitor_llm ?? "").length > 0) add(["eval_settings", "monitor_llm"], "a monitoring model is not built yet; leave it out");
  if (evaluation?.exclude_failed) add(["eval_settings", "exclude_failed"], "leaving out values that fail their checks is not built yet; set it to false");
  const table = output.table_settings;
  if (table?.is_directory_mode) add(["table_settings", "is_directory_mode"], "reading a directory of tables is not built yet; set it to false");
  if (table?.input_file) add(["table_settings", "input_file"], "reading a table from another file is not built yet; leave it empty");
  if (table?.document_type) add(["table_settings", "document_type"], "reading tables by the kind of document is not built yet; leave it empty");
  return problems;
}
