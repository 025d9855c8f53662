/** The same submission after a failure: a failed run never goes on, so it is tried again under the next id, with what the failed one had. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PDFDocument from "pdfkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import type { Studio } from "../../lib/client.ts";

let folder: string;
let studio: Studio;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tries-"));
  studio = await openStudio({ llm: "local", storeLocation: folder, interactive: true });
});

afterAll(async () => {
  await studio.close();
  await rm(folder, { recursive: true, force: true });
});

function locked(password: string): Promise<Buffer> {
  const pdf = new PDFDocument({ userPassword: password, info: { CreationDate: new Date(0) } });
  const parts: Buffer[] = [];
  pdf.on("data", (part: Buffer) => parts.push(part));
  pdf.text("Invoice number: A-77");
  pdf.end();
  return new Promise((resolve) => pdf.on("end", () => resolve(Buffer.concat(parts))));
}

const request = { outputs: [{ name: "number", prompt: "What is the invoice number?", type: "text" as const }] };

describe("a repeated submission", () => {
  it("after a wrong password is a new try with the right one, and then stays that run", async () => {
    const document = await locked("sesame");
    const submit = (password: string) => studio.submit({ document, fileName: "locked.pdf", request, password });
    const wrong = await submit("guess");
    expect(await studio.work([wrong.runId])).toMatchObject([{ status: "failed", error: { code: "document_password_wrong" } }]);
    const right = await submit("sesame");
    expect(right.runId).toBe(`${wrong.runId}-2`);
    expect(right.warnings).toHaveLength(1);
    expect(await studio.work([right.runId])).toMatchObject([{ status: "completed" }]);
    expect((await studio.result(right.runId)).outputs.number?.value).toBe("A-77");
    expect(await submit("sesame")).toEqual({ runId: right.runId, existing: true, warnings: [] });
  });

  it("after a cancel starts with what was done", async () => {
    const submit = () => studio.submit({ document: Buffer.from("Invoice number: B-12\n"), fileName: "note.txt", request });
    const first = await submit();
    await studio.cancel(first.runId, "enough");
    const second = await submit();
    expect(second.runId).toBe(`${first.runId}-2`);
    expect(await studio.work([second.runId])).toMatchObject([{ status: "completed" }]);
    const rerun = await studio.rerun(second.runId, { from: "evaluate" });
    const before = await studio.events(rerun.runId);
    expect(before.filter(({ type }) => type === "stage-end").map(({ stage }) => stage)).toEqual([
      "extract-text",
      "chunk-embed",
      "generate-digraph",
      "agentic-extract",
    ]);
    expect(await studio.work([rerun.runId])).toMatchObject([{ status: "completed" }]);
    expect((await studio.result(rerun.runId)).final_output).toEqual((await studio.result(second.runId)).final_output);
  });
});
