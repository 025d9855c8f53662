/** A PDF's bytes to a document: each file in its own thread, by PDFium, then by pdf.js, else a typed error. */
import { availableParallelism } from "node:os";
import { compiledUrl } from "../compiled.ts";
import type { DocumentText } from "../schema/document.ts";
import { messageOf, PermanentError } from "../schema/errors.ts";
import { createSlots } from "../slots.ts";
import { type DocumentPart, documentOfParts } from "./assemble.ts";
import { type GuardedEnd, runGuarded } from "./guard.ts";
import { imageHeader } from "./image-header.ts";
import { refused } from "./pdf-errors.ts";
import { PARSERS, type ParserName, type PdfAnswer, type TextTask } from "./pdf-protocol.ts";
import { findRecognition } from "./recognition-data.ts";
import { partsOf } from "./scans.ts";
import type { ImageFormat } from "./sniff.ts";
import { pdfiumModule } from "./wasm-memory.ts";

/** What to read of a PDF, and its bounds. */
export interface PdfOptions {
  /** What errors call the document. */
  fileName: string;
  password?: string | undefined;
  language?: string | undefined;
  /** Wanted pages as [first, last] from 1; none: all. */
  ranges?: readonly (readonly [number, number])[] | undefined;
  /** The ranges are a part of what is wanted: they may be without text. */
  partial?: boolean | undefined;
  maximumPages: number;
  maximumTextBytes: number;
  /** Milliseconds for the whole document, over both parsers. */
  deadlineMs: number;
  /** Megabytes that a parser may take. */
  memoryLimitMb: number;
  signal?: AbortSignal | undefined;
  /** False: scanned pages are not recognised. */
  recognition?: boolean | undefined;
  /** The compiled module that reads PDFs; another one only in tests. */
  entry?: URL | undefined;
}

/** Smaller files are read at once: looking at their pages first costs more than it saves. */
const SMALL_BYTES = 48 * 1024;
/** What an image may have decoded, which takes 4 bytes for each. */
const IMAGE_PIXELS_MAXIMUM = 100_000_000;
/** The share of the deadline that the first parser may use. */
const FIRST_SHARE = 0.75;

/** Names the recogniser in a document's parser. */
const RECOGNISER = "tesseract.js-7.0.0";
/** Milliseconds for one scanned page with all its turns, and the most for one call, which must end before its stage's own limit. */
const SCAN_MS = 20_000;
const SCANS_MS_MAXIMUM = 500_000;
/** Readings at once: more than there are cores would only take memory, some 100 MB each; one more, so that a hostile file does not hold up all others. */
const readings = createSlots(availableParallelism() + 1);
/** Each recognition keeps a core busy, and takes some 300 MB. */
const recognitions = createSlots(Math.max(1, Math.min(4, availableParallelism())));

/** The text of a PDF; that of its scanned pages where text recognition is installed. Throws PermanentError with a document_ code, limit_exceeded or not_supported (a language that is not installed), or the signal's reason. */
export async function readPdf(bytes: Uint8Array, options: PdfOptions): Promise<DocumentText> {
  const ends = await readings(() => readByParsers(bytes, options), options.signal);
  const [first] = ends;
  if (first?.is === "answer" && first.answer.is === "scans") return readScans(bytes, options, first, first.answer.scans);
  const good = ends.find((end) => end.is === "answer" && settled(end.answer));
  if (good?.is === "answer") return documentOf(good, options);
  const empty = ends.find((end) => end.is === "answer" && end.answer.is === "refused" && end.answer.refusal.reason === "no-pages");
  if (empty) throw refused({ reason: "no-pages", pages: 0 }, options);
  throw failure(ends, options);
}

/** How the parsers ended, one after the other, until one could not be bettered. */
async function readByParsers(bytes: Uint8Array, options: PdfOptions): Promise<End[]> {
  const started = performance.now();
  const first = await attempt("liteparse", bytes, options, options.deadlineMs * FIRST_SHARE, { findScans: true });
  if (first.is === "answer" && settled(first.answer)) return [first];
  return [first, await attempt("unpdf", bytes, options, Math.max(1, options.deadlineMs - (performance.now() - started)))];
}

