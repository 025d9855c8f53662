/** PDF text by pdf.js, for the files that PDFium can't read. Runs only inside the thread of pdf-worker.ts. */
import { getDocumentProxy } from "unpdf";
import { messageOf } from "../schema/errors.ts";
import { collector, wantedPages } from "./collect.ts";
import type { ParsedItem, ParsedPage } from "./parsed.ts";
import type { PdfAnswer, PdfMessage, TextTask } from "./pdf-protocol.ts";

type Proxy = Awaited<ReturnType<typeof getDocumentProxy>>;
type PageProxy = Awaited<ReturnType<Proxy["getPage"]>>;

/** Reads a PDF's text with the places of its words. */
export async function readWithUnpdf(task: TextTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  try {
    return await read(task, send);
  } catch (error) {
    const message = messageOf(error);
    if (/password/i.test(message)) return { is: "refused", refusal: { reason: task.password === undefined ? "password-missing" : "password-wrong", pages: 0 } };
    return { is: "refused", refusal: { reason: "broken", message } };
  }
}

async function read(task: TextTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  const proxy = await getDocumentProxy(task.bytes, {
    verbosity: 0,
    isEvalSupported: false,
    ...(task.password === undefined ? {} : { password: task.password }),
  });
  const wanted = wantedPages(task, proxy.numPages);
  if (!Array.isArray(wanted)) return { is: "refused", refusal: wanted };
  const result = collector(task, proxy.numPages, send);
  for (const number of wanted) {
    const page = await proxy.getPage(number);
    const refusal = result.add(await parsedPage(page, number));
    page.cleanup();
    if (refusal) return { is: "refused", refusal };
  }
  return result.answer();
}

async function parsedPage(page: PageProxy, number: number): Promise<ParsedPage> {
  const viewport = page.getViewport({ scale: 1 });
  const content = await page.getTextContent();
  const items: ParsedItem[] = [];
  for (const item of content.items) {
    if (!("str" in item) || item.str.trim() === "") continue;
    items.push(parsedItem(item, viewport.transform));
  }
  return { number, width: viewport.width, height: viewport.height, items };
}

/** The item on the displayed page: its baseline goes from the start point along the text's direction; the glyphs stand above it. */
function parsedItem(item: { str: string; dir: string; width: number; height: number; transform: number[] }, view: readonly number[]): ParsedItem {
  const [a = 1, b = 0, , , e = 0, f = 0] = multiply(view, item.transform);
  const length = Math.hypot(a, b) || 1;
  const along = { x: a / length, y: b / length };
  const height = item.height || Math.hypot(item.transform[2] ?? 0, item.transform[3] ?? 0) || 1;
  const up = { x: along.y, y: -along.x };
  const corners = [0, item.width].flatMap((distance) =>
    [-0.2, 0.8].map((rise) => ({ x: e + along.x * distance + up.x * height * rise, y: f + along.y * distance + up.y * height * rise })),
  );
  const left = Math.min(...corners.map((corner) => corner.x));
  const top = Math.min(...corners.map((corner) => corner.y));
  const width = Math.max(...corners.map((corner) => corner.x)) - left;
  const depth = Math.max(...corners.map((corner) => corner.y)) - top;
  const text = item.dir === "rtl" ? item.str.trim().split(/\s+/).reverse().join(" ") : item.str.trim();
  return { text, left, top, width, height: depth, rotation: (Math.atan2(along.y, along.x) * 180) / Math.PI, pieces: [] };
}

function multiply(first: readonly number[], second: readonly number[]): number[] {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = first;
  const [g = 1, h = 0, i = 0, j = 1, k = 0, l = 0] = second;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}
