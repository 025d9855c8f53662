/** What is said between the process and the thread that reads one PDF. */
import type { DocumentPart } from "./assemble.ts";
import type { ImageFormat } from "./sniff.ts";

/** The parsers with their versions, as results name them. */
export const PARSERS = { liteparse: "liteparse-2.14.7", unpdf: "unpdf-1.7.0" } as const;
/** The name of a parser. */
export type ParserName = keyof typeof PARSERS;

/** What text recognition needs: a language's code and the folder of its data; `check` when nobody asked for the language, and the text must show that it is the right one. */
export interface RecognitionData {
  code: string;
  folder: string;
  check: boolean;
}

/** Read a PDF's text. `ranges` are wanted pages from 1, none: all. With `findScans` the pages that hold an image of text are looked for; `recognition` reads such pages. A `partial` text may be empty. */
export interface TextTask {
  task: "text";
  parser: ParserName;
  bytes: Uint8Array;
  password?: string;
  ranges?: readonly (readonly [number, number])[];
  maximumPages: number;
  maximumTextBytes: number;
  memoryLimitMb: number;
  findScans: boolean;
  recognition?: { scans: readonly number[]; data: RecognitionData } | undefined;
  partial: boolean;
  /** PDFium, compiled once for all threads. */
  wasm?: object | undefined;
}

/** Count the wanted pages, and find those that hold an image of text. */
export interface PlanTask {
  task: "plan";
  bytes: Uint8Array;
  password?: string;
  ranges?: readonly (readonly [number, number])[];
  maximumPages: number;
  memoryLimitMb: number;
  wasm?: object | undefined;
}

/** Recognise the text of an image. */
export interface ImageTask {
  task: "image";
  bytes: Uint8Array;
  format: ImageFormat;
  data: RecognitionData;
  maximumTextBytes: number;
}

/** Draw pages of a PDF. */
export interface RenderTask {
  task: "render";
  bytes: Uint8Array;
  password?: string;
  pages: readonly number[];
  dpi: number;
  memoryLimitMb: number;
  /** PDFium, compiled once for all threads. */
  wasm?: object | undefined;
}

/** What the thread is to do. */
export type PdfTask = TextTask | PlanTask | RenderTask | ImageTask;

/** Why a PDF gave no text. `broken` and `memory` may be the parser's fault; the others are the document's. */
export type Refusal =
  | { reason: "password-missing" | "password-wrong" | "no-pages" | "without-text"; pages: number }
  | { reason: "too-many-pages"; pages: number }
  | { reason: "pages-outside"; pages: number }
  | { reason: "too-much-text"; pages: number }
  | { reason: "other-language"; language: string }
  | { reason: "broken" | "memory"; message: string };

/** A drawn page: PNG bytes and its size in pixels. */
export interface DrawnPage {
  png: Uint8Array;
  width: number;
  height: number;
}

/** How a task ended; a document that was read went before it, in parts. `scans`: it was read, and these pages hold an image of text. */
export type PdfAnswer =
  | { is: "read" }
  | { is: "scans"; scans: readonly number[] }
  | { is: "plan"; wanted: readonly number[]; scans: readonly number[] }
  | { is: "pages"; pages: readonly (readonly [number, DrawnPage])[] }
  | { is: "refused"; refusal: Refusal };

/** What the thread sends: parts of a document, then one answer. */
export type PdfMessage = { is: "part"; part: DocumentPart } | PdfAnswer;
