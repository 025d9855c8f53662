/** All settings, from flags, the environment and prompt-studio.config.json, in this order of precedence. Only this file and inngest.config.ts read process.env. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { engineFileSchema, enginesFrom } from "./config/engine-choice.ts";
import { engineSettingsFrom } from "./config/engines.ts";
import { type HttpSettings, httpFileSchema, httpFrom } from "./config/http.ts";
import { policiesFrom, STAGE_IDS, type StageId } from "./config/policies.ts";
import { given, type Read, urlSchema } from "./config/read.ts";
import { type StoreSettings, storeFrom } from "./config/store.ts";
import type { EngineChoice } from "./engine/route.ts";
import type { EngineSettings } from "./engine/settings.ts";
import { PermanentError, type Problem } from "./schema/errors.ts";
import { parseJson } from "./schema/parse-json.ts";
import type { CallPolicy } from "./schema/pipeline.ts";
import { closest, echo, problemsOf } from "./schema/problems.ts";
import { identifierSchema, type ProcessRequest } from "./schema/request.ts";

export { interactivePolicies, limitedPolicies, STAGE_IDS, type StageId } from "./config/policies.ts";

export const CONFIG_FILE = "prompt-studio.config.json";
const INSTANCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** A size in bytes: a number, or a text such as "200 MB" (1 KB is 1,024 bytes). */
const bytesSchema = z.union([z.int().min(1), z.string().regex(/^\d{1,12} ?(B|KB|MB|GB)?$/i)]).transform((size) => {
  if (typeof size === "number") return size;
  const unit = size.replace(/[\d ]/g, "").toUpperCase();
  return Number.parseInt(size, 10) * 1024 ** Math.max(0, ["B", "KB", "MB", "GB"].indexOf(unit));
});
const countSchema = z.coerce.number().int().min(1).max(1_000_000_000);

const limitSchemas = {
  documentBytes: bytesSchema,
  requestBytes: bytesSchema,
  promptBytes: bytesSchema,
  textBytes: bytesSchema,
  pages: countSchema,
  outputs: countSchema,
};
const DEFAULT_LIMITS = {
  documentBytes: 200 * 1024 ** 2,
  requestBytes: 16 * 1024 ** 2,
  promptBytes: 64 * 1024,
  textBytes: 50 * 1024 ** 2,
  pages: 5_000,
  outputs: 2_000,
};

/** What a document and a request may have at most. Bytes and counts. */
export type Limits = typeof DEFAULT_LIMITS;

const variableSchema = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, "must be the name of an environment variable such as OPENAI_API_KEY, never the secret itself");

const llmSchema = z.strictObject({
  kind: z.literal("openai"),
  model: z.string().min(1),
  baseUrl: urlSchema.optional(),
  apiKeyEnv: variableSchema.optional(),
  contextTokens: z.int().min(1_000).optional(),
});

const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  ...engineFileSchema.shape,
  http: httpFileSchema.optional(),
  store: z.string().min(1).optional(),
  tenant: identifierSchema.optional(),
  llm: z.string().min(1).optional(),
  concurrency: countSchema.optional(),
  concurrencyPerTenant: countSchema.optional(),
  limits: z.strictObject(limitSchemas).partial().optional(),
  stages: z
    .partialRecord(z.enum(STAGE_IDS), z.strictObject({ attempts: z.int().min(1).max(100), timeoutMinutes: z.number().min(0.01).max(1440) }).partial())
    .optional(),
  delays: z
    .strictObject({ rateLimitedSeconds: z.number().min(0.001), serverSeconds: z.number().min(0.001), longestSeconds: z.number().min(0.001) })
    .partial()
    .optional(),
  adapters: z.strictObject({ llm: z.record(z.string().regex(INSTANCE_NAME, "a name of letters, digits, . _ -"), llmSchema).optional() }).optional(),
});
type FileSettings = z.infer<typeof fileSchema>;
const FILE_KEYS = [...Object.keys(fileSchema.shape), ...Object.keys(limitSchemas), ...Object.keys(llmSchema.shape), ...STAGE_IDS, "attempts", "timeoutMinutes"];

/** A language model by the name of its adapter instance. Without `apiKeyEnv` the service needs no key. */
export type LlmSettings =
  | { kind: "local"; instance: string }
  | { kind: "openai"; instance: string; model: string; baseUrl?: string; apiKeyEnv?: string; contextTokens?: number };

