/** What is wrong is said before anything is started: exit code 2, a message with place and remedy, nothing written. */
import { mkdir, readdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemoryStudio } from "./support/studio.ts";
import { makeFolder, run } from "./support/terminal.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const at = (...parts: string[]) => join(folder.path, ...parts);
const prompts = (value: unknown) => writeFile(at("p.json"), typeof value === "string" ? value : JSON.stringify(value));
const output = (extra: object = {}) => ({ name: "total", prompt: "What is the total?", ...extra });

/** Runs `run` and expects a refusal that started nothing. */
async function refused(argv: readonly string[], env: Record<string, string> = {}) {
  const before = (await readdir(folder.path)).sort();
  const outcome = await run(folder.path, ["run", ...argv, "--prompts", "p.json"], { env });
  expect(outcome.opened).toEqual([]);
  expect(outcome.stdout).toBe("");
  expect(outcome.code).toBe(2);
  expect((await readdir(folder.path)).sort()).toEqual(before);
  expect(outcome.stderr).toMatch(/^error: /);
  expect(outcome.stderr).not.toContain("    at ");
  return outcome.stderr;
}

describe("documents", () => {
  test.each<[string, string, () => Promise<unknown>, RegExp]>([
    ["a missing file", "none.txt", async () => undefined, /none\.txt cannot be read: there is no such file.*\n.*#document_unreadable/],
    ["a folder", "d", () => mkdir(at("d")), /d is a folder\. Name the files in it.*\n.*#document_unreadable/],
    ["an unreadable file", "loop.txt", () => symlink("loop.txt", at("loop.txt")), /loop\.txt cannot be read: its links go in a circle/],
    ["a path through a file", "a.txt/b.txt", async () => undefined, /a part of its path is a file/],
    ["0 bytes", "empty.pdf", () => writeFile(at("empty.pdf"), ""), /empty\.pdf is empty: it has 0 bytes.*\n.*#document_empty/],
    ["text called PDF", "t.pdf", () => writeFile(at("t.pdf"), "hello"), /t\.pdf has the name of a PDF, but it is a text file.*\n.*#document_mislabelled/],
    [
      "a PDF called text",
      "p.txt",
      () => writeFile(at("p.txt"), "%PDF-1.7\n"),
      /p\.txt has the name of a text file, but it is a PDF\. Rename it to end in \.pdf/,
    ],
    [
      "an image",
      "i.pdf",
      () => writeFile(at("i.pdf"), "\x89PNG\r\n\x1a\n", "latin1"),
      /i\.pdf has the name of a PDF, but it is a PNG image\. Rename it to end in \.png/,
    ],
  ])("%s", async (_, path, make, message) => {
    await make();
    expect(await refused([path])).toMatch(message);
  });

  test("more than 200 MB", async () => {
    await writeFile(at("big.txt"), "x");
    await truncate(at("big.txt"), 201 * 1024 ** 2);
    expect(await refused(["big.txt"])).toMatch(
      /big\.txt has 201 MB, more than the limit of 200 MB \(limits\.documentBytes, PROMPT_STUDIO_MAX_DOCUMENT_BYTES\).*\n.*#limit_exceeded/,
    );
  });

  test("more than a limit of the environment", async () => {
    expect(await refused(["a.txt"], { PROMPT_STUDIO_MAX_DOCUMENT_BYTES: "10" })).toMatch(/has 19 bytes, more than the limit of 10 bytes/);
  });

  test("every wrong one of several is named", async () => {
    const stderr = await refused(["none.txt", "a.txt", "nothing.txt"]);
    expect(stderr).toMatch(/2 documents cannot be used; nothing was started/);
    expect(stderr).toContain("none.txt cannot be read");
    expect(stderr).toContain("nothing.txt cannot be read");
  });

  test("a name with control characters doesn't reach the terminal", async () => {
    expect(await refused(["\u001b[31mx\u202e.txt"])).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe("prompts", () => {
  test.each<[string, unknown, RegExp]>([
    ["broken JSON", '{\n  "outputs": [,]\n}', /p\.json is not valid JSON: line 2, column 15: there is "," where a value or \] is needed/],
    ["an empty file", "", /p\.json cannot be read: it is empty/],
    ["2,001 outputs", Array.from({ length: 2001 }, (_, index) => output({ name: `o${index}` })), /\/outputs has 2001 outputs, more than the limit of 2000/],
    ["duplicate names", [output(), output()], /\/outputs\/1\/name the name "total" is already that of \/outputs\/0/],
    ["an empty name", [output({ name: "" })], /\/outputs\/0\/name a name is needed/],
    ["__proto__", [output({ name: "__proto__" })], /\/outputs\/0\/name "__proto__" cannot be the name/],
    ["a prompt of 65 KB", [output({ prompt: "x".repeat(65 * 1024) })], /\/outputs\/0\/prompt is 66560 bytes long, more than the limit of 65536/],
    ["an unknown type", [output({ type: "money" })], /\/outputs\/0\/type unknown value "money"; use one of text, number/],
    ["an unknown strategy", [output({ "retrieval-strategy": "best" })], /\/outputs\/0\/retrieval-strategy unknown value "best"/],
    ["overlap of the size", [output({ "chunk-size": 10, "chunk-overlap": 10 })], /\/outputs\/0\/chunk-overlap must be less than chunk-size/],
    ["negative top-k", [output({ "similarity-top-k": -3 })], /\/outputs\/0\/similarity-top-k must be at least 1, not -3/],
    ["something not built yet", { outputs: [output()], tool_settings: { enable_challenge: true } }, /\/tool_settings\/enable_challenge.*\n.*#not_supported/],
    [
      "an unknown model",
      { outputs: [output()], tool_settings: { llm: "gpt" } },
      /no language model named "gpt".*Known: local, openai, openai:MODEL.*\n.*#unknown_adapter/,
    ],
    [
      "an unknown embedding",
      { outputs: [output()], tool_settings: { embedding: "e" } },
      /There is no embedding named "e"\. Known: local, openai, openai:MODEL.*\n.*#unknown_adapter/,
    ],
    [
      "an unknown extractor",
      { outputs: [output()], extraction_settings: { x2text_instance_id: "ocr" } },
      /There is no text extractor named "ocr"\. Known: builtin.*\n.*#unknown_adapter/,
    ],
  ])("%s", async (_, value, message) => {
    await prompts(value);
    expect(await refused(["a.txt"])).toMatch(message);
  });

  test("each problem has a line with its pointer", async () => {
    await prompts([output({ type: "x" }), { name: "", prompt: "y" }]);
    const lines = (await refused(["a.txt"])).split("\n");
    expect(lines[0]).toBe("error: The request is not valid");
    expect(lines.slice(1, 3).map((line) => line.trim().split(" ")[0])).toEqual(["/outputs/0/type", "/outputs/1/name"]);
  });

  test("missing prompts file, folder as prompts", async () => {
    for (const [path, why] of [
      ["none.json", "there is no such file"],
      ["d", "it is a folder"],
    ] as const) {
      if (path === "d") await mkdir(at("d"));
      const outcome = await run(folder.path, ["run", "a.txt", "--prompts", path]);
      expect(outcome.code).toBe(2);
      expect(outcome.stderr).toContain(`The prompts ${path} cannot be read: ${why}`);
    }
  });

  test("--strict refuses warnings", async () => {
    await prompts([output({ prompt: "What is {{nothing}}?" })]);
    expect(await refused(["a.txt", "--strict"])).toMatch(/--strict: the prompts have warnings: \/outputs\/0\/prompt .*nothing/);
  });
});

describe("flags and settings", () => {
  test.each<[string[], RegExp]>([
    [["--out", "a.txt"], /folder a\.txt \(--out\) cannot be written to: a file is in the way.*nothing was started/],
    [["--out", "a.txt/deep"], /\(--out\) cannot be written to: a file is in the way/],
    [["--engine", "x"], /engine "x" is unknown/],
    [["--llm", "opnai"], /no language model named "opnai" \(did you mean openai\?\)/],
    [["--llm", "openai"], /needs a key: set the environment variable OPENAI_API_KEY/],
    [["--pages", "3-1"], /\/extraction_settings\/pages "3-1" is not a range/],
    [["--language", "german!"], /\/extraction_settings\/language/],
    [["--password-env", "NO_SUCH"], /environment variable NO_SUCH, which is not set/],
    [["--password-stdin"], /--password-stdin got nothing/],
    [["--password-stdin", "--password-env", "A"], /exclude each other/],
    [["b.txt", "--run-id", "one"], /One run id \(one\) can't name the runs of 2 documents/],
  ])("%j", async (flags, message) => {
    expect(await refused(["a.txt", ...flags])).toMatch(message);
  });

  test.skipIf(process.platform !== "linux")("an --out where the system allows no folder", async () => {
    expect(await refused(["a.txt", "--out", "/proc/none/deep"])).toMatch(/\(--out\) cannot be written to/);
  });

  test("one output_file_path for several documents", async () => {
    await writeFile(at("one.json"), JSON.stringify({ output_file_path: "out.json", outputs: [output()] }));
    const { code, stderr, opened } = await run(folder.path, ["run", "a.txt", "b.txt", "--prompts", "one.json"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/One output_file_path \(out\.json\) can't hold the results of 2 documents/);
    expect(opened).toEqual([]);
  });

  test("--out never writes over an input", async () => {
    await writeFile(at("a.txt.json"), JSON.stringify([output()]));
    const outcome = await run(folder.path, ["run", "a.txt", "--prompts", "a.txt.json", "--out", "."]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("would write over a.txt.json");
  });

  test.each<[string[], RegExp]>([
    [["rnu"], /unknown command 'rnu'[\s\S]*Did you mean run/],
    [["run", "a.txt"], /Give --prompts FILE, or --schema FILE/],
    [["run", "--prompts", "p.json"], /missing required argument 'file'/],
    [["run", "a.txt", "--prompts", "p.json", "--min-grade", "great"], /Allowed choices are poor, fair, good, excellent/],
    [["run", "a.txt", "--prompts", "p.json", "--password", "x"], /unknown option '--password'/],
    [["runs", "lst"], /unknown command 'lst'/],
    [["runs", "list", "--limit", "0"], /whole number from 1/],
    [["runs", "rerun", "x", "--from", "evalute"], /no stage evalute \(did you mean evaluate\?\). Stages: extract-text/],
    [["graph", "p.json", "--format", "png"], /no format png. Formats: table, mermaid, dot, svg, json/],
    [[], /Usage: prompt-studio/],
  ])("usage: %j", async (argv, message) => {
    const outcome = await run(folder.path, argv);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stdout).toBe("");
  });

  test("a second run with the same id and another request", async () => {
    const studio = createMemoryStudio();
    expect((await run(folder.path, ["run", "a.txt", "--prompts", "p.json", "--run-id", "x"], { studio })).code).toBe(0);
    const outcome = await run(folder.path, ["run", "b.txt", "--prompts", "p.json", "--run-id", "x"], { studio });
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(/Run x has another document or request.*\n.*#run_conflict/);
    expect(studio.worked).toEqual([["x"]]);
    expect(studio.closed).toBe(2);
  });

  test("an error is JSON on stdout when JSON was asked for", async () => {
    await prompts([output({ type: "x" }), output()]);
    const outcome = await run(folder.path, ["run", "a.txt", "--prompts", "p.json", "--json"]);
    expect(outcome.code).toBe(2);
    expect(JSON.parse(outcome.stdout)).toEqual({
      error: {
        code: "invalid_request",
        message: expect.any(String),
        problems: [{ pointer: "/outputs/0/type", message: expect.any(String) }],
        documentation: "docs/errors.md#invalid_request",
      },
    });
  });

  test("an unexpected error says so, and shows its stack only with --debug", async () => {
    const openStudio = () => Promise.reject(new Error("boom"));
    const calm = await run(folder.path, ["runs", "list"], { openStudio });
    expect([calm.code, calm.stderr]).toEqual([
      1,
      "error: boom\nThis should not happen. Run it again with --debug and report what it prints.\nSee docs/errors.md#internal\n",
    ]);
    expect((await run(folder.path, ["runs", "list", "--debug"], { openStudio })).stderr).toContain("Error: boom\n    at ");
  });
});
