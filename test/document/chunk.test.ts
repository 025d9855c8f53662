import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkDocument, chunkSettings, chunkText } from "../../lib/document/chunk.ts";
import { plainDocument } from "../../lib/document/plain.ts";
import { rowStarts } from "../../lib/document/rows.ts";
import { sentencesOf } from "../../lib/document/sentences.ts";
import { countTokens } from "../../lib/document/tokens.ts";
import { documentOf } from "../retrieval/documents.ts";

const output = (settings: { "chunk-size"?: number; "chunk-overlap"?: number } = {}) => ({
  name: "total",
  "chunk-size": undefined,
  "chunk-overlap": undefined,
  ...settings,
});
const local = { contextTokens: 4096, smart: true };

describe("chunkSettings", () => {
  test("a chunk size is taken as it is, with a tenth of it as overlap but at most 100", () => {
    expect(chunkSettings(output({ "chunk-size": 500 }), local)).toEqual({ size: 500, overlap: 50 });
    expect(chunkSettings(output({ "chunk-size": 5000 }), local)).toEqual({ size: 5000, overlap: 100 });
    expect(chunkSettings(output({ "chunk-size": 500, "chunk-overlap": 0 }), local)).toEqual({ size: 500, overlap: 0 });
  });

  test("size 0 is the whole document, whatever the overlap", () => {
    expect(chunkSettings(output({ "chunk-size": 0, "chunk-overlap": 30 }), local)).toEqual({ size: 0, overlap: 0 });
  });

  test("without a size: 60 % of the model's context, or 1000 and 100 when that is switched off", () => {
    expect(chunkSettings(output(), local)).toEqual({ size: 2457, overlap: 245 });
    expect(chunkSettings(output(), { contextTokens: 128_000, smart: false })).toEqual({ size: 1000, overlap: 100 });
    expect(chunkSettings(output({ "chunk-overlap": 7 }), local)).toEqual({ size: 2457, overlap: 7 });
  });

  test("an overlap as large as the chunk is refused by name", () => {
    expect(() => chunkSettings(output({ "chunk-size": 10, "chunk-overlap": 10 }), local)).toThrow(/chunk-overlap of output "total" is 10/);
  });
});

const PROSE = [
  "The supplier shall deliver the goods within thirty days of the order. Late delivery is subject to a",
  "penalty of one percent for each week. The penalty never exceeds ten percent of the order's value.",
  "",
  "Payment is due within 14 days of the invoice date. Interest of 8 percent is charged afterwards. Dr. Smith signs for the buyer.",
].join("\n");

