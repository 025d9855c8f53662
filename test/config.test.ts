import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CONFIG_FILE, checkAdapters, type Environment, findAdapter, interactivePolicies, limitedPolicies, loadConfig, type Overrides } from "../lib/config.ts";
import { ENGINE_NAMES } from "../lib/engine/contract.ts";
import type { ProcessRequest } from "../lib/schema/request.ts";
import { refusal } from "./support/refusal.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "prompt-studio-config-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const load = (env: Environment = {}, overrides: Overrides = {}) => loadConfig({ env, cwd, overrides });
const file = (value: unknown) => writeFile(join(cwd, CONFIG_FILE), typeof value === "string" ? value : JSON.stringify(value));

test("defaults need nothing", () => {
  const config = load();
  expect(config).toMatchObject({
    engine: "embedded",
    tenant: "default",
    store: { kind: "fs", path: join(cwd, ".prompt-studio") },
    limits: { documentBytes: 209_715_200, promptBytes: 65_536, textBytes: 52_428_800, pages: 5000, outputs: 2000 },
    adapters: { defaults: { llm: "local", embedding: "local", "vector-db": "local", x2text: "builtin" } },
  });
  expect(Object.entries(config.policies).map(([id, { maxAttempts, timeoutMs }]) => [id, maxAttempts, timeoutMs / 60_000])).toEqual([
    ["extract-text", 4, 10],
    ["chunk-embed", 3, 15],
    ["generate-digraph", 3, 5],
    ["agentic-extract", 2, 30],
    ["evaluate", 3, 5],
    ["collate", 3, 5],
  ]);
  expect(config.policies.evaluate.delay).toMatchObject({ form: "paper", rateLimitedBaseMs: 60_000, serverStepMs: 30_000 });
  expect(interactivePolicies(config.policies).evaluate).toMatchObject({ maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 2000, maxMs: 60_000 } });
});

test("a flag wins over the environment, that over the file", async () => {
  await file({ store: "from-file", tenant: "file", limits: { pages: 10, outputs: 20, textBytes: "1 MB" }, llm: "local" });
  const config = load({ PROMPT_STUDIO_STORE: "from-env", PROMPT_STUDIO_MAX_PAGES: "11", PROMPT_STUDIO_TENANT: "" }, { storeLocation: "from-flag" });
  expect(config.store).toEqual({ kind: "fs", path: join(cwd, "from-flag") });
  expect(config.limits).toMatchObject({ pages: 11, outputs: 20, textBytes: 1_048_576 });
  expect(config.tenant).toBe("file");
});

test("policies, delays and concurrency can be set", async () => {
  await file({
    stages: { evaluate: { attempts: 9, timeoutMinutes: 0.5 } },
    delays: { rateLimitedSeconds: 1, longestSeconds: 5 },
    concurrency: 4,
    concurrencyPerTenant: 40,
  });
  const config = load();
  expect(config.policies.evaluate).toEqual({
    maxAttempts: 9,
    timeoutMs: 30_000,
    delay: { form: "paper", rateLimitedBaseMs: 1000, serverStepMs: 30_000, maxMs: 5000 },
  });
  expect([config.concurrency, config.concurrencyPerTenant]).toEqual([4, 40]);
});

test("a bucket is a store, with its endpoint and region", () => {
  expect(load({ PROMPT_STUDIO_STORE: "s3://my-bucket/some/prefix/", S3_ENDPOINT: "http://127.0.0.1:9000", AWS_REGION: "eu-central-1" }).store).toEqual({
    kind: "s3",
    bucket: "my-bucket",
    prefix: "some/prefix",
    endpoint: "http://127.0.0.1:9000",
    region: "eu-central-1",
  });
  expect(load({ PROMPT_STUDIO_STORE: "s3://bucket" }).store).toEqual({ kind: "s3", bucket: "bucket", prefix: "" });
});

