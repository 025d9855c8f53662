/** runs, report, graph, doctor, init. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkNode } from "../../lib/cli/doctor.ts";
import { createMemoryStudio, type MemoryStudio } from "./support/studio.ts";
import { EXAMPLE, makeFolder, run } from "./support/terminal.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
let studio: MemoryStudio;
beforeEach(async () => {
  folder = await makeFolder();
  studio = createMemoryStudio();
});
afterEach(() => folder.remove());

const at = (...parts: string[]) => join(folder.path, ...parts);
const call = (...argv: string[]) => run(folder.path, argv, { studio });
const submit = (fileName: string, runId: string) =>
  studio.submit({ document: at(fileName), fileName, runId, request: { outputs: [{ name: "total", prompt: "x" }] } as never });

describe("runs", () => {
  test("list shows the newest first; none is no error", async () => {
    expect(await call("runs", "list")).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("no runs yet") });
    await submit("a.txt", "one");
    await submit("b.txt", "two");
    await studio.work(["one"]);
    expect((await call("runs", "list")).stdout.split("\n")).toEqual([
      "run  status     created (UTC)     file   usage",
      "two  queued     2026-01-02 03:04  b.txt",
      "one  completed  2026-01-02 03:04  a.txt  812 tokens · $0.0003",
      "",
    ]);
    expect(JSON.parse((await call("runs", "list", "--limit", "1", "--json")).stdout).runs.map(({ runId }: { runId: string }) => runId)).toEqual(["two"]);
  });

  test("get shows the stages of a run that goes on, and the values of one that is done", async () => {
    await submit("a.txt", "one");
    expect((await call("runs", "get", "one")).stdout).toMatch(/^one · a\.txt · queued\n\nstage {13}status {3}done\nextract-text {6}waiting/);
    expect(JSON.parse((await call("runs", "get", "one", "--json")).stdout)).toMatchObject({ runId: "one", status: "queued", result: null });
    await studio.work(["one"]);
    expect((await call("runs", "get", "one")).stdout).toContain("1,249.50");
    expect(JSON.parse((await call("runs", "get", "one", "--json")).stdout)).toMatchObject({
      status: "completed",
      result: { outputs: { total: { value: "1,249.50" } } },
    });
  });

  test.each([["get"], ["watch"], ["cancel"], ["rerun"]])("%s of an unknown run exits 2", async (command) => {
    expect(await call("runs", command, "none")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: "error: There is no run none.\nSee docs/errors.md#run_not_found\n",
    });
    expect(studio.closed).toBe(1);
  });

  test("watch shows each event once until the run has ended", async () => {
    await submit("a.txt", "one");
    const sleep = async () => {
      await studio.work(["one"]);
    };
    const outcome = await run(folder.path, ["runs", "watch", "one", "--json"], { studio, sleep });
    expect(outcome.code).toBe(0);
    expect(
      outcome.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).type),
    ).toEqual(["run-start", "item-end", "run-end"]);
    expect((await call("runs", "watch", "one")).stdout).toContain("00:00:01 item-end agentic-extract 0000 total done in 1.0s\n");
  });

  test("watch exits 1 for a failed run, 130 for Ctrl-C", async () => {
    studio = createMemoryStudio({ failure: () => ({ code: "internal", message: "x" }) });
    await submit("a.txt", "one");
    const interrupt = new AbortController();
    const stopped = await run(folder.path, ["runs", "watch", "one"], { studio, interrupt, sleep: async () => interrupt.abort() });
    expect([stopped.code, stopped.stderr]).toEqual([130, "Interrupted. The run is not: watch it again with: prompt-studio runs watch one\n"]);
    await studio.work(["one"]);
    expect((await call("runs", "watch", "one")).code).toBe(1);
  });

  test("cancel cancels what goes on, and says when it was too late", async () => {
    await submit("a.txt", "one");
    expect(await call("runs", "cancel", "one")).toMatchObject({ code: 0, stdout: "one · a.txt · cancelled\n" });
    await submit("b.txt", "two");
    await studio.work(["two"]);
    expect(await call("runs", "cancel", "two", "--json")).toMatchObject({ code: 1, stderr: expect.stringContaining("had ended before") });
  });

  test("rerun works on a new run from a stage", async () => {
    await submit("a.txt", "one");
    await studio.work(["one"]);
    const outcome = await call("runs", "rerun", "one", "--from", "evaluate", "--run-id", "two", "--json");
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ run_id: "two", status: "completed" });
    expect(studio.runs.get("two")?.from).toBe("evaluate");
  });
});

describe("report", () => {
  test("goes to stdout, or to a file", async () => {
    await submit("a.txt", "one");
    await studio.work(["one"]);
    expect((await call("report", "one")).stdout).toMatch(/^<!doctype html>/i);
    const { code, stdout } = await call("report", "one", "--out", "r.html", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run_id: "one", file: "r.html" });
    expect(await readFile(at("r.html"), "utf8")).toMatch(/^<!doctype html>/i);
  });

  test("of a run that has not ended, or to an impossible place, exits 2", async () => {
    await submit("a.txt", "one");
    expect(await call("report", "one")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Run one is queued") });
    await studio.work(["one"]);
    await mkdir(at("d"));
    expect(await call("report", "one", "--out", "d")).toMatchObject({ code: 2, stderr: expect.stringMatching(/d cannot be written: it is a folder/) });
    expect((await readdir(folder.path)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("graph", () => {
  test.each([
    ["table", /^wave {2}output[\s\S]*2 {5}iban {13}seller, invoice_number/],
    ["mermaid", /^(flowchart|graph)/],
    ["dot", /^digraph/],
    ["svg", /^<svg/],
    ["json", /^\{\n {2}"nodes"/],
  ])("%s", async (format, expected) => {
    const { code, stdout } = await run(folder.path, ["graph", join(EXAMPLE, "prompts.json"), "--format", format]);
    expect(code).toBe(0);
    expect(stdout).toMatch(expected);
  });

  test("warnings go to stderr; --json is the json format", async () => {
    await writeFile(at("p.json"), JSON.stringify([{ name: "a", prompt: "{{b}}" }]));
    const { code, stdout, stderr } = await run(folder.path, ["graph", "p.json", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ nodes: ["a"], warnings: [{ output: "a" }] });
    expect(stderr).toMatch(/^warning: a: .*b/);
  });
});

describe("doctor", () => {
  test("says what is there, with the limits", async () => {
    const { code, stdout } = await call("doctor");
    expect(code).toBe(0);
    expect(stdout).toContain(at(".prompt-studio"));
    expect(stdout).toContain("document 200 MB, prompt 64 KB, text 50 MB, 5,000 pages, 2,000 outputs");
    expect(stdout).toContain("llm local (default)");
    expect(stdout).toMatch(
      /(?:ok|✓) +text recognition +installed for English|(?:missing|–) +text recognition .*\n.*npm install tesseract\.js @tesseract\.js-data\/eng/,
    );
    expect(stdout).toContain("Everything that is needed is there.");
  });

  test("exits 1 when the store fails, and says what to do", async () => {
    const { code, stdout } = await run(folder.path, ["doctor", "--json"], { checkStore: () => Promise.reject(new Error("read-only")) });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([
        expect.objectContaining({ name: "store", status: "failed", detail: expect.stringContaining("read-only"), fix: expect.any(String) }),
      ]),
    });
  });

  test("exits 1 when the configuration is wrong", async () => {
    const { code, stdout } = await run(folder.path, ["doctor"], { studio, env: { PROMPT_STUDIO_MAX_PAGES: "many" } });
    expect(code).toBe(1);
    expect(stdout).toContain("PROMPT_STUDIO_MAX_PAGES");
  });

  test("asks model services whether they are there, and never shows a key", async () => {
    const server = createServer((request, response) => response.writeHead(request.headers.authorization === "Bearer right-key" ? 200 : 401).end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const llm = (apiKeyEnv: string) => ({ kind: "openai", model: "m", baseUrl, apiKeyEnv });
    await writeFile(
      at("prompt-studio.config.json"),
      JSON.stringify({
        llm: "good",
        adapters: { llm: { good: llm("RIGHT"), bad: llm("WRONG"), none: llm("UNSET"), away: { ...llm("RIGHT"), baseUrl: "http://127.0.0.1:1/v1" } } },
      }),
    );
    const { code, stdout } = await run(folder.path, ["doctor", "--json"], { studio, env: { RIGHT: "right-key", WRONG: "wrong-key" } });
    await new Promise((resolve) => server.close(resolve));
    const status = Object.fromEntries(JSON.parse(stdout).checks.map(({ name, status: is }: { name: string; status: string }) => [name, is]));
    expect(status).toMatchObject({ "llm good (default)": "ok", "llm bad": "missing", "llm none": "missing", "llm away": "missing", "llm local": "ok" });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/right-key|wrong-key/);
  });

  test.each([
    ["20.18.9", "failed"],
    ["20.19.0", "ok"],
    ["18.20.0", "failed"],
    ["24.1.0", "ok"],
  ])("node %s is %s", (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });
});

describe("init", () => {
  test("writes an example that runs, and never overwrites", async () => {
    const first = await run(folder.path, ["init", "new/place"]);
    expect(first.code).toBe(0);
    expect((await readdir(at("new/place"))).sort()).toEqual(["invoice.pdf", "prompt-studio.config.json", "prompts.json"]);
    expect((await run(at("new/place"), ["run", "invoice.pdf", "--prompts", "prompts.json"], { studio })).code).toBe(0);
    await writeFile(at("prompts.json"), "mine");
    const second = await run(folder.path, ["init"]);
    expect(second).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("already has prompts.json; nothing was written") });
    expect(await readFile(at("prompts.json"), "utf8")).toBe("mine");
    expect(await readdir(folder.path)).not.toContain("invoice.pdf");
  });

  test("a file where the folder should be exits 2", async () => {
    expect(await run(folder.path, ["init", "a.txt"])).toMatchObject({ code: 2, stderr: expect.stringContaining("a file is in the way") });
  });
});
