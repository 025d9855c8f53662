/** What each engine is told, and the names by which they are called. */
import { z } from "zod";
import { ENGINE_NAMES, type EngineName } from "../engine/contract.ts";
import type { EngineSettings, TemporalSettings } from "../engine/settings.ts";
import type { Problem } from "../schema/errors.ts";
import { closest, echo } from "../schema/problems.ts";
import { given, type Read, urlSchema } from "./read.ts";

/** Engines that have a name and a place, and no code yet. */
const TO_COME: readonly EngineName[] = ["hatchet"];
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
    celery: given({ broker: address("CELERY_BROKER_URL"), resultBackend: address("CELERY_RESULT_BACKEND") }),
    temporal: temporalFrom(read),
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