/** Reads a PDF whose first reading found scanned pages. Without recognition what it found is the document. */
async function readScans(bytes: Uint8Array, options: PdfOptions, first: Answered, scans: readonly number[]): Promise<DocumentText> {
  const data = options.recognition === false ? undefined : findRecognition(options.language, options.fileName);
  if (!data) {
    const pages = first.parts.reduce((sum, part) => sum + part.pages.length, 0);
    if (!options.partial && first.parts.every((part) => part.words.length === 0)) throw refused({ reason: "without-text", pages }, options);
    return documentOf({ ...first, answer: { is: "read" } }, options);
  }
  const deadlineMs = Math.max(options.deadlineMs, Math.min(SCANS_MS_MAXIMUM, scans.length * SCAN_MS));
  const end = await recognitions(() => attempt("liteparse", bytes, options, deadlineMs, { recognition: { scans, data } }), options.signal);
  if (end.is === "answer" && settled(end.answer)) return documentOf(end, { ...options, recognised: true }, RECOGNISER);
  throw failure([end], { ...options, deadlineMs });
}

/** The text of an image, by text recognition. Throws as `readPdf` does. */
export async function readImage(bytes: Uint8Array, format: ImageFormat, options: PdfOptions): Promise<DocumentText> {
  const header = imageHeader(bytes, format);
  if (!header) throw new PermanentError("document_broken", `${options.fileName} is a damaged image: its header can't be read.`);
  if (header.width * header.height > IMAGE_PIXELS_MAXIMUM) {
    const size = `${header.width} x ${header.height} pixels; the limit is ${IMAGE_PIXELS_MAXIMUM / 1_000_000} million`;
    throw new PermanentError("limit_exceeded", `${options.fileName} has ${size}. Make it smaller, or cut it.`);
  }
  const data = options.recognition === false ? undefined : findRecognition(options.language, options.fileName);
  if (!data) throw refused({ reason: "without-text", pages: 1 }, options);
  const copy = new Uint8Array(bytes);
  const task = { task: "image", bytes: copy, format, data, maximumTextBytes: options.maximumTextBytes };
  const end = await recognitions(() => send("liteparse", task, copy, options, options.deadlineMs), options.signal);
  if (end.is === "answer" && !(end.answer.is === "refused" && "message" in end.answer.refusal)) {
    const document = documentOf(end, { ...options, recognised: true });
    return { ...document, parser: RECOGNISER };
  }
  if (end.is === "deadline" || end.is === "memory") throw failure([end], options);
  throw new PermanentError("document_broken", `${options.fileName} is a damaged image: ${causeOf(end) || "it can't be decoded"}.`);
}

/** Parts to read a PDF in, each a list of page ranges; undefined where it is better read at once, or only another parser can open it. Throws PermanentError where the document or the wanted pages are refused. */
export async function planPdf(bytes: Uint8Array, options: PdfOptions): Promise<[number, number][][] | undefined> {
  if (bytes.length < SMALL_BYTES) return undefined;
  const { password, ranges, maximumPages, memoryLimitMb } = options;
  const wasm = await pdfiumModule(memoryLimitMb).catch(() => undefined);
  const copy = new Uint8Array(bytes);
  const end = await send(
    "liteparse",
    { task: "plan", bytes: copy, password, ranges, maximumPages, memoryLimitMb, wasm },
    copy,
    options,
    options.deadlineMs / 4,
  );
  if (end.is !== "answer") return undefined;
  if (end.answer.is === "refused" && settled(end.answer)) throw refused(end.answer.refusal, options);
  if (end.answer.is !== "plan") return undefined;
  const parts = partsOf(end.answer.wanted, new Set(end.answer.scans));
  return parts.length > 1 ? parts : undefined;
}