describe("what is wrong is said, all of it at once", () => {
  test("in file and environment together", async () => {
    await file({ limits: { pages: 0 }, stor: "x", stages: { evaluat: {} } });
    const error = refusal(() =>
      load({ PROMPT_STUDIO_MAX_OUTPUTS: "-1", OPENAI_BASE_URL: "not a url", PROMPT_STUDIO_STORE: "ftp://x/y", TASK_QUEUE_BACKEND: "celeri" }),
    );
    expect(error.code).toBe("invalid_configuration");
    expect(error.problems.map(({ pointer, message }) => `${pointer} ${message}`).sort()).toEqual([
      ` the engine "celeri" is unknown (did you mean celery?); use ${ENGINE_NAMES.join(", ")} (--engine, TASK_QUEUE_BACKEND)`,
      " the environment variable OPENAI_BASE_URL must be an http or https URL without user and password",
      " the environment variable PROMPT_STUDIO_MAX_OUTPUTS must be a whole number from 1",
      expect.stringMatching(/^ the store location "ftp:\/\/x\/y" must be a folder or s3/),
      "/limits/pages must be at least 1, not 0 in prompt-studio.config.json",
      expect.stringMatching(/^\/stages/),
      "/stor unknown key; did you mean store? in prompt-studio.config.json",
    ]);
  });

  test("broken JSON, with its place", async () => {
    await file('{ "llm": local }');
    expect(refusal(() => load()).message).toBe('prompt-studio.config.json is not valid JSON: line 1, column 10: there is "l" where a value is needed.');
  });

  test("a folder in its place", async () => {
    await mkdir(join(cwd, CONFIG_FILE));
    expect(refusal(() => load()).message).toContain("cannot be read");
  });

  test.each<[object, string]>([
    [{ apiKey: "sk-very-secret" }, "/adapters/llm/mine/apiKey"],
    [{ apiKeyEnv: "sk-very-secret" }, "/adapters/llm/mine/apiKeyEnv"],
    [{ baseUrl: "https://user:sk-very-secret@example.com" }, "/adapters/llm/mine/baseUrl"],
    [{ kind: "sk-very-secret" }, "/adapters/llm/mine/kind"],
  ])("a secret in the file is refused and, where secrets are likely, not repeated: %j", async (extra, pointer) => {
    await file({ adapters: { llm: { mine: { kind: "openai", model: "m", ...extra } } } });
    const error = refusal(() => load());
    expect(error.problems.map((problem) => problem.pointer)).toEqual([pointer]);
    if (!("kind" in extra)) expect(error.message + JSON.stringify(error.problems)).not.toContain("very-secret");
  });
});

