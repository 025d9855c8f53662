/** A document and what is asked of it, over HTTP: accepted, worked on, and read back. */
import { link, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { formOf, jsonOf, KEYS, openWorld, REQUEST, untilEnded, type World } from "./support.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const STAGES = ["text_extraction", "chunking_embedding", "digraph_generation", "agentic_extraction", "evaluation", "result_collation"];

describe("a request that can be run", () => {
  it("is accepted by file_path with the paper's answer, and its result is there when it has ended", async () => {
    const worker = await world.service.startWorker();
    const response = await world.post({
      ...REQUEST,
      run_id: "run-1",
      file_name: "invoice.txt",
      file_path: "a.txt",
      outputs: [{ ...REQUEST.outputs[0], "chunk-size": 0, "retrieval-strategy": "simple", type: "number" }],
    });
    expect(response.status).toBe(202);
    expect([response.headers.get("location"), response.headers.get("retry-after")]).toEqual(["/v1/runs/run-1", "2"]);
    expect(await jsonOf(response)).toMatchObject({
      task_id: "run-1",
      status: "accepted",
      message: "Prompt Studio processing initiated",
      stages: STAGES,
      estimated_completion_time: "less than a minute",
    });
    expect(await untilEnded(world, "run-1")).toMatchObject({ run_id: "run-1", status: "completed", file_name: "invoice.txt", engine: "embedded" });
    const result = await jsonOf(await world.ask("/v1/runs/run-1/result"));
    expect(result).toMatchObject({ run_id: "run-1", outputs: { total: { value: 1249.5, status: "extracted" } } });
    expect(await jsonOf(await world.ask("/v1/runs"))).toMatchObject({ runs: [{ run_id: "run-1", status: "completed" }] });
    const cancel = await world.ask("/v1/runs/run-1/cancel", { method: "POST" });
    expect([cancel.status, (await jsonOf(cancel)).code]).toEqual([409, "run_ended"]);
    await worker.stop(5_000);
  });

  it("is accepted as a form with the document, by the bare name of its file", async () => {
    const form = formOf("Total due 3.00\n", { ...REQUEST, run_id: "run-2" }, "C:\\papers\\b.txt");
    const response = await world.ask("/prompt-studio/process", { method: "POST", body: form });
    expect(response.status).toBe(202);
    expect(await jsonOf(await world.ask("/v1/runs/run-2"))).toMatchObject({ status: "queued", file_name: "b.txt" });
  });

  it("is the same run when it is sent again, and nothing is done twice", async () => {
    const first = await jsonOf(await world.post({ ...REQUEST, file_path: "a.txt" }));
    const before = await world.written();
    const again = await jsonOf(await world.post({ ...REQUEST, file_path: "a.txt" }));
    expect(again.task_id).toBe(first.task_id);
    expect(again.message).toContain("accepted before");
    expect(await world.written()).toEqual(before);
  });

  it("may name an absolute path and a link inside the folder; its result goes through no link", async () => {
    await symlink(join(world.folder, "acme", "a.txt"), join(world.folder, "acme", "sub", "link.txt"));
    expect((await world.post({ ...REQUEST, run_id: "absolute", file_path: join(world.folder, "acme", "a.txt") })).status).toBe(202);
    const worker = await world.service.startWorker();
    await symlink(join(world.folder, "globex", "secret.txt"), join(world.folder, "acme", "sub", "out.json"));
    expect((await world.post({ ...REQUEST, run_id: "linked", file_path: "sub/link.txt", output_file_path: "sub/out.json" })).status).toBe(202);
    await untilEnded(world, "linked");
    await worker.stop(5_000);
    // A link is no earlier result, so nothing is written through it or over it; the run says so and is not lost.
    expect(await jsonOf(await world.ask("/v1/runs/linked/result"))).toMatchObject({ issues: [{ code: "output_not_written" }] });
    expect(await readFile(join(world.folder, "globex", "secret.txt"), "utf8")).toBe("Total due 7.00\n");
  });

  it("can be cancelled, once and again", async () => {
    await world.post({ ...REQUEST, run_id: "run-3", file_path: "a.txt" });
    const early = await world.ask("/v1/runs/run-3/result");
    expect([early.status, early.headers.get("retry-after"), (await jsonOf(early)).code]).toEqual([409, "2", "run_not_ended"]);
    for (let time = 0; time < 2; time++) {
      const response = await world.ask("/v1/runs/run-3/cancel", { method: "POST" });
      expect([response.status, (await jsonOf(response)).status]).toEqual([200, "cancelled"]);
    }
    expect((await jsonOf(await world.ask("/v1/runs/run-3/result"))).status).toBe("cancelled");
  });
});

function pointersOf({ errors }: Record<string, unknown>): string[] {
  const list = z.array(z.object({ pointer: z.string(), message: z.string().min(1) })).parse(errors);
  return list.map(({ pointer }) => pointer).sort();
}

interface Refusal {
  name: string;
  value?: unknown;
  init?: () => RequestInit;
  status: number;
  code: string;
  pointers?: string[];
}

const body = (text: string | Uint8Array<ArrayBuffer>, type = "application/json", more: Record<string, string> = {}) => ({
  body: text as string,
  headers: { "content-type": type, ...more },
});
const form = (...parts: Parameters<typeof formOf>) => ({ body: formOf(...parts), headers: {} });
const named = (file_path: unknown) => ({ ...REQUEST, file_path });
const many = Array.from({ length: 2_001 }, (_, index) => ({ name: `n${index}`, prompt: "?" }));

const REFUSALS: readonly Refusal[] = [
  { name: "broken JSON", init: () => body('{ "outputs": [ '), status: 400, code: "malformed_request" },
  { name: "an empty body", init: () => body(""), status: 400, code: "malformed_request" },
  { name: "bytes that are no text", init: () => body(new Uint8Array([0xff, 0xfe, 0x00])), status: 400, code: "malformed_request" },
  { name: "no object", value: [], status: 422, code: "invalid_request", pointers: [""] },
  {
    name: "several things wrong",
    value: {
      outputs: [
        { name: "a", prompt: "?", "chunk-size": -1 },
        { name: "a", prompts: "?" },
      ],
      file_pth: "a.txt",
    },
    status: 422,
    code: "invalid_request",
    pointers: ["/outputs/0/chunk-size", "/outputs/1/prompt", "/outputs/1/prompts", "/file_pth"],
  },
  { name: "too many outputs", value: { outputs: many, file_path: "a.txt" }, status: 422, code: "invalid_request", pointers: ["/outputs"] },
  { name: "what isn't built", value: { ...named("a.txt"), tool_settings: { enable_challenge: true } }, status: 422, code: "not_supported" },
  { name: "an unknown model", value: { ...named("a.txt"), tool_settings: { llm: "nothing" } }, status: 422, code: "unknown_adapter" },
  { name: "a run id that is none", value: { ...named("a.txt"), run_id: "a/b" }, status: 422, code: "invalid_request", pointers: ["/run_id"] },
  { name: "no document", value: REQUEST, status: 422, code: "invalid_request", pointers: ["/file_path"] },
  ...[
    "../globex/secret.txt",
    "sub/../../globex/secret.txt",
    "/etc/passwd",
    "out.txt",
    "outside/secret.txt",
    "loop.txt",
    "missing.txt",
    "sub",
    ".",
    "a.txt\0.pdf",
    "x".repeat(3_000),
  ].map((path) => ({
    name: `the path ${JSON.stringify(path.slice(0, 40))}`,
    value: named(path),
    status: 422,
    code: "invalid_request",
    pointers: ["/file_path"],
  })),
  {
    name: "a result outside",
    value: { ...named("a.txt"), output_file_path: "../globex/x.json" },
    status: 422,
    code: "invalid_request",
    pointers: ["/output_file_path"],
  },
  {
    name: "a result outside through a link",
    value: { ...named("a.txt"), output_file_path: "outside/x.json" },
    status: 422,
    code: "invalid_request",
    pointers: ["/output_file_path"],
  },
  { name: "another type", init: () => body("a=b", "application/x-www-form-urlencoded"), status: 415, code: "unsupported_media_type" },
  { name: "a compressed body", init: () => body("{}", "application/json", { "content-encoding": "gzip" }), status: 415, code: "unsupported_media_type" },
  { name: "a large request", init: () => body(`{"a":"${"x".repeat(40_000)}"}`), status: 413, code: "limit_exceeded" },
  { name: "a form that broke off", init: () => body("--x\r\nContent-Disp", "multipart/form-data; boundary=x"), status: 400, code: "malformed_request" },
  { name: "a form without a boundary", init: () => body("x", "multipart/form-data"), status: 400, code: "malformed_request" },
  { name: "a form without a document", init: () => form(undefined, REQUEST), status: 422, code: "invalid_request" },
  { name: "a form without a request", init: () => form("text", undefined), status: 422, code: "invalid_request" },
  { name: "a form with a broken request", init: () => form("text", "{"), status: 400, code: "malformed_request" },
  {
    name: "a form with another part",
    init: () => {
      const parts = formOf("text", REQUEST);
      parts.append("prompt", "x");
      return { body: parts, headers: {} };
    },
    status: 422,
    code: "invalid_request",
  },
  { name: "an empty document", init: () => form("", REQUEST), status: 422, code: "document_empty" },
  { name: "a large document", init: () => form("x".repeat(60_000), REQUEST), status: 413, code: "document_too_large" },
  { name: "a text that is called PDF", init: () => form("text", REQUEST, "a.pdf"), status: 415, code: "document_mislabelled" },
  {
    name: "a picture that is called text",
    init: () => form(new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 0])]), REQUEST),
    status: 415,
    code: "document_mislabelled",
  },
  { name: "a program", init: () => form("\x7fELF\0", REQUEST, "a"), status: 415, code: "unsupported_media_type" },
];

