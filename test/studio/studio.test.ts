/** The studio over a real store on a disk, with the real pipeline and real documents. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PDFDocument from "pdfkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import type { LiveEvent, Studio } from "../../lib/client.ts";
import { PermanentError, RetryableError } from "../../lib/schema/errors.ts";
import { claimRecordSchema } from "../../lib/schema/records.ts";
import { createFsStore } from "../../lib/store/fs.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";

const NOTE = Buffer.from("Invoice number: A-77\nTotal due: 120.00 EUR\n");
const ASKED = {
  outputs: [
    { name: "number", prompt: "What is the invoice number?", type: "text" as const },
    { name: "total", prompt: "What is the total due of {{number}}?", type: "number" as const },
  ],
};

let folder: string;
let open: Studio[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "studio ü "));
  open = [];
});

afterEach(async () => {
  for (const studio of open) await studio.close();
  await rm(folder, { recursive: true, force: true });
});

async function newStudio(store?: ObjectStore): Promise<Studio> {
  const studio = await openStudio({ llm: "local", storeLocation: folder, interactive: true, ...(store ? { store } : {}) });
  open.push(studio);
  return studio;
}

/** A document that opens with a password only. */
function locked(password: string): Promise<Buffer> {
  const pdf = new PDFDocument({ userPassword: password, info: { CreationDate: new Date(0) } });
  const parts: Buffer[] = [];
  pdf.on("data", (part: Buffer) => parts.push(part));
  pdf.text("Invoice number: A-77");
  pdf.end();
  return new Promise((resolve) => pdf.on("end", () => resolve(Buffer.concat(parts))));
}

async function exampleOf(name: string) {
  const path = join(import.meta.dirname, "../../examples", name);
  return { document: join(path, `${name}.pdf`), fileName: `${name}.pdf`, request: JSON.parse(await readFile(join(path, "prompts.json"), "utf8")) };
}

