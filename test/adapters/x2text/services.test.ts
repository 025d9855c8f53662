import { describe, expect, it } from "vitest";
import { createDocling } from "../../../lib/adapters/x2text/docling.ts";
import { createLlamaParse } from "../../../lib/adapters/x2text/llamaparse.ts";
import { createNoOp } from "../../../lib/adapters/x2text/no-op.ts";
import { createUnstructured } from "../../../lib/adapters/x2text/unstructured.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { INPUT, PAGES, readThrough, textExtractorConformance } from "../../conformance/text-extractor.ts";
import { extractionContext, newLedger } from "../../support/adapter-context.ts";
import type { Reply } from "../../support/service.ts";
import { startJobs } from "./jobs-double.ts";

const KEY = "service-key-1";
const WIDTH = 600;
const HEIGHT = 800;
const bad = (name: string, create: (url: string) => ReturnType<typeof createDocling>) =>
  badServiceConformance({
    name: `text extractor ${name}`,
    source: name,
    ask: (url, signal) => create(url).extract(INPUT, extractionContext(newLedger(), { signal })),
  });

/** Unstructured: one request, a list of elements. */
function startUnstructured() {
  const elements = PAGES.flatMap((lines, page) =>
    lines.map((text, row) => ({
      type: row === 0 ? "Title" : "NarrativeText",
      element_id: `${page}${row}`,
      text,
      metadata: {
        page_number: page + 1,
        languages: ["eng"],
        coordinates: {
          points: [
            [60, 80 * (row + 1)],
            [60, 80 * (row + 1) + 16],
            [300, 80 * (row + 1) + 16],
            [300, 80 * (row + 1)],
          ],
          system: "PixelSpace",
          layout_width: WIDTH,
          layout_height: HEIGHT,
        },
      },
    })),
  );
  return startJobs((request, jobs) => {
    if (request.path === "/healthcheck") return { json: { healthcheck: "HEALTHCHECK STATUS: EVERYTHING OK!" } };
    if (request.headers["unstructured-api-key"] !== KEY) return { status: 401, json: { detail: "API key is malformed" } };
    if (jobs.script.failure !== undefined) return { status: 422, json: { detail: jobs.script.failure } };
    return jobs.submit(() => ({ json: elements }));
  });
}
const unstructured = (baseUrl: string) => createUnstructured({ instance: "u", baseUrl, apiKey: KEY, keyHint: "UNSTRUCTURED_API_KEY" });
textExtractorConformance({ name: "unstructured", source: "unstructured", start: startUnstructured, create: unstructured, places: true, immediate: true });
bad("unstructured", unstructured);

/** LlamaParse: upload, job, result. */
function startLlamaParse() {
  const pages = PAGES.map((lines, page) => ({
    page: page + 1,
    text: lines.join("\n"),
    md: lines.join("\n\n"),
    width: WIDTH,
    height: HEIGHT,
    items: lines.map((value, row) => ({ type: row === 0 ? "heading" : "text", value, md: `# ${value}`, bBox: { x: 60, y: 80 * (row + 1), w: 240, h: 16 } })),
  }));
  return startJobs((request, jobs): Reply => {
    if (request.headers.authorization !== `Bearer ${KEY}`) return { status: 401, json: { detail: "Invalid API Key" } };
    if (request.path.endsWith("/upload")) return jobs.submit((id) => ({ json: { id, status: "PENDING" } }));
    const [, , , , , id = "", part] = request.path.split("/");
    if (part === "result") return { json: { pages, job_metadata: { job_pages: 2 } } };
    const state = jobs.stateOf(id);
    if (state === "lost") return { status: 404, json: { detail: "Job not found" } };
    if (state === "failed") return { json: { id, status: "ERROR", error_code: "PARSING", error_message: jobs.script.failure } };
    return { json: { id, status: state === "working" ? "PENDING" : "SUCCESS" } };
  });
}
const llamaparse = (baseUrl: string) => createLlamaParse({ instance: "l", baseUrl, apiKey: KEY, keyHint: "LLAMA_CLOUD_API_KEY", mode: "premium" });
textExtractorConformance({ name: "llamaparse", source: "llamaparse", start: startLlamaParse, create: llamaparse, places: true });
bad("llamaparse", llamaparse);

