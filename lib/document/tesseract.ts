/** Text recognition by tesseract.js. Runs only inside the thread of pdf-worker.ts; tesseract.js starts a thread of its own in it, which ends with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Quarter, withTurn } from "./image-header.ts";
import { bottomOf, type ParsedItem, type ParsedPiece, type Rectangle, rightOf } from "./parsed.ts";
import type { RecognitionData } from "./pdf-protocol.ts";
import type { ImageFormat } from "./sniff.ts";

/** An image as stored. `width` and `height` are in pixels; `turn` is how it is to be turned to be shown. */
export interface Picture {
  bytes: Uint8Array;
  format: ImageFormat;
  width: number;
  height: number;
  turn: Quarter;
}

/** Text recognition that has been started. */
export interface PictureReader {
  /** The lines of text on the picture as shown, in pixels; none where nothing can be made out. */
  read(picture: Picture): Promise<ParsedItem[]>;
  close(): Promise<void>;
}

/** Mean confidence (0 to 100) from which a reading is taken without trying other turns, and below which it is none. */
const SURE = 60;
const LEAST = 40;
/** Words below are noise: specks, lines, the grain of a photograph. */
const WORD_LEAST = 15;
/** A gap of so many line heights ends an item, as between two cells of a table. */
const GAP_HEIGHTS = 1.5;

interface FoundWord extends ParsedPiece {
  confidence: number;
}

interface Found {
  turn: Quarter;
  lines: FoundWord[][];
  confidence: number;
}

