/** What the three stores share: which keys and ranges they accept, and how a body becomes bytes. */
import { PermanentError } from "../schema/errors.ts";
import { isKey, isPrefix } from "./layout.ts";
import type { Body, ByteRange } from "./object-store.ts";

/** Refuses a key outside the layout with PermanentError "internal". */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new PermanentError("internal", `The store was asked for ${quoted(key)}, which is no key of lib/store/layout.ts.`);
}

/** Refuses a prefix outside the layout with PermanentError "internal". */
export function checkPrefix(prefix: string): void {
  if (!isPrefix(prefix)) throw new PermanentError("internal", `The store was asked to list ${quoted(prefix)}, which is no prefix of lib/store/layout.ts.`);
}

/** Refuses a range that is not two whole numbers from 0 on with PermanentError "internal". */
export function checkRange(range: ByteRange | undefined): void {
  if (!range) return;
  const valid = Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end) && range.start >= 0 && range.end >= range.start;
  if (!valid) throw new PermanentError("internal", `The store was asked for bytes ${range.start} to ${range.end}, which is no range.`);
}

/** The body as chunks, in order. Empty chunks are left out. */
export async function* chunksOf(body: Body): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    if (body.byteLength > 0) yield body;
    return;
  }
  for await (const chunk of body) if (chunk.byteLength > 0) yield chunk;
}

/** The whole body in memory. A stream of more than `limit` bytes is refused with PermanentError "limit_exceeded". */
export async function collect(body: Body, limit = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(body)) {
    length += chunk.byteLength;
    if (length > limit) throw new PermanentError("limit_exceeded", `A stream of more than ${limit} bytes can't be written to this store.`);
    // A producer may reuse its buffer for the next chunk.
    chunks.push(chunk.slice());
  }
  const only = chunks[0];
  return chunks.length === 1 && only ? only : plain(Buffer.concat(chunks, length));
}

/** The same memory without Buffer's own methods, so that nobody comes to rely on what only one store returns. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}
