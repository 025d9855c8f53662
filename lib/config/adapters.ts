/** Which outside services there are, by the names that requests use. All four kinds are read, found and checked in one way. */
import { z } from "zod";
import { ADAPTER_SCHEMAS, type AdapterSettings, HONOURED_BY, NAMED_SETTING, SERVICE_KINDS, type ServiceKind } from "../adapters/settings.ts";
import { PermanentError, type Problem } from "../schema/errors.ts";
import { closest, echo, jsonPointer, problemsOf } from "../schema/problems.ts";
import type { ProcessRequest, RequestInput } from "../schema/request.ts";
import { urlSchema } from "../schema/url.ts";
import { given, type Read } from "./read.ts";

/** The instances of each kind of service by name, and which is used where a request names none. */
export interface AdapterConfig {
  defaults: Record<ServiceKind, string>;
  instances: { [Service in ServiceKind]: ReadonlyMap<string, AdapterSettings<Service>> };
}

/** What the adapters are found in: a Config has it. */
interface Source {
  adapters: AdapterConfig;
  secret(name: string): string | undefined;
}

const INSTANCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const SECRET_KEY = /^(?:api[-_]?key|key|token|secret|password)$/i;
const WORDS: Record<ServiceKind, string> = { llm: "language model", embedding: "embedding", "vector-db": "vector database", x2text: "text extractor" };
const FALLBACK: Record<ServiceKind, string> = { llm: "local", embedding: "local", "vector-db": "local", x2text: "builtin" };
const DEFAULT_VARIABLES: Record<ServiceKind, string> = {
  llm: "PROMPT_STUDIO_LLM",
  embedding: "PROMPT_STUDIO_EMBEDDING",
  "vector-db": "PROMPT_STUDIO_VECTOR_DB",
  x2text: "PROMPT_STUDIO_X2TEXT",
};
/** The services' own variables for their keys; used where the instance has the service's own address, because a key must not go to a server that it was not made for. */
const KEY_VARIABLES: Readonly<Record<string, string>> = {
  openai: "OPENAI_API_KEY",
  llmwhisperer: "LLMWHISPERER_API_KEY",
  unstructured: "UNSTRUCTURED_API_KEY",
  llamaparse: "LLAMA_CLOUD_API_KEY",
};

const instancesSchema = z.record(z.string(), z.looseObject({ kind: z.string() })).optional();
/** What the file may say under "adapters"; each instance is checked by the schema of its kind. */
export const adaptersFileSchema = z.strictObject({ llm: instancesSchema, embedding: instancesSchema, "vector-db": instancesSchema, x2text: instancesSchema });

/** What the file says of adapters. */
export interface AdapterFile {
  adapters?: z.infer<typeof adaptersFileSchema> | undefined;
  llm?: string | undefined;
  embedding?: string | undefined;
  "vector-db"?: string | undefined;
  x2text?: string | undefined;
}

/** Reads the instances: those that are built in or that variables describe, then the file's. Wrong ones are reported under their JSON pointers. */
export function adaptersFrom(
  source: { flag: string | undefined; env: Readonly<Record<string, string | undefined>>; file: AdapterFile; fileName: string },
  read: Read,
  problems: Problem[],
): AdapterConfig {
  const { flag, env, file } = source;
  const configured = <Service extends ServiceKind>(service: Service, builtIn: readonly object[]): ReadonlyMap<string, AdapterSettings<Service>> => {
    const instances = new Map<string, AdapterSettings<Service>>();
    for (const settings of builtIn as readonly AdapterSettings<Service>[]) instances.set(settings.instance, settings);
    const listed: Readonly<Record<string, { kind: string }>> = file.adapters?.[service] ?? {};
    for (const [instance, value] of Object.entries(listed)) {
      const settings = readInstance(service, instance, value);
      if ("problems" in settings) problems.push(...settings.problems.map((problem) => ({ ...problem, message: `${problem.message} in ${source.fileName}` })));
      else instances.set(instance, settings.settings);
    }
    return instances;
  };
  const standard = environmentInstances(env, read);
  const own = (service: ServiceKind): string => env[DEFAULT_VARIABLES[service]] || file[service] || FALLBACK[service];
  const keyed = env.PROMPT_STUDIO_LLM || file.llm ? own("llm") : env.OPENAI_API_KEY ? "openai" : "local";
  return {
    defaults: { llm: flag ?? keyed, embedding: own("embedding"), "vector-db": own("vector-db"), x2text: own("x2text") },
    instances: {
      llm: configured("llm", standard.llm),
      embedding: configured("embedding", standard.embedding),
      "vector-db": configured("vector-db", standard["vector-db"]),
      x2text: configured("x2text", standard.x2text),
    },
  };
}

