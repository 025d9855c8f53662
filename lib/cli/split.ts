/** `run --split`: a file that holds several documents is as many documents, each with its pages. */

import { factsOf } from "../facts/facts.ts";
import { formatDocuments } from "../report/format.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Context } from "./context.ts";
import type { DocumentFile } from "./files.ts";
import { type ReadingOptions, readText } from "./reading.ts";
import { plain } from "./text.ts";

/** A document to run: the whole file, or with `pages` ("1-3,5") one of those that the file holds. */
export interface DocumentPart extends DocumentFile {
  pages?: string;
}

/** Each file, or in its place the documents that it holds, in order. A file that is one document stays as it is, whole. */
export async function splitFiles(context: Context, files: readonly DocumentFile[], options: ReadingOptions): Promise<DocumentPart[]> {
  const parts: DocumentPart[] = [];
  for (const file of files) {
    const text = await readText(file, options);
    const { documents } = factsOf(text);
    if (documents.length < 2) {
      parts.push(file);
      continue;
    }
    context.remark(`${plain(file.path)}: ${formatDocuments(documents)}`);
    parts.push(...documents.map(({ pages }) => ({ ...file, pages: pagesOf(text, pages) })));
  }
  return parts;
}

/** The pages of a range that were read, as ranges: a request for some pages of the file stays one. */
function pagesOf({ pages }: DocumentText, [first, last]: readonly [number, number]): string {
  const ranges: [number, number][] = [];
  for (const { number } of pages) {
    if (number < first || number > last) continue;
    const open = ranges.at(-1);
    if (open && number === open[1] + 1) open[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}

/** How a document to run is called: its path, and its pages where it is a part of the file. */
export function labelOf({ path, pages }: DocumentPart): string {
  return pages === undefined ? path : `${path} pages ${pages}`;
}