/** Starts recognition of one language; its data is read from the folder, never from a network. */
export async function startTesseract({ code, folder }: RecognitionData): Promise<PictureReader> {
  // Read here first: a missing file would be looked for elsewhere.
  await readFile(join(folder, `${code}.traineddata.gz`));
  const { createWorker, OEM, PSM } = (await import("tesseract.js")).default;
  const worker = await createWorker(code, OEM.LSTM_ONLY, { langPath: folder, cacheMethod: "none", gzip: true, errorHandler: () => undefined });
  await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO, user_defined_dpi: "200" });
  const once = async (picture: Picture, extra: Quarter): Promise<Found> => {
    const bytes = withTurn(picture.bytes, picture.format, quarter(picture.turn + extra));
    const { data } = await worker.recognize(Buffer.from(bytes), {}, { text: false, blocks: true });
    const lines = (data.blocks ?? []).flatMap((block) => block.paragraphs.flatMap((paragraph) => paragraph.lines.map((line) => line.words.map(foundWord))));
    return { turn: extra, lines, confidence: meanConfidence(lines.flat()) };
  };
  return {
    async read(picture) {
      const best = await bestReading(picture, once);
      if (best.confidence < LEAST) return [];
      const shown = picture.turn % 180 === 0 ? picture : { width: picture.height, height: picture.width };
      const lines = best.lines.map((line) => line.filter(isWord)).filter((line) => line.length > 0);
      const usual = usualRotation(lines);
      return lines.flatMap((line) => itemsOf(line, rotationOf(line) ?? usual)).map((item) => turnedBack(item, best.turn, shown));
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

/** The reading of the turn that makes most sense. Sideways text gives words of low confidence; an empty page gives none. */
async function bestReading(picture: Picture, once: (picture: Picture, extra: Quarter) => Promise<Found>): Promise<Found> {
  let best = await once(picture, 0);
  if (best.confidence >= SURE || best.lines.length === 0 || picture.format === "webp") return best;
  for (const turn of [180, 90, 270] as const) {
    const found = await once(picture, turn);
    if (found.confidence > best.confidence) best = found;
    if (best.confidence >= SURE) return best;
  }
  return best;
}

function quarter(degrees: number): Quarter {
  const rest = degrees % 360;
  return rest === 90 ? 90 : rest === 180 ? 180 : rest === 270 ? 270 : 0;
}

function foundWord({ text, confidence, bbox }: { text: string; confidence: number; bbox: { x0: number; y0: number; x1: number; y1: number } }): FoundWord {
  return { text, left: bbox.x0, top: bbox.y0, width: bbox.x1 - bbox.x0, height: bbox.y1 - bbox.y0, confidence: confidence / 100 };
}

function isWord({ text, confidence }: FoundWord): boolean {
  return confidence * 100 >= WORD_LEAST && text.trim() !== "";
}

/** By letters, for specks are read as words of one; 0 to 100. */
function meanConfidence(words: readonly FoundWord[]): number {
  const letters = words.reduce((sum, { text }) => sum + text.length, 0);
  return letters === 0 ? 0 : (words.reduce((sum, { text, confidence }) => sum + confidence * text.length, 0) / letters) * 100;
}

type Rotation = 0 | 90 | 270;

/** Lines that run down or up are found and read as they stand, in the turn that they have; undefined where a line is too short to tell. */
function rotationOf(line: readonly FoundWord[]): Rotation | undefined {
  const [first] = line;
  const last = line.at(-1);
  if (!first || !last || line.length < 2) return undefined;
  const across = middle(last.left, last.width) - middle(first.left, first.width);
  const down = middle(last.top, last.height) - middle(first.top, first.height);
  if (Math.abs(down) <= Math.abs(across)) return 0;
  return down > 0 ? 90 : 270;
}

function middle(start: number, size: number): number {
  return start + size / 2;
}

function usualRotation(lines: readonly (readonly FoundWord[])[]): Rotation {
  const votes = { 0: 1, 90: 0, 270: 0 };
  for (const line of lines) {
    const rotation = rotationOf(line);
    if (rotation !== undefined) votes[rotation] += line.length;
  }
  return votes[90] > Math.max(votes[0], votes[270]) ? 90 : votes[270] > votes[0] ? 270 : 0;
}

/** The words of a line as items that wide gaps part. */
function itemsOf(line: readonly FoundWord[], rotation: Rotation): ParsedItem[] {
  const groups: FoundWord[][] = [];
  for (const word of line) {
    const before = groups.at(-1)?.at(-1);
    if (before && gapBetween(before, word, rotation) < GAP_HEIGHTS) groups.at(-1)?.push(word);
    else groups.push([word]);
  }
  return groups.map((pieces) => {
    const left = Math.min(...pieces.map((piece) => piece.left));
    const top = Math.min(...pieces.map((piece) => piece.top));
    const width = Math.max(...pieces.map(rightOf)) - left;
    const height = Math.max(...pieces.map(bottomOf)) - top;
    return { text: pieces.map(({ text }) => text).join(" "), left, top, width, height, rotation, pieces };
  });
}

/** The gap between two words of a line, in line heights. */
function gapBetween(first: Rectangle, second: Rectangle, rotation: Rotation): number {
  if (rotation === 0) return (second.left - rightOf(first)) / Math.max(first.height, second.height, 1);
  const gap = rotation === 90 ? second.top - bottomOf(first) : first.top - bottomOf(second);
  return gap / Math.max(first.width, second.width, 1);
}

/** An item of the picture turned clockwise by `turn`, on the picture as shown. */
function turnedBack(item: ParsedItem, turn: Quarter, shown: { width: number; height: number }): ParsedItem {
  const back = ({ left, top, width, height }: Rectangle): Rectangle => {
    if (turn === 90) return { left: top, top: shown.height - left - width, width: height, height: width };
    if (turn === 180) return { left: shown.width - left - width, top: shown.height - top - height, width, height };
    if (turn === 270) return { left: shown.width - top - height, top: left, width: height, height: width };
    return { left, top, width, height };
  };
  const rotation = (item.rotation + 360 - turn) % 360;
  return { ...item, ...back(item), rotation, pieces: item.pieces.map((piece) => ({ ...piece, ...back(piece) })) };
}
