/** Engines by their names: only what is chosen is loaded, and what is missing is said. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../lib/config.ts";
import { ENGINE_CATALOG } from "../../lib/engine/catalog.ts";
import { systemClock } from "../../lib/engine/clock.ts";
import { type CommonParts, type EngineParts, type MakeEngine, openEngine, openEngines } from "../../lib/engine/create.ts";
import { createEmbeddedEngine } from "../../lib/engine/embedded.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";

const ROOT = join(import.meta.dirname, "../..");

function partsOf(env: Record<string, string> = {}): EngineParts {
  const { engines: settings, secret } = loadConfig({ env, cwd: import.meta.dirname });
  const nobody = () => Promise.reject(new Error("nobody asks"));
  return {
    doors: { load: nobody, invoke: nobody },
    shapes: [],
    store: createMemoryStore(),
    clock: systemClock,
    log: pino({ level: "silent" }),
    concurrency: 1,
    perTenant: 1,
    hostLimitMs: 60_000,
    settings,
    secret,
    tenant: "default",
    accept: nobody,
    finalOutput: nobody,
    receivers: [],
  };
}

/** An import that fails as Node's own does. */
const needs =
  (name: string): MakeEngine =>
  async () => {
    throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), { code: "ERR_MODULE_NOT_FOUND" });
  };

describe("an engine", () => {
  it("is made by its name, with the capabilities of the catalog", async () => {
    for (const [name, env] of [
      ["embedded", {}],
      ["celery", { CELERY_BROKER_URL: "redis://127.0.0.1:1/0" }],
      ["hatchet", { HATCHET_TOKEN: "a token" }],
      ["temporal", { TEMPORAL_ADDRESS: "127.0.0.1:1" }],
    ] as const) {
      const { engine } = await openEngine(name, partsOf(env));
      expect([engine.name, engine.capabilities]).toEqual([name, ENGINE_CATALOG[name].capabilities]);
      await engine.close();
    }
  });

  it("that nobody here can make says so, and which can", async () => {
    await expect(openEngine("inngest", partsOf())).rejects.toThrow("The engine inngest can't be made here; use one of embedded, celery");
  });

  it("names every setting that it lacks", async () => {
    await expect(openEngine("celery", partsOf())).rejects.toMatchObject({
      code: "invalid_configuration",
      message: expect.stringContaining("CELERY_BROKER_URL"),
    });
    await expect(openEngine("hatchet", partsOf())).rejects.toThrow("HATCHET_CLIENT_TOKEN");
    const inngest = openEngine("inngest", partsOf({ INNGEST_EVENT_KEY: "" }), { inngest: needs("inngest") });
    await expect(inngest).rejects.toThrow("INNGEST_EVENT_KEY, INNGEST_SIGNING_KEY");
  });

  it.each(["ioredis", "@hatchet-dev/typescript-sdk"])("whose package %s isn't installed says which to add", async (name) => {
    await expect(openEngine("embedded", partsOf(), { embedded: needs(name) })).rejects.toMatchObject({
      code: "invalid_configuration",
      message: `The engine embedded needs the package ${name}, which isn't installed. Add it: npm install ${name}`,
    });
  });

  it("that fails otherwise, or misses a file of ours, is not blamed on a package", async () => {
    const broken = Object.assign(new Error("Cannot find module '/x/lib/engine/none.js'"), { code: "ERR_MODULE_NOT_FOUND" });
    await expect(openEngine("embedded", partsOf(), { embedded: () => Promise.reject(broken) })).rejects.toBe(broken);
  });
});

describe("several engines", () => {
  const commonOf = (parts: EngineParts): CommonParts => ({ ...parts, doors: () => parts.doors });

  it("stand in their order, without a spare one that can't be made; a chosen one must be", async () => {
    const parts = commonOf(partsOf());
    const { engines } = await openEngines({ chosen: ["embedded"], spare: ["celery"] }, parts);
    expect(engines.map(({ name }) => name)).toEqual(["embedded"]);
    for (const chosen of [
      ["celery", "embedded"],
      ["embedded", "celery"],
    ] as const) {
      await expect(openEngines({ chosen, spare: [] }, parts)).rejects.toThrow("CELERY_BROKER_URL");
    }
  });

  it("are told apart by their doors and by what comes in through them", async () => {
    const asked: string[] = [];
    const parts: CommonParts = {
      ...commonOf(partsOf({ INNGEST_DEV: "1" })),
      doors(engine) {
        asked.push(`doors of ${engine}`);
        return partsOf().doors;
      },
      async accept(tenant, request, engine) {
        asked.push(`${tenant} ${request.run_id} through ${engine}`);
        return { tenant, runId: "r", n: 1 };
      },
    };
    const inngest: MakeEngine = async (own) => {
      await own.accept("acme", { run_id: "r" });
      return { engine: createEmbeddedEngine(own) };
    };
    await openEngines({ chosen: ["embedded", "inngest"], spare: [] }, parts, { inngest });
    expect(asked).toEqual(["doors of embedded", "doors of inngest", "acme r through inngest"]);
  });

  it("tell each other's receivers, and all are told by a sweep", async () => {
    const told: string[] = [];
    const receiver = (name: string) => async () => {
      told.push(name);
    };
    let receivers: EngineParts["receivers"] = [];
    const first: MakeEngine = async (parts) => {
      receivers = parts.receivers;
      return { engine: createEmbeddedEngine(parts), receivers: [receiver("first")] };
    };
    const second: MakeEngine = async (parts) => ({ engine: createEmbeddedEngine(parts), receivers: [receiver("second")] });
    const common = [receiver("common")];
    const made = await openEngines(
      { chosen: ["inngest", "celery"], spare: [] },
      { ...commonOf(partsOf({ INNGEST_DEV: "1", CELERY_BROKER_URL: "redis://x" })), receivers: common },
      { inngest: first, celery: second },
    );
    const end = { id: "x", tenant: "t", runId: "r", end: { v: 1 as const, status: "completed" as const, at: 0 } };
    for (const receive of receivers) await receive(end);
    expect(told.splice(0)).toEqual(["second", "common"]);
    for (const receive of made.receivers) await receive(end);
    expect(told).toEqual(["first", "second", "common"]);
  });
});

it("no SDK of an engine is loaded before it is chosen", () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, typeOnly, specifier = ""] of readFileSync(path, "utf8").matchAll(/^(?:import|export) (type )?[^;]*?from "([^"]+)"/gm)) {
      if (typeOnly) continue;
      if (specifier.startsWith(".")) visit(join(dirname(path), specifier));
      else packages.add(specifier);
    }
  };
  visit(join(ROOT, "inngest.config.ts"));
  expect([...packages]).toEqual(expect.arrayContaining(["hono", "pino", "zod"]));
  expect([...packages].filter((name) => /^(inngest|ioredis|@hatchet-dev|@temporalio)/.test(name))).toEqual([]);
});
