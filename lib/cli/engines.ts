/** `prompt-studio engines`: what each engine can do, whether it is set up and answers, and where its calls run. */
import { PIPELINE_NAMES } from "../config/engine-choice.ts";
import type { Config } from "../config.ts";
import { ENGINE_CATALOG } from "../engine/catalog.ts";
import { ENGINE_NAMES, type EngineName } from "../engine/contract.ts";
import { isReachable } from "../engine/reach.ts";
import { enginesUsed } from "../engine/route.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./surroundings.ts";
import { table } from "./text.ts";

interface EngineRow {
  engine: EngineName;
  /** What it is used for: its place in the configuration. */
  use: string;
  fairness?: string;
  priority?: boolean;
  bulk?: number;
  severalMachines?: boolean;
  missing: readonly string[];
  address?: string;
  reachable?: boolean;
  runs: string;
}

/** Prints the table; 1 when an engine that is chosen lacks something or doesn't answer. */
export async function printEngines(context: Context): Promise<number> {
  const config = await context.surroundings.loadConfig({ storeLocation: context.options.store });
  const rows = await Promise.all(ENGINE_NAMES.map((name) => rowOf(name, config)));
  const ok = rows.every(({ use, missing, reachable }) => use === "" || (missing.length === 0 && reachable !== false));
  if (context.options.json) context.printJson({ ok, engines: rows });
  else {
    const header = ["engine", "used", "fairness", "priority", "at once", "machines", "set up", "calls run"].map((title) => ({ title }));
    context.print(...table(header, rows.map(cellsOf), 1000));
  }
  return ok ? EXIT.done : EXIT.failed;
}

async function rowOf(engine: EngineName, config: Config): Promise<EngineRow> {
  const { capabilities, runs, missing, address } = ENGINE_CATALOG[engine];
  const lacks = missing(config.engines, config.secret);
  const where = address(config.engines);
  const asked = lacks.length === 0 && where !== undefined ? { address: where, reachable: await isReachable(where) } : {};
  return { engine, use: useOf(engine, config), ...capabilities, missing: lacks, ...asked, runs };
}

/** Its part of the runs, in words: of all, of a pipeline, a share, tenants; or its place in the fallback. */
function useOf(engine: EngineName, config: Config): string {
  const { engine: all, engineByPipeline, split, engineByTenant, fallback } = config;
  const isUsed = enginesUsed(config, PIPELINE_NAMES).chosen.includes(engine);
  const place = fallback.indexOf(engine);
  const uses = [
    ...(engine === all && isUsed ? ["default"] : []),
    ...Object.entries(engineByPipeline).flatMap(([pipeline, name]) => (name === engine ? [pipeline] : [])),
    ...split.flatMap((share) => (share.engine === engine ? [`${share.percent} %`] : [])),
    ...Object.entries(engineByTenant).flatMap(([tenant, name]) => (name === engine ? [`tenant ${tenant}`] : [])),
    ...(place >= 0 ? [`fallback ${place + 1}`] : []),
  ];
  return uses.join(", ");
}

function cellsOf({ engine, use, fairness, priority, bulk, severalMachines, missing, address, reachable, runs }: EngineRow): string[] {
  const state = missing.length > 0 ? `lacks ${missing.join(", ")}` : reachable === undefined ? "yes" : `${address} ${reachable ? "answers" : "doesn't answer"}`;
  return [engine, use || "-", fairness ?? "", priority ? "yes" : "no", String(bulk), severalMachines ? "several" : "one", state, runs];
}
