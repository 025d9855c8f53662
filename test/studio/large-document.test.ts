/** A document of 300 pages is read in parts, and a process that dies between them costs only the part that it was in. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import PDFDocument from "pdfkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import { resultRecordSchema } from "../../lib/schema/records.ts";
import { createFsStore } from "../../lib/store/fs.ts";
import { ordinalOf, runKeys } from "../../lib/store/layout.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { faults } from "../document/support/pdf.ts";

const PAGES = 300;
const FIRST = "extract-text/0000";
const JOIN = "extract-text/join";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "large-"));
  await writeFile(join(folder, "large.pdf"), await makeLarge());
  await writeFile(join(folder, "prompts.json"), JSON.stringify({ outputs: [{ name: "code", prompt: "What is the closing code?", type: "text" }] }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function makeLarge(): Promise<Buffer> {
  const pdf = new PDFDocument({ info: { CreationDate: new Date(0) }, autoFirstPage: false });
  const parts: Buffer[] = [];
  pdf.on("data", (part: Buffer) => parts.push(part));
  for (let page = 1; page <= PAGES; page++) {
    pdf.addPage().text(`This is page number ${page}.`);
    for (let line = 1; line <= 20; line++) pdf.text(`Line ${page}/${line} says that nothing of note was found in room ${page * 20 + line}.`);
    if (page === PAGES) pdf.text("Closing code: ZX-300");
  }
  pdf.end();
  return new Promise((resolve) => pdf.on("end", () => resolve(Buffer.concat(parts))));
}

function start(runId: string) {
  const command = [
    "dist/lib/cli/main.js",
    "run",
    join(folder, "large.pdf"),
    "--prompts",
    join(folder, "prompts.json"),
    "--run-id",
    runId,
    "--llm",
    "local",
    "--quiet",
  ];
  const env = { ...process.env, PROMPT_STUDIO_STORE: join(folder, "store"), PROMPT_STUDIO_CONCURRENCY: "1" };
  const child = spawn(process.execPath, command, { env, stdio: "ignore" });
  return { child, ended: new Promise<number | null>((resolve) => child.on("close", resolve)) };
}

it("goes on after the part that was done, and numbers pages as if it had been read at once", { timeout: 120_000 }, async () => {
  const store = createFsStore({ root: join(folder, "store") });
  const keys = runKeys("default", "large");
  const first = start("large");
  while ((await store.get(keys.result(FIRST))) === undefined && first.child.exitCode === null) await sleep(10);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(await store.get(keys.result(JOIN))).toBeUndefined();
  const before = await readRecord(store, keys.result(FIRST), resultRecordSchema);
  expect(before?.is).toBe("done");

  expect(await start("large").ended).toBe(0);
  expect(await readRecord(store, keys.result(FIRST), resultRecordSchema)).toEqual(before);
  const claims = await keysOf(store, keys.claims(FIRST));
  expect(claims.map((key) => ordinalOf(key))).toEqual([before?.claim]);
  const plan = await readRecord(store, keys.result("extract-text/plan"), resultRecordSchema);
  expect(plan?.items?.labels).toEqual(["pages 1-100", "pages 101-200", "pages 201-300"]);

  const studio = await openStudio({ llm: "local", storeLocation: join(folder, "store") });
  try {
    const document = await studio.documentText("large");
    expect(document.pages.map(({ number }) => number)).toEqual(Array.from({ length: PAGES }, (_, index) => index + 1));
    for (const page of document.pages) expect(document.reading.text.slice(...page.reading)).toMatch(new RegExp(`^This is page number ${page.number}\\.\\n`));
    expect(faults(document)).toEqual([]);
    const code = (await studio.result("large")).outputs.code;
    expect(code).toMatchObject({ value: "ZX-300", status: "extracted", citations: [{ page: PAGES }] });
  } finally {
    await studio.close();
  }
});
