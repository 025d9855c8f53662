/** A PDF's bytes to a document: each file in its own thread, by PDFium, then by pdf.js, else a typed error. */
import { compiledUrl } from "../compiled.ts";
import type { DocumentText } from "../schema/document.ts";
import { messageOf, PermanentError } from "../schema/errors.ts";
import { type DocumentPart, documentOfParts } from "./assemble.ts";
import { type GuardedEnd, runGuarded } from "./guard.ts";
import { PARSERS, type ParserName, type PdfAnswer, type Refusal } from "./pdf-protocol.ts";
import { pdfiumModule } from "./wasm-memory.ts";

export interface PdfOptions {
  /** What errors call the document. */
  fileName: string;
  password?: string | undefined;
  language?: string | undefined;
  /** Wanted pages as [first, last] from 1; none: all. */
  ranges?: readonly (readonly [number, number])[] | undefined;
  maximumPages: number;
  maximumTextBytes: number;
  /** Milliseconds for the whole document, over both parsers. */
  deadlineMs: number;
  /** Megabytes that a parser may take. */
  memoryLimitMb: number;
  signal?: AbortSignal | undefined;
  /** The compiled module that reads PDFs; another one only in tests. */
  entry?: URL | undefined;
}

/** The share of the deadline that the first parser may use. */
const FIRST_SHARE = 0.75;

/** The text of a PDF. Throws PermanentError with a document_ code or limit_exceeded, or the signal's reason. */
export async function readPdf(bytes: Uint8Array, options: PdfOptions): Promise<DocumentText> {
  const started = performance.now();
  const first = await attempt("liteparse", bytes, options, options.deadlineMs * FIRST_SHARE);
  if (first.is === "answer" && settled(first.answer)) return documentOf(first, options);
  const second = await attempt("unpdf", bytes, options, Math.max(1, options.deadlineMs - (performance.now() - started)));
  if (second.is === "answer" && settled(second.answer)) return documentOf(second, options);
  const empty = [first, second].find((end) => end.is === "answer" && end.answer.is === "refused" && end.answer.refusal.reason === "no-pages");
  if (empty) throw refused({ reason: "no-pages", pages: 0 }, options);
  throw failure(first, second, options);
}

interface Answered {
  is: "answer";
  parser: ParserName;
  answer: PdfAnswer;
  parts: DocumentPart[];
}

type End = Exclude<GuardedEnd, { is: "answer" }> | Answered;

async function attempt(parser: ParserName, bytes: Uint8Array, options: PdfOptions, deadlineMs: number): Promise<End> {
  const { password, ranges, maximumPages, maximumTextBytes, memoryLimitMb, signal } = options;
  let wasm: object | undefined;
  try {
    if (parser === "liteparse") wasm = await pdfiumModule(memoryLimitMb);
  } catch (error) {
    return { is: "crashed", message: messageOf(error) };
  }
  const copy = new Uint8Array(bytes);
  const task = { task: "text", parser, bytes: copy, password, ranges, maximumPages, maximumTextBytes, memoryLimitMb, wasm };
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

function documentOf({ parser, answer, parts }: Answered, options: PdfOptions): DocumentText {
  if (answer.is === "read") return documentOfParts(parts, PARSERS[parser], options.language);
  if (answer.is === "refused") throw refused(answer.refusal, options);
  throw new Error("the thread answered with something else than a document");
}

function failure(first: End, second: End, options: PdfOptions): PermanentError {
  const ends = [first, second];
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

/** The error for a document that a parser read well enough to refuse it. */
export function refused(refusal: Refusal, options: Pick<PdfOptions, "fileName" | "maximumPages" | "maximumTextBytes" | "memoryLimitMb">): PermanentError {
  const name = options.fileName;
  switch (refusal.reason) {
    case "password-missing":
      return new PermanentError("document_encrypted", `${name} is encrypted and needs a password.`);
    case "password-wrong":
      return new PermanentError("document_password_wrong", `The password given does not open ${name}.`);
    case "no-pages":
      return new PermanentError("document_empty", `${name} has no pages.`);
    case "without-text":
      return new PermanentError(
        "document_without_text",
        `${name} has ${count(refusal.pages, "page")} but no text layer (a scan?). Run a text recognition over it first.`,
      );
    case "pages-outside":
      return new PermanentError("invalid_request", `${name} has ${count(refusal.pages, "page")}; none of the pages asked for is among them.`);
    case "too-many-pages":
      return new PermanentError(
        "limit_exceeded",
        `${name} has ${count(refusal.pages, "page")}; the limit is ${options.maximumPages} pages. Give a range of pages, or raise the limit.`,
      );
    case "too-much-text":
      return new PermanentError(
        "limit_exceeded",
        `The text of ${name} is over the limit of ${options.maximumTextBytes} bytes. Give a range of pages, or raise the limit.`,
      );
    case "memory":
      return new PermanentError("document_too_large", `Reading ${name} takes more than ${options.memoryLimitMb} MB of memory.`);
    case "broken":
      return new PermanentError("document_broken", `${name} is a damaged PDF: ${refusal.message.slice(0, 120)}`);
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
