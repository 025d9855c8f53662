/** Page images made small: a rendered page has few colours, and with a palette its PNG is a fraction of what renderers write. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

/** An image of 8 bits a channel, `channels` (1 grey, 2 grey and alpha, 3 RGB, 4 RGBA) interleaved. */
export interface Raster {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  pixels: Uint8Array;
}

const SIGNATURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CHANNELS: ReadonlyMap<number, 1 | 2 | 3 | 4> = new Map([
  [0, 1],
  [2, 3],
  [4, 2],
  [6, 4],
]);

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  return filter === 4 ? paeth(left, up, corner) : 0;
}

function unfilter(data: Uint8Array, width: number, height: number, channels: number): Uint8Array {
  const stride = width * channels;
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = data[row * (stride + 1)] ?? 0;
    const source = row * (stride + 1) + 1;
    const target = row * stride;
    if (filter === 0) {
      pixels.set(data.subarray(source, source + stride), target);
      continue;
    }
    for (let column = 0; column < stride; column++) {
      const left = column >= channels ? (pixels[target + column - channels] ?? 0) : 0;
      const up = row > 0 ? (pixels[target + column - stride] ?? 0) : 0;
      const corner = row > 0 && column >= channels ? (pixels[target + column - stride - channels] ?? 0) : 0;
      pixels[target + column] = (data[source + column] ?? 0) + predicted(filter, left, up, corner);
    }
  }
  return pixels;
}

/** Reads a PNG of 8 bits a channel that is not interlaced and has no palette; undefined for any other. */
export function decodePng(bytes: Uint8Array): Raster | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 33 || !SIGNATURE.every((byte, index) => view[index] === byte)) return undefined;
  const [width, height, depth, interlace] = [view.readUInt32BE(16), view.readUInt32BE(20), view[24], view[28]];
  const channels = CHANNELS.get(view[25] ?? -1);
  if (depth !== 8 || interlace !== 0 || !channels || width * height > 100_000_000) return undefined;
  const parts: Uint8Array[] = [];
  for (let offset = 8; offset + 12 <= view.length; ) {
    const length = view.readUInt32BE(offset);
    if (view.toString("latin1", offset + 4, offset + 8) === "IDAT") parts.push(view.subarray(offset + 8, offset + 8 + length));
    offset += 12 + length;
  }
  const data = inflateSync(Buffer.concat(parts), { maxOutputLength: (width * channels + 1) * height });
  if (data.length !== (width * channels + 1) * height) return undefined;
  return { width, height, channels, pixels: unfilter(data, width, height, channels) };
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function pack(indices: Uint8Array, width: number, height: number, depth: 1 | 2 | 4 | 8): Uint8Array {
  const perByte = 8 / depth;
  const stride = Math.ceil(width / perByte);
  const rows = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const place = row * (stride + 1) + 1 + Math.floor(column / perByte);
      const shift = 8 - depth * ((column % perByte) + 1);
      rows[place] = (rows[place] ?? 0) | ((indices[row * width + column] ?? 0) << shift);
    }
  }
  return rows;
}

function encodeIndexed(indices: Uint8Array, width: number, height: number, palette: readonly number[]): Uint8Array {
  const depth = palette.length <= 2 ? 1 : palette.length <= 4 ? 2 : palette.length <= 16 ? 4 : 8;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, 3, 0, 0, 0], 8);
  const colours = Uint8Array.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const data = deflateSync(pack(indices, width, height, depth), { level: 9, memLevel: 9 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("PLTE", colours), chunk("IDAT", data), chunk("IEND", new Uint8Array())]);
}

/** One pixel as 0xRRGGBB on white paper. */
function colourAt({ channels, pixels }: Raster, index: number): number {
  const place = index * channels;
  const alpha = channels === 4 ? (pixels[place + 3] ?? 0) : channels === 2 ? (pixels[place + 1] ?? 0) : 255;
  const over = (value: number) => (alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255));
  const red = over(pixels[place] ?? 0);
  if (channels < 3) return (red << 16) | (red << 8) | red;
  return (red << 16) | (over(pixels[place + 1] ?? 0) << 8) | over(pixels[place + 2] ?? 0);
}

/** A channel's value rounded to one of `levels`, so that white stays white and black stays black. */
function rounding(levels: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => Math.round((Math.round((value * (levels - 1)) / 255) * 255) / (levels - 1)));
}

function indexedWith(raster: Raster, levels: number, grey: boolean): Uint8Array | undefined {
  const round = rounding(levels);
  const palette: number[] = [];
  const known = new Map<number, number>();
  const count = raster.width * raster.height;
  const indices = new Uint8Array(count);
  let [last, lastIndex] = [-1, 0];
  for (let pixel = 0; pixel < count; pixel++) {
    const exact = colourAt(raster, pixel);
    if (exact !== last) {
      let [red, green, blue] = [exact >> 16, (exact >> 8) & 255, exact & 255];
      if (grey) red = green = blue = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      const colour = ((round[red] ?? 0) << 16) | ((round[green] ?? 0) << 8) | (round[blue] ?? 0);
      let index = known.get(colour);
      if (index === undefined) {
        if (palette.length === 256) return undefined;
        index = palette.push(colour) - 1;
        known.set(colour, index);
      }
      [last, lastIndex] = [exact, index];
    }
    indices[pixel] = lastIndex;
  }
  return encodeIndexed(indices, raster.width, raster.height, palette);
}

/** A PNG with the most colours (up to 256) that a palette can hold; `plain` keeps 16 shades of grey. Transparent pixels lie on white. */
export function smallPng(raster: Raster, plain = false): Uint8Array {
  if (plain) return indexedWith(raster, 16, true) ?? new Uint8Array();
  for (const levels of [256, 64, 32, 16, 8, 6]) {
    const image = indexedWith(raster, levels, false);
    if (image) return image;
  }
  return indexedWith(raster, 6, false) ?? new Uint8Array();
}
