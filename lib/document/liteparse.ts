/** PDF text and pictures of pages by PDFium compiled to WebAssembly. Runs only inside the thread of pdf-worker.ts: it is synchronous and can trap. */
import init, { LiteParse, type LiteParseConfig, type ParsedPage as LiteparsePage } from "@llamaindex/liteparse-wasm";
import { messageOf } from "../schema/errors.ts";
import { collector, wantedPages } from "./collect.ts";
import { formItems } from "./form-fields.ts";
import type { ParsedItem, ParsedPage } from "./parsed.ts";
import type { DrawnPage, PdfAnswer, PdfMessage, PdfTask, Refusal, RenderTask, TextTask } from "./pdf-protocol.ts";

/** Pages read at a time: bounds the memory that results take inside the wasm. */
const BATCH = 25;
/** The parser must not stop early on its own: our limit is checked before. */
const PAGES_MAXIMUM = 1_000_000;
const QUIET: LiteParseConfig = { ocrEnabled: false, quiet: true, extractLinks: false, imageMode: "off", outputFormat: "json" };

/** Reads a PDF's text with the places of its words. */
export async function readWithLiteparse(task: TextTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  const memory = await load(task);
  try {
    return await read(task, send);
  } catch (error) {
    return { is: "refused", refusal: refusalOf(messageOf(error), task.password !== undefined, memory(), task.memoryLimitMb) };
  }
}

async function read(task: TextTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  const settings: LiteParseConfig = {
    ...QUIET,
    ...passwordOf(task),
    emitWordBoxes: true,
    extractFormFields: true,
    preserveVerySmallText: true,
    maxPages: PAGES_MAXIMUM,
  };
  const session = await new LiteParse(settings).openBatchSession(task.bytes, BATCH);
  const total = session.totalPages;
  const wanted = wantedPages(task, total);
  if (!Array.isArray(wanted)) return { is: "refused", refusal: wanted };
  const result = collector(task, total, send);
  const whole = wanted.length === total;
  for (let start = 0; start < wanted.length; start += BATCH) {
    const numbers = wanted.slice(start, start + BATCH);
    const batch = whole ? (await session.nextBatch())?.result : await new LiteParse({ ...settings, targetPages: numbers.join(",") }).parse(task.bytes);
    for (const page of batch?.pages ?? []) {
      const refusal = result.add(parsedPage(page));
      if (refusal) return { is: "refused", refusal };
    }
  }
  return result.answer();
}

/** Draws pages as PNG; a page that fails is left out, unless all do. */
export async function renderWithLiteparse(task: RenderTask): Promise<PdfAnswer> {
  const memory = await load(task);
  const pages: [number, DrawnPage][] = [];
  let failure: Refusal | undefined;
  for (const number of task.pages) {
    try {
      const settings: LiteParseConfig = {
        ...QUIET,
        ...passwordOf(task),
        extractScreenshots: true,
        dpi: task.dpi,
        targetPages: String(number),
        maxPages: PAGES_MAXIMUM,
      };
      const { screenshots } = await new LiteParse(settings).parse(task.bytes);
      for (const { pageNum, imageBytes, width, height } of screenshots) pages.push([pageNum, { png: Uint8Array.from(imageBytes), width, height }]);
    } catch (error) {
      failure = refusalOf(messageOf(error), task.password !== undefined, memory(), task.memoryLimitMb);
    }
  }
  return failure && pages.length === 0 ? { is: "refused", refusal: failure } : { is: "pages", pages };
}

function passwordOf(task: PdfTask): { password?: string } {
  return task.password === undefined ? {} : { password: task.password };
}

/** Starts the wasm; answers how to ask for the memory taken, in bytes. */
async function load(task: PdfTask): Promise<() => number> {
  if (!task.wasm) throw new Error("the compiled parser is missing");
  const { memory } = await init({ module_or_path: task.wasm });
  return () => memory.buffer.byteLength;
}

function refusalOf(message: string, hadPassword: boolean, memory: number, memoryLimitMb: number): Refusal {
  if (/password/i.test(message)) return { reason: hadPassword ? "password-wrong" : "password-missing", pages: 0 };
  if (memory > memoryLimitMb * 0.9 * 1024 * 1024) return { reason: "memory", message };
  return { reason: "broken", message };
}

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
  return { number: page.pageNum, width: page.width, height: page.height, items: [...items, ...formItems(page.formFields ?? [], items)] };
}
