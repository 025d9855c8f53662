/** Pictures of pages, for reports. */
import { compiledUrl } from "../compiled.ts";
import { PermanentError } from "../schema/errors.ts";
import { runGuarded } from "./guard.ts";
import type { DrawnPage, PdfAnswer } from "./pdf-protocol.ts";
import { pdfiumModule } from "./wasm-memory.ts";

/** How pages are drawn, and the bounds. */
export interface RenderOptions {
  /** Pixels for 72 points; 36 to 220. */
  dpi: number;
  password?: string;
  /** Milliseconds for all pages together. */
  deadlineMs: number;
  /** Megabytes that drawing may take; 1,024 where not given. */
  memoryLimitMb?: number;
  signal?: AbortSignal;
}

const DPI_MINIMUM = 36;
const DPI_MAXIMUM = 220;
const MEMORY_DEFAULT_MB = 1024;

/** Draws pages of a PDF (numbers from 1) as displayed: page number to PNG and its size in pixels. A page that can't be drawn is missing. Throws PermanentError with a document_ code where the document can't be drawn at all. */
export async function renderPages(bytes: Uint8Array, pages: readonly number[], options: RenderOptions): Promise<Map<number, DrawnPage>> {
  if (pages.length === 0) return new Map();
  const memoryLimitMb = options.memoryLimitMb ?? MEMORY_DEFAULT_MB;
  const dpi = Math.min(DPI_MAXIMUM, Math.max(DPI_MINIMUM, options.dpi));
  const wanted = [...new Set(pages)].sort((first, second) => first - second);
  const copy = new Uint8Array(bytes);
  const task = { task: "render", bytes: copy, password: options.password, pages: wanted, dpi, memoryLimitMb, wasm: await pdfiumModule(memoryLimitMb) };
  const end = await runGuarded(compiledUrl(import.meta.url, "./pdf-worker"), task, { deadlineMs: options.deadlineMs, memoryLimitMb, signal: options.signal }, [
    copy.buffer,
  ]);
  if (end.is === "deadline") throw new PermanentError("document_too_slow", `The pages could not be drawn within ${options.deadlineMs / 1000} s.`);
  if (end.is === "memory") throw new PermanentError("document_too_large", `Drawing the pages takes more than ${memoryLimitMb} MB of memory.`);
  if (end.is === "crashed") throw new PermanentError("document_broken", `The pages could not be drawn: ${end.message.slice(0, 120)}`);
  const answer = end.answer as PdfAnswer;
  if (answer.is === "pages") return new Map(answer.pages);
  const reason = answer.is === "refused" ? answer.refusal.reason : "broken";
  if (reason === "password-missing") throw new PermanentError("document_encrypted", "The document is encrypted and needs a password to be drawn.");
  if (reason === "password-wrong") throw new PermanentError("document_password_wrong", "The password given does not open the document.");
  throw new PermanentError("document_broken", "The document is damaged: its pages can't be drawn.");
}
