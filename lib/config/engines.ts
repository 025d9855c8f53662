/** Which engine is used for what, and what each is told. */
import { z } from "zod";
import { ENGINE_NAMES, type EngineName } from "../engine/contract.ts";
import type { EngineSettings } from "../engine/settings.ts";
import type { Problem } from "../schema/errors.ts";
import { closest, echo } from "../schema/problems.ts";
import { urlSchema } from "../schema/url.ts";
import { given, type Read } from "./read.ts";

/** Engines that have a name and a place, and no code yet. */
const TO_COME: readonly EngineName[] = ["hatchet", "temporal"];
/** Engines that can be chosen. */
export const CHOOSABLE_ENGINES = ENGINE_NAMES.filter((name) => !TO_COME.includes(name));
/** Pipelines that can have an engine of their own. */
export const PIPELINE_NAMES = ["prompt-studio"] as const;
export type PipelineName = (typeof PIPELINE_NAMES)[number];

/** The engine of runs by default, of each pipeline, and those that take a run when its engine doesn't. */
export interface EngineChoice {
  engine: EngineName;
  engineByPipeline: Record<PipelineName, EngineName>;
  fallback: readonly EngineName[];
}

type Variables = Readonly<Record<string, string | undefined>>;

const PREFIX = "TASK_QUEUE_BACKEND_";

/** Reads the choice: a flag wins over the pipeline's own variable, that over TASK_QUEUE_BACKEND, that over the file. */
export function enginesFrom(
  source: { flag: string | undefined; env: Variables; file: { engine?: string | undefined; fallback?: readonly string[] | undefined } },
  problems: Problem[],
): EngineChoice {
  const { flag, env, file } = source;
  const engine = parseEngine(flag ?? (env.TASK_QUEUE_BACKEND || undefined) ?? file.engine ?? "embedded", "--engine, TASK_QUEUE_BACKEND", problems);
  const own = (pipeline: PipelineName): EngineName => {
    const name = variableOf(pipeline);
    const text = flag === undefined ? env[name] || undefined : undefined;
    return text === undefined ? engine : parseEngine(text, name, problems);
  };
  const known = PIPELINE_NAMES.map(variableOf);
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || known.includes(name) || !env[name]) continue;
    problems.push({ pointer: "", message: `the environment variable ${name} names a pipeline that doesn't exist; there is ${known.join(", ")}` });
  }
  const listed = env.TASK_QUEUE_FALLBACK ? env.TASK_QUEUE_FALLBACK.split(",").map((name) => name.trim()) : (file.fallback ?? []);
  const fallback = listed.map((name) => parseEngine(name, "TASK_QUEUE_FALLBACK, fallback", problems));
  return {
    engine,
    engineByPipeline: Object.fromEntries(PIPELINE_NAMES.map((pipeline) => [pipeline, own(pipeline)])) as Record<PipelineName, EngineName>,
    fallback: [...new Set(fallback)],
  };
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
    celery: given({ broker: address("CELERY_BROKER_URL"), resultBackend: address("CELERY_RESULT_BACKEND") }),
  };
}

function withoutSecrets(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
