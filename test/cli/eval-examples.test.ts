/** The examples, run by the program itself: what `eval` promises is there on a fresh machine, without a key. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXAMPLE, PACKAGE_ROOT } from "./support/terminal.ts";

test("the invoice is read without a mistake, and every value has all six scores", () => {
  const folder = mkdtempSync(join(tmpdir(), "eval "));
  const program = (...words: string[]) =>
    spawnSync(process.execPath, [join(PACKAGE_ROOT, "dist/lib/cli/main.js"), ...words], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: folder },
    });
  try {
    const { stdout, stderr, status } = program("eval", EXAMPLE, "--min-accuracy", "1", "--json");
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ accuracy: 1, invented: 0, cases: [{ case: "invoice", status: "completed" }] });
    const { outputs, final_output: flat } = JSON.parse(program("runs", "get", report.cases[0].run_id, "--json").stdout).result;
    const keys = ["faithfulness", "correctness", "relevance", "pii_detected", "toxicity", "completeness"];
    for (const [name, { scores }] of Object.entries<{ scores: Record<string, number> }>(outputs)) {
      expect(Object.keys(scores)).toEqual(keys);
      for (const key of keys) {
        expect(flat[`${name}_${key}`]).toBe(scores[key]);
        expect(scores[key], `${name} ${key}`).toBeGreaterThan(0.5);
      }
    }
    expect(outputs.customer_email.pii).toEqual([{ kind: "EMAIL_ADDRESS", at: "", start: 0, end: 32 }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