describe("engines", () => {
  test("are chosen by name, in any case, and inngest by the paper's name too", () => {
    expect([load({ TASK_QUEUE_BACKEND: "ingest" }).engine, load({ TASK_QUEUE_BACKEND: "Celery" }).engine]).toEqual(["inngest", "celery"]);
  });

  test("a pipeline's own variable wins over the common one, and a flag over both", () => {
    const env = { TASK_QUEUE_BACKEND: "celery", TASK_QUEUE_BACKEND_PROMPT_STUDIO: "inngest" };
    expect(load(env)).toMatchObject({ engine: "celery", engineByPipeline: { "prompt-studio": "inngest" } });
    expect(load(env, { engine: "embedded" })).toMatchObject({ engine: "embedded", engineByPipeline: {} });
  });

  test("a pipeline that doesn't exist, and a wrong name in the fallback, are said", () => {
    const error = refusal(() => load({ TASK_QUEUE_BACKEND_EXTRACT: "celery", TASK_QUEUE_FALLBACK: "celery, nothing" }));
    expect(error.problems.map(({ message }) => message)).toEqual([
      "the environment variable TASK_QUEUE_BACKEND_EXTRACT names a pipeline that doesn't exist; there is TASK_QUEUE_BACKEND_PROMPT_STUDIO",
      `the engine "nothing" is unknown; use ${ENGINE_NAMES.join(", ")} (TASK_QUEUE_FALLBACK, fallback)`,
    ]);
  });

  test("the fallback is a list without repeats, of the environment or the file", async () => {
    await file({ fallback: ["embedded"] });
    expect(load().fallback).toEqual(["embedded"]);
    expect(load({ TASK_QUEUE_FALLBACK: "celery, embedded,celery" }).fallback).toEqual(["celery", "embedded"]);
  });

  test("a split is percentages of engines, and tenants have engines, from the environment or the file", async () => {
    await file({ split: { celery: 12.5 }, tenantEngines: { globex: "celery" } });
    expect(load()).toMatchObject({ split: [{ engine: "celery", percent: 12.5 }], engineByTenant: { globex: "celery" } });
    const env = { TASK_QUEUE_SPLIT: "ingest:20, celery:80", TASK_QUEUE_TENANTS: "acme:inngest" };
    expect(load(env)).toMatchObject({
      split: [
        { engine: "inngest", percent: 20 },
        { engine: "celery", percent: 80 },
      ],
      engineByTenant: { acme: "inngest" },
    });
    expect(load(env, { engine: "celery" })).toMatchObject({ engine: "celery", split: [], engineByTenant: {} });
  });

  test("a split and tenants that can't be are said, all at once", () => {
    const env = { TASK_QUEUE_SPLIT: "inngest:60,celery:60,kafka:1,celery:x,embedded", TASK_QUEUE_TENANTS: "a b:celery,acme:celery,acme:inngest,globex:" };
    expect(refusal(() => load(env)).problems.map(({ message }) => message)).toEqual([
      '"embedded" is not of the form inngest:20,celery:30 (TASK_QUEUE_SPLIT, split)',
      `the engine "kafka" is unknown; use ${ENGINE_NAMES.join(", ")} (TASK_QUEUE_SPLIT, split)`,
      'the share of celery must be a percentage from 0 to 100, not "x" (TASK_QUEUE_SPLIT, split)',
      "the shares are 121 percent together, which is more than 100 (TASK_QUEUE_SPLIT, split)",
      '"globex:" is not of the form acme:celery,globex:inngest (TASK_QUEUE_TENANTS, tenantEngines)',
      'the tenant "a b" is none; use A-Z a-z 0-9 . _ - (TASK_QUEUE_TENANTS, tenantEngines)',
      'the tenant "acme" has two engines (TASK_QUEUE_TENANTS, tenantEngines)',
    ]);
  });

  test("other pipelines have variables of their own", () => {
    const own = loadConfig({ env: { TASK_QUEUE_BACKEND_ORDER_CHECK: "celery" }, cwd, pipelines: ["order-check"] });
    expect(own).toMatchObject({ engine: "embedded", engineByPipeline: { "order-check": "celery" } });
  });

  test("addresses are kept without user and password, which only the engine reads", () => {
    const config = load({ CELERY_BROKER_URL: "redis://user:very-secret@redis.example:6380/2", INNGEST_DEV: "1", INNGEST_SIGNING_KEY: "very-secret" });
    expect(config.engines).toMatchObject({ celery: { broker: "redis://redis.example:6380/2" }, inngest: { dev: true } });
    expect(JSON.stringify(config)).not.toContain("very-secret");
    expect(config.secret("CELERY_BROKER_URL")).toContain("very-secret");
  });

  test("Hatchet's addresses are those of its token, unless they are set", () => {
    const claims = Buffer.from(JSON.stringify({ sub: "tenant", grpc_broadcast_address: "hatchet.example:7077", server_url: "https://hatchet.example" }));
    const token = `header.${claims.toString("base64url")}.very-secret`;
    expect(load({ HATCHET_CLIENT_TOKEN: token }).engines.hatchet).toEqual({ hostPort: "hatchet.example:7077", apiUrl: "https://hatchet.example" });
    const set = {
      HATCHET_TOKEN: token,
      HATCHET_CLIENT_HOST_PORT: "localhost:7077",
      HATCHET_SERVER_URL: "http://localhost:8888",
      HATCHET_CLIENT_TLS_STRATEGY: "none",
    };
    expect(load(set).engines.hatchet).toEqual({ hostPort: "localhost:7077", apiUrl: "http://localhost:8888", tls: "none" });
    expect(load({ HATCHET_TOKEN: "no token" }).engines.hatchet).toEqual({});
  });

  test("a wrong address is said without repeating it", () => {
    const hatchet = { HATCHET_CLIENT_HOST_PORT: "very-secret", HATCHET_CLIENT_TLS_STRATEGY: "very", HATCHET_CLIENT_NAMESPACE: "very secret" };
    const error = refusal(() => load({ ...hatchet, CELERY_BROKER_URL: "very secret", INNGEST_DEV: "http://user:very-secret@x" }));
    expect(error.problems).toHaveLength(5);
    expect(error.message).not.toContain("very");
  });
});

