/** What is said between the process and the thread that reads one file that is neither PDF nor image. */
import type { DocumentText } from "../schema/document.ts";

/** The forms of files without pages. */
export type FileForm = "docx" | "xlsx" | "csv" | "html" | "json" | "text";

/** What the thread is to read. */
export interface FileTask {
  form: FileForm;
  bytes: Uint8Array;
  language?: string | undefined;
  maximumTextBytes: number;
}

/** `limit` and `broken` say why, without text of the document. */
export type FileAnswer =
  | { is: "document"; document: DocumentText }
  | { is: "refused"; reason: "limit" | "broken"; message: string }
  | { is: "refused"; reason: "too-much-text"; bytes: number };
