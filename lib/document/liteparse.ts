/** PDF text and pictures of pages by PDFium compiled to WebAssembly. Runs only inside the thread of pdf-worker.ts: it is synchronous and can trap. */
import init, { LiteParse, type LiteParseConfig, type ParsedPage as LiteparsePage, type ScreenshotResult } from "@llamaindex/liteparse-wasm";
import { messageOf } from "../schema/errors.ts";
import { annotationItems } from "./annotations.ts";
import { collector, wantedPages } from "./collect.ts";
import { formItems } from "./form-fields.ts";
import type { ParsedItem, ParsedPage } from "./parsed.ts";
import type { DrawnPage, PdfAnswer, PdfMessage, PdfTask, PlanTask, Refusal, RenderTask, TextTask } from "./pdf-protocol.ts";
import { startRecogniser, withRecognised } from "./recognise.ts";
import { FEW_LETTERS, isScan } from "./scans.ts";
import { rulingsOf } from "./tables/rulings.ts";

/** Pages read at a time: bounds the memory that results take inside the wasm. */
const BATCH = 25;
/** The parser must not stop early on its own: our limit is checked before. */
const PAGES_MAXIMUM = 1_000_000;
const QUIET: LiteParseConfig = { ocrEnabled: false, quiet: true, extractLinks: false, imageMode: "off", outputFormat: "json" };

/** Reads a PDF's text with the places of its words, and that of its scanned pages where the task says so. */
export async function readWithLiteparse(task: TextTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  const memory = await load(task);
  try {
    return task.recognition ? await readScans(task, send) : await read(task, send);
  } catch (error) {
    return { is: "refused", refusal: refusalOf(messageOf(error), task.password !== undefined, memory(), task.memoryLimitMb) };
  }
}

async function read(task: TextTask, send: (message: PdfMessage) => void, improve?: (page: ParsedPage) => Promise<ParsedPage>): Promise<PdfAnswer> {
  const settings: LiteParseConfig = {
    ...QUIET,
    ...passwordOf(task),
    emitWordBoxes: true,
    extractFormFields: true,
    extractAnnotations: true,
    extractVectorGraphics: true,
    preserveVerySmallText: true,
    maxPages: PAGES_MAXIMUM,
  };
  const session = await new LiteParse(settings).openBatchSession(task.bytes, BATCH);
  const total = session.totalPages;
  const wanted = wantedPages(task, total);
  if (!Array.isArray(wanted)) return { is: "refused", refusal: wanted };
  const result = collector(task, total, send);
  const whole = wanted.length === total;
  const poor: number[] = [];
  for (let start = 0; start < wanted.length; start += BATCH) {
    const numbers = wanted.slice(start, start + BATCH);
    const batch = whole ? (await session.nextBatch())?.result : await new LiteParse({ ...settings, targetPages: numbers.join(",") }).parse(task.bytes);
    for (const found of batch?.pages ?? []) {
      const page = parsedPage(found);
      if (lettersOf(page) <= FEW_LETTERS) poor.push(page.number);
      const refusal = result.add(improve ? await improve(page) : page);
      if (refusal) return { is: "refused", refusal };
    }
  }
  const scans = task.findScans && poor.length > 0 ? await scansAmong(task, new Set(poor)) : [];
  // It sends what is still held, which is the document where scans can't be recognised.
  const answer = result.answer();
  return scans.length > 0 ? { is: "scans", scans } : answer;
}

/** Counts the wanted pages and says which hold an image of text. */
export async function planWithLiteparse(task: PlanTask): Promise<PdfAnswer> {
  const memory = await load(task);
  try {
    const session = await new LiteParse({ ...QUIET, ...passwordOf(task), maxPages: PAGES_MAXIMUM }).openBatchSession(task.bytes, BATCH);
    const wanted = wantedPages(task, session.totalPages);
    session.free();
    if (!Array.isArray(wanted)) return { is: "refused", refusal: wanted };
    return { is: "plan", wanted, scans: await scansAmong(task, new Set(wanted)) };
  } catch (error) {
    return { is: "refused", refusal: refusalOf(messageOf(error), task.password !== undefined, memory(), task.memoryLimitMb) };
  }
}

