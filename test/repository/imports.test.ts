/** Imports go one way, files stay short, settings are read in one place. */
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { read, textFiles } from "./files.ts";

const GROUND = ["schema", "pipeline", "store"];
const TEXT = ["document", "values"];
const SERVICES = ["ports", "retrieval", "agents", "evaluation", "adapters"];

/** What each part may import besides itself. A part that isn't named here may not exist: add it, with its place in the order. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  compiled: [],
  recent: [],
  slots: [],
  client: ["schema"],
  pipeline: ["schema"],
  store: ["schema", "recent", "slots"],
  document: ["schema", "compiled", "slots"],
  values: ["schema"],
  facts: ["schema", ...TEXT],
  structure: ["schema", ...TEXT],
  ports: ["schema", "pipeline"],
  retrieval: [...GROUND, ...TEXT, "ports"],
  agents: [...GROUND, ...TEXT, "ports", "retrieval"],
  evaluation: [...GROUND, ...TEXT, "ports"],
  adapters: [...GROUND, ...TEXT, "ports", "retrieval", "compiled", "slots"],
  stages: [...GROUND, ...TEXT, ...SERVICES, "facts", "structure"],
  proposal: ["schema", ...TEXT, "ports", "facts"],
  engine: [...GROUND, "client", "compiled", "recent", "slots"],
  report: ["schema", "document", "client", "compiled"],
  config: ["schema", "pipeline", "engine", "ports"],
  "whole-file": ["schema"],
  "run-files": ["schema", "pipeline", "store", "engine"],
  runtime: [...GROUND, "engine", "client"],
  runs: [...GROUND, "engine", "client", "runtime"],
  "pipeline-runs": [...GROUND, "engine", "client", "runs", "runtime"],
  "local-studio": [...GROUND, "agents", "engine", "client", "run-files", "runs", "runtime", "slots"],
  http: ["schema", "pipeline", "store", "document", "config", "client", "slots"],
  cli: [...GROUND, ...TEXT, ...SERVICES, "facts", "proposal", "stages", "engine", "report", "config", "client", "runtime", "http", "composition", "whole-file"],
  composition: [...GROUND, ...SERVICES, "stages", "engine", "config", "client", "local-studio", "pipeline-runs", "runs", "runtime", "http", "whole-file"],
};

/** What puts the parts together. */
const COMPOSITION = new Set(["inngest.config.ts", "api/index.ts", "functions/prompt-studio.ts", "lib/inngest-maker.ts", "lib/own-pipelines.ts"]);

const SOURCES = textFiles().filter((path) => /^(api|lib|functions)\/.*\.ts$|^inngest\.config\.ts$/.test(path));

/** The part that a file belongs to: its folder below lib, "stages" for functions/ except the Inngest function, which is put together there. The contract of the adapters, and what they can be told, stand below those who use it. */
function partOf(path: string): string {
  if (COMPOSITION.has(path)) return "composition";
  if (path.startsWith("functions/")) return "stages";
  if (path === "lib/adapters/contract.ts" || path === "lib/adapters/settings.ts") return "ports";
  const [, first = ""] = path.split("/");
  return first.replace(/\.ts$/, "");
}

/** The files that a source file names with a relative specifier, in any form of import or export. */
function importsOf(path: string): readonly string[] {
  const specifiers = [...read(path).matchAll(/(?:\bfrom|\bimport|\bimport\s*\()\s*"(\.{1,2}\/[^"]+)"/g)].map((match) => match[1] ?? "");
  return specifiers.map((specifier) => posix.join(posix.dirname(path), specifier));
}

describe("imports", () => {
  it("finds the sources and their imports", () => {
    expect(SOURCES.length).toBeGreaterThan(10);
    expect(importsOf("lib/schema/result.ts")).toEqual(["lib/schema/document.ts", "lib/schema/request.ts"]);
  });

  it("go only to parts below", () => {
    const forbidden = SOURCES.flatMap((path) => {
      const allowed = [partOf(path), ...(ALLOWED[partOf(path)] ?? [])];
      return importsOf(path).flatMap((target) => (allowed.includes(partOf(target)) ? [] : [`${path} -> ${target}`]));
    });
    expect(forbidden).toEqual([]);
  });

  it("know the place of every source in the order", () => {
    expect(SOURCES.filter((path) => ALLOWED[partOf(path)] === undefined)).toEqual([]);
  });

  it("name files with their ending", () => {
    expect(SOURCES.flatMap(importsOf).filter((target) => !/\.(ts|json)$/.test(target))).toEqual([]);
  });

  it("has no cycle between parts", () => {
    const settled = new Set<string>();
    let grew = true;
    while (grew) {
      const ready = Object.keys(ALLOWED).filter((part) => !settled.has(part) && (ALLOWED[part] ?? []).every((other) => settled.has(other)));
      for (const part of ready) settled.add(part);
      grew = ready.length > 0;
    }
    expect(Object.keys(ALLOWED).filter((part) => !settled.has(part))).toEqual([]);
  });
});

describe("sources", () => {
  it("leave nothing but the serverless entry in api/, where each file becomes an address", () => {
    expect(textFiles().filter((path) => path.startsWith("api/"))).toEqual(["api/index.ts"]);
  });

  it("have at most 300 lines", () => {
    expect(SOURCES.filter((path) => read(path).trimEnd().split("\n").length > 300)).toEqual([]);
  });

  it("read the environment in lib/config.ts and inngest.config.ts only", () => {
    const readers = SOURCES.filter((path) => /\bprocess\??\.env\b|["']node:process["']/.test(read(path)));
    expect(readers.filter((path) => path !== "lib/config.ts" && path !== "inngest.config.ts")).toEqual([]);
  });
});

describe("every file", () => {
  const files = textFiles().filter((path) => !path.startsWith("test/cases/"));

  it("names no folder of a developer's machine", () => {
    const machine = /(?:^|[\s"'`(=:])(?:\/(?:home|Users|work|root)\/[\w.-]|[A-Z]:\\{1,2}Users\\)/m;
    expect(files.filter((path) => machine.test(read(path)))).toEqual([]);
  });

  it("names no package registry", () => {
    const registry = /\bregistry\.(?:npm|yarn)|\bnpmjs\.(?:org|com)|\bpypi\.(?:org)|\bproxy\.(?:golang)|\/artifactory\//i;
    expect(files.filter((path) => registry.test(read(path)))).toEqual([]);
  });
});
