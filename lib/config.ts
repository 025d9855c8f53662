/** All settings, from flags, the environment and prompt-studio.config.json, in this order of precedence. Only this file and inngest.config.ts read process.env. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SERVICE_KINDS } from "./adapters/settings.ts";
import { type AdapterConfig, adaptersFileSchema, adaptersFrom } from "./config/adapters.ts";
import { engineFileSchema, enginesFrom } from "./config/engine-choice.ts";
import { engineSettingsFrom } from "./config/engines.ts";
import { type HttpSettings, httpFileSchema, httpFrom } from "./config/http.ts";
import { policiesFrom, STAGE_IDS, type StageId } from "./config/policies.ts";
import { given, type Read } from "./config/read.ts";
import { type StoreSettings, storeFrom } from "./config/store.ts";
import type { EngineChoice } from "./engine/route.ts";
import type { EngineSettings } from "./engine/settings.ts";
import { PermanentError, type Problem } from "./schema/errors.ts";
import { parseJson } from "./schema/parse-json.ts";
import type { CallPolicy } from "./schema/pipeline.ts";
import { problemsOf } from "./schema/problems.ts";
import { identifierSchema } from "./schema/request.ts";

export { adaptersOf, checkAdapters, findAdapter, variablesOf } from "./config/adapters.ts";
export { interactivePolicies, limitedPolicies, STAGE_IDS, type StageId } from "./config/policies.ts";

export const CONFIG_FILE = "prompt-studio.config.json";

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

const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  ...engineFileSchema.shape,
  http: httpFileSchema.optional(),
  store: z.string().min(1).optional(),
  tenant: identifierSchema.optional(),
  llm: z.string().min(1).optional(),
  embedding: z.string().min(1).optional(),
  "vector-db": z.string().min(1).optional(),
  x2text: z.string().min(1).optional(),
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
  adapters: adaptersFileSchema.optional(),
});
type FileSettings = z.infer<typeof fileSchema>;
const FILE_KEYS = [...Object.keys(fileSchema.shape), ...Object.keys(limitSchemas), ...SERVICE_KINDS, ...STAGE_IDS, "attempts", "timeoutMinutes"];

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
  adapters: AdapterConfig;
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
  const adapters = adaptersFrom({ flag: overrides.llm, env, file, fileName: CONFIG_FILE }, read, problems);
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
    concurrencyPerTenant: perTenant,
    adapters,
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
