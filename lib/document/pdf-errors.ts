/** What is said about a PDF or an image that a parser read well enough to refuse it. */
import { PermanentError } from "../schema/errors.ts";
import type { Refusal } from "./pdf-protocol.ts";
import { installCommand, missingLanguage } from "./recognition-data.ts";

/** The limits and names that messages speak of. `recognised`: text recognition has had its turn. */
export interface RefusedDocument {
  fileName: string;
  language?: string | undefined;
  maximumPages: number;
  maximumTextBytes: number;
  memoryLimitMb: number;
  recognised?: boolean | undefined;
}

/** The error for a document without text: what to install, unless text recognition has looked at it. */
export function withoutText(
  fileName: string,
  pages: number,
  { recognised = false, language }: Pick<RefusedDocument, "recognised" | "language">,
): PermanentError {
  const advice = `To read scans, install the text recognition with "${installCommand(language ?? "en")}", or run another over the document first.`;
  const found = recognised ? "Text recognition found none either." : advice;
  return new PermanentError("document_without_text", `${fileName} has ${count(pages, "page")} but no text layer (a scan?). ${found}`);
}

/** The error for a document that a parser read well enough to refuse it. */
export function refused(refusal: Refusal, options: RefusedDocument): PermanentError {
  const name = options.fileName;
  switch (refusal.reason) {
    case "password-missing":
      return new PermanentError("document_encrypted", `${name} is encrypted and needs a password.`);
    case "password-wrong":
      return new PermanentError("document_password_wrong", `The password given does not open ${name}.`);
    case "no-pages":
      return new PermanentError("document_empty", `${name} has no pages.`);
    case "without-text":
      return withoutText(name, refusal.pages, options);
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
    case "other-language":
      return missingLanguage(refusal.language, name);
    case "memory":
      return new PermanentError("document_too_large", `Reading ${name} takes more than ${options.memoryLimitMb} MB of memory.`);
    case "broken":
      return new PermanentError("document_broken", `${name} is a damaged PDF: ${refusal.message.slice(0, 120)}`);
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
