/** Which pages of a PDF hold an image of text, and how the document is parted for reading. */

/** What a parser says about a page's images. `letters` counts its text without blanks. */
export interface PageSigns {
  number: number;
  letters: number;
  fullPageImage: boolean;
  /** The largest image's share of the page, 0 to 1. */
  imageShare: number;
}

/** A page with at most so many letters may be a scan with a stamp or a page number printed over it. */
export const FEW_LETTERS = 60;
const IMAGE_SHARE = 0.5;

/** Pages in one part; a scanned page takes as long as 20 with text. */
const PART_WEIGHT = 100;
const SCAN_WEIGHT = 20;

/** Whether text recognition has to look at the page. Pages without any text are looked at too: what is drawn may be letters. */
export function isScan({ letters, fullPageImage, imageShare }: PageSigns): boolean {
  return letters === 0 || (letters <= FEW_LETTERS && (fullPageImage || imageShare >= IMAGE_SHARE));
}

/** Wanted pages as parts, each a list of [first, last]: of 100 pages with text, or of 5 scanned ones. */
export function partsOf(wanted: readonly number[], scans: ReadonlySet<number>): [number, number][][] {
  const parts: [number, number][][] = [];
  let part: [number, number][] = [];
  let weight = 0;
  for (const page of wanted) {
    const own = scans.has(page) ? SCAN_WEIGHT : 1;
    if (weight + own > PART_WEIGHT) {
      parts.push(part);
      part = [];
      weight = 0;
    }
    weight += own;
    const last = part.at(-1);
    if (last && last[1] === page - 1) last[1] = page;
    else part.push([page, page]);
  }
  return part.length > 0 ? [...parts, part] : parts;
}
