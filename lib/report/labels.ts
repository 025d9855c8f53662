/** Where a box's number stands: beside the box, on the side where it hides no word and no other number. */
import { overlaps } from "../document/parsed.ts";
import type { Box } from "../schema/document.ts";
import type { PageSize } from "./boxes.ts";

/** left: before the box; right: after it; above: on its top edge, at its beginning; inside: over its first letters, when nothing else is free. */
export type LabelSide = "left" | "right" | "above" | "below" | "inside";

/** A label's size as fractions of an A4 page's width and height, as the style sheet makes it on a wide screen. */
const WIDTH = 0.026;
const HEIGHT = 0.0145;

const ORDER: readonly LabelSide[] = ["left", "right", "above", "below"];

/** The rectangle that a label takes. */
export function labelBox(box: Box, side: LabelSide, page: PageSize): Box {
  const width = WIDTH * (page.width > page.height ? 595 / 842 : 1);
  const height = HEIGHT * (page.width > page.height ? 842 / 595 : 1);
  const middle = box.top + box.height / 2 - height / 2;
  if (side === "left") return { left: box.left - width, top: middle, width, height };
  if (side === "right") return { left: box.left + box.width, top: middle, width, height };
  if (side === "above") return { left: box.left, top: box.top - height, width, height };
  if (side === "below") return { left: box.left, top: box.top + box.height, width, height };
  return { left: box.left, top: middle, width, height };
}

function isOnPage({ left, top, width, height }: Box): boolean {
  return left >= 0 && top >= 0 && left + width <= 1 && top + height <= 1;
}

/** The first side that is free of `taken` (words and labels already placed) and on the page; "inside" when none is. */
export function labelSide(box: Box, taken: readonly Box[], page: PageSize): LabelSide {
  const isFree = (side: LabelSide) => {
    const label = labelBox(box, side, page);
    return isOnPage(label) && !taken.some((other) => overlaps(label, other));
  };
  return ORDER.find(isFree) ?? "inside";
}
