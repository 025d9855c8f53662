/** The text extractor that needs no service: PDFs with a text layer, and plain text files. */
import { readPdf } from "../../document/pdf.ts";
import { PARSERS } from "../../document/pdf-protocol.ts";
import { decodeText, plainDocument } from "../../document/plain.ts";
import { type Kind, promisedKind, sniff } from "../../document/sniff.ts";
import type { DocumentText } from "../../schema/document.ts";
import { PermanentError } from "../../schema/errors.ts";
import type { ExtractionInput, TextExtractor } from "../contract.ts";

export interface BuiltinOptions {
  /** Milliseconds that one document may take. */
  deadlineMs: number;
  /** Megabytes of memory that the reading of one document may take. */
  memoryLimitMb: number;
  /** The compiled module that reads PDFs; another one only in tests. */
  entry?: URL;
}

/** Raised when the same bytes give another document than before. */
const REVISION = 1;
const PARSER = `builtin-${REVISION}/${PARSERS.liteparse}`;

/** A text extractor for PDFs and plain text. What a file is decides its content, not its name; a name that says something else is an error that tells what it is. */
export function createBuiltinExtractor(options: BuiltinOptions): TextExtractor {
  return {
    instance: "builtin",
    parser: PARSER,
    async extract(input, signal) {
      signal.throwIfAborted();
      const kind = sniff(input.bytes);
      if (kind.is === "empty") throw new PermanentError("document_empty", `${input.fileName} is empty (0 bytes).`);
      refuseMislabelled(kind, input.fileName);
      return kind.is === "pdf" ? readPdf(input.bytes, { ...input, ranges: input.pages, ...options, signal }) : readText(input);
    },
  };
}

function refuseMislabelled(kind: Kind, fileName: string): void {
  const promised = promisedKind(fileName);
  if (kind.is === "other") {
    const claim = promised === "pdf" ? "named .pdf, but it is" : promised === "text" ? "named like a text file, but it is" : "no PDF and no text file; it is";
    throw new PermanentError("document_mislabelled", `${fileName} is ${claim} ${kind.name}, which can't be read. Convert it to PDF and try again.`);
  }
  if (kind.is === "pdf" && promised === "text")
    throw new PermanentError("document_mislabelled", `${fileName} is named like a text file, but it is a PDF. Rename it to .pdf and try again.`);
  if (kind.is === "text" && promised === "pdf")
    throw new PermanentError("document_mislabelled", `${fileName} is named .pdf, but it is a text file. Rename it to .txt, or give the real PDF.`);
}

function readText(input: ExtractionInput): DocumentText {
  const text = decodeText(input.bytes);
  const bytes = Buffer.byteLength(text);
  if (bytes > input.maximumTextBytes) {
    throw new PermanentError(
      "limit_exceeded",
      `The text of ${input.fileName} has ${bytes} bytes; the limit is ${input.maximumTextBytes} bytes. Split it, or raise the limit.`,
    );
  }
  const document = plainDocument(text, "text", input.language);
  if (document.words.length === 0) throw new PermanentError("document_empty", `${input.fileName} holds no text.`);
  return document;
}
