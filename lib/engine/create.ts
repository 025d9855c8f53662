/** From an engine's name to the engine. Its module, and with it its SDK, is loaded only when it is chosen. */
import type { Logger } from "pino";
import { messageOf, PermanentError } from "../schema/errors.ts";
import type { Json } from "../schema/json.ts";
import type { PipelineShape } from "../schema/pipeline.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { ENGINE_CATALOG } from "./catalog.ts";
import type { Clock } from "./clock.ts";
import type { Dispatch, Doors, Engine, EngineName } from "./contract.ts";
import { type Delivery, deliverOwed } from "./deliver.ts";
import type { EngineSettings, ReadSecret } from "./settings.ts";

/** What every engine may use. */
export interface EngineParts {
  doors: Doors;
  /** The pipelines of this process, for engines that show stages as their own tasks. The shape that a run has comes from the doors. */
  shapes: readonly PipelineShape[];
  store: ObjectStore;
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and at most so many of one tenant. */
  concurrency: number;
  perTenant: number;
  /** How long the host lets one request take, milliseconds. */
  hostLimitMs: number;
  settings: EngineSettings;
  secret: ReadSecret;
  /** Whose requests that come through the engine itself are. */
  tenant: string;
  /** Accepts a request that came through the engine itself, durably, without giving it to an engine; PermanentError for what its sender can mend. */
  accept(tenant: string, request: Readonly<Record<string, unknown>>): Promise<Dispatch>;
  /** What a completed run gives to whoever asked through the engine. */
  finalOutput(tenant: string, runId: string): Promise<Json>;
  /** Receivers of ends besides the engine's own. */
  receivers: readonly Delivery[];
}

/** An engine and its own receivers of ends. */
export interface MadeEngine {
  engine: Engine;
  receivers?: readonly Delivery[];
}

/** Makes one engine. */
export type MakeEngine = (parts: EngineParts) => Promise<MadeEngine>;
export type Makers = Readonly<Partial<Record<EngineName, MakeEngine>>>;

const MAKERS: Makers = {
  embedded: makeEmbedded,
  celery: makeCelery,
  hatchet: async (parts) => ({ engine: (await import("./hatchet/engine.ts")).makeHatchetEngine(parts) }),
  temporal: async (parts) => (await import("./temporal/make.ts")).makeTemporal(parts),
};

async function makeEmbedded(parts: EngineParts): Promise<MadeEngine> {
  const { createEmbeddedEngine } = await import("./embedded.ts");
  return { engine: createEmbeddedEngine({ ...parts, ended: (dispatch) => void deliverOwed(parts, dispatch, parts.receivers) }) };
}

async function makeCelery(parts: EngineParts): Promise<MadeEngine> {
  const { secret, log, clock, finalOutput } = parts;
  const { createCeleryDelivery, createCeleryEngine } = await import("./celery/engine.ts");
  const brokerUrl = secret("CELERY_BROKER_URL") ?? "";
  const resultBackend = secret("CELERY_RESULT_BACKEND");
  const delivery = createCeleryDelivery({ finalOutput, log, clock, resultBackend: resultBackend ?? brokerUrl });
  const receivers = [delivery.deliver];
  const engine = createCeleryEngine({
    ...parts,
    brokerUrl,
    ...(resultBackend === undefined ? {} : { resultBackend }),
    acceptRequest: (kwargs) => parts.accept(parts.tenant, kwargs),
    ended: (dispatch) => deliverOwed(parts, dispatch, [...receivers, ...parts.receivers]),
  });
  const close = () => engine.close().finally(() => delivery.close());
  return { engine: { ...engine, close }, receivers };
}

/**
 * The engine of that name. Throws PermanentError "invalid_configuration" for one that has no maker, whose settings are missing
 * (all of them are listed), or whose package isn't installed (saying which to add). `makers` are the caller's own, by name.
 */
export async function openEngine(name: EngineName, parts: EngineParts, makers: Makers = {}): Promise<MadeEngine> {
  const known: Makers = { ...MAKERS, ...makers };
  const make = known[name];
  if (make === undefined) {
    throw new PermanentError(
      "invalid_configuration",
      `The engine ${name} can't be made here; use one of ${Object.keys(known).join(", ")} (TASK_QUEUE_BACKEND).`,
    );
  }
  const missing = ENGINE_CATALOG[name].missing(parts.settings, parts.secret);
  if (missing.length > 0) {
    throw new PermanentError("invalid_configuration", `The engine ${name} needs what isn't set: ${missing.join(", ")}. See docs/settings.md#engines.`);
  }
  try {
    return await make(parts);
  } catch (error) {
    const absent = missingPackage(error);
    if (absent === undefined) throw error;
    const message = `The engine ${name} needs the package ${absent}, which isn't installed. Add it: npm install ${absent}`;
    throw new PermanentError("invalid_configuration", message, { cause: error });
  }
}

/** The package that an import didn't find; a file of ours that is missing is none. */
function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_MODULE_NOT_FOUND") return undefined;
  return /Cannot find package '((?:@[^'/]+\/)?[^'/]+)/.exec(error.message)?.[1];
}

/** What all engines of a process share. What goes through one of them is done in its name. */
export interface CommonParts extends Omit<EngineParts, "doors" | "accept"> {
  doors(engine: EngineName): Doors;
  accept(tenant: string, request: Readonly<Record<string, unknown>>, engine: EngineName): Promise<Dispatch>;
}

/**
 * The engines of these names, and all receivers of ends together; each engine tells the others' receivers too. One of `chosen` that can't be made
 * is an error as in openEngine. One of `spare` is left out and logged: it is no reason to refuse what the others can do.
 */
export async function openEngines(
  { chosen, spare }: { chosen: readonly [EngineName, ...EngineName[]]; spare: readonly EngineName[] },
  parts: CommonParts,
  makers: Makers = {},
): Promise<{ engines: readonly [Engine, ...Engine[]]; receivers: readonly Delivery[] }> {
  const own = new Map<EngineName, readonly Delivery[]>();
  // Asked when a run ends, by when every engine is made.
  const others =
    (name: EngineName): Delivery =>
    async (end) => {
      const receivers = [...own].flatMap(([other, list]) => (other === name ? [] : list));
      await Promise.all(receivers.map((receive) => receive(end)));
    };
  const open = async (name: EngineName): Promise<Engine> => {
    const accept: EngineParts["accept"] = (tenant, request) => parts.accept(tenant, request, name);
    const made = await openEngine(name, { ...parts, doors: parts.doors(name), accept, receivers: [others(name), ...parts.receivers] }, makers);
    own.set(name, made.receivers ?? []);
    return made.engine;
  };
  const [first, ...rest] = chosen;
  const engines: [Engine, ...Engine[]] = [await open(first)];
  try {
    for (const name of rest) engines.push(await open(name));
  } catch (error) {
    await Promise.allSettled(engines.map((engine) => engine.close()));
    throw error;
  }
  for (const name of spare) {
    const engine = await open(name).catch((error: unknown) =>
      parts.log.error({ engine: name, reason: messageOf(error) }, "an engine of the fallback can't be used"),
    );
    if (engine) engines.push(engine);
  }
  return { engines, receivers: [...[...own.values()].flat(), ...parts.receivers] };
}