describe("a studio", () => {
  it("takes several real documents at once from submit to result, and reads them all back", { timeout: 60_000 }, async () => {
    const studio = await newStudio();
    const examples = await Promise.all(["invoice", "contract", "bank-statement"].map(exampleOf));
    const submitted = await Promise.all(examples.map((example) => studio.submit(example)));
    expect(submitted.map(({ existing }) => existing)).toEqual([false, false, false]);
    expect((await studio.list()).map(({ status }) => status)).toEqual(["queued", "queued", "queued"]);
    const runIds = submitted.map(({ runId }) => runId);
    const observed: LiveEvent[] = [];
    const views = await studio.work(runIds, { observe: (event) => observed.push(event) });
    expect(views.map(({ runId }) => runId)).toEqual(runIds);
    for (const [index, view] of views.entries()) {
      expect(view.status).toMatch(/^completed/);
      expect(view.stages.map(({ status, done, total }) => [status, done === total])).toEqual(Array.from({ length: 6 }, () => ["done", true]));
      expect(await studio.get(view.runId)).toEqual(view);
      const result = await studio.result(view.runId);
      expect(result).toMatchObject({ run_id: view.runId, status: view.status, file: { name: examples[index]?.fileName } });
      expect(await createFsStore({ root: folder }).get(result.storage_location)).toBeDefined();
      expect((await studio.documentText(view.runId)).pages).toHaveLength(result.file.pages);
      expect(Buffer.from(await studio.documentBytes(view.runId))).toEqual(await readFile(String(examples[index]?.document)));
    }
    expect(new Set((await studio.list()).map(({ runId }) => runId))).toEqual(new Set(runIds));
    expect(await studio.list({ limit: 2 })).toHaveLength(2);
    for (const runId of runIds)
      expect(
        observed.filter((event) => event.runId === runId && event.type === "call-end").every((event) => "outcome" in event && event.outcome === "done"),
      ).toBe(true);
    const store = createFsStore({ root: folder });
    expect(await keysOf(store, "active/")).toEqual([]);
    expect(await keysOf(store, "outbox/")).toEqual([]);
  });

  it("gives the first run for the same submission, does nothing again, and refuses another request or document under its id", async () => {
    const studio = await newStudio();
    const submission = { document: NOTE, fileName: "note.txt", request: ASKED, runId: "mine" };
    await studio.submit(submission);
    await studio.work(["mine"]);
    const store = createFsStore({ root: folder });
    const before = await keysOf(store, "t/");
    expect(await studio.submit(submission)).toMatchObject({ runId: "mine", existing: true });
    await studio.work(["mine"]);
    expect(await keysOf(store, "t/")).toEqual(before);
    const another = { ...ASKED, outputs: ASKED.outputs.slice(0, 1) };
    await expect(studio.submit({ ...submission, request: another })).rejects.toMatchObject({ code: "run_conflict" });
    await expect(studio.submit({ ...submission, document: Buffer.from("else") })).rejects.toMatchObject({ code: "run_conflict" });
    await expect(studio.rerun("mine", { newRunId: "mine" })).rejects.toMatchObject({ code: "run_conflict" });
  });

  it("refuses what can't be a run, with a code, and leaves nothing behind", async () => {
    const studio = await newStudio();
    const submit = (change: object) => studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED, ...change });
    await expect(submit({ runId: "../up" })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(submit({ runId: "" })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(submit({ document: join(folder, "missing.pdf") })).rejects.toMatchObject({ code: "document_unreadable" });
    await expect(submit({ document: folder })).rejects.toMatchObject({ code: "document_unreadable" });
    await expect(submit({ document: new Uint8Array() })).rejects.toMatchObject({ code: "document_empty" });
    await expect(submit({ document: new Uint8Array(200 * 1024 ** 2 + 1) })).rejects.toMatchObject({ code: "limit_exceeded" });
    for (const read of [studio.get, studio.events, studio.result, studio.documentText, studio.documentBytes])
      await expect(read("nothing")).rejects.toMatchObject({ code: "run_not_found" });
    await expect(studio.work(["nothing"])).rejects.toMatchObject({ code: "run_not_found" });
    await expect(studio.cancel("nothing", "because")).rejects.toMatchObject({ code: "run_not_found" });
    await expect(studio.rerun("nothing", {})).rejects.toMatchObject({ code: "run_not_found" });
    expect(await keysOf(createFsStore({ root: folder }), "t/")).toEqual([]);
  });

  it("tells a run's events in order, and never omits one to a reader that comes back", async () => {
    const studio = await newStudio();
    const { runId } = await studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED });
    await studio.work([runId]);
    const all = await studio.events(runId);
    expect(all[0]?.type).toBe("run-start");
    expect(all.at(-1)).toMatchObject({ type: "run-end", status: "completed" });
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((left, right) => left - right));
    expect(all.filter(({ type, stage }) => type === "item-end" && stage === "agentic-extract").map(({ label }) => label)).toEqual(["number", "total"]);
    for (const [position, { id }] of all.entries()) {
      const later = new Set((await studio.events(runId, id)).map((event) => event.id));
      for (const event of all.slice(position + 1)) expect(later.has(event.id)).toBe(true);
      expect(later.has(id)).toBe(false);
    }
    // Another process's record of the same second that became visible only after the last event was read.
    const store = createFsStore({ root: folder });
    const claim = await readRecord(store, runKeys("default", runId).claim("collate", 1), claimRecordSchema);
    const late = { v: 1, process: "other", dispatch: 1, alone: false, at: (claim?.at ?? 0) - 5 };
    await store.put(runKeys("default", runId).claim("evaluate/0001", 2), Buffer.from(JSON.stringify(late)));
    expect((await studio.events(runId, all.at(-1)?.id)).map(({ id }) => id)).toContain("item-start:evaluate/0001/000002");
  });

  it("cancels a run for good, and reruns it from a stage with what it had", async () => {
    const studio = await newStudio();
    const { runId } = await studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED });
    expect(await studio.cancel(runId, "enough")).toMatchObject({ status: "cancelled" });
    expect(await studio.work([runId])).toMatchObject([{ status: "cancelled" }]);
    expect(await studio.result(runId)).toMatchObject({ status: "cancelled", outputs: {}, issues: [{ code: "cancelled", message: "enough" }] });
    const anew = await studio.rerun(runId, { newRunId: "anew" });
    expect(await studio.work([anew.runId])).toMatchObject([{ status: "completed" }]);
    expect(await studio.cancel("anew", "too late")).toMatchObject({ status: "completed" });
    await studio.rerun("anew", { from: "agentic-extract", newRunId: "from-there" });
    const store = createFsStore({ root: folder });
    expect((await keysOf(store, runKeys("default", "from-there").results)).length).toBeGreaterThan(3);
    await studio.work(["from-there"]);
    const again = runKeys("default", "from-there");
    const claimed = (await keysOf(store, again.allClaims)).map(again.claimedCall);
    expect(claimed.every((call) => /^(agentic-extract|evaluate|collate)(\/|$)/.test(call))).toBe(true);
    expect((await studio.result("from-there")).final_output).toEqual((await studio.result("anew")).final_output);
    await expect(studio.rerun("anew", { from: "no-stage" })).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("writes the result where the request asks for it, and keeps it when that can't be", async () => {
    const studio = await newStudio();
    // Inside the working folder, as a request must ask; a file stands where the second one's folder would be.
    const place = `dist/.studio-test-${process.pid}.json`;
    try {
      const submit = (output_file_path: string) => studio.submit({ document: NOTE, fileName: "note.txt", request: { ...ASKED, output_file_path } });
      const good = await submit(place);
      await studio.work([good.runId]);
      const result = await studio.result(good.runId);
      expect(JSON.parse(await readFile(place, "utf8"))).toEqual(result);
      expect(result.storage_location).toBe(place);
      const bad = await submit(`${place}/result.json`);
      expect(await studio.work([bad.runId])).toMatchObject([{ status: "completed_with_issues" }]);
      const kept = await studio.result(bad.runId);
      expect(kept.issues).toMatchObject([{ code: "output_not_written", stage: "collate" }]);
      expect(kept.final_output).toEqual(result.final_output);
      expect(await createFsStore({ root: folder }).get(kept.storage_location)).toBeDefined();
      await expect(submit("../out.json")).rejects.toMatchObject({ code: "invalid_request" });
    } finally {
      await rm(place, { force: true });
    }
  });

  it("stops when it is told to, and goes on in the same studio and in another", async () => {
    const studio = await newStudio();
    const { runId } = await studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED });
    const first = new AbortController();
    const observe = (event: LiveEvent) => {
      if (event.type === "call-start" && event.stage === "agentic-extract") first.abort();
    };
    expect(await studio.work([runId], { signal: first.signal, observe })).toMatchObject([{ status: "running" }]);
    const second = new AbortController();
    second.abort();
    expect(await studio.work([runId], { signal: second.signal })).toMatchObject([{ status: "running" }]);
    const other = await newStudio();
    const both = await Promise.all([studio.work([runId]), other.work([runId])]);
    expect(both.flat().map(({ status }) => status)).toEqual(["completed", "completed"]);
    const store = createFsStore({ root: folder });
    expect(await keysOf(store, "active/")).toEqual([]);
    expect((await keysOf(store, runKeys("default", runId).allAttempts)).length).toBeGreaterThan(0);
  });

  it("works on several lists of runs at once, the end of one stopping no other", async () => {
    const studio = await newStudio();
    const runs = await Promise.all(Array.from({ length: 6 }, (_, index) => studio.submit({ document: NOTE, fileName: `${index}.txt`, request: ASKED })));
    const worked = await Promise.all(runs.map(({ runId }) => studio.work([runId, runId])));
    expect(worked.flat().map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => "completed"));
  });

  it("lets an observer fail without failing the run", async () => {
    const studio = await newStudio();
    const { runId } = await studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED });
    const observe = () => {
      throw new Error("the terminal is gone");
    };
    expect(await studio.work([runId], { observe })).toMatchObject([{ status: "completed" }]);
    expect(await keysOf(createFsStore({ root: folder }), runKeys("default", runId).allAttempts)).toEqual([]);
  });

  it("shares a store with another studio: the same submission at once is one run, and both see it through", async () => {
    const [left, right] = [await newStudio(), await newStudio()];
    const example = await exampleOf("invoice");
    const submitted = await Promise.all([left.submit(example), right.submit(example)]);
    const runId = submitted[0]?.runId ?? "";
    expect(submitted[1]?.runId).toBe(runId);
    expect(submitted.filter(({ existing }) => !existing)).toHaveLength(1);
    const views = (await Promise.all([left.work([runId]), right.work([runId])])).flat();
    expect(views[0]).toEqual(views[1]);
    expect(views[0]?.status).toMatch(/^completed/);
    const store = createFsStore({ root: folder });
    const keys = runKeys("default", runId);
    const calls = (await keysOf(store, keys.allClaims)).map(keys.claimedCall);
    expect(new Set(calls).size).toBe(calls.length);
    expect(await keysOf(store, "recent/")).toHaveLength(1);
  });

  it("takes 1,000 submissions at once, and works them off", { timeout: 120_000 }, async () => {
    const studio = await newStudio(createMemoryStore());
    const all = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => studio.submit({ document: Buffer.from(`Invoice number: A-${index}`), fileName: "note.txt", request: ASKED })),
    );
    expect(new Set(all.map(({ runId }) => runId)).size).toBe(1_000);
    const views = await studio.work(all.map(({ runId }) => runId));
    expect(views.filter(({ status }) => status === "completed")).toHaveLength(1_000);
    expect(await studio.list({ limit: 5_000 })).toHaveLength(1_000);
  });
});