describe("chunkDocument", () => {
  test("a document without words has no chunks", () => {
    expect(chunkDocument(documentOf([""]), { size: 0, overlap: 0 })).toEqual([]);
    expect(chunkDocument(documentOf([""]), { size: 100, overlap: 10 })).toEqual([]);
  });

  test("size 0 gives the whole document", () => {
    const document = documentOf([PROSE, "Second page."]);
    const chunks = chunkDocument(document, { size: 0, overlap: 0 });
    expect(chunks).toEqual([{ index: 0, start: 0, end: document.reading.text.length, pages: [1, 2], tokens: countTokens(document.reading.text) }]);
  });

  test("sentences that run over a line break stay whole", () => {
    const document = documentOf([PROSE]);
    const texts = chunkDocument(document, { size: 24, overlap: 0 }).map((chunk) => chunkText(document, chunk).replace("\n", " "));
    expect(texts).toEqual([
      "The supplier shall deliver the goods within thirty days of the order.",
      "Late delivery is subject to a penalty of one percent for each week.",
      "The penalty never exceeds ten percent of the order's value.",
      expect.stringContaining("Payment is due within 14 days of the invoice date."),
      expect.stringContaining("signs for the buyer."),
    ]);
  });

  test("labels and rows end with their lines, items of a list begin a sentence", () => {
    expect(sentencesOf("Invoice\nNumber 17\nDate 2024-01-05", "en")).toHaveLength(3);
    expect(sentencesOf("The following documents belong to the present contract\n- the price list\n- the drawings", "en")).toHaveLength(3);
  });

  test("the overlap is the last whole sentences of the chunk before", () => {
    const sentences = Array.from({ length: 30 }, (_, index) => `Sentence number ${index} is here.`);
    const document = documentOf([sentences.join(" ")]);
    const chunks = chunkDocument(document, { size: 40, overlap: 14 });
    expect(chunks.length).toBeGreaterThan(3);
    for (const [index, chunk] of chunks.entries()) {
      const before = chunks[index - 1];
      if (before === undefined) continue;
      const shared = document.reading.text.slice(chunk.start, before.end);
      expect(shared).toMatch(/^Sentence number \d+ is here\.$|^Sentence number \d+ is here\. Sentence number \d+ is here\.$/);
      expect(countTokens(shared)).toBeLessThanOrEqual(14);
    }
  });

  test("pages are those that a chunk touches", () => {
    const document = documentOf(["One on page one.", "Two on page two.", "Three on page three."]);
    expect(chunkDocument(document, { size: 6, overlap: 0 }).map(({ pages }) => pages)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(chunkDocument(document, { size: 1000, overlap: 100 }).map(({ pages }) => pages)).toEqual([[1, 3]]);
  });

  test("a sentence too long for a chunk is cut between words; a word too long inside it, never inside a character", () => {
    const words = documentOf(["word ".repeat(500)]);
    for (const chunk of chunkDocument(words, { size: 50, overlap: 5 })) expect(chunkText(words, chunk)).toMatch(/^word( word)*$/);
    const emoji = documentOf(["😀".repeat(300)]);
    for (const chunk of chunkDocument(emoji, { size: 1, overlap: 0 })) expect(chunkText(emoji, chunk)).toMatch(/^\p{Emoji}$/u);
  });

  test("full stops of initials, ordinals and shortened words end no sentence", () => {
    expect(sentencesOf("Signed by Dr. J. Smith of No. 12 Main Road. It was late.", "en")).toHaveLength(2);
    expect(sentencesOf("Der Vertrag beginnt am 1. März nach Art. 5 Abs. 2. Danach gilt er z. B. Montags.", "de")).toHaveLength(1);
    expect(sentencesOf("It was signed in 2020. The buyer is Acme Inc. The seller is not.", "en")).toHaveLength(3);
    expect(sentencesOf("See www.example.com?A=1.B2 for more. Thanks!", "en")).toHaveLength(2);
  });

  test("Chinese and Japanese sentences end at their own full stops", () => {
    expect(sentencesOf("今日は雨です。明日は晴れます。", "ja")).toHaveLength(2);
    expect(sentencesOf("text of an unknown language. Second.", "not a language")).toHaveLength(2);
  });

  test("chunks end with paragraphs where their sizes allow it", () => {
    const paragraph = (index: number) => `Paragraph ${index} speaks of one thing. It has a second sentence. And a third one ends it.`;
    const document = documentOf([Array.from({ length: 20 }, (_, index) => paragraph(index)).join("\n\n")]);
    for (const size of [50, 60, 90]) {
      const chunks = chunkDocument(document, { size, overlap: 0 });
      expect(chunks.length).toBeGreaterThan(4);
      for (const chunk of chunks) expect(chunkText(document, chunk)).toMatch(/^Paragraph.*And a third one ends it\.$/s);
    }
  });

  test("no chunk ends with a heading", () => {
    const section = (index: number) => `${index}. Duties of the buyer\n\nThe buyer pays lot ${index} on time. The buyer fetches it, too. Nothing else is owed.`;
    const document = documentOf([Array.from({ length: 30 }, (_, index) => section(index)).join("\n\n")]);
    for (const size of [40, 55, 75, 110]) {
      const texts = chunkDocument(document, { size, overlap: 0 }).map((chunk) => chunkText(document, chunk));
      expect(texts.length).toBeGreaterThan(5);
      expect(texts.filter((text) => text.endsWith("Duties of the buyer"))).toEqual([]);
    }
  });

  test("rows of a table are whole, also with full stops in them and longer than a line of prose", () => {
    const row = (index: number) => `Item ${index}   Hexagon bolt acc. to DIN. Zinc plated. Box   ${index * 100} pcs.   EUR   1.${index}0   EUR   ${index}.00`;
    const document = documentOf([["Order", "", ...Array.from({ length: 40 }, (_, index) => row(index))].join("\n")]);
    for (const size of [60, 100]) {
      const lines = chunkDocument(document, { size, overlap: 0 }).flatMap((chunk) => chunkText(document, chunk).split("\n"));
      expect(lines.filter((line) => line.startsWith("Item"))).toEqual(Array.from({ length: 40 }, (_, index) => row(index).replace(/ +/g, " ")));
    }
  });

  test("rows are lines in columns, or with tabs or bars; prose is none", () => {
    const lines = [
      "Total     12.00",
      "Two words",
      "a | b | c",
      "Name\tValue",
      "prose  with a wide gap",
      "17     and this is prose beside the number of its line",
    ];
    const document = documentOf([lines.slice(0, 3).join("\n")]);
    expect([...rowStarts(document)].map((start) => document.reading.text.slice(start).split("\n")[0])).toEqual(["Total 12.00", "a | b | c"]);
    const text = plainDocument(lines.join("\n"), "text");
    expect([...rowStarts(text)].map((start) => text.reading.text.slice(start).split("\n")[0])).toEqual(["Total     12.00", "a | b | c", "Name\tValue"]);
  });

  test("parts of a long document are joined before they are packed", () => {
    const document = documentOf([Array.from({ length: 4_000 }, (_, index) => `Row ${index} ends.`).join(" ")]);
    const chunks = chunkDocument(document, { size: 5_000, overlap: 500 });
    expect(chunks.length).toBeLessThan(10);
    for (const [index, { start, tokens }] of chunks.entries()) {
      expect(tokens).toBeLessThanOrEqual(5_000);
      const before = chunks[index - 1];
      if (before !== undefined) expect(countTokens(document.reading.text.slice(start, before.end))).toBeGreaterThan(300);
    }
  });

  const word = fc.stringMatching(/^[a-zA-Z0-9äß€,.!?()-]{1,12}$/);
  const line = fc.array(word, { maxLength: 25 }).map((words) => words.join(" "));
  const pages = fc.array(
    fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n")),
    { minLength: 1, maxLength: 3 },
  );

  test("every word is in a chunk, no chunk cuts one, none is over its size, sentences that fit are whole", () => {
    fc.assert(
      fc.property(pages, fc.integer({ min: 20, max: 120 }), fc.integer({ min: 0, max: 19 }), (texts, size, overlap) => {
        const document = documentOf(texts);
        const { text } = document.reading;
        const chunks = chunkDocument(document, { size, overlap });
        const covered = new Uint8Array(text.length);
        for (const chunk of chunks) {
          covered.fill(1, chunk.start, chunk.end);
          expect(`${text.charAt(chunk.start - 1)}|${text.charAt(chunk.end)}`).toMatch(/^\s?\|\s?$/);
          expect(chunkText(document, chunk)).toMatch(/^\S(?:.*\S)?$/s);
          expect(countTokens(chunkText(document, chunk))).toBeLessThanOrEqual(size + size / 20);
        }
        document.reading.starts.forEach((start) => {
          expect(covered[start]).toBe(1);
        });
        const ends = new Set(chunks.flatMap(({ start, end }) => [start, end]));
        for (const { start, end } of sentencesOf(text, "en")) {
          if (countTokens(text.slice(start, end)) < size) for (let offset = start + 1; offset < end; offset++) expect(ends.has(offset)).toBe(false);
        }
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});
