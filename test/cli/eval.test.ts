import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
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

/** A case's folder. The studio of the tests answers every output with "1,249.50". */
async function addCase(name: string, expected: unknown, outputs: readonly string[] = ["total"]): Promise<void> {
  await mkdir(at("cases", name), { recursive: true });
  await writeFile(at("cases", name, `${name}.txt`), `Total due 1,249.50 of ${name}\n`);
  await writeFile(at("cases", name, "README.md"), "not a document");
  await writeFile(at("cases", name, "prompts.json"), JSON.stringify({ outputs: outputs.map((output) => ({ name: output, prompt: `What is ${output}?` })) }));
  await writeFile(at("cases", name, "expected.json"), JSON.stringify(expected));
}

describe("eval", () => {
  test("a table per field, and the accuracy", async () => {
    await addCase("one", { total: "1249.50", other: null }, ["total", "other"]);
    await addCase("two", { total: "7.00" });
    const { code, stdout, opened } = await run(folder.path, ["eval", "cases"], { studio: createMemoryStudio() });
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "case  field  expected  got       result  grade",
      "one   total  1249.50   1,249.50  right   good",
      "one   other  —         1,249.50  wrong   good",
      "two   total  7.00      1,249.50  wrong   good",
      "",
      "one  1 of 2",
      "two  0 of 1",
      "accuracy 0.333 (1 of 3, 1 invented where the document says nothing)",
      "",
    ]);
    expect(opened).toEqual([{ interactive: true, llm: "local" }]);
  });

  test("--min-accuracy is a gate", async () => {
    await addCase("one", { total: "1,249.50", other: "x" }, ["total", "other"]);
    const gate = (share: string) => run(folder.path, ["eval", "cases/one", "--min-accuracy", share], { studio: createMemoryStudio() });
    expect((await gate("0.5")).code).toBe(0);
    const below = await gate("0.6");
    expect(below.code).toBe(3);
    expect(below.stderr).toContain("The accuracy of 0.500 is below --min-accuracy 0.6.");
    expect((await gate("60%")).code).toBe(2);
  });

  test("--compare shows changed values first: against another eval's JSON, or a run", async () => {
    await addCase("one", { total: "1,249.50", other: "x" }, ["total", "other"]);
    const old = createMemoryStudio({ output: (name) => (name === "total" ? { value: "7" } : { value: "1 249,50" }) });
    const before = await run(folder.path, ["eval", "cases", "--json"], { studio: old });
    await writeFile(at("before.json"), before.stdout);
    const { stdout, code } = await run(folder.path, ["eval", "cases", "--compare", "before.json"], { studio: createMemoryStudio() });
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "case  changed  before  now       result",
      "one   total    7       1,249.50  wrong → right",
      "",
      "case  field  expected  got       result  grade",
    ]);

    const runId = JSON.parse(before.stdout).cases[0].run_id;
    const same = await run(folder.path, ["eval", "cases", "--compare", runId, "--json"], { studio: old });
    expect(JSON.parse(same.stdout)).toMatchObject({ accuracy: 0, changes: [] });
  });

  test("runs anew unless told to reuse", async () => {
    await addCase("one", { total: null });
    const studio = createMemoryStudio();
    await run(folder.path, ["eval", "cases"], { studio });
    await run(folder.path, ["eval", "cases", "--reuse"], { studio });
    expect(studio.submissions.map(({ fresh }) => fresh)).toEqual([true, undefined]);
  });

  test("a failed run is wrong in every field, and ends with 1", async () => {
    await addCase("one", { total: null });
    const studio = createMemoryStudio({ failure: () => ({ stage: "extract-text", code: "document_broken", message: "It is broken." }) });
    const { code, stdout, stderr } = await run(folder.path, ["eval", "cases", "--json"], { studio });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ accuracy: 0, cases: [{ status: "failed", fields: [{ name: "total", right: false }] }] });
    expect(stderr).toContain("It is broken.");
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["no case", () => mkdir(at("cases")), /The folder cases holds no expected\.json/],
    ["no folder", () => Promise.resolve(), /The folder cases cannot be read: there is no such file/],
    ["an unknown answer", () => addCase("one", { sum: 1 }), /has answers for outputs that prompts\.json does not ask for: sum/],
    ["no answers", () => addCase("one", {}), /has no answers/],
    ["a list", () => addCase("one", []), /must be an object/],
    [
      "no document that can be read",
      () => addCase("one", { total: 1 }).then(() => rename(at("cases", "one", "one.txt"), at("cases", "one", "one.tif"))),
      /holds no document/,
    ],
    [
      "two documents",
      () => addCase("one", { total: 1 }).then(() => writeFile(at("cases", "one", "b.pdf"), "x")),
      /holds several documents \(b\.pdf, one\.txt\)/,
    ],
  ])("%s is refused before anything runs", async (_, prepare, message) => {
    await prepare();
    const { code, stderr, opened } = await run(folder.path, ["eval", "cases"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(opened).toEqual([]);
  });
});

describe("tables of results", () => {
  test("several documents with --out also give results.csv and results.jsonl", async () => {
    const studio = createMemoryStudio({
      output: () => ({ value: "=1+1" }),
      failure: (name) => (name === "b.txt" ? { stage: "extract-text", code: "document_broken", message: "It is broken." } : undefined),
    });
    const { code } = await run(folder.path, ["run", "a.txt", "b.txt", "--prompts", "p.json", "--out", "out"], { studio });
    expect(code).toBe(1);
    const [first, second] = [...studio.runs.keys()];
    expect((await readFile(at("out", "results.csv"), "utf8")).split("\r\n")).toEqual([
      "file,run_id,status,error,total,total_status,total_grade,total_page",
      `a.txt,${first},completed,,'=1+1,extracted,good,2`,
      `b.txt,${second},failed,document_broken,,,,`,
      "",
    ]);
    const lines = (await readFile(at("out", "results.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).total)).toEqual(["=1+1", null]);
  });

  test("one document gives none", async () => {
    await run(folder.path, ["run", "a.txt", "--prompts", "p.json", "--out", "out"], { studio: createMemoryStudio() });
    await expect(readFile(at("out", "results.csv"))).rejects.toThrow();
  });

  test("runs get prints a result as CSV or Markdown", async () => {
    const studio = createMemoryStudio();
    await run(folder.path, ["run", "a.txt", "--prompts", "p.json", "--run-id", "r"], { studio });
    const csv = await run(folder.path, ["runs", "get", "r", "--format", "csv"], { studio });
    expect(csv.stdout).toBe('name,type,value,status,grade,page,quote\r\ntotal,text,"1,249.50",extracted,good,2,"Total due 1,249.50"\r\n');
    const markdown = await run(folder.path, ["runs", "get", "r", "--format", "md"], { studio });
    expect(markdown.stdout).toContain("# a.txt\n\n3 pages, completed\n\n| name | type | value | status | grade | page | quote |");
    expect((await run(folder.path, ["runs", "get", "r", "--format", "xml"], { studio })).code).toBe(2);
  });
});
