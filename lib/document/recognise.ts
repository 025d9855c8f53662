/** Recognising the text of scanned pages and images. Runs only inside the thread of pdf-worker.ts. */
import { collector } from "./collect.ts";
import { imageHeader } from "./image-header.ts";
import { detectLanguage } from "./language.ts";
import { drawPage } from "./liteparse.ts";
import type { ParsedItem, ParsedPage, Rectangle } from "./parsed.ts";
import type { PdfAnswer, RecognitionTask } from "./pdf-protocol.ts";
import { type Recogniser, startRecogniser } from "./tesseract.ts";

/** Pages are drawn at so many dots per inch, or fewer where they are so large that there would be more pixels than this. */
const DPI = 200;
const PIXELS_MAXIMUM = 24_000_000;
/** Points for a pixel of an image whose resolution nobody knows: an A4 page at 150 dots per inch. */
const IMAGE_POINTS = 72 / 150;
/** Fewer recognised words say nothing about a language. */
const WORDS_FOR_LANGUAGE = 30;
/** The share of a recognised word that may lie on text that the page has anyway. */
const OVERLAP = 0.5;

/** A document of the pages with what was recognised on them. */
export async function recognise(task: RecognitionTask): Promise<PdfAnswer> {
  const recogniser = await startRecogniser(task.data);
  try {
    const pages = task.source.is === "pdf" ? await readPages(task, recogniser) : [await readImage(task.source, recogniser)];
    const result = collector(task, pages.length);
    for (const page of pages) {
      const refusal = result.add(page);
      if (refusal) return { is: "refused", refusal };
    }
    const answer = result.answer();
    const language = task.data.check && answer.is === "document" ? foreignLanguage(pages, task.data.code) : undefined;
    return language === undefined ? answer : { is: "refused", refusal: { reason: "other-language", language } };
  } finally {
    await recogniser.close();
  }
}

async function readPages(task: RecognitionTask, recogniser: Recogniser): Promise<ParsedPage[]> {
  if (task.source.is !== "pdf") return [];
  const { pages, scans } = task.source;
  const wanted = new Set(scans);
  const done: ParsedPage[] = [];
  for (const page of pages) done.push(wanted.has(page.number) ? await readScan(task, page, recogniser) : page);
  return done;
}

async function readScan(task: RecognitionTask, page: ParsedPage, recogniser: Recogniser): Promise<ParsedPage> {
  if (task.source.is !== "pdf") return page;
  const dpi = Math.max(1, Math.min(DPI, Math.sqrt((PIXELS_MAXIMUM * 72 * 72) / Math.max(1, page.width * page.height))));
  const drawn = await drawPage({ ...task, ...task.source }, page.number, Math.floor(dpi));
  if (!drawn || drawn.blank) return page;
  const items = await recogniser.read({ bytes: drawn.png, format: "png", width: drawn.width, height: drawn.height, turn: 0 });
  const scaled = items.map((item) => scale(item, page.width / drawn.width, page.height / drawn.height));
  return { ...page, items: [...page.items, ...scaled.filter((item) => !page.items.some((other) => covers(other, item)))] };
}

async function readImage(source: Extract<RecognitionTask["source"], { is: "image" }>, recogniser: Recogniser): Promise<ParsedPage> {
  const header = imageHeader(source.bytes, source.format);
  if (!header) throw new Error("the image has no readable header");
  const items = await recogniser.read({ bytes: source.bytes, format: source.format, ...header });
  const [width, height] = header.turn % 180 === 0 ? [header.width, header.height] : [header.height, header.width];
  return { number: 1, width: width * IMAGE_POINTS, height: height * IMAGE_POINTS, items: items.map((item) => scale(item, IMAGE_POINTS, IMAGE_POINTS)) };
}

function scale(item: ParsedItem, across: number, down: number): ParsedItem {
  const scaled = ({ left, top, width, height }: Rectangle): Rectangle => ({ left: left * across, top: top * down, width: width * across, height: height * down });
  return { ...item, ...scaled(item), pieces: item.pieces.map((piece) => ({ ...piece, ...scaled(piece) })) };
}

function covers(first: Rectangle, second: Rectangle): boolean {
  const across = Math.min(first.left + first.width, second.left + second.width) - Math.max(first.left, second.left);
  const down = Math.min(first.top + first.height, second.top + second.height) - Math.max(first.top, second.top);
  return across > 0 && down > 0 && across * down > second.width * second.height * OVERLAP;
}

/** The language that the recognised text seems to be in, where that is another one than it was read in. */
function foreignLanguage(pages: readonly ParsedPage[], code: string): string | undefined {
  const recognised = pages.flatMap((page) => page.items.filter((item) => item.pieces.some((piece) => piece.confidence !== undefined)));
  const text = recognised.map((item) => item.text).join("\n");
  if ((text.match(/\p{L}{2,}/gu)?.length ?? 0) < WORDS_FOR_LANGUAGE) return undefined;
  const language = detectLanguage(text);
  return code === "eng" && language !== "en" ? language : undefined;
}