async function scansAmong(task: TextTask | PlanTask, pages: ReadonlySet<number>): Promise<number[]> {
  const signs = await new LiteParse({ ...QUIET, ...passwordOf(task), maxPages: PAGES_MAXIMUM }).isComplex(task.bytes);
  return signs
    .map(({ pageNumber, textLength, fullPageImage, largestImageCoverage }) => ({
      number: pageNumber,
      letters: textLength,
      fullPageImage,
      imageShare: largestImageCoverage,
    }))
    .filter((page) => pages.has(page.number) && isScan(page))
    .map(({ number }) => number);
}

function lettersOf(page: ParsedPage): number {
  return page.items.reduce((sum, { text }) => sum + text.replace(/\s/g, "").length, 0);
}

/** Pages are drawn for recognition at so many dots per inch, or fewer where they are so large that there would be more pixels than this. */
const SCAN_DPI = 200;
const PIXELS_MAXIMUM = 24_000_000;

async function readScans(task: TextTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  if (!task.recognition) return read(task, send);
  const { scans, data } = task.recognition;
  const wanted = new Set(scans);
  const recogniser = await startRecogniser(data);
  try {
    const answer = await read({ ...task, findScans: false }, send, async (page) => {
      if (!wanted.has(page.number)) return page;
      const dpi = Math.floor(Math.min(SCAN_DPI, Math.sqrt((PIXELS_MAXIMUM * 72 * 72) / Math.max(1, page.width * page.height))));
      const [drawn] = await draw(task, page.number, Math.max(1, dpi));
      if (!drawn || drawn.isSolidFill) return page;
      const { width, height, imageBytes } = drawn;
      return withRecognised(page, await recogniser.read({ bytes: Uint8Array.from(imageBytes), format: "png", width, height, turn: 0 }), width, height);
    });
    return recogniser.foreign() ?? answer;
  } finally {
    await recogniser.close();
  }
}

async function draw(task: PdfTask, page: number, dpi: number): Promise<ScreenshotResult[]> {
  const wanted = { extractScreenshots: true, dpi, targetPages: String(page), maxPages: PAGES_MAXIMUM };
  return (await new LiteParse({ ...QUIET, ...passwordOf(task), ...wanted }).parse(task.bytes)).screenshots;
}

/** Draws pages as PNG; a page that fails is left out, unless all do. */
export async function renderWithLiteparse(task: RenderTask): Promise<PdfAnswer> {
  const memory = await load(task);
  const pages: [number, DrawnPage][] = [];
  let failure: Refusal | undefined;
  for (const number of task.pages) {
    try {
      const screenshots = await draw(task, number, task.dpi);
      for (const { pageNum, imageBytes, width, height } of screenshots) pages.push([pageNum, { png: Uint8Array.from(imageBytes), width, height }]);
    } catch (error) {
      failure = refusalOf(messageOf(error), task.password !== undefined, memory(), task.memoryLimitMb);
    }
  }
  return failure && pages.length === 0 ? { is: "refused", refusal: failure } : { is: "pages", pages };
}

function passwordOf(task: PdfTask): { password?: string } {
  return !("password" in task) || task.password === undefined ? {} : { password: task.password };
}

/** Starts the wasm; answers how to ask for the memory taken, in bytes. */
async function load(task: TextTask | PlanTask | RenderTask): Promise<() => number> {
  if (!task.wasm) throw new Error("the compiled parser is missing");
  const { memory } = await init({ module_or_path: task.wasm });
  return () => memory.buffer.byteLength;
}

function refusalOf(message: string, hadPassword: boolean, memory: number, memoryLimitMb: number): Refusal {
  if (/password/i.test(message)) return { reason: hadPassword ? "password-wrong" : "password-missing", pages: 0 };
  if (memory > memoryLimitMb * 0.9 * 1024 * 1024) return { reason: "memory", message };
  return { reason: "broken", message };
}

/** Opaque white, as the parser writes it: rectangles of it only cover the page. */
const WHITE = "ffffffff";

function parsedPage(page: LiteparsePage): ParsedPage {
  const items: ParsedItem[] = page.textItems.map(({ text, x, y, width, height, rotation, words }) => ({
    text,
    left: x,
    top: y,
    width,
    height,
    rotation,
    pieces: (words ?? []).map((word) => ({ text: word.text, left: word.x, top: word.y, width: word.width, height: word.height })),
  }));
  const rulings = rulingsOf((page.vectorGraphics?.lines ?? []).filter((line) => line.stroke || line.fillColor !== WHITE));
  const added = [...formItems(page.formFields ?? [], items), ...annotationItems(page.annotations ?? [], items)];
  return { number: page.pageNum, width: page.width, height: page.height, items: [...items, ...added], rulings };
}