/** The instances that need no file. */
function environmentInstances(env: Readonly<Record<string, string | undefined>>, read: Read): Record<ServiceKind, object[]> {
  const baseUrl = read("OPENAI_BASE_URL", urlSchema, "must be an http or https URL without user and password");
  const model = read("OPENAI_MODEL", z.string(), "must be a model's name") ?? "gpt-4.1-mini";
  const vectors = read("UPSTASH_VECTOR_REST_URL", urlSchema, "must be an http or https URL without user and password");
  const openai = { kind: "openai", instance: "openai", apiKeyEnv: "OPENAI_API_KEY", ...given({ baseUrl }) };
  const keyed = (kind: string) => ({ kind, instance: kind, apiKeyEnv: KEY_VARIABLES[kind] });
  return {
    llm: [
      { kind: "local", instance: "local" },
      { ...openai, model },
    ],
    embedding: [
      { kind: "local", instance: "local" },
      { ...openai, model: "text-embedding-3-small" },
    ],
    "vector-db": [
      { kind: "local", instance: "local" },
      ...(vectors === undefined ? [] : [{ kind: "upstash", instance: "upstash", url: vectors, apiKeyEnv: "UPSTASH_VECTOR_REST_TOKEN" }]),
      ...(env.DATABASE_URL ? [{ kind: "pgvector", instance: "pgvector", urlEnv: "DATABASE_URL" }] : []),
    ],
    x2text: [{ kind: "builtin", instance: "builtin" }, { kind: "no-op", instance: "no-op" }, ...["llmwhisperer", "unstructured", "llamaparse"].map(keyed)],
  };
}

function schemasOf(service: ServiceKind): ReadonlyMap<string, z.ZodType> {
  return new Map<string, z.ZodType>(Object.entries(ADAPTER_SCHEMAS[service]));
}

/** One instance through the schema of its kind. What that kind doesn't take is named: in silence it would look as if it had an effect. */
function readInstance<Service extends ServiceKind>(
  service: Service,
  instance: string,
  { kind, ...value }: { kind: string },
): { settings: AdapterSettings<Service> } | { problems: Problem[] } {
  const at = ["adapters", service, instance];
  if (!INSTANCE_NAME.test(instance)) return { problems: [{ pointer: jsonPointer(at), message: "must be a name of letters, digits, . _ -" }] };
  const schemas = schemasOf(service);
  const schema = schemas.get(kind);
  if (schema === undefined) {
    const near = closest(kind, [...schemas.keys()]);
    const message = `unknown value ${echo(kind)}; use one of ${[...schemas.keys()].join(", ")}${near ? ` (did you mean ${near}?)` : ""}`;
    return { problems: [{ pointer: jsonPointer([...at, "kind"]), message }] };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const takes = keys.length === 0 ? "it takes nothing" : `it takes ${keys.join(", ")}`;
    return {
      problems: problemsOf(parsed.error, value, keys).map(({ pointer, message }) => {
        const key = pointer.slice(1);
        const secret = SECRET_KEY.test(key) ? " (secrets don't belong in a file: name an environment variable in apiKeyEnv)" : "";
        const unknown = message.startsWith("unknown key") ? `has no effect on ${kind}${message.slice("unknown key".length)}; ${takes}` : message;
        return { pointer: `${jsonPointer(at)}${pointer}`, message: `${unknown}${secret}` };
      }),
    };
  }
  // A key must not go to a server that it was not made for, so a service's own variable is only the default of its own address.
  const settings: { apiKeyEnv?: string; baseUrl?: string } = z.looseObject({}).parse(parsed.data);
  const apiKeyEnv = settings.apiKeyEnv ?? (settings.baseUrl === undefined ? KEY_VARIABLES[kind] : undefined);
  return { settings: { ...settings, ...given({ apiKeyEnv }), kind, instance } as AdapterSettings<Service> };
}

/**
 * The settings of an adapter instance; "kind:model" needs no entry. Throws PermanentError "unknown_adapter" that lists the right names,
 * "invalid_configuration" when a variable that it names isn't set.
 */
export function findAdapter<Service extends ServiceKind>({ adapters, secret }: Source, service: Service, name: string): AdapterSettings<Service> {
  const instances: ReadonlyMap<string, AdapterSettings<Service>> = adapters.instances[service];
  const settings = instances.get(name) ?? namedByModel(instances, service, name);
  const what = WORDS[service];
  if (settings === undefined) {
    const known = [...instances.keys(), ...Object.entries(NAMED_SETTING[service]).map(([kind, setting]) => `${kind}:${setting.toUpperCase()}`)];
    const near = closest(name, [...instances.keys()]);
    throw new PermanentError(
      "unknown_adapter",
      `There is no ${what} named ${echo(name)}${near ? ` (did you mean ${near}?)` : ""}. Known: ${known.join(", ")}. Add it to adapters.${service} in prompt-studio.config.json.`,
    );
  }
  for (const variable of variablesOf(settings)) {
    if (secret(variable) !== undefined) continue;
    throw new PermanentError(
      "invalid_configuration",
      `The ${what} ${name} needs a key: set the environment variable ${variable}, or use ${service === "llm" ? "--llm local" : FALLBACK[service]}.`,
    );
  }
  return settings;
}