describe("a password", () => {
  const secret = "open-sesame-4711";

  it("opens the document and reaches no record; a process without it waits and never fails the run", { timeout: 60_000 }, async () => {
    const [knows, not] = [await newStudio(), await newStudio()];
    const submission = { document: await locked(secret), fileName: "locked.pdf", request: ASKED };
    const { runId } = await knows.submit({ ...submission, password: secret });
    const stop = new AbortController();
    const waited: LiveEvent[] = [];
    const observe = (event: LiveEvent) => {
      waited.push(event);
      stop.abort();
    };
    expect(await not.work([runId], { signal: stop.signal, observe })).toMatchObject([{ status: "queued" }]);
    expect(waited).toMatchObject([{ type: "call-wait", reason: "this process lacks what the call needs (a password)" }]);
    expect((await knows.work([runId]))[0]?.status).toMatch(/^completed/);
    const store = createFsStore({ root: folder });
    for (const key of await keysOf(store, "")) expect(Buffer.from((await store.get(key)) ?? []).includes(secret), key).toBe(false);
  });

  it("that is missing or wrong fails the run at once with its own code", async () => {
    const studio = await newStudio();
    const submission = { document: await locked(secret), fileName: "locked.pdf", request: ASKED };
    const without = await studio.submit(submission);
    const wrong = await studio.submit({ ...submission, password: "guess-4711" });
    const views = await studio.work([without.runId, wrong.runId]);
    expect(views.map(({ status, error }) => [status, error?.code])).toEqual([
      ["failed", "document_encrypted"],
      ["failed", "document_password_wrong"],
    ]);
    const store = createFsStore({ root: folder });
    for (const key of await keysOf(store, "")) expect(Buffer.from((await store.get(key)) ?? []).includes("guess-4711"), key).toBe(false);
  });
});

