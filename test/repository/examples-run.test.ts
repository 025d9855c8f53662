/** The built-in extractor answers the examples: what it can be asked is right, and what the document doesn't say is absent. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runResultSchema } from "../../lib/schema/result.ts";
import { ROOT, read } from "./files.ts";

/** What stands in running text and wants a model; see examples/README.md. */
const WANTS_A_MODEL = new Set(["governing_law", "notice_period", "liability_cap", "client_signatory"]);

function run(example: string) {
  const folder = mkdtempSync(join(tmpdir(), "examples ü "));
  const path = join(ROOT, "examples", example);
  const job = ["run", join(path, `${example}.pdf`), "--prompts", join(path, "prompts.json"), "--llm", "local", "--json"];
  try {
    const environment = { PATH: process.env.PATH, HOME: folder };
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(ROOT, "dist/lib/cli/main.js"), ...job], {
      cwd: folder,
      encoding: "utf8",
      env: environment,
    });
    expect(status, stderr).toBe(0);
    return runResultSchema.parse(JSON.parse(stdout));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the built-in extractor on the examples", () => {
  it.each(["invoice", "contract", "bank-statement"])("%s", (example) => {
    const expected = z.record(z.string(), z.json()).parse(JSON.parse(read(`examples/${example}/expected.json`)));
    const { outputs } = run(example);
    const asked = Object.keys(expected).filter((name) => !WANTS_A_MODEL.has(name));
    expect(Object.fromEntries(asked.map((name) => [name, outputs[name]?.value]))).toEqual(Object.fromEntries(asked.map((name) => [name, expected[name]])));
    for (const name of asked) expect([name, outputs[name]?.status]).toEqual([name, expected[name] === null ? "absent" : "extracted"]);
    const unproven = asked.filter((name) => expected[name] !== null && (outputs[name]?.citations[0]?.boxes.length ?? 0) === 0);
    expect(unproven).toEqual([]);
  });
});
