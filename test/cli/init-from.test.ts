/** `init --from`: prompts for a document that is there. */
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AGREEMENT, INVOICE_A, makePages } from "../document/support/packet.ts";
import { createMemoryStudio } from "./support/studio.ts";
import { EXAMPLE, makeFolder, run } from "./support/terminal.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());
const at = (...parts: string[]) => join(folder.path, ...parts);

test("writes prompts that run, says what it found and what to do next", async () => {
  await copyFile(join(EXAMPLE, "invoice.pdf"), at("invoice.pdf"));
  const { code, stdout, stderr } = await run(folder.path, ["init", "--from", "invoice.pdf", "new/place"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^invoice\.pdf · invoice \(headed "invoice"; /);
  expect(stdout).toMatch(/\ninvoice_number +text +LI-2025-0417 +1\n/);
  expect(stdout).toMatch(/\nline_items +line-item +8 rows +1\n/);
  const next = "prompt-studio run invoice.pdf --prompts new/place/prompts.json";
  expect(stdout.trimEnd().split("\n").at(-1)).toBe(`  ${next}`);
  expect(await readdir(at("new/place"))).toEqual(["prompts.json"]);
  expect(await run(folder.path, [...next.split(" ").slice(1), "--strict"], { studio: createMemoryStudio() })).toMatchObject({ code: 0 });
});

test("never overwrites", async () => {
  await writeFile(at("prompts.json"), "mine");
  const second = await run(folder.path, ["init", "--from", "a.txt"]);
  expect(second).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("prompts.json is there already; nothing was written") });
  expect(await readFile(at("prompts.json"), "utf8")).toBe("mine");
});

test("says so when it finds nothing, and writes nothing", async () => {
  await writeFile(at("night.txt"), "It was a dark night, and the rain fell in torrents.\n");
  const { code, stderr } = await run(folder.path, ["init", "--from", "night.txt"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Nothing was found in night.txt that prompts could be proposed for (kind: unknown");
  expect(await readdir(folder.path)).not.toContain("prompts.json");
});

test("of a packet takes the first document, and says so", async () => {
  await writeFile(at("packet.pdf"), await makePages([...INVOICE_A, ...AGREEMENT]));
  const { stdout } = await run(folder.path, ["init", "--from", "packet.pdf"]);
  expect(stdout).toContain("2 documents in this file: pages 1-2 invoice, pages 3-4 contract; these prompts are for the first");
  expect(stdout).toContain("invoice_number  text    INV-2041");
  expect(stdout).toContain("run packet.pdf --prompts prompts.json --split");
});

test("--json prints kind and outputs with what they find", async () => {
  const { stdout } = await run(folder.path, ["init", "--from", "a.txt", "--json"]);
  const printed = JSON.parse(stdout);
  expect(printed).toMatchObject({ file: "a.txt", kind: "unknown", prompts: "prompts.json", outputs: [{ output: { type: "number" }, value: 1249.5 }] });
  expect(JSON.parse(await readFile(at("prompts.json"), "utf8")).outputs).toEqual(printed.outputs.map(({ output }: { output: unknown }) => output));
});

test.each([
  ["missing.pdf", "cannot be read"],
  [".", "is a folder"],
])("a document that can't be read (%s) is refused", async (file, message) => {
  expect(await run(folder.path, ["init", "--from", file])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