/** Every setting, checked. Plain data without secrets, except `secret`, which reads one environment variable by name (undefined when unset or empty). */
export interface Config extends EngineChoice {
  engines: EngineSettings;
  http: HttpSettings;
  tenant: string;
  store: StoreSettings;
  limits: Limits;
  policies: Record<StageId, CallPolicy>;
  /** Calls at once in this process, and at most so many of one tenant. */
  concurrency: number;
  concurrencyPerTenant: number;
  /** The default language model: the name of an adapter instance. */
  llm: string;
  llms: ReadonlyMap<string, LlmSettings>;
  /** What a server or worker logs; nothing of it holds a document's text or a secret. */
  logLevel: LogLevel;
  /** `color` is false when NO_COLOR is set; `dumb` when the terminal can't move its cursor. */
  terminal: { color: boolean; dumb: boolean };
  secret(name: string): string | undefined;
}

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** What flags may set. `alone`: an engine without others behind it. */
export interface Overrides {
  engine?: string | undefined;
  alone?: boolean | undefined;
  storeLocation?: string | undefined;
  llm?: string | undefined;
  concurrency?: number | undefined;
  host?: string | undefined;
  port?: number | undefined;
}

/** Reads and checks every setting; `pipelines` are those of the process, when they aren't the product's. Throws PermanentError "invalid_configuration" that lists all problems at once. */
export function loadConfig(source: { env?: Environment; cwd?: string; overrides?: Overrides; pipelines?: readonly string[] } = {}): Config {
  const { env = process.env, cwd = process.cwd(), overrides = {}, pipelines } = source;
  const problems: Problem[] = [];
  const file = readFile(cwd, problems);
  const read = <T>(name: string, schema: z.ZodType<T>, hint: string): T | undefined => {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    const parsed = schema.safeParse(text);
    if (!parsed.success) problems.push({ pointer: "", message: `the environment variable ${name} ${hint}` });
    return parsed.data;
  };
  const limits = { ...DEFAULT_LIMITS, ...given(file.limits), ...given(limitsFrom(read)) };
  const llms = llmsFrom(file, read);
  const llm = overrides.llm ?? (env.PROMPT_STUDIO_LLM || undefined) ?? file.llm ?? (env.OPENAI_API_KEY ? "openai" : "local");
  const store = storeFrom(overrides.storeLocation ?? (env.PROMPT_STUDIO_STORE || undefined) ?? file.store ?? ".prompt-studio", cwd, read, problems);
  const choice = enginesFrom({ flag: overrides.engine, alone: overrides.alone, env, file, pipelines }, problems);
  const concurrency = overrides.concurrency ?? read("PROMPT_STUDIO_CONCURRENCY", countSchema, "must be a whole number from 1") ?? file.concurrency ?? 8;
  const perTenant = read("PROMPT_STUDIO_CONCURRENCY_PER_TENANT", countSchema, "must be a whole number from 1") ?? file.concurrencyPerTenant ?? concurrency;
  const tenant = read("PROMPT_STUDIO_TENANT", identifierSchema, "must be 1 to 128 of A-Z a-z 0-9 . _ -") ?? file.tenant ?? "default";
  const logLevel = read("PROMPT_STUDIO_LOG_LEVEL", z.enum(LOG_LEVELS), `must be one of ${LOG_LEVELS.join(", ")}`) ?? "info";
  const engines = engineSettingsFrom(read);
  const http = httpFrom({ flags: overrides, file: file.http, cwd, keys: env.PROMPT_STUDIO_API_KEYS }, read, problems);
  if (problems.length > 0) refuse(problems);
  return {
    ...choice,
    engines,
    http,
    tenant,
    store,
    limits,
    policies: policiesFrom(file),
    concurrency,
    concurrencyPerTenant: Math.min(perTenant, concurrency),
    llm,
    llms,
    logLevel,
    terminal: { color: !env.NO_COLOR && env.TERM !== "dumb", dumb: env.TERM === "dumb" },
    secret: (name) => env[name] || undefined,
  };
}

function refuse(problems: readonly Problem[]): never {
  const list = problems.map(({ pointer, message }) => `${pointer === "" ? "" : `${pointer} `}${message}`).join("; ");
  throw new PermanentError("invalid_configuration", `The configuration is not valid: ${list}.`, { problems });
}

function readFile(cwd: string, problems: Problem[]): FileSettings {
  const path = join(cwd, CONFIG_FILE);
  if (!existsSync(path)) return {};
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new PermanentError("invalid_configuration", `${CONFIG_FILE} cannot be read. Make it a readable file, or remove it.`, { cause });
  }
  const value = parseJson(bytes, CONFIG_FILE, "invalid_configuration");
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { pointer, message } of problemsOf(parsed.error, value, FILE_KEYS)) {
    const secret = /\/(api[-_]?key|key|token|secret|password)$/i.test(pointer)
      ? " (secrets don't belong in a file: name an environment variable in apiKeyEnv)"
      : "";
    problems.push({ pointer, message: `${message}${secret} in ${CONFIG_FILE}` });
  }
  return {};
}

