/** The examples of own pipelines do what they say, on an engine that works here and on one that calls. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listen } from "../../lib/http/listen.ts";
import { ROOT, read } from "../repository/files.ts";
import { startInngestServer } from "../support/inngest-server.ts";
import { runExample, runProgram } from "./examples.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "own pipelines ü "));
  await writeFile(join(folder, "a.txt"), "Total due 5 euros\nDate 1 May\n");
  await writeFile(join(folder, "b.bin"), "\0\0");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("count-words gives the same on two engines, with one argument changed", async () => {
  expect(await runExample("count-words", ["embedded"], folder)).toBe("completed on embedded: { words: 9 }");
  const server = await startInngestServer();
  const env = { INNGEST_DEV: server.url, PROMPT_STUDIO_PORT: "0", PROMPT_STUDIO_STORE: "another" };
  expect(await runExample("count-words", ["inngest"], folder, env)).toBe("completed on inngest: { words: 9 }");
  expect(server.executor.runs.map(({ status }) => status)).toEqual(["Completed"]);
  await server.stop();
});

it("many-documents tells the callback once what came of each, also of one that can't be read", async () => {
  const told: unknown[] = [];
  const receiver = await listen(
    {
      async fetch(request) {
        told.push(await request.json());
        return new Response("ok");
      },
    },
    { host: "127.0.0.1", port: 0 },
  );
  const args = [`${receiver.url}/done`, "a.txt", "b.bin"];
  const files = [
    { name: "a.txt", lines: 3 },
    { name: "b.bin", error: "document_unreadable" },
  ];
  for (let time = 0; time < 2; time++) expect(await runExample("many-documents", args, folder)).toBe(`completed ${JSON.stringify(files)}`);
  expect(told).toEqual([{ run_id: expect.stringMatching(/^run-/), files }]);
  await receiver.close(0);
});

it("extract-and-index asks its prompts and says which answer has which word", async () => {
  const printed = await runExample("extract-and-index", ["a.txt", "total", "date"], folder);
  expect(printed).toBe('completed {"date":["date"],"due":["total"],"euros":["total"],"may":["date"],"total":["total"]}');
});

it("the program at the beginning of docs/own-pipelines.md prints what it says", async () => {
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(read("docs/own-pipelines.md")) ?? [];
  // Below the package, whose name a program there finds.
  const path = join(ROOT, "dist", "own-pipelines-document.mjs");
  await writeFile(path, program);
  try {
    expect(await runProgram(path, [], folder)).toBe("Hello Ada");
  } finally {
    await rm(path);
  }
});