describe("Temporal", () => {
  test("is told by the names of its own tools; its key stands nowhere", () => {
    const env = { TEMPORAL_ADDRESS: "temporal.example:7233", TEMPORAL_NAMESPACE: "prod", TEMPORAL_API_KEY: "very-secret", TEMPORAL_TLS: "true" };
    const config = load({ ...env, TEMPORAL_TLS_SERVER_CA_CERT_PATH: "ca.pem" });
    expect(config.engines.temporal).toEqual({
      address: "temporal.example:7233",
      namespace: "prod",
      taskQueue: "prompt-studio",
      tls: true,
      serverCaPath: "ca.pem",
    });
    expect(JSON.stringify(config)).not.toContain("very-secret");
  });

  test.each([["http://temporal.example:7233"], ["user:very-secret@temporal.example"], ["a b"]])("the address %s is refused without repeating it", (address) => {
    const { message } = refusal(() => load({ TEMPORAL_ADDRESS: address }));
    expect(message).toContain("TEMPORAL_ADDRESS must be host:port");
    expect(message).not.toContain(address);
  });
});

describe("HTTP", () => {
  test("listens on this machine by default", () => {
    expect(load().http).toEqual({ host: "127.0.0.1", port: 3000, apiKeys: [] });
  });

  test("keys are kept as hashes", () => {
    const config = load({ PROMPT_STUDIO_API_KEYS: "acme:one-key, acme:other-key,globex:third:key" });
    expect(config.http.apiKeys.map(({ tenant }) => tenant)).toEqual(["acme", "acme", "globex"]);
    expect(JSON.stringify(config)).not.toMatch(/one-key|other-key|third/);
  });

  test.each([
    ["acme", /^entry 1 of PROMPT_STUDIO_API_KEYS must be tenant:key/],
    ["a:k1,:very-secret", /^entry 2 /],
    ["a:", /^entry 1 /],
    ["..:very-secret", /tenant of 1 to 128/],
    ["a:very-secret,b:very-secret", /^entry 2 .* another tenant/],
  ])("wrong keys (%s) are named by their place and not repeated", (keys, message) => {
    const error = refusal(() => load({ PROMPT_STUDIO_API_KEYS: keys }));
    expect(error.problems[0]?.message).toMatch(message);
    expect(error.message).not.toContain("very-secret");
  });

  test("several tenants must not share one folder of files", () => {
    const PROMPT_STUDIO_API_KEYS = "a:one,b:two";
    expect(refusal(() => load({ PROMPT_STUDIO_API_KEYS, PROMPT_STUDIO_FILES: "files" })).message).toContain("{tenant}");
    expect(load({ PROMPT_STUDIO_API_KEYS, PROMPT_STUDIO_FILES: "files/{tenant}" }).http.files).toBe(join(cwd, "files", "{tenant}"));
  });
});

test("a host with a limit gives a call half of it, less ten seconds", () => {
  const warned: string[] = [];
  const limited = limitedPolicies(load().policies, 300_000, (message) => warned.push(message));
  expect([limited["agentic-extract"].timeoutMs, limited.evaluate.timeoutMs]).toEqual([140_000, 140_000]);
  expect(warned).toHaveLength(6);
  expect(limitedPolicies(load().policies, 7_200_000, (message) => warned.push(message))).toEqual(load().policies);
  expect(warned).toHaveLength(6);
});

