import { beforeAll, describe, expect, it } from "vitest";
import { createBuiltinExtractor } from "../../../lib/adapters/x2text/builtin.ts";
import { type Quarter, withTurn } from "../../../lib/document/image-header.ts";
import { findRecognition, recognitionCode } from "../../../lib/document/recognition-data.ts";
import type { DocumentText } from "../../../lib/schema/document.ts";
import { caseFile, faults, makePdf, read } from "../../document/support/pdf.ts";
import { pictureOf, scanOf } from "../../document/support/scans.ts";

const LINES = ["Invoice number 4711", "Total amount 1234.50 EUR", "The quick brown fox jumps"];

let picture: Buffer;
beforeAll(async () => {
  picture = await pictureOf(LINES);
}, 60_000);

const linesOf = (document: DocumentText) => document.reading.text.split("\n").filter((line) => line !== "");
const boxOf = (document: DocumentText, text: string) => document.words.find((word) => word.text === text)?.box ?? { left: 0, top: 0, width: 0, height: 0 };

describe("scanned pages", { timeout: 120_000 }, () => {
  it.each([0, 90, 180, 270] as const)("turned by %i degrees are read, with confidence and boxes as displayed", async (turn) => {
    const document = await read(await scanOf(picture, turn));
    expect(linesOf(document)).toEqual(LINES);
    expect(document.parser).toMatch(/^liteparse-.*\+tesseract\.js-/);
    for (const { confidence = 0 } of document.words) expect(confidence).toBeGreaterThan(0.6);
    expect(Math.max(...document.words.map(({ confidence = 0 }) => confidence))).toBeLessThanOrEqual(1);
    expect(faults(document)).toEqual([]);
    const first = boxOf(document, "4711");
    const above = { 0: first.top, 90: 1 - first.left - first.width, 180: 1 - first.top - first.height, 270: first.left }[turn];
    expect(above).toBeGreaterThan(0.1);
    expect(above).toBeLessThan(0.25);
    const [width, height] = turn % 180 === 0 ? [600, 300] : [300, 600];
    expect(turn % 180 === 0).toBe(first.width * width > first.height * height);
  });

  it("between pages with text are found page by page, and a stamp over a scan stays", async () => {
    const document = await read(
      await makePdf(
        (pdf) => {
          pdf.text("The first page has text of its own.");
          pdf.addPage().image(picture, 0, 0, { width: 600, height: 300 });
          pdf.fontSize(9).text("Received 2025-03-17", 400, 270, { lineBreak: false });
          pdf.addPage();
        },
        { size: [600, 300] },
      ),
    );
    expect(document.pages.map((page) => document.reading.text.slice(...page.reading).replace(/\s+/g, " "))).toEqual([
      "The first page has text of its own.",
      expect.stringContaining("Total amount 1234.50 EUR"),
      "",
    ]);
    const stamp = document.words.filter(({ text }) => text === "Received");
    expect(stamp).toHaveLength(1);
    expect(stamp[0]?.confidence).toBeUndefined();
    expect(document.words.filter(({ page }) => page === 1).every(({ confidence }) => confidence === undefined)).toBe(true);
  });

  it("keep what the other pages say where nothing is recognised", async () => {
    const bytes = await makePdf((pdf) => {
      pdf.text("The first page has text of its own.");
      pdf.addPage().image(picture, 0, 0, { width: 600, height: 300 });
      pdf.addPage().text("So has the last.");
    });
    const extractor = createBuiltinExtractor({ deadlineMs: 20_000, memoryLimitMb: 1024, recognition: false });
    const document = await extractor.extract(
      { bytes, fileName: "mixed.pdf", maximumPages: 10, maximumTextBytes: 10_000 },
      { signal: new AbortController().signal },
    );
    expect(document.pages.map((page) => document.reading.text.slice(...page.reading).trim())).toEqual([
      "The first page has text of its own.",
      "",
      "So has the last.",
    ]);
    expect(document.parser).not.toContain("tesseract");
  });

  it("without any letters are a document without text", async () => {
    const blank = await makePdf((pdf) => pdf.rect(100, 100, 200, 100).fill("red"));
    await expect(read(blank)).rejects.toMatchObject({ code: "document_without_text", message: expect.stringContaining("Text recognition found none either") });
    expect((await read(blank, { partial: true })).words).toEqual([]);
  });
});

describe("languages", { timeout: 120_000 }, () => {
  it("that are not installed name their package, and are never read as English", async () => {
    const scan = await scanOf(picture);
    await expect(read(scan, { language: "de" })).rejects.toMatchObject({
      name: "PermanentError",
      code: "not_supported",
      message: expect.stringContaining("npm install @tesseract.js-data/deu"),
    });
  });

  it("that the text shows name their package too", async () => {
    const german = Array.from({ length: 4 }, () => "Wir danken für die Bestellung und bitten um Zahlung der Rechnung");
    const scan = await scanOf(await pictureOf(german, [900, 300]));
    await expect(read(scan)).rejects.toMatchObject({ code: "not_supported", message: expect.stringContaining("@tesseract.js-data/deu") });
    expect((await read(scan, { language: "en" })).words.length).toBeGreaterThan(30);
  });

  it("are not asked for where no page is scanned", async () => {
    expect((await read(await makePdf((pdf) => pdf.text("Guten Tag")), { language: "de" })).language).toBe("de");
  });

  it.each([
    ["en", "eng"],
    ["de-AT", "deu"],
    ["zh", "chi_sim"],
    ["zh-Hant", "chi_tra"],
    ["deu", "deu"],
  ])("%s is %s", (language, code) => {
    expect(recognitionCode(language)).toBe(code);
  });

  it("English is what is read where nobody says", () => {
    expect(findRecognition(undefined, "a.pdf")).toMatchObject({ code: "eng", check: true });
    expect(findRecognition("en", "a.pdf")).toMatchObject({ code: "eng", check: false });
  });
});

describe("images", { timeout: 120_000 }, () => {
  it.each<Quarter>([0, 90])("are shown as they say, here turned by %i degrees, and read either way", async (turn) => {
    const document = await read(withTurn(picture, "png", turn), { fileName: "photo.png" });
    expect(linesOf(document)).toEqual(LINES);
    expect(document.pages).toHaveLength(1);
    expect(faults(document)).toEqual([]);
  });

  it("in WebP", async () => {
    const document = await read(await caseFile("webp-image", "input.webp"), { fileName: "input.webp" });
    expect(linesOf(document).join(" ")).toBe("Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package");
    expect(document).toMatchObject({ kind: "pages", pages: [{ number: 1 }] });
  });

  it.each<[string, string, Buffer]>([
    ["document_broken", "cut.png", Buffer.from("89504e470d0a1a0a0000000d", "hex")],
    ["document_broken", "cut.jpg", Buffer.from("ffd8ffe000104a46", "hex")],
    ["limit_exceeded", "giant.png", Buffer.from("89504e470d0a1a0a0000000d49484452000f4240000f424008060000", "hex")],
  ])("%s: %s", async (code, fileName, bytes) => {
    await expect(read(bytes, { fileName })).rejects.toMatchObject({ code, message: expect.stringContaining(fileName) });
  });

  it("whose pixels are damaged are broken", async () => {
    const damaged = Buffer.from(picture);
    damaged.fill(0, 60, 400);
    await expect(read(damaged, { fileName: "a.png" })).rejects.toMatchObject({ code: expect.stringMatching(/^document_(broken|without_text)$/) });
  });
});
