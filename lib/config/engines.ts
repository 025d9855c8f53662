/** Which engine is used for what, and what each is told. */
import { z } from "zod";
import { ENGINE_NAMES, type EngineName } from "../engine/contract.ts";
import type { EngineChoice, EngineShare } from "../engine/route.ts";
import type { EngineSettings, HatchetSettings, TemporalSettings } from "../engine/settings.ts";
import type { Problem } from "../schema/errors.ts";
import { closest, echo } from "../schema/problems.ts";
import { identifierSchema } from "../schema/request.ts";
import { given, type Read, urlSchema } from "./read.ts";

/** Engines that have a name and a place, and no code yet. */
const TO_COME: readonly EngineName[] = [];
/** Engines that can be chosen. */
export const CHOOSABLE_ENGINES = ENGINE_NAMES.filter((name) => !TO_COME.includes(name));
/** The pipeline of the product; others have names of their own. */
export const PIPELINE_NAMES = ["prompt-studio"] as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** What the configuration file may say of the choice. */
export const engineFileSchema = z.object({
  engine: z.string().optional(),
  fallback: z.array(z.string()).max(5).optional(),
  split: z.record(z.string(), z.number()).optional(),
  tenantEngines: z.record(identifierSchema, z.string()).optional(),
});

interface Sources {
  flag: string | undefined;
  /** Whether nothing takes what the engine doesn't. */
  alone?: boolean | undefined;
  env: Variables;
  file: z.infer<typeof engineFileSchema>;
  /** The names of all pipelines of the process. */
  pipelines?: readonly string[] | undefined;
}

const PREFIX = "TASK_QUEUE_BACKEND_";

/** Reads the choice. A flag names the engine of all runs. Else tenants come first, then the split, then the pipeline's own variable, then TASK_QUEUE_BACKEND, then the file. */
export function enginesFrom({ flag, alone, env, file, pipelines = PIPELINE_NAMES }: Sources, problems: Problem[]): EngineChoice {
  const engine = parseEngine(flag ?? (env.TASK_QUEUE_BACKEND || undefined) ?? file.engine ?? "embedded", "--engine, TASK_QUEUE_BACKEND", problems);
  const known = new Map([...new Set([...PIPELINE_NAMES, ...pipelines])].map((pipeline) => [variableOf(pipeline), pipeline]));
  const engineByPipeline: Record<string, EngineName> = {};
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || !text) continue;
    const pipeline = known.get(variable);
    if (pipeline !== undefined) engineByPipeline[pipeline] = parseEngine(text, variable, problems);
    else
      problems.push({
        pointer: "",
        message: `the environment variable ${variable} names a pipeline that doesn't exist; there is ${[...known.keys()].join(", ")}`,
      });
  }
  const listed = env.TASK_QUEUE_FALLBACK ? env.TASK_QUEUE_FALLBACK.split(",").map((name) => name.trim()) : (file.fallback ?? []);
  const named = listed.map((name) => parseEngine(name, "TASK_QUEUE_FALLBACK, fallback", problems));
  const fallback = alone ? [] : [...new Set(named)];
  const split = splitFrom(env.TASK_QUEUE_SPLIT, file.split, problems);
  const engineByTenant = tenantsFrom(env.TASK_QUEUE_TENANTS, file.tenantEngines, problems);
  return flag === undefined
    ? { engine, engineByPipeline, split, engineByTenant, fallback }
    : { engine, engineByPipeline: {}, split: [], engineByTenant: {}, fallback };
}

/** "inngest:20,celery:30": the shares of engines in percent, at most 100 together. */
function splitFrom(text: string | undefined, file: Readonly<Record<string, number>> | undefined, problems: Problem[]): EngineShare[] {
  const where = "TASK_QUEUE_SPLIT, split";
  const pairs = text
    ? pairsOf(text, where, "inngest:20,celery:30", problems)
    : Object.entries(file ?? {}).map(([name, percent]) => [name, String(percent)] as const);
  const shares: EngineShare[] = [];
  for (const [name, percentText] of pairs) {
    const engine = parseEngine(name, where, problems);
    const percent = /^\d{1,3}(\.\d{1,6})?$/.test(percentText) ? Number(percentText) : Number.NaN;
    if (!(percent >= 0 && percent <= 100))
      problems.push({ pointer: "", message: `the share of ${engine} must be a percentage from 0 to 100, not ${echo(percentText)} (${where})` });
    else if (shares.some((share) => share.engine === engine)) problems.push({ pointer: "", message: `the engine ${engine} has two shares (${where})` });
    else shares.push({ engine, percent });
  }
  const sum = shares.reduce((total, { percent }) => total + percent, 0);
  if (sum > 100 + 1e-9) problems.push({ pointer: "", message: `the shares are ${sum} percent together, which is more than 100 (${where})` });
  return shares;
}

/** "acme:celery,globex:inngest": the engines of tenants. */
function tenantsFrom(text: string | undefined, file: Readonly<Record<string, string>> | undefined, problems: Problem[]): Record<string, EngineName> {
  const where = "TASK_QUEUE_TENANTS, tenantEngines";
  const pairs = text ? pairsOf(text, where, "acme:celery,globex:inngest", problems) : Object.entries(file ?? {});
  const engines = new Map<string, EngineName>();
  for (const [tenant, name] of pairs) {
    if (!identifierSchema.safeParse(tenant).success)
      problems.push({ pointer: "", message: `the tenant ${echo(tenant)} is none; use A-Z a-z 0-9 . _ - (${where})` });
    else if (engines.has(tenant)) problems.push({ pointer: "", message: `the tenant ${echo(tenant)} has two engines (${where})` });
    else engines.set(tenant, parseEngine(name, where, problems));
  }
  return Object.fromEntries(engines);
}

