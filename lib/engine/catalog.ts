/** What is known of each engine without starting it: what it can do, where its calls run, and what it needs. */
import type { Capabilities, EngineName } from "./contract.ts";
import type { EngineSettings, ReadSecret } from "./settings.ts";

export interface EngineEntry {
  capabilities: Capabilities;
  /** Where the calls of a run are made. */
  runs: string;
  /** What it needs and doesn't have; empty when it could be used now. */
  missing(settings: EngineSettings, secret: ReadSecret): readonly string[];
  /** Where it is asked, without secrets; undefined when there is nothing to ask. */
  address(settings: EngineSettings): string | undefined;
}

const INNGEST_DEV_SERVER = "http://127.0.0.1:8288";
const INNGEST_CLOUD = "https://inn.gs";

/** Hatchet's token under its own name, or the paper's. */
export function hatchetToken(secret: ReadSecret): string | undefined {
  return secret("HATCHET_CLIENT_TOKEN") ?? secret("HATCHET_TOKEN");
}

/** Every engine that has a name. */
export const ENGINE_CATALOG: Readonly<Record<EngineName, EngineEntry>> = {
  embedded: {
    capabilities: { fairness: "process", priority: true, bulk: 1_000, severalMachines: false, server: "none", ownCancel: false },
    runs: "in serve or worker, on one machine",
    missing: () => [],
    address: () => undefined,
  },
  inngest: {
    capabilities: { fairness: "cap", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true },
    runs: "in serve or a serverless function, which Inngest calls",
    missing({ inngest }, secret) {
      if (inngest.dev !== false) return [];
      return ["INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY"].filter((name) => secret(name) === undefined);
    },
    address: ({ inngest }) => (typeof inngest.dev === "string" ? inngest.dev : (inngest.baseUrl ?? (inngest.dev ? INNGEST_DEV_SERVER : INNGEST_CLOUD))),
  },
  hatchet: {
    capabilities: { fairness: "engine", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true },
    runs: "in worker, on any machine that reaches Hatchet",
    missing: (_, secret) => (hatchetToken(secret) === undefined ? ["HATCHET_CLIENT_TOKEN"] : []),
    address: ({ hatchet }) => (hatchet.hostPort === undefined ? undefined : `${hatchet.tls === "none" ? "http" : "https"}://${hatchet.hostPort}`),
  },
  temporal: {
    capabilities: { fairness: "engine", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true },
    runs: "in worker, on any machine that reaches the server",
    missing: ({ temporal }) => (temporal.address === undefined ? ["TEMPORAL_ADDRESS"] : []),
    address: ({ temporal }) => (temporal.address === undefined ? undefined : `grpc://${temporal.address}`),
  },
  celery: {
    capabilities: { fairness: "lists", priority: true, bulk: 1_000, severalMachines: true, server: "durable", ownCancel: true },
    runs: "in worker, on any machine that reaches the broker",
    missing: (_, secret) => (secret("CELERY_BROKER_URL") === undefined ? ["CELERY_BROKER_URL"] : []),
    address: ({ celery }) => celery.broker,
  },
};
