/** PDFs made in the test, and the extractor over them. */
import { readFile } from "node:fs/promises";
import PDFDocument from "pdfkit";
import type { ExtractionInput } from "../../../lib/adapters/contract.ts";
import { createBuiltinExtractor } from "../../../lib/adapters/x2text/builtin.ts";
import type { DocumentText } from "../../../lib/schema/document.ts";

export type Pdf = InstanceType<typeof PDFDocument>;

/** The bytes of a PDF that `draw` draws. */
export async function makePdf(draw: (pdf: Pdf) => void, options: PDFKit.PDFDocumentOptions = {}): Promise<Uint8Array> {
  const pdf = new PDFDocument({ size: [600, 800], margin: 50, ...options });
  const parts: Buffer[] = [];
  pdf.on("data", (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => pdf.on("end", resolve));
  draw(pdf);
  pdf.end();
  await ended;
  return Buffer.concat(parts);
}

/** Sets an entry of the current page's dictionary. */
export function setPage(pdf: Pdf, name: string, value: unknown): void {
  Reflect.set(pdf.page.dictionary.data, name, value);
}

export const builtin = createBuiltinExtractor({ deadlineMs: 20_000, memoryLimitMb: 1024 });

/** Reads bytes with generous limits. */
export function read(bytes: Uint8Array, input: Partial<ExtractionInput> = {}): Promise<DocumentText> {
  return builtin.extract({ bytes, fileName: "test.pdf", maximumPages: 1000, maximumTextBytes: 1_000_000, ...input }, { signal: new AbortController().signal });
}

/** A file of test/cases. */
export function caseFile(name: string, file = "input.pdf"): Promise<Buffer> {
  return readFile(new URL(`../../cases/${name}/${file}`, import.meta.url));
}

/** Words as the case files compare them: letters and digits only. */
export function plainWords(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** What must hold for every document: each word once in each view, at its place, without white space. */
export function faults(document: DocumentText): string[] {
  const found: string[] = [];
  for (const name of ["layout", "reading"] as const) {
    const view = document[name];
    if ([...view.words].sort((first, second) => first - second).some((word, index) => word !== index) || view.words.length !== document.words.length)
      found.push(`${name}: not every word once`);
    for (const [position, index] of view.words.entries()) {
      const word = document.words[index]?.text ?? "";
      const start = view.starts[position] ?? -1;
      if (word === "" || /\s/.test(word) || view.text.slice(start, start + word.length) !== word) found.push(`${name}: word ${position}`);
      if (position > 0 && start <= (view.starts[position - 1] ?? 0)) found.push(`${name}: start ${position}`);
    }
    if (view.text.replace(/\s/g, "") !== view.words.map((index) => document.words[index]?.text).join("")) found.push(`${name}: text between words`);
  }
  for (const { box } of document.words)
    if (box && [box.left, box.top, box.left + box.width, box.top + box.height].some((edge) => edge < 0 || edge > 1.00001)) found.push("box outside the page");
  return found;
}
