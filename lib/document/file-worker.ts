/** The entry of the thread that reads one file without pages. It answers once. */
import { parentPort, workerData } from "node:worker_threads";
import type { DocumentText } from "../schema/document.ts";
import { messageOf } from "../schema/errors.ts";
import type { FileAnswer, FileTask } from "./file-protocol.ts";
import type { FileText } from "./grid-text.ts";
import { decodeText, plainDocument } from "./plain.ts";
import { ZipError } from "./zip.ts";

const HEAD = 2048;
const PARSER = {
  docx: "mammoth-1.13.0",
  xlsx: "read-excel-file-9.3.17",
  csv: "csv-parse-7.0.3",
  html: "html-to-text-10.0.1",
  json: "json",
  text: "text",
} as const;

async function textOf({ form, bytes }: FileTask): Promise<FileText> {
  switch (form) {
    case "docx": {
      const { docxText } = await import("./docx.ts");
      return { text: await docxText(bytes) };
    }
    case "xlsx":
      return (await import("./xlsx.ts")).xlsxText(bytes);
    case "csv":
      return (await import("./csv.ts")).csvText(decodeText(bytes));
    case "html": {
      const { htmlEncoding, htmlText } = await import("./html.ts");
      return { text: htmlText(decodeText(bytes, htmlEncoding(Buffer.from(bytes.subarray(0, HEAD)).toString("latin1")))) };
    }
    case "json":
      return { text: (await import("./json-text.ts")).jsonText(decodeText(bytes)) };
    case "text":
      return { text: decodeText(bytes) };
  }
}

async function answer(task: FileTask): Promise<FileAnswer> {
  const { text, origins } = await textOf(task);
  const bytes = Buffer.byteLength(text);
  if (bytes > task.maximumTextBytes) return { is: "refused", reason: "too-much-text", bytes };
  const document: DocumentText = plainDocument(text, PARSER[task.form], task.language);
  return { is: "document", document: origins ? { ...document, origins } : document };
}

function refused(error: unknown): FileAnswer {
  if (error instanceof ZipError) return { is: "refused", reason: error.reason, message: error.message };
  if (error instanceof RangeError) return { is: "refused", reason: "limit", message: "its parts are nested too deep, or too many" };
  if (error instanceof Error && error.name === "HtmlTooLarge") return { is: "refused", reason: "limit", message: "its content is too large" };
  return { is: "refused", reason: "broken", message: messageOf(error).replace(/\s+/g, " ").slice(0, 120) };
}

const task: FileTask = workerData;
answer(task)
  .catch(refused)
  .then((result) => parentPort?.postMessage(result));
