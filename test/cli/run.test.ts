import { rmSync, writeFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stripColors } from "../../lib/cli/text.ts";
import { createMemoryStudio } from "./support/studio.ts";
import { makeFolder, run } from "./support/terminal.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const at = (...parts: string[]) => join(folder.path, ...parts);
const ARGUMENTS = ["run", "a.txt", "--prompts", "p.json"];
const json = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("what comes out", () => {
  test("a table on stdout, progress on stderr", async () => {
    const studio = createMemoryStudio();
    const { code, stdout, stderr } = await run(folder.path, ARGUMENTS, { studio });
    expect(code).toBe(0);
    const runId = [...studio.runs.keys()][0];
    expect(stdout.split("\n")).toEqual([
      "a.txt · 3 pages · completed · 812 tokens · $0.0003",
      "",
      "name   value     status     grade  page  quote",
      "total  1,249.50  extracted  good   2     “Total due 1,249.50”",
      "",
      `report  prompt-studio report ${runId} --out report.html`,
      `result  prompt-studio runs get ${runId} --json`,
      "",
    ]);
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^0\.\ds extract-text started$/),
      expect.stringMatching(/^0\.\ds extract-text done in 0\.4s$/),
      expect.stringMatching(/^0\.\ds agentic-extract total done in 1\.2s · 812 tokens · \$0\.0003$/),
      "",
    ]);
    expect(studio.closed).toBe(1);
  });

  test("--json prints the one result document", async () => {
    const { code, stdout } = await run(folder.path, [...ARGUMENTS, "--json"], { studio: createMemoryStudio() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "completed", outputs: { total: { value: "1,249.50", citations: [{ page: 2 }] } } });
  });

  test("a line of JSON each for several, in the order given", async () => {
    const studio = createMemoryStudio({
      failure: (name) => (name === "b.txt" ? { stage: "extract-text", code: "document_broken", message: "It is broken." } : undefined),
    });
    const { code, stdout, stderr } = await run(folder.path, ["run", "b.txt", "a.txt", "b.txt", "--prompts", "p.json", "--json"], { studio });
    expect(code).toBe(1);
    expect(json(stdout).map(({ file, status, error }) => [file.name, status, error?.code])).toEqual([
      ["b.txt", "failed", "document_broken"],
      ["a.txt", "completed", undefined],
      ["b.txt", "failed", "document_broken"],
    ]);
    expect(stderr).toContain("b.txt: run ");
    expect(studio.worked[0]).toHaveLength(2);
  });

  test("one line each for several people's documents", async () => {
    const { stdout } = await run(folder.path, ["run", "a.txt", "b.txt", "--prompts", "p.json"], { studio: createMemoryStudio() });
    expect(stdout.split("\n").map((line) => line.split("  ").slice(0, 3))).toEqual([
      ["a.txt", "completed", "1 extracted"],
      ["b.txt", "completed", "1 extracted"],
      [""],
    ]);
  });

  test.each([
    ["adapter_refused", "agentic-extract", "When the cause is mended, go on from there: prompt-studio runs rerun r --from agentic-extract"],
    ["document_encrypted", "extract-text", "Give its password with --password-stdin or --password-env NAME."],
    ["document_password_wrong", "extract-text", "Give the right password, and add --fresh."],
    ["document_broken", "extract-text", "Mend the document and run it again."],
  ])("a run failed with %s says where, why and what next", async (code, stage, next) => {
    const studio = createMemoryStudio({ failure: () => ({ stage, code, message: "It is so." }) });
    const outcome = await run(folder.path, [...ARGUMENTS, "--quiet", "--run-id", "r"], { studio });
    expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
    expect(outcome.stderr.split("\n")).toEqual([`a.txt: run r failed in ${stage}: It is so. (${code})`, next, `See docs/errors.md#${code}`, ""]);
    const again = await run(folder.path, [...ARGUMENTS, "--quiet", "--run-id", "r"], { studio });
    expect(again).toMatchObject({ code: 1, stderr: `Run r had ended before (failed). Add --fresh to start over.\n${outcome.stderr}` });
  });

  test("untrusted text can't act on the terminal, and a line fits it", async () => {
    const hostile = "\u001b]0;owned\u0007\u001b[2J\r\nTotal\u202e";
    const studio = createMemoryStudio({
      output: () => ({ value: { [hostile]: "x".repeat(500) }, citations: [{ page: 1, quote: hostile.repeat(20), match: "exact", boxes: [] }] }),
      warnings: [hostile],
      live: (runId) => [{ type: "call-wait", runId, call: "agentic-extract/0000", stage: "agentic-extract", label: hostile, afterMs: 8000, reason: hostile }],
    });
    await writeFile(at("p.json"), JSON.stringify([{ name: hostile, prompt: "x" }]));
    const { stdout, stderr } = await run(folder.path, ARGUMENTS, { studio, columns: 80 });
    expect(stdout + stderr).not.toMatch(/[^\P{C}\n]/u);
    const lines = stdout.split("\n");
    expect(lines.findIndex((line) => line.startsWith("name"))).toBe(2);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("progress", () => {
  test("on a terminal six lines are rewritten in place", async () => {
    const { stderr } = await run(folder.path, ARGUMENTS, { studio: createMemoryStudio(), terminal: true, columns: 60 });
    const frames = stderr.split("\u001b[0J").map((frame) => stripColors(frame.replaceAll("\u001b[2K", "")));
    expect(frames[0]?.split("\n").slice(0, 6)).toEqual(
      ["extract-text", "chunk-embed", "generate-digraph", "agentic-extract", "evaluate", "collate"].map((id) => `· ${id}`),
    );
    expect(stderr).toContain("\u001b[7A");
    const last = frames.at(-2) ?? "";
    expect(last).toMatch(/✓ extract-text {5}0\.\ds 3 pages\n/);
    expect(last).toMatch(/✓ collate\n/);
    expect(last).toMatch(/812 tokens · \$0\.0003/);
  });

  test("--quiet leaves stderr empty", async () => {
    expect((await run(folder.path, [...ARGUMENTS, "--quiet"], { studio: createMemoryStudio(), terminal: true })).stderr).toBe("");
  });

  test("NO_COLOR leaves the colours out, not the redrawing", async () => {
    const coloured = await run(folder.path, ARGUMENTS, { studio: createMemoryStudio(), terminal: true });
    const bare = await run(folder.path, ARGUMENTS, { studio: createMemoryStudio(), terminal: true, env: { NO_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001b[32m");
    expect(bare.stdout).not.toContain("\u001b");
    expect(bare.stderr).not.toContain("\u001b[32m");
    expect(stripColors(coloured.stdout)).toBe(bare.stdout);
  });

  test("a terminal that can't move its cursor gets lines", async () => {
    expect((await run(folder.path, ARGUMENTS, { studio: createMemoryStudio(), terminal: true, env: { TERM: "dumb" } })).stderr).not.toContain("\u001b");
  });
});

describe("what the studio is asked for", () => {
  test("flags go into the request and the studio's options", async () => {
    const studio = createMemoryStudio();
    const flags = ["--llm", "local", "--pages", "1-3", "--language", "de", "--store", "s", "--engine", "embedded", "--fresh"];
    const { opened } = await run(folder.path, [...ARGUMENTS, ...flags], { studio });
    expect(opened).toEqual([{ interactive: true, llm: "local", engine: "embedded", storeLocation: "s" }]);
    expect(studio.submissions[0]).toMatchObject({
      fileName: "a.txt",
      document: at("a.txt"),
      fresh: true,
      request: { tool_settings: { llm: "local" }, extraction_settings: { pages: "1-3", language: "de" } },
    });
  });

  test("a list of outputs, an object with outputs and a full request are the same", async () => {
    const outputs = [{ name: "total", prompt: "What is the total?" }];
    const requests = [];
    for (const value of [outputs, { outputs }, { outputs, run_id: "mine" }]) {
      await writeFile(at("p.json"), JSON.stringify(value));
      const studio = createMemoryStudio();
      expect((await run(folder.path, ARGUMENTS, { studio })).code).toBe(0);
      requests.push(studio.submissions[0]);
    }
    expect(requests[1]?.request).toEqual(requests[0]?.request);
    expect(requests[2]).toMatchObject({ runId: "mine" });
  });

  test("the same command again shows the first result without work", async () => {
    const studio = createMemoryStudio();
    const first = await run(folder.path, ARGUMENTS, { studio });
    const second = await run(folder.path, ARGUMENTS, { studio });
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).toMatch(/^Run \S+ had ended before \(completed\)\. Add --fresh to start over\.\n$/);
    expect(studio.worked).toHaveLength(1);
  });

  test.each([
    ["standard input", ["--password-stdin"], { stdin: "s3cret pass\n" }],
    ["the environment", ["--password-env", "DOCUMENT_PASSWORD"], { env: { DOCUMENT_PASSWORD: "s3cret pass" } }],
  ])("a password by %s reaches the studio and nothing else", async (_, flags, setting) => {
    const studio = createMemoryStudio();
    const interrupt = new AbortController();
    const outcome = await run(folder.path, [...ARGUMENTS, ...flags, "--debug", "--out", "o"], { studio, interrupt, ...setting });
    expect(studio.submissions[0]?.password).toBe("s3cret pass");
    const files = await Promise.all((await readdir(at("o"))).map((name) => readFile(at("o", name), "utf8")));
    expect([outcome.stdout, outcome.stderr, JSON.stringify(studio.submissions[0]?.request), ...files].join()).not.toContain("s3cret");
  });
});

describe("--out", () => {
  test("writes result and report per document under safe, different names", async () => {
    await writeFile(at("A.txt"), "Another 1.00");
    const { code, stdout } = await run(folder.path, ["run", "a.txt", "A.txt", "--prompts", "p.json", "--out", "deep/results"], {
      studio: createMemoryStudio(),
    });
    expect(code).toBe(0);
    expect((await readdir(at("deep/results"))).sort()).toEqual(["A.txt-2.html", "A.txt-2.json", "a.txt.html", "a.txt.json", "results.csv", "results.jsonl"]);
    expect(JSON.parse(await readFile(at("deep/results/A.txt-2.json"), "utf8"))).toMatchObject({ file: { name: "A.txt" } });
    expect(stdout).toContain(at("deep/results/a.txt.json"));
  });

  test("a failed run leaves its error there", async () => {
    const studio = createMemoryStudio({ failure: () => ({ code: "call_timed_out", message: "Too slow." }) });
    expect((await run(folder.path, [...ARGUMENTS, "--out", "o"], { studio })).code).toBe(1);
    expect(JSON.parse(await readFile(at("o/a.txt.json"), "utf8"))).toMatchObject({ status: "failed", error: { code: "call_timed_out" } });
  });
});

describe("an --out that breaks while the work is done", () => {
  test("is reported, and the results still come out", async () => {
    const spoil = () => {
      rmSync(at("o"), { recursive: true, force: true });
      writeFileSync(at("o"), "in the way");
    };
    const outcome = await run(folder.path, ["run", "a.txt", "b.txt", "--prompts", "p.json", "--out", "o", "--json", "--quiet"], {
      studio: createMemoryStudio({ midway: spoil }),
    });
    expect(outcome.code).toBe(1);
    expect(json(outcome.stdout).map(({ file }) => file.name)).toEqual(["a.txt", "b.txt"]);
    expect(outcome.stderr).toMatch(/^error: .*a\.txt\.json cannot be written: a part of its path is a file.*The result is kept in the store/);
  });
});

describe("--output id", () => {
  test("prints the run's id and nothing else on stdout; other forms are refused", async () => {
    const studio = createMemoryStudio();
    const { code, stdout } = await run(folder.path, [...ARGUMENTS, "-o", "id"], { studio });
    expect(code).toBe(0);
    expect(stdout).toBe(`${[...studio.runs.keys()][0]}\n`);
    const other = await run(folder.path, [...ARGUMENTS, "--output", "table"], { studio });
    expect(other.code).toBe(2);
  });
});

describe("--min-grade", () => {
  test.each([
    ["good", "fair", {}, 0],
    ["good", "good", {}, 0],
    ["good", "excellent", {}, 3],
    [undefined, "poor", { status: "absent" as const }, 0],
    [undefined, "poor", { status: "uncertain" as const }, 3],
    ["good", "poor", { status: "failed" as const }, 3],
  ])("a value graded %s against %s with %j exits %i", async (grade, gate, extra, code) => {
    const studio = createMemoryStudio({ output: () => (grade === undefined ? { grade: undefined as never, ...extra } : { grade: grade as "good", ...extra }) });
    const outcome = await run(folder.path, [...ARGUMENTS, "--min-grade", gate, "--quiet"], { studio });
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toBe(code === 0 ? "" : `a.txt: below the grade ${gate}: total\n`);
    expect(outcome.stdout).toContain("total");
  });
});

describe("Ctrl-C", () => {
  test("exits 130, names the run and the command that goes on with it, which then does", async () => {
    const interrupt = new AbortController();
    await writeFile(at("my file.txt"), "Total 3");
    const studio = createMemoryStudio({ midway: () => interrupt.abort() });
    const stopped = await run(folder.path, ["run", "my file.txt", "--prompts", "p.json", "--fresh", "--language", "de", "--password-stdin", "--quiet"], {
      studio,
      interrupt,
      stdin: "secret",
    });
    const runId = [...studio.runs.keys()][0];
    expect([stopped.code, stopped.stdout]).toEqual([130, ""]);
    const command = `run 'my file.txt' --prompts p.json --run-id ${runId} --language de --password-stdin --quiet`;
    expect(stopped.stderr).toBe(`Interrupted. Run ${runId} is kept; nothing done is lost. Go on with:\n  prompt-studio ${command}\n`);
    expect(studio.closed).toBe(1);
    const words = command
      .replace("'my file.txt'", "my_file")
      .split(" ")
      .map((word) => word.replace("my_file", "my file.txt"));
    const resumed = await run(folder.path, words, { studio, stdin: "secret" });
    expect(resumed.code).toBe(0);
    expect([...studio.runs.keys()]).toEqual([runId]);
  });

  test("for a batch the same command goes on; a fresh one has a command per run", async () => {
    for (const fresh of [[], ["--fresh"]]) {
      const interrupt = new AbortController();
      const studio = createMemoryStudio({ midway: () => interrupt.abort() });
      const { code, stderr } = await run(folder.path, ["run", "a.txt", "b.txt", "--prompts", "p.json", "--quiet", ...fresh], { studio, interrupt });
      expect(code).toBe(130);
      const [first, second] = [...studio.runs.keys()];
      const commands =
        fresh.length === 0
          ? ["run a.txt b.txt --prompts p.json --quiet"]
          : [`run a.txt --prompts p.json --run-id ${first} --quiet`, `run b.txt --prompts p.json --run-id ${second} --quiet`];
      expect(stderr).toBe(
        `Interrupted. 2 runs are kept; nothing done is lost. Go on with:\n${commands.map((command) => `  prompt-studio ${command}\n`).join("")}`,
      );
    }
  });

  test("the command keeps the store", async () => {
    const interrupt = new AbortController();
    const { stderr } = await run(folder.path, [...ARGUMENTS, "--quiet", "--store", "my store"], {
      studio: createMemoryStudio({ midway: () => interrupt.abort() }),
      interrupt,
    });
    expect(stderr).toMatch(/ --run-id \S+ --quiet --store 'my store'\n$/);
  });

  test("before anything is started nothing is opened", async () => {
    const interrupt = new AbortController();
    interrupt.abort();
    const { code, opened } = await run(folder.path, ARGUMENTS, { interrupt });
    expect([code, opened]).toEqual([130, []]);
  });
});