describe("a store that fails", () => {
  const failing = (cause: "full" | "read-only", isBroken: (key: string) => boolean): ObjectStore => {
    const store = createFsStore({ root: folder });
    const refuse = (key: string) => {
      if (isBroken(key)) throw new RetryableError("store_unavailable", `injected: the store is ${cause}`, { source: "fs" });
    };
    return {
      ...store,
      async put(key, body) {
        refuse(key);
        await store.put(key, body);
      },
      async putIfAbsent(key, body) {
        refuse(key);
        return store.putIfAbsent(key, body);
      },
      async delete(key) {
        refuse(key);
        await store.delete(key);
      },
    };
  };

  it("because it is full says so, loses nothing, and lets the run go on once there is room", { timeout: 60_000 }, async () => {
    let isFull = false;
    let writes = 0;
    const studio = await newStudio(failing("full", (key) => isFull || (key.includes("/results/") && ++writes === 9)));
    const { runId } = await studio.submit(await exampleOf("invoice"));
    await expect(studio.work([runId])).rejects.toMatchObject({ code: "store_unavailable" });
    isFull = true;
    await expect(studio.work([runId])).rejects.toMatchObject({ code: "store_unavailable" });
    await expect(studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED })).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await studio.get(runId)).toMatchObject({ status: "running" });
    isFull = false;
    expect((await studio.work([runId]))[0]?.status).toMatch(/^completed/);
    expect(Object.keys((await studio.result(runId)).outputs)).toHaveLength(14);
  });

  it("because it can't be written can still be read, and works as soon as it can be written", async () => {
    const healthy = await newStudio();
    const { runId } = await healthy.submit({ document: NOTE, fileName: "note.txt", request: ASKED });
    await healthy.work([runId]);
    let isReadOnly = true;
    const studio = await newStudio(failing("read-only", () => isReadOnly));
    expect(await studio.get(runId)).toMatchObject({ status: "completed" });
    expect(await studio.list()).toHaveLength(1);
    expect((await studio.result(runId)).outputs.number?.value).toBe("A-77");
    const submission = { document: NOTE, fileName: "other.txt", request: ASKED };
    await expect(studio.submit(submission)).rejects.toBeInstanceOf(RetryableError);
    isReadOnly = false;
    expect(await studio.submit(submission)).toMatchObject({ existing: false });
  });

  it("for lack of hard links is refused at the start, and the studio says so each time", async () => {
    const store = { ...createMemoryStore(), check: () => Promise.reject(new PermanentError("store_unsupported", "no hard links")) };
    const studio = await newStudio(store);
    for (let round = 0; round < 2; round++)
      await expect(studio.submit({ document: NOTE, fileName: "note.txt", request: ASKED })).rejects.toMatchObject({ code: "store_unsupported" });
  });
});