function limitsFrom(read: Read): Partial<Limits> {
  const size = (name: string) => read(`PROMPT_STUDIO_MAX_${name}`, bytesSchema, 'must be a size such as 1000000 or "200 MB"');
  const count = (name: string) => read(`PROMPT_STUDIO_MAX_${name}`, countSchema, "must be a whole number from 1");
  return given({
    documentBytes: size("DOCUMENT_BYTES"),
    requestBytes: size("REQUEST_BYTES"),
    promptBytes: size("PROMPT_BYTES"),
    textBytes: size("TEXT_BYTES"),
    pages: count("PAGES"),
    outputs: count("OUTPUTS"),
  });
}

function llmsFrom(file: FileSettings, read: Read): Map<string, LlmSettings> {
  const baseUrl = read("OPENAI_BASE_URL", urlSchema, "must be an http or https URL without user and password");
  const model = read("OPENAI_MODEL", z.string(), "must be a model's name") ?? "gpt-4.1-mini";
  const llms = new Map<string, LlmSettings>([
    ["local", { kind: "local", instance: "local" }],
    ["openai", { kind: "openai", instance: "openai", model, apiKeyEnv: "OPENAI_API_KEY", ...given({ baseUrl }) }],
  ]);
  for (const [instance, settings] of Object.entries(file.adapters?.llm ?? {})) {
    // A key must not go to a server that it was not made for, so OPENAI_API_KEY is only the default of OpenAI's own address.
    const apiKeyEnv = settings.apiKeyEnv ?? (settings.baseUrl === undefined ? "OPENAI_API_KEY" : undefined);
    llms.set(instance, {
      kind: "openai",
      instance,
      model: settings.model,
      ...given({ baseUrl: settings.baseUrl, apiKeyEnv, contextTokens: settings.contextTokens }),
    });
  }
  return llms;
}

/** The language model of an adapter instance; "openai:MODEL" needs no entry. Throws PermanentError "unknown_adapter" that lists the right names, "invalid_configuration" when its key is missing. */
export function findLlm(config: Pick<Config, "llms" | "secret">, name: string): LlmSettings {
  const builtIn = config.llms.get("openai");
  const model = name.startsWith("openai:") ? name.slice("openai:".length) : "";
  const settings = config.llms.get(name) ?? (model !== "" && builtIn?.kind === "openai" ? { ...builtIn, instance: name, model } : undefined);
  if (!settings) {
    const near = closest(name, [...config.llms.keys()]);
    const known = [...config.llms.keys(), "openai:MODEL"].join(", ");
    throw new PermanentError(
      "unknown_adapter",
      `There is no language model named ${echo(name)}${near ? ` (did you mean ${near}?)` : ""}. Known: ${known}. Add it to adapters.llm in ${CONFIG_FILE}.`,
    );
  }
  if (settings.kind === "openai" && settings.apiKeyEnv !== undefined && config.secret(settings.apiKeyEnv) === undefined) {
    throw new PermanentError(
      "invalid_configuration",
      `The language model ${name} needs a key: set the environment variable ${settings.apiKeyEnv}, or use --llm local.`,
    );
  }
  return settings;
}

/** Throws PermanentError when the request names an adapter instance that the configuration doesn't have, before any work is done. */
export function checkAdapters(request: ProcessRequest, config: Config): void {
  findLlm(config, request.tool_settings?.llm ?? config.llm);
  const only: [string, string | undefined, string][] = [
    ["/tool_settings/embedding", request.tool_settings?.embedding, "local"],
    ["/tool_settings/vector-db", request.tool_settings?.["vector-db"], "local"],
    ["/tool_settings/x2text_adapter", request.tool_settings?.x2text_adapter, "builtin"],
    ["/extraction_settings/x2text_instance_id", request.extraction_settings?.x2text_instance_id, "builtin"],
  ];
  const problems = only.flatMap(([pointer, name, right]) =>
    name === undefined || name === right ? [] : [{ pointer, message: `there is no adapter instance named ${echo(name)}; use ${right}` }],
  );
  const first = problems[0];
  if (first) throw new PermanentError("unknown_adapter", `The request names an unknown adapter instance: ${first.pointer} ${first.message}.`, { problems });
}
