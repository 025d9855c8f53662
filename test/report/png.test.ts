import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { pageImages } from "../../lib/report/page-images.ts";
import { decodePng, type Raster, smallPng } from "../../lib/report/png.ts";
import { encodePng, noise, textLike } from "./support.ts";

/** The colours of a palette PNG, one [red, green, blue] for each pixel. */
function readIndexed(bytes: Uint8Array): { width: number; height: number; colours: number[][] } {
  const view = Buffer.from(bytes);
  const [width, height, depth] = [view.readUInt32BE(16), view.readUInt32BE(20), view.readUInt8(24)];
  expect(view.readUInt8(25)).toBe(3);
  const chunks = new Map<string, Buffer>();
  for (let offset = 8; offset < view.length; ) {
    const length = view.readUInt32BE(offset);
    chunks.set(view.toString("latin1", offset + 4, offset + 8), view.subarray(offset + 8, offset + 8 + length));
    offset += 12 + length;
  }
  const palette = chunks.get("PLTE") ?? Buffer.alloc(0);
  const rows = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
  const stride = rows.length / height;
  const colours = Array.from({ length: width * height }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    const bits = rows.readUInt8(row * stride + 1 + Math.floor((column * depth) / 8));
    const index = (bits >> (8 - depth - ((column * depth) % 8))) & (2 ** depth - 1);
    return [...palette.subarray(index * 3, index * 3 + 3)];
  });
  return { width, height, colours };
}

function colour({ pixels, channels }: Raster, pixel: number): number[] {
  return [...pixels.subarray(pixel * channels, pixel * channels + 3)];
}

describe("decodePng", () => {
  it.each([0, 1, 2, 3, 4] as const)("undoes line filter %i", (filter) => {
    for (const channels of [1, 2, 3, 4] as const) {
      const raster = noise(13, 7, channels);
      expect(decodePng(encodePng(raster, filter))).toEqual(raster);
    }
  });

  it("refuses what it can't read", () => {
    const png = Buffer.from(encodePng(textLike(4, 4)));
    expect(decodePng(Buffer.from("not an image"))).toBeUndefined();
    png.writeUInt8(3, 25);
    expect(decodePng(png)).toBeUndefined();
  });
});

describe("smallPng", () => {
  it("keeps every pixel of an image with few colours", () => {
    const raster = textLike(31, 26);
    const { width, height, colours } = readIndexed(smallPng(raster));
    expect([width, height]).toEqual([31, 26]);
    expect(colours).toEqual(Array.from({ length: 31 * 26 }, (_, pixel) => colour(raster, pixel)));
  });

  it("comes close with many colours, and keeps the size", () => {
    const raster = noise(40, 40);
    const { colours } = readIndexed(smallPng(raster));
    const farthest = Math.max(...colours.flatMap((channels, pixel) => channels.map((value, index) => Math.abs(value - (colour(raster, pixel)[index] ?? 0)))));
    expect(farthest).toBeLessThanOrEqual(26);
  });

  it("puts transparent pixels on white", () => {
    const clear: Raster = { width: 1, height: 1, channels: 4, pixels: Uint8Array.from([9, 9, 9, 0]) };
    expect(readIndexed(smallPng(clear)).colours).toEqual([[255, 255, 255]]);
  });

  it("has at most 16 shades when plain", () => {
    const { colours } = readIndexed(smallPng(noise(40, 40), true));
    expect(new Set(colours.map(String)).size).toBeLessThanOrEqual(16);
    expect(colours.every(([red, green, blue]) => red === green && green === blue)).toBe(true);
  });
});

describe("pageImages", () => {
  /** Draws pages whose pixels grow with the resolution; page 2 is noise. */
  function renderer(asked: [number, number][]) {
    return async ({ pages, dpi }: { pages: readonly number[]; dpi: number }) =>
      pages.map((page) => {
        asked.push([page, dpi]);
        return { page, png: encodePng(page === 2 ? noise(2 * dpi, 2 * dpi) : textLike(2 * dpi, 2 * dpi)) };
      });
  }

  it("draws every page once, at 110 dots per inch, when there is room", async () => {
    const asked: [number, number][] = [];
    const images = await pageImages({ bytes: new Uint8Array(), pages: [3, 1, 3], render: renderer(asked) });
    expect(asked).toEqual([
      [1, 110],
      [3, 110],
    ]);
    expect([...images.values()].map(({ page, width }) => [page, width])).toEqual([
      [1, 220],
      [3, 220],
    ]);
  });

  it("draws only the heavy page coarser", async () => {
    const asked: [number, number][] = [];
    const images = await pageImages({ bytes: new Uint8Array(), pages: [1, 2, 3], render: renderer(asked), budget: 20_000 });
    expect(asked.slice(3).every(([page]) => page === 2)).toBe(true);
    expect([images.get(1)?.width, images.get(2)?.width, images.get(3)?.width]).toEqual([220, 144, 220]);
  });

  it("leaves a page out when even its plainest form is too heavy", async () => {
    const images = await pageImages({ bytes: new Uint8Array(), pages: [1, 2], render: renderer([]), budget: 2000 });
    expect([...images.keys()]).toEqual([1]);
  });
});
