/** The SDK's client, loaded when it is first needed, and what its errors mean to whoever runs this. */
import type * as Sdk from "@hatchet-dev/typescript-sdk/v1/index.js";
import { messageOf, PermanentError, RetryableError } from "../../schema/errors.ts";

export type HatchetSdk = typeof Sdk;
export type HatchetClient = Sdk.HatchetClient;

/** Two quick repeats bridge a short interruption; whoever submits must hear of a longer one while another engine can still take the run. */
const RETRIES = { maxAttempts: 3, initialInterval: 0.2 };

/** Where Hatchet is and who we are there. What is left out is in the token. */
export interface HatchetAccess {
  /** HATCHET_CLIENT_TOKEN, a JWT. */
  token: string;
  /** HOST:PORT of gRPC. */
  hostPort?: string;
  /** Of the REST API, for cancelling and inspecting. */
  apiUrl?: string;
  tls?: { strategy?: "tls" | "mtls" | "none"; caFile?: string; certFile?: string; keyFile?: string; serverName?: string };
  /** Before the names of all workflows and workers. */
  namespace?: string;
}

/** Loads the SDK. It is a dependency, but an installation may leave it out. */
export async function loadSdk(): Promise<HatchetSdk> {
  // The package has no exports map, so its file is named.
  return import("@hatchet-dev/typescript-sdk/v1/index.js");
}

/** A client of its own, with connections of its own. Nothing is connected yet. Throws PermanentError "invalid_configuration" for a token that is none. */
export function openClient(sdk: HatchetSdk, access: HatchetAccess, log: TellLog): HatchetClient {
  const { token, hostPort, apiUrl, namespace = "", tls = {} } = access;
  try {
    return sdk.HatchetClient.init({
      token,
      ...(hostPort === undefined ? {} : { host_port: hostPort }),
      ...(apiUrl === undefined ? {} : { api_url: apiUrl }),
      namespace,
      tls_config: {
        tls_strategy: tls.strategy ?? "tls",
        ...(tls.caFile === undefined ? {} : { ca_file: tls.caFile }),
        ...(tls.certFile === undefined ? {} : { cert_file: tls.certFile }),
        ...(tls.keyFile === undefined ? {} : { key_file: tls.keyFile }),
        ...(tls.serverName === undefined ? {} : { server_name: tls.serverName }),
      },
      healthcheck: { enabled: false, port: 0 },
      retrier: RETRIES,
      log_level: "WARN",
      logger: (context) => sdkLogger(log, context),
    });
  } catch (cause) {
    const message = `Hatchet can't be used with these settings: ${messageOf(cause)}. Check HATCHET_CLIENT_TOKEN (a token as the dashboard or "hatchet-admin token create" gives it) and the other HATCHET_CLIENT_* settings.`;
    throw new PermanentError("invalid_configuration", message, { cause });
  }
}

/** Takes what the SDK says. */
export type TellLog = (message: string, reason?: string) => void;

/** The SDK says a lot, most of it more than once; only its warnings and errors are passed on. */
function sdkLogger(log: TellLog, context: string) {
  const quiet = () => undefined;
  const told = (message: string, error?: Error) => log(`Hatchet ${context}: ${message}`, error && messageOf(error));
  return { debug: quiet, info: quiet, green: quiet, util: quiet, warn: told, error: told };
}

/** Whether Hatchet has a workflow of that name, of our namespace. */
export async function isKnown(client: HatchetClient, name: string): Promise<boolean> {
  const whole = `${client.config.namespace ?? ""}${name}`.toLowerCase();
  // The list is of names that contain this one.
  const { rows } = await client.workflows.list({ name: whole, limit: 100 });
  return rows?.some((row) => row.name === whole) ?? false;
}

/** Tells Hatchet of the workflows, as a worker does before it starts; this one never does. */
export async function register(client: HatchetClient, workflows: NonNullable<Sdk.CreateWorkerOpts["workflows"]>): Promise<void> {
  const signals = ["SIGTERM", "SIGINT"] as const;
  const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  await client.worker("prompt-studio-registration", { workflows, slots: 1, handleKill: false });
  // The SDK's worker would hear the process's signals from now on.
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
  }
}

/** What a failed request to Hatchet means, and what to do. */
export function explain(error: unknown, { hostPort }: Pick<HatchetAccess, "hostPort">): Error {
  if (error instanceof PermanentError) return error;
  const said = messageOf(error);
  const where = hostPort === undefined ? "the address in its token" : hostPort;
  if (/UNAUTHENTICATED|PERMISSION_DENIED|\b40[13]\b/.test(said)) {
    return new PermanentError("invalid_configuration", `Hatchet at ${where} doesn't accept the token. Make a new one there and set HATCHET_CLIENT_TOKEN.`, {
      cause: error,
    });
  }
  const advice = "Is it running, is HATCHET_CLIENT_HOST_PORT its address, and does HATCHET_CLIENT_TLS_STRATEGY (tls, mtls or none) say what it speaks?";
  return new RetryableError("adapter_unreachable", `Hatchet at ${where} can't be reached: ${said.slice(0, 300)}. ${advice}`, { cause: error });
}
