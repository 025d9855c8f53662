/** The text extractor that needs no service: PDFs, scans and images where text recognition is installed, Office documents, and files of text. */
import { readFile } from "../../document/file.ts";
import type { FileForm } from "../../document/file-protocol.ts";
import { planPdf, readImage, readPdf } from "../../document/pdf.ts";
import { PARSERS } from "../../document/pdf-protocol.ts";
import { type Kind, refusalOfKind, sniff, textForm } from "../../document/sniff.ts";
import type { DocumentText } from "../../schema/document.ts";
import { PermanentError } from "../../schema/errors.ts";
import type { ExtractionContext, ExtractionInput, TextExtractor } from "../contract.ts";

/** Bounds on the reading of one document. */
export interface BuiltinOptions {
  /** Milliseconds that one document, or one part of it, may take; scanned pages get more. */
  deadlineMs: number;
  /** Megabytes of memory that the reading of one document may take. */
  memoryLimitMb: number;
  /** False: pages without text are not recognised, as if text recognition weren't installed. */
  recognition?: boolean;
  /** The compiled module that reads PDFs; another one only in tests. */
  entry?: URL;
}

/** It asks nobody, so all it needs besides the document is a signal. */
export interface BuiltinExtractor extends TextExtractor {
  extract(input: ExtractionInput, context: Pick<ExtractionContext, "signal">): Promise<DocumentText>;
}

/** Raised when the same bytes give another document than before. */
const REVISION = 4;
const PARSER = `builtin-${REVISION}/${PARSERS.liteparse}`;

/** A text extractor for the formats that are built in. What a file is decides its content, not its name; a name that says something else is an error that tells what it is. */
export function createBuiltinExtractor(options: BuiltinOptions): BuiltinExtractor {
  const pdfOptions = (input: ExtractionInput, signal: AbortSignal) => ({ ...input, ranges: input.pages, ...options, signal });
  return {
    instance: "builtin",
    parser: PARSER,
    async plan(input, signal) {
      signal.throwIfAborted();
      return kindOf(input).is === "pdf" ? planPdf(input.bytes, pdfOptions(input, signal)) : undefined;
    },
    async extract(input, { signal }) {
      signal.throwIfAborted();
      const kind = kindOf(input);
      if (kind.is === "pdf") return readPdf(input.bytes, pdfOptions(input, signal));
      if (kind.is === "image") return readImage(input.bytes, kind.format, pdfOptions(input, signal));
      const form: FileForm = kind.is === "docx" || kind.is === "xlsx" ? kind.is : textForm(input.bytes, input.fileName);
      return readFile(input.bytes, { ...input, form, ...options, signal });
    },
  };
}

function kindOf({ bytes, fileName }: ExtractionInput): Kind {
  const kind = sniff(bytes);
  if (kind.is === "empty") throw new PermanentError("document_empty", `${fileName} is empty (0 bytes).`);
  const refusal = refusalOfKind(kind, fileName);
  if (refusal) throw new PermanentError(refusal.code, `${fileName} ${refusal.message}`);
  return kind;
}
