/** What is said between the process and the thread that reads one PDF. */
import type { DocumentPart } from "./assemble.ts";

export const PARSERS = { liteparse: "liteparse-2.14.7", unpdf: "unpdf-1.7.0" } as const;
export type ParserName = keyof typeof PARSERS;

/** Read a PDF's text. `ranges` are wanted pages from 1, none: all. */
export interface TextTask {
  task: "text";
  parser: ParserName;
  bytes: Uint8Array;
  password?: string;
  ranges?: readonly (readonly [number, number])[];
  maximumPages: number;
  maximumTextBytes: number;
  memoryLimitMb: number;
  /** PDFium, compiled once for all threads. */
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

export type PdfTask = TextTask | RenderTask;

/** Why a PDF gave no text. `broken` and `memory` may be the parser's fault; the others are the document's. */
export type Refusal =
  | { reason: "password-missing" | "password-wrong" | "no-pages" | "without-text"; pages: number }
  | { reason: "too-many-pages"; pages: number }
  | { reason: "pages-outside"; pages: number }
  | { reason: "too-much-text"; pages: number }
  | { reason: "broken" | "memory"; message: string };

/** A drawn page: PNG bytes and its size in pixels. */
export interface DrawnPage {
  png: Uint8Array;
  width: number;
  height: number;
}

/** How a task ended; a document that was read went before it, in parts. */
export type PdfAnswer = { is: "read" } | { is: "pages"; pages: readonly (readonly [number, DrawnPage])[] } | { is: "refused"; refusal: Refusal };

export type PdfMessage = { is: "part"; part: DocumentPart } | PdfAnswer;