/** A table of one row on page 1, the other lines as texts; a body that names them in order. */
const DOCLING = {
  schema_name: "DoclingDocument",
  body: { self_ref: "#/body", children: [{ $ref: "#/texts/0" }, { $ref: "#/tables/0" }, { $ref: "#/groups/0" }] },
  groups: [{ self_ref: "#/groups/0", children: [{ $ref: "#/texts/2" }, { $ref: "#/texts/1" }, { $ref: "#/groups/0" }] }],
  texts: [
    {
      self_ref: "#/texts/0",
      text: PAGES[0]?.[0],
      prov: [{ page_no: 1, bbox: { l: 60, t: 720, r: 300, b: 704, coord_origin: "BOTTOMLEFT" }, charspan: [0, 12] }],
    },
    {
      self_ref: "#/texts/1",
      text: PAGES[1]?.[1],
      prov: [{ page_no: 2, bbox: { l: 60, t: 640, r: 300, b: 624, coord_origin: "BOTTOMLEFT" }, charspan: [0, 14] }],
    },
    {
      self_ref: "#/texts/2",
      text: PAGES[1]?.[0],
      prov: [{ page_no: 2, bbox: { l: 60, t: 720, r: 300, b: 704, coord_origin: "BOTTOMLEFT" }, charspan: [0, 16] }],
    },
  ],
  tables: [
    {
      self_ref: "#/tables/0",
      prov: [{ page_no: 1, bbox: { l: 60, t: 640, r: 300, b: 600, coord_origin: "BOTTOMLEFT" }, charspan: [0, 0] }],
      data: {
        table_cells: [
          { text: "1,249.50 EUR", bbox: { l: 180, t: 160, r: 300, b: 176, coord_origin: "TOPLEFT" }, start_row_offset_idx: 0, start_col_offset_idx: 1 },
          { text: "Total", bbox: { l: 60, t: 160, r: 120, b: 176, coord_origin: "TOPLEFT" }, start_row_offset_idx: 0, start_col_offset_idx: 0 },
        ],
      },
    },
  ],
  pages: { "1": { page_no: 1, size: { width: WIDTH, height: HEIGHT } }, "2": { page_no: 2, size: { width: WIDTH, height: HEIGHT } } },
};

/** docling-serve: submit, poll, result. */
function startDocling() {
  return startJobs((request, jobs): Reply => {
    if (request.path === "/health") return { json: { status: "ok" } };
    if (request.path.endsWith("/file/async")) return jobs.submit((id) => ({ json: { task_id: id, task_status: "pending", task_position: 1 } }));
    const id = request.path.split("/").at(-1) ?? "";
    if (request.path.startsWith("/v1/result/"))
      return { json: { document: { filename: "invoice.pdf", json_content: DOCLING }, status: "success", errors: [], processing_time: 1 } };
    const state = jobs.stateOf(id);
    if (state === "lost") return { status: 404, json: { detail: "Task not found." } };
    if (state === "failed") return { json: { task_id: id, task_status: "failure", error_message: jobs.script.failure } };
    return { json: { task_id: id, task_status: state === "working" ? "started" : "success" } };
  });
}
const docling = (url: string) => createDocling({ instance: "d", url, apiKey: "", keyHint: "its key" });
textExtractorConformance({ name: "docling", source: "docling", start: startDocling, create: docling, places: true });
bad("docling", docling);

describe("places", () => {
  it.each([
    ["unstructured", startUnstructured, unstructured],
    ["llamaparse", startLlamaParse, llamaparse],
    ["docling", startDocling, docling],
  ] as const)("of %s are fractions of the page from its top left", async (_, start, create) => {
    const service = await start();
    const { document } = await readThrough(create(service.url));
    await service.close();
    expect(document.words[0]?.box).toEqual({ left: 0.1, top: 0.1, width: 0.4, height: 0.02 });
    expect(document.pages[0]).toMatchObject({ width: WIDTH, height: HEIGHT });
  });

  it("of a table's cells are their own, and columns stay apart", async () => {
    const service = await startDocling();
    const { document } = await readThrough(docling(service.url));
    await service.close();
    expect(document.words.slice(2, 4).map(({ text, box }) => [text, box?.left, box?.top])).toEqual([
      ["Total", 0.1, 0.2],
      ["1,249.50", 0.3, 0.2],
    ]);
    expect(document.layout.text).toContain("Total  1,249.50 EUR");
  });
});

describe("pages", () => {
  it("are named as each service counts them", async () => {
    const pages: [number, number][] = [[2, 2]];
    const [llama, dock] = [await startLlamaParse(), await startDocling()];
    const read = [
      await readThrough(llamaparse(llama.url), newLedger(), { ...INPUT, pages }),
      await readThrough(docling(dock.url), newLedger(), { ...INPUT, pages }),
    ];
    await Promise.all([llama.close(), dock.close()]);
    expect(llama.requests[0]?.body.toString()).toMatch(/name="target_pages"\r\n\r\n1\r\n/);
    expect(dock.requests[0]?.body.toString()).toMatch(/name="page_range"\r\n\r\n2\r\n[\s\S]*name="page_range"\r\n\r\n2\r\n/);
    for (const { document } of read) expect(document.pages.map(({ number }) => number)).toEqual([2]);
  });
});

describe("no-op", () => {
  const read = (bytes: Uint8Array, more = {}) => createNoOp("as-is").extract({ ...INPUT, ...more, bytes }, extractionContext());

  it("takes a text as it is", async () => {
    const document = await read(Buffer.from("Total:   5 EUR\n<b>done</b>"));
    expect([document.layout.text, document.kind, document.parser]).toEqual(["Total:   5 EUR\n<b>done</b>", "text", "no-op"]);
  });

  it.each([
    ["not_supported", INPUT.bytes, {}],
    ["document_empty", Buffer.alloc(0), {}],
    ["limit_exceeded", Buffer.from("long enough"), { maximumTextBytes: 5 }],
  ])("refuses with %s", async (code, bytes, more) => {
    await expect(read(bytes, more)).rejects.toMatchObject({ name: "PermanentError", code });
  });
});
