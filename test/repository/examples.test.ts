/** The examples are what their scripts make, and their prompts and expected answers fit together. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { processRequestSchema } from "../../lib/schema/request.ts";
import { ROOT, read } from "./files.ts";

const EXAMPLES = ["invoice", "contract", "bank-statement"];

function promptsOf(name: string) {
  return processRequestSchema.parse(JSON.parse(read(`examples/${name}/prompts.json`))).outputs;
}

function expectedOf(name: string) {
  return z.record(z.string(), z.json()).parse(JSON.parse(read(`examples/${name}/expected.json`)));
}

describe("examples", () => {
  it("are byte for byte what the scripts write", () => {
    const folder = mkdtempSync(join(tmpdir(), "examples-"));
    try {
      execFileSync(process.execPath, ["scripts/make-examples.mjs", folder], { cwd: ROOT });
      for (const name of EXAMPLES) {
        const file = join(name, `${name}.pdf`);
        expect(readFileSync(join(folder, file)).equals(readFileSync(join(ROOT, "examples", file))), `${file}: run npm run examples`).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(EXAMPLES)("%s: every prompt has an expected answer, and no answer is left over", (name) => {
    expect(Object.keys(expectedOf(name))).toEqual(promptsOf(name).map((output) => output.name));
  });

  it.each(EXAMPLES)("%s asks one thing that the document doesn't say", (name) => {
    expect(Object.values(expectedOf(name)).filter((value) => value === null)).toHaveLength(1);
  });

  it.each(EXAMPLES)("%s has a prompt that uses another's answer, and every variable is an output", (name) => {
    const variables = promptsOf(name).flatMap((output) => [...output.prompt.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] ?? ""));
    expect(variables.length).toBeGreaterThan(0);
    const names = new Set(promptsOf(name).map((output) => output.name));
    expect(variables.filter((variable) => !names.has(variable))).toEqual([]);
  });
});
