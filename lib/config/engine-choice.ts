/** Which engine gets which runs. */
import { z } from "zod";
import type { EngineName } from "../engine/contract.ts";
import type { EngineChoice, EngineShare } from "../engine/route.ts";
import type { Problem } from "../schema/errors.ts";
import { echo } from "../schema/problems.ts";
import { identifierSchema } from "../schema/request.ts";
import { parseEngine } from "./engines.ts";

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
