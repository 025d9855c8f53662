// Reading and cutting documents, against pdftotext and LangChain's splitter.
import { spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import PDFDocument from "pdfkit";
import { productModule, textDocument } from "../scripts/cases/product.mjs";
import { inTurns, isInstalled, row } from "./measure.mjs";

const EXAMPLES = fileURLToPath(new URL("../examples/", import.meta.url));
const ROUNDS = 5;
const PAGES = 1_000;
const LINES = 45;
const MEGABYTE = 1_000_000;

/** The PDFs of the examples. */
function exampleFiles() {
  return readdirSync(EXAMPLES, { recursive: true })
    .filter((name) => name.endsWith(".pdf"))
    .map((name) => join(EXAMPLES, name));
}

/** A PDF of this many pages of prose, every line another. */
export async function writeLongPdf(path, pages = PAGES) {
  const document = new PDFDocument({ size: "A4", margin: 50, autoFirstPage: false });
  const file = createWriteStream(path);
  document.pipe(file);
  for (let page = 1; page <= pages; page++) {
    document.addPage().fontSize(10);
    for (let line = 1; line <= LINES; line++)
      document.text(
        `${line}. The supplier delivers lot ${page * LINES + line} of order ${page} within ${line} days, at ${page}.${line} euros a piece.`,
        50,
        40 + line * 16,
      );
  }
  document.end();
  await finished(file);
}

async function openReader() {
  const { createBuiltinExtractor } = await productModule("lib/adapters/x2text/builtin");
  const extractor = createBuiltinExtractor({ deadlineMs: 600_000, memoryLimitMb: 2_048 });
  const limits = { maximumPages: 1e6, maximumTextBytes: 1e9 };
  return (path) => extractor.extract({ bytes: readFileSync(path), fileName: path, ...limits }, { signal: new AbortController().signal });
}

function pdftotext(path) {
  const { status } = spawnSync("pdftotext", ["-layout", path, "-"], { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`pdftotext failed on ${path}`);
}

async function reading(what, rounds, paths) {
  const read = await openReader();
  let pages = 0;
  const ours = async () => {
    pages = 0;
    for (const path of paths) pages += (await read(path)).pages.length;
  };
  const times = await inTurns(rounds, ours, async () => paths.forEach(pdftotext));
  return row(what, "ms a page", times, "pdftotext -layout, a process a file", 1 / pages);
}

/** Finding the tables of documents that were read before. */
async function tables(rounds, paths) {
  const read = await openReader();
  const { tablesOf } = await productModule("lib/document/tables/tables");
  const documents = [];
  for (const path of paths) documents.push(await read(path));
  const pages = documents.reduce((sum, document) => sum + document.pages.length, 0);
  // Each round finds them anew: a document object keeps its tables.
  const times = await inTurns(
    rounds,
    async () => {
      for (const document of documents) tablesOf({ ...document });
    },
    async () => paths.forEach(pdftotext),
  );
  return row("tables, the example files", "ms a page", times, "pdftotext -layout, a process a file", 1 / pages);
}

async function cutting(path) {
  const { chunkDocument } = await productModule("lib/document/chunk");
  const text = (await (await openReader())(path)).reading.text;
  const document = await textDocument(text);
  const splitter = new RecursiveCharacterTextSplitter({ chunkSize: 4_000, chunkOverlap: 400 });
  const times = await inTurns(
    ROUNDS,
    async () => chunkDocument(document, { size: 1_000, overlap: 100 }),
    () => splitter.splitText(text),
  );
  return row("chunking", "s a MB of text", times, "LangChain's recursive splitter, which counts no tokens", MEGABYTE / text.length / 1_000);
}

/** Pages of short and long documents, and a megabyte of text. */
export async function benchText() {
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-bench-"));
  try {
    const long = join(folder, "long.pdf");
    await writeLongPdf(long);
    const hasPdftotext = isInstalled("pdftotext");
    if (!hasPdftotext) console.error("pdftotext is not installed, so reading has no yardstick (it comes with poppler-utils)");
    const readings = hasPdftotext
      ? [
          await reading("extract-text, the example files", ROUNDS, exampleFiles()),
          await tables(ROUNDS, exampleFiles()),
          await reading(`extract-text, ${PAGES.toLocaleString("en")} pages`, 3, [long]),
        ]
      : [];
    return [...readings, await cutting(long)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
