/** The rectangles that are drawn over a page: clamped to it, and the words of one line joined. */
import type { Box } from "../schema/document.ts";

/** Space around words, as a fraction of the page's height, so that a frame doesn't touch the letters. */
const PADDING = 0.0025;

/** Words of one line stay one rectangle up to this gap, in heights of the line; a wider gap is another column. */
const JOINING_GAP = 1.6;

/** A page's displayed size; only the ratio counts. */
export interface PageSize {
  width: number;
  height: number;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** The part of a box that lies on the page; undefined where nothing does, or where the numbers are none. */
function onPage(box: Box): Box | undefined {
  const left = clamp(box.left);
  const top = clamp(box.top);
  const width = clamp(box.left + box.width) - left;
  const height = clamp(box.top + box.height) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : undefined;
}

function sameLine(first: Box, second: Box): boolean {
  const overlap = Math.min(first.top + first.height, second.top + second.height) - Math.max(first.top, second.top);
  return overlap >= Math.min(first.height, second.height) / 2;
}

function union(first: Box, second: Box): Box {
  const left = Math.min(first.left, second.left);
  const top = Math.min(first.top, second.top);
  const right = Math.max(first.left + first.width, second.left + second.width);
  const bottom = Math.max(first.top + first.height, second.top + second.height);
  return { left, top, width: right - left, height: bottom - top };
}

function gapBetween(first: Box, second: Box): number {
  return Math.max(first.left, second.left) - Math.min(first.left + first.width, second.left + second.width);
}

/** The rectangles of one citation on one page, in the order of its words, each fully on the page (0 to 1). */
export function drawnBoxes(boxes: readonly Box[], page: PageSize): readonly Box[] {
  const ratio = page.width > 0 && page.height > 0 ? page.height / page.width : 1.4;
  const joined: Box[] = [];
  for (const box of boxes) {
    const visible = onPage(box);
    if (!visible) continue;
    const last = joined.at(-1);
    const joins = last && sameLine(last, visible) && gapBetween(last, visible) <= JOINING_GAP * Math.max(last.height, visible.height) * ratio;
    if (last && joins) joined[joined.length - 1] = union(last, visible);
    else joined.push(visible);
  }
  return joined.flatMap(({ left, top, width, height }) => {
    const side = PADDING * ratio;
    const padded = onPage({ left: left - side, top: top - PADDING, width: width + 2 * side, height: height + 2 * PADDING });
    return padded ? [padded] : [];
  });
}
