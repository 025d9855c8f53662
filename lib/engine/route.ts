/** Which engine gets a run: a pure decision from the configuration and the run's name, so that every process and every repeat decides alike. */
import { sha256 } from "../schema/json.ts";
import type { EngineName } from "./contract.ts";

/** The choice of engines, as it is configured. */
export interface EngineChoice {
  /** Gets the runs for which nothing else is said. */
  engine: EngineName;
  /** Pipelines that have an engine of their own. */
  engineByPipeline: Readonly<Record<string, EngineName>>;
  /** Engines that get a share of all runs, in percent from 0 to 100, at most 100 together. What is left goes to the run's pipeline's engine. */
  split: readonly EngineShare[];
  /** Tenants all of whose runs go to one engine. */
  engineByTenant: Readonly<Record<string, EngineName>>;
  /** Engines that take a run when its engine doesn't, in this order. */
  fallback: readonly EngineName[];
}

/** A share of the runs. */
export interface EngineShare {
  engine: EngineName;
  percent: number;
}

/** What the choice depends on. `origin` is the run id, of a rerun that of the first run, so that a run's later tries stay on its engine. */
export interface RoutedRun {
  tenant: string;
  origin: string;
  pipeline: string;
}

/** The engines for a run: its own first, then those that take it when that one doesn't. */
export function routeOf(choice: EngineChoice, run: RoutedRun): readonly [EngineName, ...EngineName[]] {
  const own = entry(choice.engineByTenant, run.tenant) ?? shareOf(choice.split, run) ?? entry(choice.engineByPipeline, run.pipeline) ?? choice.engine;
  return [own, ...choice.fallback.filter((name) => name !== own)];
}

/** Engines that runs are sent to, the first of `pipelines` first; and those that only take what others don't. */
export function enginesUsed(
  choice: EngineChoice,
  pipelines: readonly string[],
): { chosen: readonly [EngineName, ...EngineName[]]; spare: readonly EngineName[] } {
  const [first = choice.engine, ...rest] = pipelines.map((pipeline) => entry(choice.engineByPipeline, pipeline) ?? choice.engine);
  const shares = choice.split.filter(({ percent }) => percent > 0).map(({ engine }) => engine);
  const others = new Set([...rest, ...shares, ...Object.values(choice.engineByTenant)]);
  others.delete(first);
  return { chosen: [first, ...others], spare: choice.fallback.filter((name) => name !== first && !others.has(name)) };
}

function shareOf(split: readonly EngineShare[], { tenant, origin }: RoutedRun): EngineName | undefined {
  // The first 32 bits of a hash are as good as a die that falls the same way each time.
  const point = (Number.parseInt(sha256(`${tenant}:${origin}`).slice(0, 8), 16) / 2 ** 32) * 100;
  let below = 0;
  for (const { engine, percent } of split) {
    below += percent;
    if (point < below) return engine;
  }
  return undefined;
}

/** A name that comes from outside must not find what every object has. */
function entry(names: Readonly<Record<string, EngineName>>, name: string): EngineName | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}
