/** From settings to the engine "temporal". */
import { PermanentError } from "../../schema/errors.ts";
import type { EngineParts, MadeEngine } from "../create.ts";
import { createTemporalEngine } from "./engine.ts";

/** The engine of the settings; the SDK's client is loaded here, so that a missing package is noticed, and nothing is connected yet. */
export async function makeTemporal({ settings, secret, doors, clock, log, concurrency, perTenant }: EngineParts): Promise<MadeEngine> {
  const { address, clientCertPath, clientKeyPath } = settings.temporal;
  if ((clientCertPath === undefined) !== (clientKeyPath === undefined)) {
    const message = "TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH belong together: set both, or neither.";
    throw new PermanentError("invalid_configuration", message);
  }
  const sdk = await import("@temporalio/client");
  const access = { ...settings.temporal, address: address ?? "localhost:7233", apiKey: secret("TEMPORAL_API_KEY") };
  return { engine: createTemporalEngine({ sdk, access, doors, clock, log, concurrency, perTenant }) };
}
