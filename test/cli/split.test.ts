/** `run --split`: a file of several documents is a run for each of them. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { INVOICE_A, INVOICE_B, LETTER, makePages } from "../document/support/packet.ts";
import { createMemoryStudio } from "./support/studio.ts";
import { makeFolder, run } from "./support/terminal.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
  await writeFile(join(folder.path, "packet.pdf"), await makePages([...INVOICE_A, ...INVOICE_B, ...LETTER]));
});
afterEach(() => folder.remove());

const ARGUMENTS = ["run", "packet.pdf", "--prompts", "p.json"];
const pagesOf = (studio: ReturnType<typeof createMemoryStudio>) =>
  [...studio.runs.values()].map(({ submission }) => submission.request.extraction_settings?.pages);

describe("a file of three documents", () => {
  test("is three runs, each of its own pages", async () => {
    const studio = createMemoryStudio();
    const { code, stdout, stderr } = await run(folder.path, [...ARGUMENTS, "--split"], { studio });
    expect(code).toBe(0);
    expect(pagesOf(studio)).toEqual(["1-2", "3", "4"]);
    expect(stderr.split("\n")[0]).toBe("packet.pdf: 3 documents in this file: pages 1-2 invoice, page 3 invoice, page 4 letter");
    expect(stdout.split("\n").map((line) => line.split("  ")[0])).toEqual(["packet.pdf pages 1-2", "packet.pdf pages 3", "packet.pdf pages 4", ""]);
  });

  test("is one run without --split", async () => {
    const studio = createMemoryStudio();
    await run(folder.path, ARGUMENTS, { studio });
    expect(pagesOf(studio)).toEqual([undefined]);
  });

  test("names its files with the pages", async () => {
    await run(folder.path, [...ARGUMENTS, "--split", "--out", "out", "--quiet"], { studio: createMemoryStudio() });
    const names = ["packet.pdf.pages-1-2", "packet.pdf.pages-3", "packet.pdf.pages-4"];
    const files = await readdir(join(folder.path, "out"));
    expect(files.filter((name) => name.endsWith(".json"))).toEqual(names.map((name) => `${name}.json`));
    expect(files).toContain("results.csv");
  });

  test("is split within --pages", async () => {
    const studio = createMemoryStudio();
    await run(folder.path, [...ARGUMENTS, "--split", "--pages", "3-4"], { studio });
    expect(pagesOf(studio)).toEqual(["3", "4"]);
  });

  test.each([
    [["--run-id", "one"], "One run id (one) can't name the runs of 3 documents."],
    [["--pages", "9"], "none of the pages asked for is among them"],
  ])("with %j is refused before anything is started", async (flags, message) => {
    const { code, stderr } = await run(folder.path, [...ARGUMENTS, "--split", ...flags], {});
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test.each([
    [[], ["run packet.pdf --prompts p.json --split"]],
    [
      ["--fresh"],
      [expect.stringMatching(/--run-id \S+ --pages 1-2$/), expect.stringMatching(/--run-id \S+ --pages 3$/), expect.stringMatching(/--run-id \S+ --pages 4$/)],
    ],
  ])("goes on after an interruption (%j)", async (flags, commands) => {
    const interrupt = new AbortController();
    const studio = createMemoryStudio({ midway: () => interrupt.abort() });
    const { code, stderr } = await run(folder.path, [...ARGUMENTS, "--split", ...flags], { studio, interrupt });
    expect(code).toBe(130);
    const shown = stderr.split("\n").filter((line) => line.startsWith("  prompt-studio "));
    expect(shown.map((line) => line.slice("  prompt-studio ".length))).toEqual(commands);
  });
});

test("--split changes nothing for a file that is one document", async () => {
  await writeFile(join(folder.path, "one.pdf"), await makePages(INVOICE_A));
  const whole = createMemoryStudio();
  const split = createMemoryStudio();
  await run(folder.path, ["run", "one.pdf", "a.txt", "--prompts", "p.json"], { studio: whole });
  await run(folder.path, ["run", "one.pdf", "a.txt", "--prompts", "p.json", "--split"], { studio: split });
  expect([...split.runs.values()].map(({ submission }) => submission)).toEqual([...whole.runs.values()].map(({ submission }) => submission));
});
