/** The documents agree with the code, and the commands in them work. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ERROR_CODES } from "../../lib/schema/errors.ts";
import {
  evaluationSettingsSchema,
  extractionSettingsSchema,
  OUTPUT_TYPES,
  outputSchema,
  processRequestSchema,
  RETRIEVAL_STRATEGIES,
  tableSettingsSchema,
  toolSettingsSchema,
} from "../../lib/schema/request.ts";
import { ISSUE_CODES } from "../../lib/schema/result.ts";
import { ROOT, read, textFiles } from "./files.ts";

const DOCUMENTS = textFiles().filter((path) => /^(?:docs\/.*|(?:examples\/)?[A-Z]+)\.md$/.test(path));
const COMMAND_LINE = join(ROOT, "dist", "lib", "cli", "main.js");

/** A document cut at its second-level headings: heading to text. */
function sectionsOf(path: string): ReadonlyMap<string, string> {
  const [, ...parts] = `\n${read(path)}`.split("\n## ");
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")).trim(), part]));
}

/** How a heading is called in a link. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

describe("docs/errors.md", () => {
  const sections = sectionsOf("docs/errors.md");

  it("has one section for each code, in the code's order", () => {
    expect([...sections.keys()]).toEqual([...ERROR_CODES]);
  });

  it("has one row for each issue that is no error", () => {
    const [beginning = ""] = read("docs/errors.md").split("\n## ");
    expect([...beginning.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1])).toEqual([...ISSUE_CODES]);
  });

  it("says in each what happened, why, and what to do", () => {
    const complete = /- \*\*What happened:\*\* \S.*\n- \*\*Why:\*\* \S.*\n- \*\*What to do:\*\* \S/;
    expect([...sections].filter(([, text]) => !complete.test(text)).map(([code]) => code)).toEqual([]);
  });
});

describe("docs/request.md", () => {
  const sections = sectionsOf("docs/request.md");
  const tables: readonly [string, z.ZodObject][] = [
    ["The whole request", processRequestSchema],
    ["An output", outputSchema],
    ["`tool_settings`", toolSettingsSchema],
    ["`extraction_settings`", extractionSettingsSchema],
    ["`eval_settings`", evaluationSettingsSchema],
    ["`table_settings`", tableSettingsSchema],
  ];

  it.each(tables)("lists every key of %s and no other", (heading, schema) => {
    const rows = (sections.get(heading) ?? "").split("\n").filter((line) => line.startsWith("| `"));
    const keys = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]));
    expect(keys.toSorted()).toEqual(Object.keys(schema.shape).toSorted());
  });

  it.each([
    ["type", OUTPUT_TYPES],
    ["retrieval-strategy", RETRIEVAL_STRATEGIES],
  ])("lists every %s", (key, choices) => {
    const row = read("docs/request.md")
      .split("\n")
      .find((line) => line.startsWith(`| \`${key}\``));
    expect([...(row?.split("|")[2] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1])).toEqual([...choices]);
  });
});

describe("NOTICE", () => {
  it("names every package that is installed with ours", () => {
    const packages = z.record(z.string(), z.string());
    const { dependencies, optionalDependencies } = z.object({ dependencies: packages, optionalDependencies: packages }).parse(JSON.parse(read("package.json")));
    const words = new Set(read("NOTICE").split(/[\s,()]+/));
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });
});

describe("every document", () => {
  it("links only to files and headings that exist", () => {
    const broken = DOCUMENTS.flatMap((path) => {
      const links = [...read(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
      return links.flatMap(([link, target = "", heading]) => {
        const file = target === "" ? path : posix.join(posix.dirname(path), target);
        if (!existsSync(join(ROOT, file))) return [`${path}: ${link}`];
        return heading === undefined || [...sectionsOf(file).keys()].map(anchorOf).includes(heading) ? [] : [`${path}: ${link}`];
      });
    });
    expect(broken).toEqual([]);
  });

  it("names only npm scripts that exist", () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json")));
    const named = DOCUMENTS.flatMap((path) => [...read(path).matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map((match) => match[1] ?? match[2] ?? ""));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it("names only environment variables that the program reads", () => {
    const parts = textFiles().filter((path) => /^lib\/config(\.ts$|\/)/.test(path) || path === "scripts/servers.mjs");
    const configuration = parts.map(read).join("\n");
    const named = new Set(DOCUMENTS.flatMap((path) => [...read(path).matchAll(/`((?:PROMPT_STUDIO|OPENAI|S3)_[A-Z0-9_]+)`/g)].map((match) => match[1] ?? "")));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((name) => !configuration.includes(`"${name.replace("PROMPT_STUDIO_MAX_", "")}"`) && !configuration.includes(name))).toEqual([]);
  });

  it("names only flags that a command has", () => {
    const commands = textFiles().filter((path) => path.startsWith("lib/cli/") || /^scripts\/(?:bench|cases|chaos)\.mjs$/.test(path));
    const code = commands.map(read).join("\n");
    const named = new Set(
      DOCUMENTS.flatMap((path) => (path === "CONTRIBUTING.md" ? [] : [...read(path).matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map((match) => match[0]))),
    );
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((flag) => !code.includes(flag))).toEqual([]);
  });

  it("names only files of ours that exist", () => {
    const missing = DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/`((?:lib|functions|test|scripts|examples|docs)\/[\w./-]*)`/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

/** The lines of the blocks that are marked `sh run`. */
function commandsOf(path: string): readonly string[] {
  const blocks = [...read(path).matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  return blocks.flatMap((block) => block.split("\n").filter((line) => line.trim() !== ""));
}

describe("the commands in the documents", () => {
  const commands = DOCUMENTS.flatMap((path) => commandsOf(path).map((command) => [path, command] as const));
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "prompt studio ü "));
    cpSync(join(ROOT, "examples"), join(folder, "examples"), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are found", () => {
    expect(commands.length).toBeGreaterThan(3);
  });

  it.each(commands)("%s: %s", (_, command) => {
    const [line = "", file] = command.split(" > ");
    const [npx, program, ...args] = line.split(" ");
    expect([npx, program]).toEqual(["npx", "prompt-studio"]);
    const environment = { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1" };
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND_LINE, ...args], { cwd: folder, encoding: "utf8", env: environment });
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status, stderr).toBe(0);
    if (file) writeFileSync(join(folder, file), stdout);
    if (args.includes("--json")) expect(() => JSON.parse(stdout)).not.toThrow();
  });
});
