/** Files without pages to documents: each in its own thread, else a typed error. */
import { compiledUrl } from "../compiled.ts";
import type { DocumentText } from "../schema/document.ts";
import { PermanentError } from "../schema/errors.ts";
import type { FileAnswer, FileForm, FileTask } from "./file-protocol.ts";
import { runGuarded } from "./guard.ts";

/** Bounds on the reading of one file. */
export interface FileOptions {
  form: FileForm;
  /** What errors call the document. */
  fileName: string;
  language?: string | undefined;
  maximumTextBytes: number;
  deadlineMs: number;
  memoryLimitMb: number;
  signal?: AbortSignal | undefined;
}

const NAMES: Record<FileForm, string> = {
  docx: "Word document",
  xlsx: "Excel workbook",
  csv: "CSV file",
  html: "HTML file",
  json: "JSON file",
  text: "text file",
};

/** The text of a file without pages. Throws PermanentError with a document_ code or limit_exceeded, or the signal's reason. */
export async function readFile(bytes: Uint8Array, options: FileOptions): Promise<DocumentText> {
  const { form, fileName, language, maximumTextBytes, deadlineMs, memoryLimitMb, signal } = options;
  const copy = new Uint8Array(bytes);
  const task: FileTask = { form, bytes: copy, language, maximumTextBytes };
  const end = await runGuarded(compiledUrl(import.meta.url, "./file-worker"), task, { deadlineMs, memoryLimitMb, signal }, [copy.buffer]);
  if (end.is === "deadline") {
    throw new PermanentError("document_too_slow", `${fileName} could not be read within ${deadlineMs / 1000} s. Split it, or raise the limit.`);
  }
  if (end.is === "memory") throw new PermanentError("document_too_large", `Reading ${fileName} takes more than ${memoryLimitMb} MB of memory. Split it.`);
  if (end.is === "crashed") throw broken(fileName, form, end.message);
  const answer = end.answer as FileAnswer;
  if (answer.is === "refused") {
    if ("message" in answer) {
      if (answer.reason === "broken") throw broken(fileName, form, answer.message);
      throw new PermanentError("limit_exceeded", `${fileName} is a ${NAMES[form]} that can't be read: ${answer.message}.`);
    }
    const size = `${answer.bytes} bytes; the limit is ${maximumTextBytes} bytes`;
    throw new PermanentError("limit_exceeded", `The text of ${fileName} has ${size}. Split it, or raise the limit.`);
  }
  if (answer.document.words.length === 0) throw new PermanentError("document_empty", `${fileName} holds no text.`);
  return answer.document;
}

function broken(fileName: string, form: FileForm, message: string): PermanentError {
  return new PermanentError(
    "document_broken",
    `${fileName} is a damaged ${NAMES[form]}: ${message.slice(0, 120)}. Save it anew with the program that made it.`,
  );
}