/** The environment variables with the secrets that an adapter needs. */
export function variablesOf(settings: { kind: string; apiKeyEnv?: string | undefined; urlEnv?: string | undefined }): string[] {
  return [settings.apiKeyEnv, settings.urlEnv].flatMap((name) => (name === undefined ? [] : [name]));
}

/** "openai:gpt-5": the instance "openai" with another model. */
function namedByModel<Service extends ServiceKind>(
  instances: ReadonlyMap<string, AdapterSettings<Service>>,
  service: Service,
  name: string,
): AdapterSettings<Service> | undefined {
  const colon = name.indexOf(":");
  const kind = name.slice(0, Math.max(0, colon));
  const base = instances.get(kind);
  const setting = Object.hasOwn(NAMED_SETTING[service], kind) ? NAMED_SETTING[service][kind] : undefined;
  if (base === undefined || setting === undefined || base.kind !== kind) return undefined;
  const { kind: _kind, instance: _instance, ...settings } = base;
  const changed = { ...settings, [setting]: name.slice(colon + 1) };
  return schemasOf(service).get(kind)?.safeParse(changed).success ? ({ ...changed, kind, instance: name } as AdapterSettings<Service>) : undefined;
}

/** The adapter instances that a request is worked on with. */
export function adaptersOf(
  { adapters: { defaults } }: Pick<Source, "adapters">,
  request: Pick<RequestInput, "tool_settings" | "extraction_settings">,
): Record<ServiceKind, string> {
  const { tool_settings: tool, extraction_settings: extraction } = request;
  return {
    llm: tool?.llm ?? defaults.llm,
    embedding: tool?.embedding ?? defaults.embedding,
    "vector-db": tool?.["vector-db"] ?? defaults["vector-db"],
    x2text: tool?.x2text_adapter ?? extraction?.x2text_instance_id ?? defaults.x2text,
  };
}

/**
 * Throws PermanentError before any work is done when the request names an adapter instance that the configuration doesn't have or that isn't set up,
 * or asks of its text extractor what that one doesn't do. `hasPassword`: the document came with one.
 */
export function checkAdapters(request: ProcessRequest, source: Source, hasPassword = false): void {
  const chosen = adaptersOf(source, request);
  const { tool_settings: tool, extraction_settings: extraction } = request;
  if (tool?.x2text_adapter !== undefined && extraction?.x2text_instance_id !== undefined && tool.x2text_adapter !== extraction.x2text_instance_id) {
    const message = `names another text extractor than /tool_settings/x2text_adapter (${echo(tool.x2text_adapter)}); name one`;
    refuse("invalid_request", [{ pointer: "/extraction_settings/x2text_instance_id", message }]);
  }
  const pointers: Record<ServiceKind, string> = {
    llm: "/tool_settings/llm",
    embedding: "/tool_settings/embedding",
    "vector-db": "/tool_settings/vector-db",
    x2text: tool?.x2text_adapter === undefined ? "/extraction_settings/x2text_instance_id" : "/tool_settings/x2text_adapter",
  };
  const found = SERVICE_KINDS.flatMap((service) => {
    const problem = problemOf(() => findAdapter(source, service, chosen[service]));
    return problem === undefined ? [] : [{ code: problem.code, problem: { pointer: pointers[service], message: problem.message } }];
  });
  const [first] = found;
  if (first) throw new PermanentError(first.code, first.problem.message, { problems: found.map(({ problem }) => problem) });
  refuseUnhonoured(request, findAdapter(source, "x2text", chosen.x2text), hasPassword);
}

function problemOf(work: () => unknown): PermanentError | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
  return undefined;
}

function refuseUnhonoured({ extraction_settings: wanted }: ProcessRequest, { kind, instance }: AdapterSettings<"x2text">, hasPassword: boolean): void {
  const honoured = HONOURED_BY[kind];
  const problems: Problem[] = [];
  for (const key of ["pages", "language"] as const) {
    if (wanted?.[key] === undefined || honoured[key]) continue;
    problems.push({ pointer: `/extraction_settings/${key}`, message: `has no effect on the text extractor ${instance}; leave it out, or use builtin` });
  }
  if (hasPassword && !honoured.password) problems.push({ pointer: "", message: `the text extractor ${instance} takes no password; use builtin` });
  if (problems.length > 0) refuse("not_supported", problems);
}

function refuse(code: "invalid_request" | "not_supported", problems: readonly Problem[]): never {
  const [first] = problems;
  throw new PermanentError(code, `The request can't be worked on as it is: ${first?.pointer === "" ? "" : `${first?.pointer} `}${first?.message}.`, {
    problems,
  });
}
