/** Gathers parsed pages into a document and keeps the limits on the way; the same for every parser. */
import { assemble } from "./assemble.ts";
import type { ParsedPage } from "./parsed.ts";
import { PARSERS, type PdfAnswer, type Refusal, type TextTask } from "./pdf-protocol.ts";

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

/** Takes pages in order; `add` answers a refusal as soon as the text is over the limit. */
export interface Collector {
  add(page: ParsedPage): Refusal | undefined;
  answer(): PdfAnswer;
}

export function collector(task: TextTask, total: number): Collector {
  const pages: ParsedPage[] = [];
  let bytes = 0;
  return {
    add(page) {
      for (const item of page.items) bytes += Buffer.byteLength(item.text) + 1;
      if (bytes > task.maximumTextBytes) return { reason: "too-much-text", pages: total };
      pages.push(page);
      return undefined;
    },
    answer() {
      const document = assemble(pages, PARSERS[task.parser], task.language);
      if (document.words.length === 0) return { is: "refused", refusal: { reason: "without-text", pages: total } };
      return { is: "document", document };
    },
  };
}