interface Answered {
  is: "answer";
  parser: ParserName;
  answer: PdfAnswer;
  parts: DocumentPart[];
}

type End = Exclude<GuardedEnd, { is: "answer" }> | Answered;

type Extra = Partial<Pick<TextTask, "findScans" | "recognition">>;

async function attempt(parser: ParserName, bytes: Uint8Array, options: PdfOptions, deadlineMs: number, extra: Extra = {}): Promise<End> {
  const { password, ranges, maximumPages, maximumTextBytes, memoryLimitMb, partial = false } = options;
  let wasm: object | undefined;
  try {
    if (parser === "liteparse") wasm = await pdfiumModule(memoryLimitMb);
  } catch (error) {
    return { is: "crashed", message: messageOf(error) };
  }
  const copy = new Uint8Array(bytes);
  const task = {
    task: "text",
    parser,
    bytes: copy,
    password,
    ranges,
    maximumPages,
    maximumTextBytes,
    memoryLimitMb,
    wasm,
    partial,
    findScans: false,
    ...extra,
  };
  return send(parser, task, copy, options, deadlineMs);
}

/** Has a thread do a task on bytes that it gets for itself. */
async function send(parser: ParserName, task: object, copy: Uint8Array<ArrayBuffer>, options: PdfOptions, deadlineMs: number): Promise<End> {
  const { memoryLimitMb, signal } = options;
  const parts: DocumentPart[] = [];
  const onPart = (message: unknown): boolean => {
    const { is, part } = message as { is: unknown; part: DocumentPart };
    return is === "part" && parts.push(part) > 0;
  };
  const entry = options.entry ?? compiledUrl(import.meta.url, "./pdf-worker");
  const end = await runGuarded(entry, task, { deadlineMs, memoryLimitMb, signal, onPart }, [copy.buffer]);
  // Our own thread wrote it.
  return end.is === "answer" ? { is: "answer", parser, answer: end.answer as PdfAnswer, parts } : end;
}

/** Whether another parser can't do better. A document without pages may be one that only the other opens. */
function settled(answer: PdfAnswer): boolean {
  return answer.is !== "refused" || !("message" in answer.refusal || answer.refusal.reason === "no-pages");
}

function documentOf({ parser, answer, parts }: Answered, options: PdfOptions & { recognised?: boolean }, recogniser?: string): DocumentText {
  const name = recogniser === undefined ? PARSERS[parser] : `${PARSERS[parser]}+${recogniser}`;
  if (answer.is === "read") return documentOfParts(parts, name, options.language);
  if (answer.is === "refused") throw refused(answer.refusal, options);
  throw new Error("the thread answered with something else than a document");
}

function failure(ends: readonly End[], options: PdfOptions): PermanentError {
  if (ends.some((end) => end.is === "deadline"))
    return new PermanentError(
      "document_too_slow",
      `${options.fileName} could not be read within ${options.deadlineMs / 1000} s. Give only the pages that matter, or raise the limit.`,
    );
  if (ends.some((end) => end.is === "memory" || (end.is === "answer" && end.answer.is === "refused" && end.answer.refusal.reason === "memory")))
    return new PermanentError(
      "document_too_large",
      `Reading ${options.fileName} takes more than ${options.memoryLimitMb} MB of memory. Give only the pages that matter, or raise the limit.`,
    );
  const causes = ends.map(causeOf).filter((cause) => cause !== "");
  return new PermanentError(
    "document_broken",
    `${options.fileName} is a damaged PDF: no parser can read it (${causes.join("; ")}). Save it anew with a PDF program and try again.`,
  );
}

function causeOf(end: End): string {
  const message =
    end.is === "crashed"
      ? end.message
      : end.is === "answer" && end.answer.is === "refused" && "message" in end.answer.refusal
        ? end.answer.refusal.message
        : "";
  return message.replace(/\s+/g, " ").slice(0, 120);
}