function pairsOf(text: string, where: string, example: string, problems: Problem[]): (readonly [string, string])[] {
  return text.split(",").flatMap((part) => {
    const [left = "", right, ...more] = part.split(":").map((word) => word.trim());
    if (left !== "" && right && more.length === 0) return [[left, right] as const];
    problems.push({ pointer: "", message: `${echo(part.trim())} is not of the form ${example} (${where})` });
    return [];
  });
}

function variableOf(pipeline: string): string {
  return `${PREFIX}${pipeline.toUpperCase().replaceAll("-", "_")}`;
}

/** The paper writes inngest as "ingest", and names in any case. */
function parseEngine(text: string, where: string, problems: Problem[]): EngineName {
  const lower = text.trim().toLowerCase();
  const name = ENGINE_NAMES.find((known) => known === (lower === "ingest" ? "inngest" : lower));
  if (name !== undefined && !TO_COME.includes(name)) return name;
  const near = closest(lower, CHOOSABLE_ENGINES);
  const what = name === undefined ? `${echo(text)} is unknown${near ? ` (did you mean ${near}?)` : ""}` : `${name} is not part of this version yet`;
  problems.push({ pointer: "", message: `the engine ${what}; use ${CHOOSABLE_ENGINES.join(", ")} (${where})` });
  return "embedded";
}

const addressSchema = z.string().refine((text) => URL.canParse(text), "an address");

const TEMPORAL_ADDRESS = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const TEMPORAL_NAME = /^[\w.-]{1,255}$/;

/** Reads what Temporal is told, by the names that its own tools read. */
function temporalFrom(read: Read): TemporalSettings {
  const text = (name: string) => read(name, z.string(), "must be text");
  const named = (name: string) => read(name, z.string().regex(TEMPORAL_NAME), "must be 1 to 255 of A-Z a-z 0-9 . _ -");
  return {
    address: read("TEMPORAL_ADDRESS", z.string().regex(TEMPORAL_ADDRESS), "must be host:port, such as localhost:7233, without http://"),
    namespace: named("TEMPORAL_NAMESPACE") ?? "default",
    taskQueue: named("TEMPORAL_TASK_QUEUE") ?? "prompt-studio",
    ...given({
      tls: read("TEMPORAL_TLS", z.stringbool(), "must be 1 or 0"),
      clientCertPath: text("TEMPORAL_TLS_CLIENT_CERT_PATH"),
      clientKeyPath: text("TEMPORAL_TLS_CLIENT_KEY_PATH"),
      serverCaPath: text("TEMPORAL_TLS_SERVER_CA_CERT_PATH"),
    }),
  };
}

/** Reads what the engines are told. What only a chosen engine needs is checked when that engine is made. */
export function engineSettingsFrom(read: Read): EngineSettings {
  const url = (name: string) => read(name, urlSchema, "must be an http or https URL without user and password");
  const dev = read("INNGEST_DEV", z.union([z.stringbool(), urlSchema]), "must be 1, 0 or the URL of a development server");
  const address = (name: string) => withoutSecrets(read(name, addressSchema, "must be an address such as redis://localhost:6379/0"));
  return {
    inngest: {
      dev: dev ?? false,
      ...given({ baseUrl: url("INNGEST_BASE_URL") }),
    },
    hatchet: hatchetFrom(read, url),
    celery: given({ broker: address("CELERY_BROKER_URL"), resultBackend: address("CELERY_RESULT_BACKEND") }),
    temporal: temporalFrom(read),
  };
}

/** Hatchet's own variables, and the paper's name for its address. What isn't set is in the token. */
function hatchetFrom(read: Read, url: (name: string) => string | undefined): HatchetSettings {
  const text = (name: string) => read(name, z.string().min(1), "must not be empty");
  const hostPort = read("HATCHET_CLIENT_HOST_PORT", hostPortSchema, "must be a host and a port, such as localhost:7077");
  const apiUrl = url("HATCHET_CLIENT_API_URL") ?? url("HATCHET_SERVER_URL");
  const tls = read("HATCHET_CLIENT_TLS_STRATEGY", z.enum(["tls", "mtls", "none"]), "must be tls, mtls or none");
  const namespace = read("HATCHET_CLIENT_NAMESPACE", namespaceSchema, "must have letters, digits, hyphens and underscores only");
  const inToken = addressesOf(text("HATCHET_CLIENT_TOKEN") ?? text("HATCHET_TOKEN"));
  return {
    ...inToken,
    ...given({ hostPort, apiUrl, tls, namespace }),
    ...given({
      caFile: text("HATCHET_CLIENT_TLS_ROOT_CA_FILE"),
      certFile: text("HATCHET_CLIENT_TLS_CERT_FILE"),
      keyFile: text("HATCHET_CLIENT_TLS_KEY_FILE"),
      serverName: text("HATCHET_CLIENT_TLS_SERVER_NAME"),
    }),
  };
}

const hostPortSchema = z.string().regex(/^[^\s/:@]+:\d{1,5}$/);
const namespaceSchema = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/);
const tokenAddressesSchema = z.object({ grpc_broadcast_address: hostPortSchema.optional(), server_url: urlSchema.optional() });

/** Where the server that made a token says it is; nothing for what is no token of Hatchet's, which the engine refuses when it is made. */
function addressesOf(token: string | undefined): HatchetSettings {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token?.split(".")[1] ?? "", "base64url").toString());
    const { grpc_broadcast_address: hostPort, server_url: apiUrl } = tokenAddressesSchema.parse(claims);
    return given({ hostPort, apiUrl });
  } catch {
    return {};
  }
}

function withoutSecrets(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
