/** Which engine gets a run: the same for every process and every repeat, in the shares that were asked for. */
import { describe, expect, it } from "vitest";
import { type EngineChoice, enginesUsed, routeOf } from "../../lib/engine/route.ts";

const PLAIN: EngineChoice = { engine: "embedded", engineByPipeline: {}, split: [], engineByTenant: {}, fallback: [] };
const run = { tenant: "acme", origin: "run-1", pipeline: "prompt-studio" };

describe("the engines of a run", () => {
  it("are the pipeline's own, else the common one, then the fallback without a repeat", () => {
    expect(routeOf({ ...PLAIN, fallback: ["celery", "embedded"] }, run)).toEqual(["embedded", "celery"]);
    const own: EngineChoice = { ...PLAIN, engineByPipeline: { "prompt-studio": "inngest" }, fallback: ["inngest", "embedded"] };
    expect(routeOf(own, run)).toEqual(["inngest", "embedded"]);
    expect(routeOf(own, { ...run, pipeline: "another" })).toEqual(["embedded", "inngest"]);
  });

  it("are in the asked shares, the rest with the common engine", () => {
    const choice: EngineChoice = {
      ...PLAIN,
      split: [
        { engine: "inngest", percent: 20 },
        { engine: "celery", percent: 30 },
      ],
    };
    const counts: Record<string, number> = {};
    for (let number = 0; number < 10_000; number++) {
      const [engine] = routeOf(choice, { ...run, origin: `run-${number}` });
      counts[engine] = (counts[engine] ?? 0) + 1;
    }
    for (const [engine, percent] of [
      ["inngest", 20],
      ["celery", 30],
      ["embedded", 50],
    ] as const) {
      expect(Math.abs((counts[engine] ?? 0) / 100 - percent), engine).toBeLessThan(2);
    }
  });

  it("stay when a share grows, as far as it had it", () => {
    const share = (percent: number): EngineChoice => ({ ...PLAIN, split: [{ engine: "celery", percent }] });
    const origins = Array.from({ length: 500 }, (_, number) => `run-${number}`);
    const had = origins.filter((origin) => routeOf(share(10), { ...run, origin })[0] === "celery");
    expect(had.length).toBeGreaterThan(20);
    expect(had.filter((origin) => routeOf(share(40), { ...run, origin })[0] !== "celery")).toEqual([]);
    expect(new Set(origins.map((origin) => routeOf(share(100), { ...run, origin })[0]))).toEqual(new Set(["celery"]));
    expect(new Set(origins.map((origin) => routeOf(share(0), { ...run, origin })[0]))).toEqual(new Set(["embedded"]));
  });

  it("are the tenant's whatever its run ids, and no tenant has the name of something else", () => {
    const choice: EngineChoice = { ...PLAIN, split: [{ engine: "celery", percent: 100 }], engineByTenant: { acme: "inngest" }, fallback: ["embedded"] };
    expect(routeOf(choice, run)).toEqual(["inngest", "embedded"]);
    expect(routeOf(choice, { ...run, tenant: "globex" })).toEqual(["celery", "embedded"]);
    for (const tenant of ["constructor", "__proto__", "toString"])
      expect(routeOf({ ...PLAIN, engineByTenant: choice.engineByTenant }, { ...run, tenant })).toEqual(["embedded"]);
  });
});

it("every engine that a run may be sent to is made, the others of the fallback if they can be", () => {
  const choice: EngineChoice = {
    engine: "embedded",
    engineByPipeline: { orders: "inngest" },
    split: [
      { engine: "celery", percent: 5 },
      { engine: "temporal", percent: 0 },
    ],
    engineByTenant: { acme: "inngest" },
    fallback: ["hatchet", "celery"],
  };
  expect(enginesUsed(choice, ["orders"])).toEqual({ chosen: ["inngest", "celery"], spare: ["hatchet"] });
  expect(enginesUsed(choice, ["orders", "other"])).toEqual({ chosen: ["inngest", "embedded", "celery"], spare: ["hatchet"] });
});
