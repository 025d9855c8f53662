import { describe, expect, it } from "vitest";
import { createBuiltinExtractor } from "../../../lib/adapters/x2text/builtin.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { builtin, caseFile, faults, makePdf, read } from "../../document/support/pdf.ts";

const fortyPages = makePdf((pdf) => {
  for (let page = 1; page <= 40; page++) (page === 1 ? pdf : pdf.addPage()).text(`This is page number ${page} of the long document`);
});

describe("pages", () => {
  it("keep their numbers when a range is read", async () => {
    const document = await read(await fortyPages, {
      pages: [
        [3, 4],
        [38, 99],
        [4, 4],
      ],
    });
    expect(document.pages.map((page) => page.number)).toEqual([3, 4, 38, 39, 40]);
    expect(document.words.filter((word) => /^\d+$/.test(word.text)).map((word) => [word.text, word.page])).toEqual(
      [3, 4, 38, 39, 40].map((page) => [String(page), page]),
    );
    expect(faults(document)).toEqual([]);
  });

  it("are all read, in order, one after the other in both views", async () => {
    const document = await read(await fortyPages);
    expect(document.pages).toHaveLength(40);
    for (const page of document.pages) {
      const line = `This is page number ${page.number} of the long document`;
      expect(document.layout.text.slice(...page.layout)).toBe(line);
      expect(document.reading.text.slice(...page.reading)).toBe(line);
    }
    expect(document).toMatchObject({ v: 1, kind: "pages", language: "en" });
  });

  it("say which parser read them", async () => {
    expect(builtin.parser).toContain(`liteparse-${packageJson.dependencies["@llamaindex/liteparse-wasm"]}`);
    expect((await read(await caseFile("damaged-readable"))).parser).toBe(`liteparse-${packageJson.dependencies["@llamaindex/liteparse-wasm"]}`);
  });

  it("have the language that the user gives", async () => {
    expect((await read(await fortyPages, { pages: [[1, 1]], language: "de" })).language).toBe("de");
  });
});

describe("documents that can't be read", () => {
  const text = (content: string) => Buffer.from(content);
  it.each([
    ["document_empty", "a.pdf", text("")],
    ["document_empty", "a.txt", text(" \n\n ")],
    ["document_mislabelled", "a.pdf", Buffer.from("89504e470d0a1a0a0000000d", "hex")],
    ["document_mislabelled", "a.pdf", text("Dear reader, this is no PDF.")],
    ["document_mislabelled", "a.pdf", text("<!doctype html><title>404</title>")],
    ["document_broken", "a.docx", text("PK\u0003\u0004 word/document.xml")],
    ["document_mislabelled", "a.txt", text("%PDF-1.7\n")],
    ["document_mislabelled", "a.txt", Buffer.from([1, 2, 0, 0, 7])],
    ["document_broken", "a.pdf", text("%PDF-1.7\nand then nothing that is one")],
  ])("%s: %s", async (code, fileName, bytes) => {
    await expect(read(bytes, { fileName })).rejects.toMatchObject({ name: "PermanentError", code, message: expect.stringContaining(fileName) });
  });

  it.each([
    ["document_broken", "broken", {}],
    ["document_empty", "no-pages", {}],
    ["document_encrypted", "password-aes256", {}],
    ["document_password_wrong", "password-aes256", { password: "not this one" }],
  ])("%s: %s", async (code, name, input) => {
    await expect(read(await caseFile(name), input)).rejects.toMatchObject({ name: "PermanentError", code });
  });

  it("a password opens an encrypted one", async () => {
    expect((await read(await caseFile("password-aes256"), { password: "asdfzxcv" })).reading.text).toContain("asdfzxcv");
    const made = await makePdf((pdf) => pdf.text("Secret words"), { userPassword: "hunter2", pdfVersion: "1.7" });
    expect((await read(made, { password: "hunter2" })).reading.text).toBe("Secret words");
  });

  it("a scan without text says how many pages it has", async () => {
    const scan = makePdf((pdf) => pdf.rect(10, 10, 100, 100).fill("red"));
    await expect(read(await scan)).rejects.toMatchObject({ code: "document_without_text", message: expect.stringContaining("1 page") });
  });

  it("limits are named", async () => {
    await expect(read(await fortyPages, { maximumPages: 39 })).rejects.toMatchObject({ code: "limit_exceeded", message: expect.stringContaining("39 pages") });
    await expect(read(await fortyPages, { maximumTextBytes: 500 })).rejects.toMatchObject({
      code: "limit_exceeded",
      message: expect.stringContaining("500 bytes"),
    });
    await expect(read(text("long enough"), { fileName: "a.txt", maximumTextBytes: 5 })).rejects.toMatchObject({
      code: "limit_exceeded",
      message: expect.stringContaining("5 bytes"),
    });
    await expect(read(await fortyPages, { pages: [[41, 50]] })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("40 pages"),
    });
  });
});