describe("a request that can't be run", () => {
  let small: World;
  beforeEach(async () => {
    small = await openWorld({ PROMPT_STUDIO_MAX_REQUEST_BYTES: "150 KB", PROMPT_STUDIO_MAX_DOCUMENT_BYTES: "50000" });
    await symlink(join(small.folder, "globex", "secret.txt"), join(small.folder, "acme", "out.txt"));
    await symlink(join(small.folder, "globex"), join(small.folder, "acme", "outside"));
    await symlink("loop.txt", join(small.folder, "acme", "loop.txt"));
  });
  afterEach(() => small.close());

  it.each(REFUSALS)("$name: $status $code, and nothing is written", async ({ value, init, status, code, pointers }) => {
    if (code === "limit_exceeded") {
      await small.close();
      small = await openWorld({ PROMPT_STUDIO_MAX_REQUEST_BYTES: "20 KB" });
    }
    const response = init ? await small.ask("/prompt-studio/process", { method: "POST", ...init() }) : await small.post(value);
    const problem = await jsonOf(response);
    expect([response.status, problem.status, problem.code], String(problem.detail)).toEqual([status, status, code]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(problem).toMatchObject({ instance: "/prompt-studio/process", title: expect.any(String), type: `urn:prompt-studio:error:${code}` });
    if (pointers) expect(pointersOf(problem)).toEqual([...pointers].sort());
    expect(JSON.stringify(problem)).not.toContain(small.folder);
    expect(await small.written()).toEqual([]);
  });

  it("a known run id with another request or document: 409, and the first run stays as it is", async () => {
    await small.post({ ...named("a.txt"), run_id: "taken" });
    const before = await small.written();
    await writeFile(join(small.folder, "acme", "b.txt"), "another");
    await link(join(small.folder, "acme", "b.txt"), join(small.folder, "acme", "sub", "b.txt"));
    for (const value of [
      { ...named("b.txt"), run_id: "taken" },
      { outputs: [{ name: "x", prompt: "?" }], file_path: "a.txt", run_id: "taken" },
    ]) {
      const response = await small.post(value);
      expect([response.status, (await jsonOf(response)).code]).toEqual([409, "run_conflict"]);
    }
    expect((await small.written()).filter((key) => !key.includes("/artifacts/"))).toEqual(before.filter((key) => !key.includes("/artifacts/")));
  });

  it("a file without a folder of files: 422 that says what to set", async () => {
    const closed = await openWorld({ PROMPT_STUDIO_FILES: "" });
    await mkdir(join(closed.folder, "x"));
    const problem = await jsonOf(await closed.post(named("a.txt")));
    await closed.close();
    expect(problem).toMatchObject({ status: 422, errors: [{ pointer: "/file_path", message: expect.stringContaining("PROMPT_STUDIO_FILES") }] });
  });

  it("another tenant's run is no run", async () => {
    await small.post({ ...named("a.txt"), run_id: "mine" });
    for (const [path, method] of [
      ["/v1/runs/mine", "GET"],
      ["/v1/runs/mine/result", "GET"],
      ["/v1/runs/mine/cancel", "POST"],
    ] as const) {
      const response = await small.ask(path, { method, key: KEYS.globex });
      expect([response.status, (await jsonOf(response)).code]).toEqual([404, "run_not_found"]);
    }
    expect(await jsonOf(await small.ask("/v1/runs", { key: KEYS.globex }))).toEqual({ runs: [] });
    expect((await jsonOf(await small.ask("/v1/runs/mine"))).status).toBe("queued");
  });
});
