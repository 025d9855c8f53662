/** The object store in a bucket: AWS S3 and what speaks its protocol and keeps its conditional writes (MinIO, R2, VersityGW). */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError } from "../schema/errors.ts";
import { checkKey, checkPrefix, checkRange, collect } from "./body.ts";
import { isKey } from "./layout.ts";
import type { ByteRange, ObjectStore } from "./object-store.ts";
import * as requests from "./s3-bucket.ts";
import { type Bucket, openBucket, type S3StoreOptions, unsupported } from "./s3-bucket.ts";

export type { S3StoreOptions } from "./s3-bucket.ts";

const MAX_STREAM_BYTES = 256 * 1024 * 1024;
/** Of a write that met another one in progress, or an object that was gone when it was looked at. */
const MOST_ROUNDS = 7;
/** Of one object. */
const MOST_READS = 4;

/**
 * A store in a bucket. A streamed body is collected before it is sent: one request with a known length is the only form of a conditional write
 * that every server keeps, and only what lies in memory can be sent again. Everything that is written here is bounded (documents of 200 MB).
 */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const bucket = openBucket(options);
  const limit = options.maxStreamBytes ?? MAX_STREAM_BYTES;
  const store: ObjectStore = {
    name: "s3",
    async get(key, range) {
      checkKey(key);
      checkRange(range);
      return readBytes(bucket, key, range);
    },
    async getStream(key) {
      checkKey(key);
      const found = await requests.read(bucket, key);
      return typeof found === "string" ? undefined : found.stream();
    },
    async putIfAbsent(key, body) {
      checkKey(key);
      return writeNew(bucket, key, await collect(body, limit));
    },
    async put(key, body) {
      checkKey(key);
      await writeOver(bucket, key, await collect(body, limit));
    },
    list: (prefix, after) => listKeys(bucket, prefix, after),
    async delete(key) {
      checkKey(key);
      await requests.remove(bucket, key);
    },
    async ageMs(key) {
      checkKey(key);
      const age = await requests.age(bucket, key);
      if (age === "unknown") throw unsupported(bucket.place, "its answers carry no Date or no Last-Modified");
      return age === "none" ? undefined : age;
    },
    check: () => checkBucket(store, bucket.place),
  };
  return store;
}

async function readBytes(bucket: Bucket, key: string, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
  // A range header can't say "nothing".
  if (range && range.start === range.end) return (await requests.age(bucket, key)) === "none" ? undefined : new Uint8Array();
  for (let round = 1; ; round++) {
    const found = await requests.read(bucket, key, range);
    if (found === "none") return undefined;
    if (found === "beyond") return new Uint8Array();
    try {
      const bytes = await found.bytes();
      return range && !found.partial ? bytes.slice(range.start, range.end) : bytes;
    } catch (error) {
      // The SDK tries requests again, but not bodies that break off, or that don't fit their checksum because the object was replaced meanwhile.
      if (round === MOST_READS) throw error;
      await sleep(20 * 2 ** round);
    }
  }
}

async function writeNew(bucket: Bucket, key: string, bytes: Uint8Array): Promise<boolean> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const answer = await requests.writeIfAbsent(bucket, key, bytes).catch((error: unknown) => {
      if (error instanceof RetryableError) return error;
      throw error;
    });
    if (answer === "written") return true;
    // A first answer may have been lost, and the SDK's next try refused because of it: the bytes tell who wrote. The same when no answer came at all.
    const own = answer === "busy" ? undefined : await holds(bucket, key, bytes);
    if (own !== undefined) return own;
    if (answer instanceof RetryableError) throw answer;
    await sleep(20 * 2 ** round);
  }
  throw stillBusy(bucket);
}

async function writeOver(bucket: Bucket, key: string, bytes: Uint8Array): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if ((await requests.write(bucket, key, bytes)) === "written") return;
    await sleep(20 * 2 ** round);
  }
  throw stillBusy(bucket);
}

function stillBusy({ place }: Bucket): RetryableError {
  return new RetryableError("store_unavailable", `The bucket ${place} kept refusing a write because of others. It is tried again.`, { source: "s3" });
}

/** Whether the object is these bytes; undefined when there is none. */
async function holds(bucket: Bucket, key: string, bytes: Uint8Array): Promise<boolean | undefined> {
  const found = await requests.read(bucket, key);
  if (typeof found === "string") return undefined;
  if (found.length === bytes.byteLength) return Buffer.compare(await found.bytes(), bytes) === 0;
  found.discard();
  return false;
}

async function* listKeys(bucket: Bucket, prefix: string, after = ""): AsyncGenerator<string> {
  checkPrefix(prefix);
  let last = after;
  let page = await requests.page(bucket, prefix, { after });
  for (;;) {
    for (const key of page.keys) {
      if (!isKey(key) || key <= after) continue;
      if (key <= last) throw unsupported(bucket.place, "it lists keys out of order");
      last = key;
      yield key;
    }
    if (page.next === undefined) return;
    page = await requests.page(bucket, prefix, { next: page.next });
  }
}

/** Writes, is refused, reads, asks the age, lists and deletes, below "check/". */
async function checkBucket(store: ObjectStore, place: string): Promise<void> {
  const key = `check/${randomUUID()}`;
  const [first, second] = [Buffer.from("first"), Buffer.from("second")];
  try {
    if (!(await store.putIfAbsent(key, first))) throw unsupported(place, "it refuses the first conditional write of an object");
    if (await store.putIfAbsent(key, second)) throw unsupported(place, "it lets a conditional write replace an object (it ignores If-None-Match)");
    const found = await store.get(key);
    if (!found || Buffer.compare(found, first) !== 0) throw unsupported(place, "it does not return what was written");
    await store.ageMs(key);
    let listed = false;
    for await (const other of store.list(key)) listed ||= other === key;
    if (!listed) throw unsupported(place, "it does not list what was just written");
  } catch (error) {
    await store.delete(key).catch(() => undefined);
    throw error;
  }
  await store.delete(key);
}
