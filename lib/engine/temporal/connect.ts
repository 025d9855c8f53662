/** Connections to a Temporal server, and what its refusals mean. The SDK is an optional package, loaded when its engine is made. */
import { readFileSync } from "node:fs";
import type { Client, Connection } from "@temporalio/client";
import { messageOf, PermanentError, RetryableError } from "../../schema/errors.ts";
import type { TemporalSettings } from "../settings.ts";

type Sdk = typeof import("@temporalio/client");

const CONNECT_TIMEOUT_MS = 4_000;
/** A server that is there may be slow. */
const ANSWER_TIMEOUT_MS = 15_000;
/** A server that isn't there is tried so often, which takes three seconds; the SDK's ten times take too long for whoever could give the run to another engine. */
const ATTEMPTS = 6;
/** Without it a server that was away for long is looked for only every two minutes. */
const LONGEST_RECONNECT_MS = 2_000;

/** gRPC's numbers of states, by name. */
const GRPC = { notFound: 5, permissionDenied: 7, unauthenticated: 16 } as const;

export interface TemporalAccess extends TemporalSettings {
  address: string;
  /** TEMPORAL_API_KEY. */
  apiKey?: string | undefined;
}

/** A connection that has proven that the server answers and has the namespace. */
export interface Connected {
  client: Client;
  connection: Connection;
  /** Does something with a deadline; what the server refuses is said in our words. */
  ask<T>(work: () => Promise<T>): Promise<T>;
}

/** What both of the SDK's connections are told. Throws PermanentError "invalid_configuration" for a file that can't be read. */
export function connectionOptions(access: TemporalAccess) {
  const { address, apiKey, clientCertPath, clientKeyPath, serverCaPath } = access;
  const pair =
    clientCertPath && clientKeyPath
      ? { clientCertPair: { crt: readPem(clientCertPath, "CLIENT_CERT_PATH"), key: readPem(clientKeyPath, "CLIENT_KEY_PATH") } }
      : {};
  const authority = serverCaPath ? { serverRootCACertificate: readPem(serverCaPath, "SERVER_CA_CERT_PATH") } : {};
  return { address, tls: usesTls(access) ? { ...pair, ...authority } : false, ...(apiKey ? { apiKey } : {}) };
}

/** TEMPORAL_TLS says so; without it, a key or a certificate means that the connection is encrypted. */
function usesTls({ tls, apiKey, clientCertPath, serverCaPath }: TemporalAccess): boolean {
  return tls ?? (apiKey !== undefined || clientCertPath !== undefined || serverCaPath !== undefined);
}

function readPem(path: string, setting: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PermanentError("invalid_configuration", `TEMPORAL_TLS_${setting} names a file that can't be read: ${path}.`, { cause });
  }
}

/** Connects; rejects with RetryableError "adapter_unreachable" or PermanentError "invalid_configuration", which say what to look at. */
export async function connectClient(sdk: Sdk, access: TemporalAccess): Promise<Connected> {
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explain(error, access);
    }
  };
  const options = {
    ...connectionOptions(access),
    connectTimeout: CONNECT_TIMEOUT_MS,
    interceptors: [sdk.makeGrpcRetryInterceptor(sdk.defaultGrpcRetryOptions({ maxAttempts: ATTEMPTS }))],
    channelArgs: { "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": LONGEST_RECONNECT_MS },
  };
  const connection = await explained(() => sdk.Connection.connect(options));
  const ask: Connected["ask"] = (work) => explained(() => connection.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, work));
  try {
    await ask(() => connection.workflowService.describeNamespace({ namespace: access.namespace }));
  } catch (error) {
    await connection.close();
    throw error;
  }
  return { connection, ask, client: new sdk.Client({ connection, namespace: access.namespace }) };
}

/** What a failure of the SDK means for whoever set this up. Errors that are none of the server's stay as they are. */
export function explain(error: unknown, access: TemporalAccess): unknown {
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  if (error instanceof Error && /^Workflow(NotFound|ExecutionAlreadyStarted)Error$/.test(error.name)) return error;
  const { address, namespace } = access;
  const code = grpcCode(error);
  const isWithoutNamespace = error instanceof Error && error.name === "NamespaceNotFoundError";
  if (isWithoutNamespace || (code === GRPC.notFound && /namespace/i.test(reasonOf(error)))) {
    const message = `The Temporal server at ${address} has no namespace "${namespace}". Create it ("temporal operator namespace create -n ${namespace}"), or set TEMPORAL_NAMESPACE.`;
    return new PermanentError("invalid_configuration", message, { cause: error });
  }
  if (code === GRPC.unauthenticated || code === GRPC.permissionDenied) {
    const message = `The Temporal server at ${address} refuses access to the namespace "${namespace}": ${reasonOf(error)} Look at TEMPORAL_API_KEY, or at the client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH).`;
    return new PermanentError("invalid_configuration", message, { cause: error });
  }
  if (code === GRPC.notFound) return error;
  const tls = usesTls(access) ? "It was asked with TLS (TEMPORAL_TLS=0 turns that off)." : "It was asked without TLS (TEMPORAL_TLS=1 turns that on).";
  const message = `The Temporal server at ${address} can't be reached: ${reasonOf(error)} Is it running, and is TEMPORAL_ADDRESS right? ${tls}`;
  return new RetryableError("adapter_unreachable", message, { cause: error });
}

/** Whether the server answered that it doesn't have what was asked for. */
export function isNotFound(error: unknown): boolean {
  return grpcCode(error) === GRPC.notFound || (error instanceof Error && error.name === "WorkflowNotFoundError");
}

function grpcCode(error: unknown): number | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if ("code" in each && typeof each.code === "number") return each.code;
  }
  return undefined;
}

/** The innermost reason, as a sentence. What the SDK says of its own deadlines is of no use to anybody. */
function reasonOf(error: unknown): string {
  let last = error;
  while (last instanceof Error && last.cause instanceof Error) last = last.cause;
  const text = last instanceof Error && "details" in last && typeof last.details === "string" && last.details !== "" ? last.details : messageOf(last);
  if (/deadline/i.test(text)) return "It gave no answer within seconds.";
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
