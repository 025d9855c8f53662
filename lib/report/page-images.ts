/** Which pages get an image in a report, and how fine: all cited ones, as sharp as the size of the file allows. */
import { decodePng, smallPng } from "./png.ts";

/** A page to show, as an image file. Sizes are pixels. */
export interface PageImage {
  page: number;
  width: number;
  height: number;
  type: "image/png";
  bytes: Uint8Array;
}

/** Draws pages (numbers from 1) as PNG at a resolution in dots per inch. May leave pages out. */
export type PageRenderer = (request: {
  bytes: Uint8Array;
  password?: string;
  pages: readonly number[];
  dpi: number;
}) => Promise<readonly { page: number; png: Uint8Array }[]>;

/** Bytes for all images of a report together; in the file they take a third more. */
export const IMAGE_BUDGET = 5_500_000;

/** More pages than this are not drawn: the first ones are. */
const MAXIMUM_PAGES = 80;

/** Pages are drawn this many at a time, which bounds memory. */
const BATCH = 8;

/** From sharp to just readable. */
const RUNGS: readonly { dpi: number; grey: boolean }[] = [
  { dpi: 110, grey: false },
  { dpi: 84, grey: false },
  { dpi: 72, grey: true },
];

export interface PageImagesOptions {
  bytes: Uint8Array;
  password?: string;
  /** Page numbers from 1. */
  pages: readonly number[];
  render: PageRenderer;
  /** Bytes for all images; IMAGE_BUDGET when not given. */
  budget?: number;
}

function imageOf(page: number, png: Uint8Array, grey: boolean): PageImage | undefined {
  const raster = decodePng(png);
  if (!raster) return undefined;
  return { page, width: raster.width, height: raster.height, type: "image/png", bytes: smallPng(raster, grey) };
}

function totalOf(images: ReadonlyMap<number, PageImage>): number {
  let total = 0;
  for (const { bytes } of images.values()) total += bytes.length;
  return total;
}

/** Images of the pages, by page. When together they are too big, the heaviest are drawn coarser, at last in grey, and left out when even that is too big. */
export async function pageImages(options: PageImagesOptions): Promise<ReadonlyMap<number, PageImage>> {
  const { bytes, password, render, budget = IMAGE_BUDGET } = options;
  const images = new Map<number, PageImage>();
  let wanted = [...new Set(options.pages)].sort((left, right) => left - right).slice(0, MAXIMUM_PAGES);
  for (const { dpi, grey } of RUNGS) {
    for (let start = 0; start < wanted.length; start += BATCH) {
      const drawn = await render({ bytes, pages: wanted.slice(start, start + BATCH), dpi, ...(password === undefined ? {} : { password }) });
      for (const { page, png } of drawn) {
        const image = imageOf(page, png, grey);
        if (image) images.set(page, image);
      }
    }
    if (totalOf(images) <= budget) return images;
    wanted = [...images.values()].filter((image) => image.bytes.length > budget / images.size).map(({ page }) => page);
  }
  const heaviestFirst = [...images.values()].sort((left, right) => right.bytes.length - left.bytes.length);
  for (const { page } of heaviestFirst) {
    if (totalOf(images) <= budget) break;
    images.delete(page);
  }
  return images;
}
