/** The object store in a bucket: AWS S3 and what speaks its protocol and keeps its conditional writes (MinIO, R2, VersityGW). */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type * as sdkModule from "@aws-sdk/client-s3";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import { checkKey, checkPrefix, checkRange, collect, plain } from "./body.ts";
import { isKey } from "./layout.ts";
import type { ByteRange, ObjectStore } from "./object-store.ts";
import { nameOf, s3Failure, statusOf } from "./s3-errors.ts";

export interface S3StoreOptions {
  bucket: string;
  /** Everything is kept below it, so that several stores can share a bucket. None unless given. */
  prefix?: string;
  /** The server's URL; AWS unless given. */
  endpoint?: string;
  /** The bucket's region; with an endpoint "us-east-1", else what the AWS SDK finds in its profile. */
  region?: string;
  /** Unless given, what the AWS SDK finds (its variables, profile, or the machine's role). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Bucket in the path instead of the host name. On with an endpoint unless given. */
  forcePathStyle?: boolean;
  /** A client to use instead of one made from the settings above. */
  client?: sdkModule.S3Client;
  /** A streamed body is held in memory while it is sent; more bytes than this are refused. 256 MiB unless given. */
  maxStreamBytes?: number;
}

const MAX_STREAM_BYTES = 256 * 1024 * 1024;
/** Of one request, by the SDK, for what passes by itself. */
const MAX_ATTEMPTS = 4;
const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;
/** Of a conditional write that met another one in progress, or an object that was gone when it was looked at. */
const MOST_ROUNDS = 10;

/**
 * A store in a bucket. A streamed body is collected before it is sent: one request with a known length is the only form of a conditional write
 * that every server keeps, and only what lies in memory can be sent again. Everything that is written here is bounded (documents of 200 MB).
 */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const base = basePrefix(options.prefix ?? "");
  const bucket = options.bucket;
  const place = `s3://${bucket}/${base}${options.endpoint === undefined ? "" : ` at ${hostOf(options.endpoint)}`}`;
  const limit = options.maxStreamBytes ?? MAX_STREAM_BYTES;
  let connection: Promise<Connection> | undefined;

  const where = (key: string): { Bucket: string; Key: string } => {
    checkKey(key);
    return { Bucket: bucket, Key: base + key };
  };

  /** Runs requests; their failures become the store's own error. */
  async function attempt<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    connection ??= connect(options);
    try {
      return await work(await connection);
    } catch (error) {
      throw s3Failure(place, error);
    }
  }

  function find(key: string, range?: ByteRange): Promise<sdkModule.GetObjectCommandOutput | "beyond" | undefined> {
    const target = where(key);
    const part = range && { Range: `bytes=${range.start}-${range.end - 1}` };
    return attempt(async ({ client, sdk }) => {
      try {
        return await client.send(new sdk.GetObjectCommand({ ...target, ...part }));
      } catch (error) {
        if (nameOf(error) === "NoSuchKey") return undefined;
        if (statusOf(error) === 416) return "beyond";
        throw error;
      }
    });
  }

  async function head(key: string): Promise<Head | undefined> {
    const target = where(key);
    return attempt(({ client, sdk }) => readHead(client, new sdk.HeadObjectCommand(target)));
  }

  async function holds(key: string, bytes: Uint8Array): Promise<boolean | undefined> {
    const found = await find(key);
    if (found === undefined || found === "beyond") return undefined;
    if (found.ContentLength !== bytes.byteLength) {
      if (found.Body instanceof Readable) found.Body.destroy();
      return false;
    }
    return Buffer.compare(await bytesOf(found, place), bytes) === 0;
  }

  return {
    name: "s3",
    async get(key, range) {
      checkRange(range);
      // A range header can't say "nothing".
      if (range && range.start === range.end) return (await head(key)) && new Uint8Array();
      const found = await find(key, range);
      if (found === undefined) return undefined;
      if (found === "beyond") return new Uint8Array();
      const bytes = await bytesOf(found, place);
      return range && found.$metadata.httpStatusCode !== 206 ? bytes.slice(range.start, range.end) : bytes;
    },
    async getStream(key) {
      const found = await find(key);
      return found === undefined || found === "beyond" ? undefined : streamOf(found, place);
    },
    async putIfAbsent(key, body) {
      const target = where(key);
      const bytes = await collect(body, limit);
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const answer = await attempt(({ client, sdk }) => writeIfAbsent(client, new sdk.PutObjectCommand({ ...target, Body: bytes, IfNoneMatch: "*" })));
        if (answer === "written") return true;
        // The first answer may have been lost and the SDK's second try refused because of the first: the bytes tell who wrote.
        const own = answer === "taken" ? await holds(key, bytes) : undefined;
        if (own !== undefined) return own;
        await sleep(20 * 2 ** Math.min(round, 6));
      }
      throw new RetryableError("store_unavailable", `The bucket ${place} kept refusing a conditional write because of others. It is tried again.`, {
        source: "s3",
      });
    },
    async put(key, body) {
      const target = where(key);
      const bytes = await collect(body, limit);
      await attempt(({ client, sdk }) => client.send(new sdk.PutObjectCommand({ ...target, Body: bytes })));
    },
    async *list(prefix, after = "") {
      checkPrefix(prefix);
      let last = after;
      let token: string | undefined;
      do {
        const from = token === undefined ? (after === "" ? {} : { StartAfter: base + after }) : { ContinuationToken: token };
        const page = await attempt(({ client, sdk }) => client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: base + prefix, ...from })));
        for (const { Key: name = "" } of page.Contents ?? []) {
          const key = name.slice(base.length);
          if (!isKey(key) || key <= after) continue;
          if (key <= last) throw unsupported(place, "it lists keys out of order");
          last = key;
          yield key;
        }
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
    async delete(key) {
      const target = where(key);
      await attempt(async ({ client, sdk }) => {
        await client.send(new sdk.DeleteObjectCommand(target)).catch((error: unknown) => {
          if (nameOf(error) !== "NoSuchKey") throw error;
        });
      });
    },
    async ageMs(key) {
      const found = await head(key);
      if (!found) return undefined;
      if (found.ageMs === undefined) throw unsupported(place, "its answers carry no Date or no Last-Modified");
      return found.ageMs;
    },
    async check() {
      await checkBucket(this, place);
    },
  };
}

