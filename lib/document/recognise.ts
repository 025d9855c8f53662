/** The text of scanned pages and images, as items on their page. Runs only inside the thread of pdf-worker.ts. */
import { collector } from "./collect.ts";
import { imageHeader } from "./image-header.ts";
import { detectLanguage } from "./language.ts";
import type { ParsedItem, ParsedPage, Rectangle } from "./parsed.ts";
import type { ImageTask, PdfAnswer, PdfMessage, RecognitionData } from "./pdf-protocol.ts";
import { type PictureReader, startTesseract } from "./tesseract.ts";

/** Points for a pixel of an image whose resolution nobody knows: an A4 page at 150 dots per inch. */
const IMAGE_POINTS = 72 / 150;
/** Fewer recognised words say nothing about a language. */
const WORDS_FOR_LANGUAGE = 30;
/** The share of a recognised item that may lie on text that the page has anyway. */
const OVERLAP = 0.5;

/** Reads pictures, and knows after them whether they were in another language than it reads. */
export interface Recogniser extends PictureReader {
  foreign(): PdfAnswer | undefined;
}

/** Starts recognition; `close` ends it. */
export async function startRecogniser(data: RecognitionData): Promise<Recogniser> {
  const reader = await startTesseract(data);
  let text = "";
  return {
    async read(picture) {
      const items = await reader.read(picture);
      text += `${items.map((item) => item.text).join("\n")}\n`;
      return items;
    },
    foreign() {
      if (!data.check || (text.match(/\p{L}{2,}/gu)?.length ?? 0) < WORDS_FOR_LANGUAGE) return undefined;
      const language = detectLanguage(text);
      return data.code === "eng" && language !== "en" ? { is: "refused", refusal: { reason: "other-language", language } } : undefined;
    },
    close: () => reader.close(),
  };
}

/** A page with what was recognised on a drawing of it, `width` by `height` pixels, where it has no text of its own. */
export function withRecognised(page: ParsedPage, found: readonly ParsedItem[], width: number, height: number): ParsedPage {
  const items = found.map((item) => scale(item, page.width / width, page.height / height));
  return { ...page, items: [...page.items, ...items.filter((item) => !page.items.some((other) => covers(other, item)))] };
}

/** The text of an image as a document of one page. */
export async function recogniseImage(task: ImageTask, send: (message: PdfMessage) => void): Promise<PdfAnswer> {
  const header = imageHeader(task.bytes, task.format);
  if (!header) return { is: "refused", refusal: { reason: "broken", message: "its header can't be read" } };
  const recogniser = await startRecogniser(task.data);
  try {
    const items = await recogniser.read({ bytes: task.bytes, format: task.format, ...header });
    const upright = header.turn % 180 === 0;
    const width = (upright ? header.width : header.height) * IMAGE_POINTS;
    const height = (upright ? header.height : header.width) * IMAGE_POINTS;
    const result = collector({ maximumTextBytes: task.maximumTextBytes, partial: false }, 1, send);
    const refusal = result.add({ number: 1, width, height, items: items.map((item) => scale(item, IMAGE_POINTS, IMAGE_POINTS)) });
    if (refusal) return { is: "refused", refusal };
    return recogniser.foreign() ?? result.answer();
  } finally {
    await recogniser.close();
  }
}

function scale(item: ParsedItem, across: number, down: number): ParsedItem {
  const scaled = ({ left, top, width, height }: Rectangle): Rectangle => ({
    left: left * across,
    top: top * down,
    width: width * across,
    height: height * down,
  });
  return { ...item, ...scaled(item), pieces: item.pieces.map((piece) => ({ ...piece, ...scaled(piece) })) };
}

function covers(first: Rectangle, second: Rectangle): boolean {
  const across = Math.min(first.left + first.width, second.left + second.width) - Math.max(first.left, second.left);
  const down = Math.min(first.top + first.height, second.top + second.height) - Math.max(first.top, second.top);
  return across > 0 && down > 0 && across * down > second.width * second.height * OVERLAP;
}
