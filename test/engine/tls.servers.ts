/** Engines whose servers are reached through TLS, with an authority of one's own and, where the engine has that, a certificate of the client. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openLink } from "../../lib/engine/hatchet/link.ts";
import { createEngine, definePipeline, defineStage, paperPolicy } from "../../lib/own-pipelines.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { startHatchet } from "../servers/hatchet.ts";
import { startRedis } from "../servers/redis.ts";
import { startTemporal } from "../servers/temporal.ts";
import { type Certificates, makeCertificates, startTlsFront } from "../support/tls.ts";

const stage = defineStage<undefined, string>({
  id: "read",
  kind: "task",
  after: [],
  policy: paperPolicy(1, 1),
  output: z.string(),
  run: async () => "text",
});
const pipeline = definePipeline<undefined>({ name: "short", version: 1, stages: [stage] });
const portOf = (address: string) => Number(address.slice(address.lastIndexOf(":") + 1));

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates?.remove());

/** Opens an engine by its variables alone, works on one run, and gives how that ended. */
async function runThrough(env: Record<string, string>): Promise<string> {
  // Servers remember the runs they were given and don't start one again, so with an id that was used before a new store's run waits a minute for the sweeper.
  const runId = randomUUID();
  const engine = await createEngine({ store: createMemoryStore(), pipelines: [pipeline], resources: undefined, source: { env } });
  try {
    const worker = await engine.work();
    await engine.submit(pipeline, { request: {}, runId });
    const { status } = await engine.ended(runId);
    await worker.stop(1_000);
    return status;
  } finally {
    await engine.close();
  }
}

/** A server, TLS in front of it, and the variables that name both to the engine, given the front's port. */
interface Subject {
  name: string;
  start(): Promise<{ port: number; env: Record<string, string>; stop(): Promise<unknown> }>;
  env(port: number, certificates: Certificates): Record<string, string>;
  mutual?(certificates: Certificates): Record<string, string>;
}

const subjects: readonly Subject[] = [
  {
    name: "celery",
    async start() {
      const redis = await startRedis();
      return { port: portOf(redis.url.replace(/\/\d*$/, "")), env: {}, stop: redis.stop };
    },
    env: (port, { authority }) => ({ CELERY_BROKER_URL: `rediss://127.0.0.1:${port}/0?ssl_ca_certs=${encodeURIComponent(authority)}` }),
  },
  {
    name: "temporal",
    async start() {
      const temporal = await startTemporal();
      return { port: portOf(temporal.address), env: {}, stop: temporal.stop };
    },
    env: (port, { authority }) => ({ TEMPORAL_ADDRESS: `localhost:${port}`, TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority }),
    mutual: ({ client }) => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: client.certificate, TEMPORAL_TLS_CLIENT_KEY_PATH: client.key }),
  },
  {
    name: "hatchet",
    async start() {
      const { token, hostPort, apiUrl, stop } = await startHatchet();
      return { port: portOf(hostPort), env: { HATCHET_CLIENT_TOKEN: token, HATCHET_CLIENT_API_URL: apiUrl }, stop };
    },
    env: (port, { authority }) => ({
      HATCHET_CLIENT_HOST_PORT: `localhost:${port}`,
      HATCHET_CLIENT_TLS_STRATEGY: "tls",
      HATCHET_CLIENT_TLS_ROOT_CA_FILE: authority,
    }),
    mutual: ({ client }) => ({
      HATCHET_CLIENT_TLS_STRATEGY: "mtls",
      HATCHET_CLIENT_TLS_CERT_FILE: client.certificate,
      HATCHET_CLIENT_TLS_KEY_FILE: client.key,
    }),
  },
];

describe.each(subjects)("the engine $name", ({ name, start, env, mutual }) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  const through = async (isMutual: boolean) => {
    const front = await startTlsFront(certificates, server.port, { mutual: isMutual });
    const common = { TASK_QUEUE_BACKEND: name, ...server.env, ...env(front.port, certificates) };
    try {
      expect(await runThrough({ ...common, ...(isMutual ? mutual?.(certificates) : {}) })).toBe("completed");
      expect(front.connections.length).toBeGreaterThan(0);

      if (isMutual) await expect(runThrough(common)).rejects.toMatchObject({ code: "adapter_unreachable" });
    } finally {
      await front.stop();
    }
  };
  it("works on runs through TLS, trusting an authority of one's own", () => through(false));
  it("shows its own certificate to a server that asks for one, and is turned away without", async ({ skip }) => {
    skip(mutual === undefined, "it has no setting for a client's certificate");
    await through(true);
  });
});

it("Hatchet's worker hears at once that a server wants a certificate", async () => {
  // Nothing gets as far as the port behind.
  const front = await startTlsFront(certificates, 1, { mutual: true });
  try {
    await expect(openLink(`localhost:${front.port}`, { caFile: certificates.authority })).rejects.toThrow("certificate required");
  } finally {
    await front.stop();
  }
});

it("Temporal's API key goes with every request, and what is said when it is refused names its setting", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const open = new Set<Socket>();
  const server = createServer();
  server.on("stream", (stream, headers) => {
    seen.push(headers);
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "16", "grpc-message": "no such key" }, { endStream: true });
  });
  server.on("connection", (socket: Socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { TASK_QUEUE_BACKEND: "temporal", TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: "the-key", TEMPORAL_TLS: "0" };
  await expect(runThrough(env)).rejects.toMatchObject({ code: "invalid_configuration", message: expect.stringContaining("TEMPORAL_API_KEY") });
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every(({ authorization }) => authorization === "Bearer the-key")).toBe(true);
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
