/** Gathers parsed pages into a document and keeps the limits on the way; the same for every parser. */
import { assembler } from "./assemble.ts";
import type { ParsedPage } from "./parsed.ts";
import type { PdfAnswer, PdfMessage, Refusal, TextTask } from "./pdf-protocol.ts";

/** The wanted page numbers of a document of `total` pages, ascending, each once; or why there are none. */
export function wantedPages(task: Pick<TextTask, "ranges" | "maximumPages">, total: number): number[] | Refusal {
  if (total === 0) return { reason: "no-pages", pages: 0 };
  const ranges = task.ranges && task.ranges.length > 0 ? task.ranges : [[1, total] as const];
  const wanted = new Set<number>();
  for (const [from, to] of ranges) {
    for (let page = Math.max(1, from); page <= Math.min(to, total); page++) {
      wanted.add(page);
      if (wanted.size > task.maximumPages) return { reason: "too-many-pages", pages: total };
    }
  }
  if (wanted.size === 0) return { reason: "pages-outside", pages: total };
  return [...wanted].sort((first, second) => first - second);
}

/** Takes pages in order, and sends what they became a part at a time; `add` answers a refusal as soon as the text is over the limit. */
export interface Collector {
  add(page: ParsedPage): Refusal | undefined;
  answer(): PdfAnswer;
}

/** Runs of text in a part, at least, if it is not the last. */
const PART_ITEMS = 2000;

/** A collector without pages; `total` are the pages of the whole document. */
export function collector(task: Pick<TextTask, "maximumTextBytes" | "partial">, total: number, send: (message: PdfMessage) => void): Collector {
  const document = assembler();
  let bytes = 0;
  let items = 0;
  let words = 0;
  const flush = () => {
    const part = document.take();
    words += part.words.length;
    items = 0;
    send({ is: "part", part });
  };
  return {
    add(page) {
      for (const item of page.items) bytes += Buffer.byteLength(item.text) + 1;
      if (bytes > task.maximumTextBytes) return { reason: "too-much-text", pages: total };
      document.add(page);
      items += page.items.length;
      if (items >= PART_ITEMS) flush();
      return undefined;
    },
    answer() {
      flush();
      return words === 0 && !task.partial ? { is: "refused", refusal: { reason: "without-text", pages: total } } : { is: "read" };
    },
  };
}
