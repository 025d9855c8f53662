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
const IMAGE_BUDGET = 5_500_000;

/** More pages than this are not drawn: the first ones are. */
const MAXIMUM_PAGES = 80;

/** Pages are drawn this many at a time, which bounds memory. */
const BATCH = 8;

/** How a page is drawn. */
interface Rung {
  dpi: number;
  grey: boolean;
}

/** From sharp to just readable. */
const SHARP: Rung = { dpi: 110, grey: false };
const COARSER: readonly Rung[] = [
  { dpi: 84, grey: false },
  { dpi: 72, grey: true },
];

/** What grey saves of an image that is heavy in colour. */
const GREY_SHARE = 0.55;

/** Which pages, drawn by what, in how many bytes. */
export interface PageImagesOptions {
  bytes: Uint8Array;
  password?: string;
  /** Page numbers from 1. */
  pages: readonly number[];
  render: PageRenderer;
  /** Bytes for all images; 5.5 million when not given. */
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

function expectedBytes(bytes: number, { dpi, grey }: Rung): number {
  return bytes * (dpi / SHARP.dpi) ** 2 * (grey ? GREY_SHARE : 1);
}

/** The pages that take more than their share, and the sharpest form in which all would probably fit. */
function coarserForm(images: ReadonlyMap<number, PageImage>, budget: number): { pages: readonly number[]; rung: Rung | undefined } {
  const heavy = [...images.values()].filter(({ bytes }) => bytes.length > budget / images.size);
  const heavyBytes = heavy.reduce((total, { bytes }) => total + bytes.length, 0);
  const others = totalOf(images) - heavyBytes;
  return { pages: heavy.map(({ page }) => page), rung: COARSER.find((rung) => others + expectedBytes(heavyBytes, rung) <= budget) ?? COARSER.at(-1) };
}

/** Draws pages into `images`, in batches. */
async function draw(images: Map<number, PageImage>, pages: readonly number[], { dpi, grey }: Rung, options: PageImagesOptions): Promise<void> {
  const { bytes, password, render } = options;
  for (let start = 0; start < pages.length; start += BATCH) {
    const drawn = await render({ bytes, pages: pages.slice(start, start + BATCH), dpi, ...(password === undefined ? {} : { password }) });
    for (const { page, png } of drawn) {
      const image = imageOf(page, png, grey);
      if (image) images.set(page, image);
    }
  }
}

/** Images of the pages, by page. When together they are too big, the heaviest are drawn coarser, at last in grey, and left out when even that is too big. */
export async function pageImages(options: PageImagesOptions): Promise<ReadonlyMap<number, PageImage>> {
  const { budget = IMAGE_BUDGET } = options;
  const images = new Map<number, PageImage>();
  const wanted = [...new Set(options.pages)].sort((left, right) => left - right);
  await draw(images, wanted.slice(0, MAXIMUM_PAGES), SHARP, options);
  if (totalOf(images) <= budget) return images;
  const { pages, rung } = coarserForm(images, budget);
  if (rung) await draw(images, pages, rung, options);
  const heaviestFirst = [...images.values()].sort((left, right) => right.bytes.length - left.bytes.length);
  for (const { page } of heaviestFirst) {
    if (totalOf(images) <= budget) break;
    images.delete(page);
  }
  return images;
}