describe("text files", () => {
  it.each([
    ["UTF-8", Buffer.from("Grüße aus Köln\r\nund Bonn")],
    ["UTF-8 with a mark", Buffer.from("\ufeffGrüße aus Köln\nund Bonn")],
    ["Windows-1252", Buffer.from("Grüße aus Köln\rund Bonn", "latin1")],
    ["UTF-16", Buffer.from("\ufeffGrüße aus Köln\nund Bonn", "utf16le")],
  ])("%s", async (_, bytes) => {
    const document = await read(bytes, { fileName: "letter.txt" });
    expect(document.kind).toBe("text");
    expect(document.layout.text).toBe("Grüße aus Köln\nund Bonn");
    expect(document.words.map((word) => word.text)).toEqual(["Grüße", "aus", "Köln", "und", "Bonn"]);
    expect(document.words.some((word) => word.box)).toBe(false);
    expect(faults(document)).toEqual([]);
  });
});

describe("hostile documents", () => {
  const thread = (name: string) => new URL(`./threads/${name}.mjs`, import.meta.url);
  const hostile = (name: string, limits: { deadlineMs?: number; memoryLimitMb?: number } = {}) =>
    createBuiltinExtractor({ deadlineMs: 20_000, memoryLimitMb: 1024, ...limits, entry: thread(name) });
  const input = { bytes: Buffer.from("%PDF-1.7"), fileName: "hostile.pdf", maximumPages: 10, maximumTextBytes: 1000 };
  const calm = () => ({ signal: new AbortController().signal });

  it("one that never ends is killed at its deadline", async () => {
    await expect(hostile("hangs", { deadlineMs: 400 }).extract(input, calm())).rejects.toMatchObject({
      code: "document_too_slow",
      message: expect.stringContaining("0.4 s"),
    });
  });

  it("one that takes too much memory is killed", async () => {
    await expect(hostile("eats-memory", { memoryLimitMb: 256 }).extract(input, calm())).rejects.toMatchObject({
      code: "document_too_large",
      message: expect.stringContaining("256 MB"),
    });
  });

  it.each(["throws", "leaves"])("one whose thread %s is broken", async (name) => {
    await expect(hostile(name).extract(input, calm())).rejects.toMatchObject({ code: "document_broken" });
  });

  it("an abort kills the thread and is what is thrown", async () => {
    const controller = new AbortController();
    const reading = hostile("hangs").extract(input, controller);
    controller.abort(new Error("cancelled by the user"));
    await expect(reading).rejects.toThrow("cancelled by the user");
    await expect(builtin.extract(input, controller)).rejects.toThrow("cancelled by the user");
  });

  it("what one parser can't end, the other reads, and the process goes on", async () => {
    const document = await createBuiltinExtractor({ deadlineMs: 60_000, memoryLimitMb: 96 }).extract(
      { ...input, bytes: await caseFile("hostile-bookmarks") },
      calm(),
    );
    expect(document.parser).toBe(`unpdf-${packageJson.dependencies.unpdf}`);
    expect(document.words.length).toBeGreaterThan(0);
    expect(faults(document)).toEqual([]);
    expect((await read(await caseFile("form-field"))).words).toHaveLength(2);
  });
});