interface Connection {
  client: sdkModule.S3Client;
  sdk: typeof sdkModule;
}

interface Head {
  ageMs: number | undefined;
}

/** Loads the SDK, which is large, only once somebody needs a bucket. */
async function connect(options: S3StoreOptions): Promise<Connection> {
  const sdk = await import("@aws-sdk/client-s3");
  const { endpoint, credentials } = options;
  const region = options.region ?? (endpoint === undefined ? undefined : "us-east-1");
  const client =
    options.client ??
    new sdk.S3Client({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(credentials === undefined ? {} : { credentials }),
      forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    });
  return { client, sdk };
}

async function writeIfAbsent(client: sdkModule.S3Client, command: sdkModule.PutObjectCommand): Promise<"written" | "taken" | "busy"> {
  try {
    await client.send(command);
    return "written";
  } catch (error) {
    if (statusOf(error) === 412) return "taken";
    if (statusOf(error) === 409) return "busy";
    throw error;
  }
}

/** The age by the server's clock alone: Last-Modified against the Date of the same answer. Both are whole seconds. */
async function readHead(client: sdkModule.S3Client, command: sdkModule.HeadObjectCommand): Promise<Head | undefined> {
  let date = Number.NaN;
  command.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request);
      date = Date.parse(dateHeader(answer.response));
      return answer;
    },
    { step: "deserialize" },
  );
  try {
    const written = (await client.send(command)).LastModified?.getTime() ?? Number.NaN;
    return { ageMs: Number.isNaN(date - written) ? undefined : Math.max(0, date - written) };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function dateHeader(response: unknown): string {
  if (typeof response !== "object" || response === null || !("headers" in response)) return "";
  const { headers } = response;
  if (typeof headers !== "object" || headers === null || !("date" in headers)) return "";
  return String(headers.date);
}

async function* streamOf(found: sdkModule.GetObjectCommandOutput, place: string): AsyncGenerator<Uint8Array> {
  if (!(found.Body instanceof Readable)) throw unsupported(place, "its answer has no body");
  try {
    for await (const chunk of found.Body) yield plain(chunk);
  } catch (error) {
    const message = `The bucket ${place} stopped in the middle of an object (${nameOf(error)}). Look at the network.`;
    throw new RetryableError("store_unavailable", message, { source: "s3", cause: error });
  }
}

async function bytesOf(found: sdkModule.GetObjectCommandOutput, place: string): Promise<Uint8Array> {
  return collect(streamOf(found, place));
}

/** Writes, is refused, reads, lists, asks the age and deletes, below "check/". */
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

function unsupported(place: string, why: string): PermanentError {
  return new PermanentError(
    "store_unsupported",
    `The bucket ${place} can't hold the store: ${why}. Use a server that does, such as AWS S3, MinIO, R2 or VersityGW.`,
  );
}

function basePrefix(prefix: string): string {
  const parts = prefix.split("/").filter((part) => part !== "");
  if (parts.some((part) => part === "." || part === "..")) {
    throw new PermanentError("invalid_configuration", `The prefix ${JSON.stringify(prefix)} of the bucket has a part "." or "..". Leave it out.`);
  }
  return parts.length === 0 ? "" : `${parts.join("/")}/`;
}

function hostOf(endpoint: string): string {
  try {
    return new URL(endpoint).host;
  } catch (cause) {
    throw new PermanentError("invalid_configuration", `The endpoint of the bucket is no URL. Write it like https://s3.example.com.`, { cause });
  }
}