describe("language models", () => {
  test("the default is openai when its key is there", () => {
    expect(load({ OPENAI_API_KEY: "k" }).adapters.defaults.llm).toBe("openai");
    expect(load({ OPENAI_API_KEY: "" }).adapters.defaults.llm).toBe("local");
    expect(load({ OPENAI_API_KEY: "k", PROMPT_STUDIO_LLM: "local" }).adapters.defaults.llm).toBe("local");
  });

  test("openai:MODEL needs no entry; the environment sets model and address", () => {
    const config = load({ OPENAI_API_KEY: "k", OPENAI_MODEL: "big", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" });
    expect(findAdapter(config, "llm", "openai")).toEqual({
      kind: "openai",
      instance: "openai",
      model: "big",
      baseUrl: "http://127.0.0.1:1/v1",
      apiKeyEnv: "OPENAI_API_KEY",
    });
    expect(findAdapter(config, "llm", "openai:small")).toMatchObject({ instance: "openai:small", model: "small" });
  });

  test("a configured one has its own address and key, and OPENAI_API_KEY goes nowhere else", async () => {
    await file({
      adapters: {
        llm: {
          mine: { kind: "openai", model: "m", baseUrl: "http://127.0.0.1:1/v1", contextTokens: 8000 },
          keyed: { kind: "openai", model: "m", apiKeyEnv: "MINE" },
          plain: { kind: "openai", model: "m" },
        },
      },
    });
    const config = load({ OPENAI_API_KEY: "k" });
    expect(findAdapter(config, "llm", "mine")).toEqual({ kind: "openai", instance: "mine", model: "m", baseUrl: "http://127.0.0.1:1/v1", contextTokens: 8000 });
    expect(findAdapter(config, "llm", "plain")).toMatchObject({ apiKeyEnv: "OPENAI_API_KEY" });
    expect(refusal(() => findAdapter(config, "llm", "keyed")).message).toContain("set the environment variable MINE");
    expect(config.secret("OPENAI_API_KEY")).toBe("k");
    expect(JSON.stringify(config)).not.toContain('"k"');
  });

  test.each(["nothing", "__proto__", "constructor", "openai:", ""])("%j is unknown, and the right ones are listed", (name) => {
    const error = refusal(() => findAdapter(load({ OPENAI_API_KEY: "k" }), "llm", name));
    expect(error.code).toBe("unknown_adapter");
    expect(error.message).toContain("Known: local, openai, openai:MODEL");
  });

  test("a request's adapters are checked before any work", () => {
    const request = (tool_settings: object): ProcessRequest => ({ outputs: [], tool_settings }) as unknown as ProcessRequest;
    expect(() => checkAdapters(request({ llm: "local", embedding: "local", "vector-db": "local", x2text_adapter: "builtin" }), load())).not.toThrow();
    const error = refusal(() => checkAdapters(request({ "vector-db": "qdrant", embedding: "big" }), load()));
    expect(error.problems.map(({ pointer }) => pointer)).toEqual(["/tool_settings/embedding", "/tool_settings/vector-db"]);
  });
});

describe("adapters of every kind", () => {
  const adapters = {
    embedding: { far: { kind: "openai", model: "m", dimensions: 8, baseUrl: "http://127.0.0.1:1/v1" } },
    "vector-db": { mine: { kind: "qdrant", url: "http://127.0.0.1:6333" }, table: { kind: "pgvector", urlEnv: "VECTORS" } },
    x2text: { forms: { kind: "llmwhisperer", mode: "form" }, tables: { kind: "docling", url: "http://127.0.0.1:5001", tableMode: "accurate" } },
  };

  test("have names, defaults and keys that are read by name", async () => {
    await file({ adapters, embedding: "far", "vector-db": "mine", x2text: "forms" });
    const config = load({ PROMPT_STUDIO_X2TEXT: "tables", LLMWHISPERER_API_KEY: "k", VECTORS: "postgres://u:p@host/d" });
    expect(config.adapters.defaults).toEqual({ llm: "local", embedding: "far", "vector-db": "mine", x2text: "tables" });
    expect(findAdapter(config, "x2text", "forms")).toEqual({ kind: "llmwhisperer", instance: "forms", mode: "form", apiKeyEnv: "LLMWHISPERER_API_KEY" });
    expect(findAdapter(config, "vector-db", "table")).toEqual({ kind: "pgvector", instance: "table", urlEnv: "VECTORS" });
    expect(JSON.stringify(config)).not.toContain("u:p@host");
    expect(refusal(() => findAdapter(load({}), "vector-db", "table")).message).toContain("set the environment variable VECTORS");
  });

  test("kind:model needs no entry, and a service of the environment has the name of its kind", () => {
    const config = load({
      OPENAI_API_KEY: "k",
      LLMWHISPERER_API_KEY: "k",
      UPSTASH_VECTOR_REST_URL: "https://one.upstash.io",
      UPSTASH_VECTOR_REST_TOKEN: "t",
      DATABASE_URL: "postgres://host/d",
    });
    expect(findAdapter(config, "embedding", "openai:text-embedding-3-large")).toMatchObject({ kind: "openai", model: "text-embedding-3-large" });
    expect(findAdapter(config, "x2text", "llmwhisperer:table")).toMatchObject({ kind: "llmwhisperer", mode: "table" });
    expect(findAdapter(config, "vector-db", "upstash")).toMatchObject({ url: "https://one.upstash.io", apiKeyEnv: "UPSTASH_VECTOR_REST_TOKEN" });
    expect(findAdapter(config, "vector-db", "pgvector")).toMatchObject({ urlEnv: "DATABASE_URL" });
    expect(refusal(() => findAdapter(config, "x2text", "llmwhisperer:quick")).code).toBe("unknown_adapter");
  });

  test.each([
    [
      "x2text",
      { kind: "docling", url: "http://127.0.0.1:1", mode: "form" },
      "/adapters/x2text/one/mode",
      /has no effect on docling; .*it takes url, apiKeyEnv/,
    ],
    ["x2text", { kind: "llmwhisperer", mode: "form", medianFilterSize: 3 }, "/adapters/x2text/one/medianFilterSize", /only in the mode low_cost/],
    ["x2text", { kind: "builtin", mode: "form" }, "/adapters/x2text/one/mode", /has no effect on builtin; it takes nothing/],
    ["vector-db", { kind: "quadrant", url: "http://127.0.0.1:1" }, "/adapters/vector-db/one/kind", /did you mean qdrant/],
    ["vector-db", { kind: "qdrant", url: "http://me:secret@127.0.0.1:1" }, "/adapters/vector-db/one/url", /without user and password/],
    ["vector-db", { kind: "qdrant", url: "http://127.0.0.1:1", apiKey: "very-secret" }, "/adapters/vector-db/one/apiKey", /secrets don't belong in a file/],
    ["embedding", { kind: "openai", model: "m", apiKeyEnv: "sk-very-secret" }, "/adapters/embedding/one/apiKeyEnv", /name of an environment variable/],
  ])("a setting without effect, or of a wrong form, is named (%s %j)", async (service, settings, pointer, message) => {
    await file({ adapters: { [service]: { one: settings } } });
    const { problems } = refusal(() => load());
    expect(problems).toEqual([{ pointer, message: expect.stringMatching(message) }]);
    expect(JSON.stringify(problems)).not.toMatch(/very-secret|me:secret/);
  });

  test("what a request asks of a text extractor that doesn't do it is refused", async () => {
    await file({ adapters: { x2text: { plain: { kind: "unstructured", baseUrl: "http://127.0.0.1:1" } } } });
    const request = (tool_settings: object, extraction_settings: object): ProcessRequest =>
      ({ outputs: [], tool_settings, extraction_settings }) as unknown as ProcessRequest;
    const pages = refusal(() => checkAdapters(request({ x2text_adapter: "plain" }, { pages: "1-2" }), load()));
    expect([pages.code, pages.problems[0]?.pointer]).toEqual(["not_supported", "/extraction_settings/pages"]);
    expect(refusal(() => checkAdapters(request({ x2text_adapter: "plain" }, {}), load(), true)).message).toContain("takes no password");
    expect(refusal(() => checkAdapters(request({ x2text_adapter: "plain" }, { x2text_instance_id: "builtin" }), load())).problems[0]?.pointer).toBe(
      "/extraction_settings/x2text_instance_id",
    );
  });
});
