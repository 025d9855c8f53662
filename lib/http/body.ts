/** Bodies of requests, read within bounds of size and time. */
import { PermanentError } from "../schema/errors.ts";

/** How long a whole body may take, and how long nothing of it may come. */
export interface BodyTimes {
  wholeMs: number;
  idleMs: number;
}

export const BODY_TIMES: BodyTimes = { wholeMs: 600_000, idleMs: 30_000 };

/** The body's bytes. Throws PermanentError "limit_exceeded" beyond `limit` bytes, "request_too_slow", or "malformed_request" when the client goes away. */
export async function readBody(request: Request, limit: number, times: BodyTimes = BODY_TIMES): Promise<Uint8Array> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new PermanentError("unsupported_media_type", `Bodies with Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} are not read; send it as it is.`);
  }
  const tooLarge = () => new PermanentError("limit_exceeded", `The body is larger than the limit of ${limit} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const until = Date.now() + times.wholeMs;
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), Math.min(times.idleMs, until - Date.now()));
      if (done) return Buffer.concat(chunks, size);
      size += value.byteLength;
      if (size > limit) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    // Nobody waits for the rest, and a client that is gone can't be told.
    void reader.cancel().catch(() => undefined);
    throw error instanceof PermanentError ? error : new PermanentError("malformed_request", "The body broke off.", { cause: error });
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PermanentError("request_too_slow", "The body came too slowly; send it again.")), Math.max(0, ms));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
