/** What is said between the process and the thread that reads one PDF. */
import type { DocumentText } from "../schema/document.ts";
import type { ParsedPage } from "./parsed.ts";
import type { ImageFormat } from "./sniff.ts";

export const PARSERS = { liteparse: "liteparse-2.14.7", unpdf: "unpdf-1.7.0" } as const;
export type ParserName = keyof typeof PARSERS;

/** Read a PDF's text. `ranges` are wanted pages from 1, none: all. With `findScans` pages that hold an image of text are answered for recognition; a `partial` text may be empty. */
export interface TextTask {
  task: "text";
  parser: ParserName;
  bytes: Uint8Array;
  password?: string;
  language?: string;
  ranges?: readonly (readonly [number, number])[];
  maximumPages: number;
  maximumTextBytes: number;
  memoryLimitMb: number;
  findScans: boolean;
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

/** What text recognition needs: a language's code and the folder of its data; `check` when the language was not asked for, and the text must show that it is the right one. */
export interface RecognitionData {
  code: string;
  folder: string;
  check: boolean;
}

/** Recognise text on pages of a PDF that `pages` has parsed, or on one image. */
export interface RecognitionTask {
  task: "recognise";
  source: { is: "pdf"; bytes: Uint8Array; password?: string; pages: readonly ParsedPage[]; scans: readonly number[] } | { is: "image"; bytes: Uint8Array; format: ImageFormat };
  data: RecognitionData;
  language?: string;
  maximumTextBytes: number;
  memoryLimitMb: number;
  partial: boolean;
  /** The names of the parsers that the document is to carry. */
  parser: string;
  wasm?: object | undefined;
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

export type PdfTask = TextTask | PlanTask | RenderTask | RecognitionTask;

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

export type PdfAnswer =
  | { is: "document"; document: DocumentText }
  | { is: "scans"; pages: readonly ParsedPage[]; scans: readonly number[] }
  | { is: "plan"; wanted: readonly number[]; scans: readonly number[] }
  | { is: "pages"; pages: readonly (readonly [number, DrawnPage])[] }
  | { is: "refused"; refusal: Refusal };
