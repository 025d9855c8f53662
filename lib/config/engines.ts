/** What each engine is told, and the names by which they are called. */
import { z } from "zod";
import { ENGINE_NAMES, type EngineName } from "../engine/contract.ts";
import type { EngineSettings, HatchetSettings, TemporalSettings } from "../engine/settings.ts";
import type { Problem } from "../schema/errors.ts";
import { closest, echo } from "../schema/problems.ts";
import { urlSchema } from "../schema/url.ts";
import { given, type Read } from "./read.ts";

/** An engine by its name, in any case; the paper writes inngest as "ingest". Another name is reported with the right ones, and gives embedded. */
export function parseEngine(text: string, where: string, problems: Problem[]): EngineName {
  const lower = text.trim().toLowerCase();
  const name = ENGINE_NAMES.find((known) => known === (lower === "ingest" ? "inngest" : lower));
  if (name !== undefined) return name;
  const near = closest(lower, ENGINE_NAMES);
  problems.push({
    pointer: "",
    message: `the engine ${echo(text)} is unknown${near ? ` (did you mean ${near}?)` : ""}; use ${ENGINE_NAMES.join(", ")} (${where})`,
  });
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
