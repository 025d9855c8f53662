/** Files that people asked for, on a real disk. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder, writeResultCopy, writeWhole } from "../lib/whole-file.ts";

const RESULT = '{ "run_id": "a", "status": "completed", "outputs": {} }\n';
const LATER = '{ "run_id": "b", "status": "completed_with_issues", "outputs": {} }\n';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whole ü "));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeResultCopy", () => {
  it("makes the folders above, and writes over an earlier result", async () => {
    const path = join(folder, "new", "deep", "result.json");
    await writeResultCopy(path, RESULT);
    expect(await readFile(path, "utf8")).toBe(RESULT);
    await writeResultCopy(path, LATER);
    expect(await readFile(path, "utf8")).toBe(LATER);
    expect(await readdir(join(folder, "new", "deep"))).toEqual(["result.json"]);
  });

  it.each([
    ["text", "notes"],
    ["JSON of something else", '{ "name": "a-package" }'],
    ["a list", `[${RESULT}]`],
    ["a request with a run_id", '{ "run_id": "a", "outputs": [] }'],
    ["a status that no run has", '{ "run_id": "a", "status": 200 }'],
    ["nothing", ""],
  ])("never writes over a file that holds %s", async (_, content) => {
    const path = join(folder, "mine.json");
    await writeFile(path, content);
    await expect(writeResultCopy(path, RESULT)).rejects.toMatchObject({ code: "invalid_request", message: expect.stringContaining("no earlier result") });
    expect(await readFile(path, "utf8")).toBe(content);
    expect(await readdir(folder)).toEqual(["mine.json"]);
  });

  it("never writes into the store, where it would pass for a record", async () => {
    const store = join(folder, "store");
    for (const path of [store, join(store, "t", "default", "runs", "a", "end")])
      await expect(writeResultCopy(path, RESULT, store)).rejects.toMatchObject({ code: "invalid_request", message: expect.stringContaining("store") });
    expect(await readdir(folder)).toEqual([]);
    await writeResultCopy(join(folder, "store-result.json"), RESULT, store);
    expect(await readdir(folder)).toEqual(["store-result.json"]);
  });

  it("refuses a folder and a link, also one to an earlier result", async () => {
    await mkdir(join(folder, "folder"));
    await writeFile(join(folder, "target.json"), RESULT);
    await symlink(join(folder, "target.json"), join(folder, "link.json"));
    for (const name of ["folder", "link.json"]) await expect(writeResultCopy(join(folder, name), LATER)).rejects.toMatchObject({ code: "invalid_request" });
    expect(await readFile(join(folder, "target.json"), "utf8")).toBe(RESULT);
  });
});

describe("writeWhole", () => {
  it("leaves nothing behind where it fails", async () => {
    await mkdir(join(folder, "taken"));
    await writeFile(join(folder, "taken", "inside"), "");
    await expect(writeWhole(join(folder, "taken"), "content")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
  });
});

describe("makeFolder", () => {
  it("fails where a file is in the way", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(makeFolder(join(folder, "file", "below"))).rejects.toThrow();
  });
});
