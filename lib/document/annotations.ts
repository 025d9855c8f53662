/** What readers wrote onto a PDF's pages, as text items: a text box of theirs is seen on the page, but is no part of its own text. Notes that open at a click are not on the page. */
import type { DocumentAnnotation } from "@llamaindex/liteparse-wasm";
import { isDrawn, linesInBox } from "./form-fields.ts";
import type { ParsedItem, Rectangle } from "./parsed.ts";

/** The items of free text annotations that `items` don't hold already, one for each line. */
export function annotationItems(annotations: readonly DocumentAnnotation[], items: readonly ParsedItem[]): ParsedItem[] {
  return annotations.flatMap(({ subtype, contents, rect }) => {
    if (subtype.toLowerCase() !== "freetext" || rect === undefined || contents === undefined || contents.trim() === "") return [];
    const box: Rectangle = { left: rect.x, top: rect.y, width: rect.width, height: rect.height };
    return isDrawn(contents, box, items) ? [] : linesInBox(contents, box);
  });
}
