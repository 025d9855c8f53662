/** What an image says of itself in its first bytes: its size, and how it is to be turned; and the same image with another turn. */
import type { ImageFormat } from "./sniff.ts";

/** Degrees clockwise by which the stored pixels are turned to be shown. */
export type Quarter = 0 | 90 | 180 | 270;

/** Stored size in pixels and the turn that the file asks for. */
export interface ImageHeader {
  width: number;
  height: number;
  turn: Quarter;
}

const ORIENTATIONS: Record<Quarter, number> = { 0: 1, 90: 6, 180: 3, 270: 8 };
const TURNS: ReadonlyMap<number, Quarter> = new Map([
  [3, 180],
  [6, 90],
  [8, 270],
]);

/** The header of an image; undefined where it is damaged. */
export function imageHeader(bytes: Uint8Array, format: ImageFormat): ImageHeader | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const header = format === "png" ? pngHeader(buffer) : format === "webp" ? webpHeader(buffer) : jpegHeader(buffer);
    return header && header.width > 0 && header.height > 0 ? header : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function pngHeader(buffer: Buffer): ImageHeader | undefined {
  if (buffer.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return { width: buffer.readUInt32BE(16), height: buffer.readUInt32BE(20), turn: 0 };
}

function webpHeader(buffer: Buffer): ImageHeader | undefined {
  const form = buffer.toString("latin1", 12, 16);
  if (form === "VP8X") return { width: buffer.readUIntLE(24, 3) + 1, height: buffer.readUIntLE(27, 3) + 1, turn: 0 };
  if (form === "VP8 ") return { width: buffer.readUInt16LE(26) & 0x3fff, height: buffer.readUInt16LE(28) & 0x3fff, turn: 0 };
  if (form !== "VP8L") return undefined;
  const bits = buffer.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, turn: 0 };
}

function jpegHeader(buffer: Buffer): ImageHeader | undefined {
  let turn: Quarter | undefined;
  let at = 2;
  while (at + 4 <= buffer.length) {
    if (buffer[at] !== 0xff) return undefined;
    const marker = buffer[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const size = buffer.readUInt16BE(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: buffer.readUInt16BE(at + 7), height: buffer.readUInt16BE(at + 5), turn: turn ?? 0 };
    if (marker === 0xe1 && buffer.toString("latin1", at + 4, at + 8) === "Exif") turn ??= exifTurn(buffer.subarray(at + 10, at + 2 + size));
    at += 2 + size;
  }
  return undefined;
}

/** The orientation entry (0x0112) of the first directory of an EXIF block. */
function exifTurn(tiff: Buffer): Quarter {
  const little = tiff.toString("latin1", 0, 2) === "II";
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (tiff.length < 14) return 0;
  const directory = long(4);
  const count = directory + 2 <= tiff.length ? short(directory) : 0;
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > tiff.length) return 0;
    if (short(at) === 0x0112) return TURNS.get(short(at + 8)) ?? 0;
  }
  return 0;
}

/** The image with a note near its beginning that its pixels are to be turned so. Text recognition obeys the first such note; PNG and JPEG only, others come back as they are. */
export function withTurn(bytes: Uint8Array, format: ImageFormat, turn: Quarter): Uint8Array {
  const note = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, ORIENTATIONS[turn], 0, 0, 0, 0, 0, 0]);
  if (format === "jpeg") {
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 8 + note.length]), Buffer.from("Exif\0\0", "latin1"), note]);
    return Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
  }
  if (format === "png") {
    const head = 33;
    const chunk = Buffer.alloc(12 + note.length);
    chunk.writeUInt32BE(note.length, 0);
    chunk.write("eXIf", 4, "latin1");
    note.copy(chunk, 8);
    chunk.writeUInt32BE(crcOf(chunk.subarray(4, 8 + note.length)), 8 + note.length);
    return Buffer.concat([bytes.subarray(0, head), chunk, bytes.subarray(head)]);
  }
  return bytes;
}

/** CRC-32 as PNG has it (ISO 3309). */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
