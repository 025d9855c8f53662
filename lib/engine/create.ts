/** From an engine's name to the engine. Its module, and with it its SDK, is loaded only when it is chosen. */
import type { Logger } from "pino";
import { PermanentError } from "../schema/errors.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Clock } from "./clock.ts";
import type { Doors, Engine, EngineName } from "./contract.ts";
import type { EngineSettings, ReadSecret } from "./settings.ts";

/** What every engine may use. */
export interface EngineParts {
  doors: Doors;
  store: ObjectStore;
  clock: Clock;
  log: Logger;
  /** Calls at once in this process, and at most so many of one tenant. */
  concurrency: number;
  perTenant: number;
  settings: EngineSettings;
  secret: ReadSecret;
}

/** Makes one engine. */
export type MakeEngine = (parts: EngineParts) => Promise<Engine>;

const ENGINES: Readonly<Partial<Record<EngineName, MakeEngine>>> = {
  embedded: async (parts) => (await import("./embedded.ts")).createEmbeddedEngine(parts),
};

/**
 * The engine of that name. Throws PermanentError "invalid_configuration" for one that isn't part of this version, whose settings are missing
 * (all of them are listed), or whose package isn't installed (saying which to add). `makers` are engines of the caller's own, by name.
 */
export async function createEngine(name: EngineName, parts: EngineParts, makers: Readonly<Partial<Record<EngineName, MakeEngine>>> = {}): Promise<Engine> {
  const make = makers[name] ?? ENGINES[name];
  if (make === undefined) {
    const known = Object.keys({ ...ENGINES, ...makers }).join(", ");
    throw new PermanentError("invalid_configuration", `The engine ${name} is not part of this version yet; use one of ${known} (TASK_QUEUE_BACKEND).`);
  }
  try {
    return await make(parts);
  } catch (error) {
    const missing = missingPackage(error);
    if (missing === undefined) throw error;
    throw new PermanentError(
      "invalid_configuration",
      `The engine ${name} needs the package ${missing}, which isn't installed. Add it: npm install ${missing}`,
      { cause: error },
    );
  }
}

/** The package that an import didn't find; a file of ours that is missing is none. */
function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_MODULE_NOT_FOUND") return undefined;
  return /Cannot find package '([^'/][^']*)'/.exec(error.message)?.[1];
}
