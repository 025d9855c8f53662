/** ZIP archives from strangers: every entry's size is checked before it is inflated, and again while it is. */
import { inflateRawSync } from "node:zlib";

/** One file of an archive, inflated. */
export interface ZipEntry {
  name: string;
  crc: number;
  bytes: Uint8Array;
}

/** An archive that is over a limit ("limit") or damaged ("broken"). */
export class ZipError extends Error {
  override readonly name = "ZipError";
  readonly reason: "limit" | "broken";
  constructor(reason: "limit" | "broken", message: string) {
    super(message);
    this.reason = reason;
  }
}

/** An entry may inflate to so many times its size; small ones to anything, for a short text of blanks is no attack. */
const RATIO_MAXIMUM = 100;
const RATIO_FREE_BYTES = 1024 * 1024;
const ENTRIES_MAXIMUM = 10_000;
const TOTAL_MAXIMUM = 512 * 1024 * 1024;

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_MAXIMUM = 65_535;

interface Listed {
  name: string;
  crc: number;
  method: number;
  packed: number;
  size: number;
  offset: number;
}

/** The entries that `wanted` wants, by the archive's own directory. Limits count all entries. Throws ZipError. */
export function readZip(bytes: Uint8Array, wanted: (name: string) => boolean): ZipEntry[] {
  const listed = directoryOf(bytes);
  const total = listed.reduce((sum, { size }) => sum + size, 0);
  if (total > TOTAL_MAXIMUM) throw new ZipError("limit", `it inflates to ${megabytes(total)} MB; the limit is ${megabytes(TOTAL_MAXIMUM)} MB`);
  const bomb = listed.find(({ size, packed }) => size > RATIO_FREE_BYTES && size > packed * RATIO_MAXIMUM);
  if (bomb) throw new ZipError("limit", `a part of it inflates to more than ${RATIO_MAXIMUM} times its size, as in a zip bomb`);
  const names = new Set<string>();
  for (const { name } of listed) {
    if (names.has(name)) throw new ZipError("broken", "two of its parts have the same name");
    names.add(name);
  }
  return listed.filter(({ name }) => wanted(name)).map((entry) => ({ name: entry.name, crc: entry.crc, bytes: inflate(bytes, entry) }));
}

/** An archive of entries, stored without compression. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const { name, crc, bytes } of entries) {
    const encoded = Buffer.from(name);
    const local = Buffer.alloc(LOCAL_BYTES);
    local.writeUInt32LE(LOCAL_SIGNATURE, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x800, 6);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(bytes.length, 18);
    local.writeUInt32LE(bytes.length, 22);
    local.writeUInt16LE(encoded.length, 26);
    const central = Buffer.alloc(CENTRAL_BYTES);
    central.writeUInt32LE(CENTRAL_SIGNATURE, 0);
    central.writeUInt16LE(20, 4);
    local.copy(central, 6, 4, LOCAL_BYTES);
    central.writeUInt32LE(offset, 42);
    locals.push(local, encoded, bytes);
    centrals.push(central, encoded);
    offset += LOCAL_BYTES + encoded.length + bytes.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function directoryOf(bytes: Uint8Array): Listed[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOf(buffer);
  const count = buffer.readUInt16LE(end + 10);
  let at = buffer.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new ZipError("limit", `it has more than ${ENTRIES_MAXIMUM} parts, or is larger than 4 GB`);
  if (count > ENTRIES_MAXIMUM) throw new ZipError("limit", `it has ${count} parts; the limit is ${ENTRIES_MAXIMUM}`);
  const listed: Listed[] = [];
  for (let entry = 0; entry < count; entry++) {
    if (at + CENTRAL_BYTES > buffer.length || buffer.readUInt32LE(at) !== CENTRAL_SIGNATURE) throw new ZipError("broken", "its directory is damaged");
    const nameBytes = buffer.readUInt16LE(at + 28);
    listed.push({
      name: buffer.toString("utf8", at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes),
      crc: buffer.readUInt32LE(at + 16),
      method: (buffer.readUInt16LE(at + 8) & 1) === 1 ? -1 : buffer.readUInt16LE(at + 10),
      packed: buffer.readUInt32LE(at + 20),
      size: buffer.readUInt32LE(at + 24),
      offset: buffer.readUInt32LE(at + 42),
    });
    at += CENTRAL_BYTES + nameBytes + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
  }
  return listed;
}

function endOf(buffer: Buffer): number {
  const first = Math.max(0, buffer.length - END_BYTES - COMMENT_MAXIMUM);
  for (let at = buffer.length - END_BYTES; at >= first; at--) if (buffer.readUInt32LE(at) === END_SIGNATURE) return at;
  throw new ZipError("broken", "its end is missing");
}

function inflate(bytes: Uint8Array, { offset, packed, size, method }: Listed): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (offset + LOCAL_BYTES > buffer.length || buffer.readUInt32LE(offset) !== LOCAL_SIGNATURE) throw new ZipError("broken", "a part of it is missing");
  const from = offset + LOCAL_BYTES + buffer.readUInt16LE(offset + 26) + buffer.readUInt16LE(offset + 28);
  const raw = buffer.subarray(from, from + packed);
  if (raw.length !== packed) throw new ZipError("broken", "it is cut off");
  if (method === -1) throw new ZipError("broken", "its parts are encrypted");
  if (method === 0) return raw;
  if (method !== 8) throw new ZipError("broken", "a part of it is compressed in a way that is not known here");
  if (size === 0) return new Uint8Array();
  try {
    return inflateRawSync(raw, { maxOutputLength: size });
  } catch (error) {
    if (error instanceof RangeError) throw new ZipError("limit", "a part of it is larger than its directory says, as in a zip bomb");
    throw new ZipError("broken", "a part of it can't be inflated");
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
