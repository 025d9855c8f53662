/** What each engine is told, and the names by which they are called. */
import { z } from "zod";
import { ENGINE_NAMES, type EngineName } from "../engine/contract.ts";
import type { EngineSettings } from "../engine/settings.ts";
import type { Problem } from "../schema/errors.ts";
import { closest, echo } from "../schema/problems.ts";
import { given, type Read, urlSchema } from "./read.ts";

/** Engines that have a name and a place, and no code yet. */
const TO_COME: readonly EngineName[] = ["hatchet", "temporal"];
/** Engines that can be chosen. */
export const CHOOSABLE_ENGINES = ENGINE_NAMES.filter((name) => !TO_COME.includes(name));

/** An engine by its name, in any case; the paper writes inngest as "ingest". Another name is reported with the right ones, and gives embedded. */
export function parseEngine(text: string, where: string, problems: Problem[]): EngineName {
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
