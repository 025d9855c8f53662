/** Reads a document in this process, without a run, for the commands that have to know it before anything is asked. */
import { readFile } from "node:fs/promises";
import { createBuiltinExtractor } from "../adapters/x2text/builtin.ts";
import type { DocumentText } from "../schema/document.ts";
import { type ProcessRequest, pageRanges } from "../schema/request.ts";
import type { DocumentFile } from "./files.ts";

const DEADLINE_MS = 120_000;
const MEMORY_MB = 2_048;

/** How a document is read: of the request, the pages and the language. */
export interface ReadingOptions {
  limits: { pages: number; textBytes: number };
  pages?: string | undefined;
  language?: string | undefined;
  password?: string | undefined;
  signal: AbortSignal;
}

/** A document's text, by the extractor that needs no service. Throws what reading it in a run would. */
export async function readText(file: DocumentFile, options: ReadingOptions): Promise<DocumentText> {
  const { limits, pages, language, password, signal } = options;
  const extractor = createBuiltinExtractor({ deadlineMs: DEADLINE_MS, memoryLimitMb: MEMORY_MB });
  const input = {
    bytes: await readFile(file.absolute),
    fileName: file.fileName,
    maximumPages: limits.pages,
    maximumTextBytes: limits.textBytes,
    ...(pages === undefined ? {} : { pages: pageRanges(pages) }),
    ...(language === undefined ? {} : { language }),
    ...(password === undefined ? {} : { password }),
  };
  return extractor.extract(input, { signal });
}

/** The reading options that a request has. */
export function readingOf({ extraction_settings: settings }: ProcessRequest): Pick<ReadingOptions, "pages" | "language"> {
  return { pages: settings?.pages, language: settings?.language };
}
