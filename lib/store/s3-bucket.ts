/** The requests that the store makes of a bucket, each with its refusals told apart. */
import { Readable } from "node:stream";
import type * as sdkModule from "@aws-sdk/client-s3";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import { plain } from "./body.ts";
import type { ByteRange } from "./object-store.ts";
import { causeOf, nameOf, s3Failure, statusOf } from "./s3-errors.ts";

/** Which bucket, and how to reach it. */
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

/** An object on its way. `partial` when only the range that was asked for comes. */
export interface Found {
  length: number;
  partial: boolean;
  bytes: () => Promise<Uint8Array>;
  stream: () => AsyncIterable<Uint8Array>;
  /** Must be called when neither bytes nor stream are wanted: the connection is held until then. */
  discard: () => void;
}

/** One page of a listing; `next` asks for the following one. */
export interface Page {
  keys: string[];
  next: string | undefined;
}

/** A bucket's settings, and the connection to it once somebody needs one. `place` is its name for messages. */
export interface Bucket {
  options: S3StoreOptions;
  base: string;
  place: string;
  connection: Promise<Connection> | undefined;
}

interface Connection {
  client: sdkModule.S3Client;
  sdk: typeof sdkModule;
}

/** Of one request, by the SDK, for what passes by itself. */
const MAX_ATTEMPTS = 4;
const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;

/** The bucket of the options. Nothing is loaded or asked before the first request. Settings that can't be right throw PermanentError "invalid_configuration". */
export function openBucket(options: S3StoreOptions): Bucket {
  const base = basePrefix(options.prefix ?? "");
  const place = `s3://${options.bucket}/${base}${options.endpoint === undefined ? "" : ` at ${hostOf(options.endpoint)}`}`;
  return { options, base, place, connection: undefined };
}

/** An object, or part of it; "beyond" when the part begins after the object's end. */
export function read(bucket: Bucket, key: string, range?: ByteRange): Promise<Found | "beyond" | "none"> {
  const part = range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {};
  return request<Found | "beyond" | "none">(
    bucket,
    async ({ client, sdk }) => foundOf(await client.send(new sdk.GetObjectCommand({ ...target(bucket, key), ...part })), bucket.place),
    (error) => (nameOf(error) === "NoSuchKey" ? "none" : statusOf(error) === 416 ? "beyond" : undefined),
  );
}

/** The age of an object, milliseconds; "unknown" when the server does not say. */
export function age(bucket: Bucket, key: string): Promise<number | "unknown" | "none"> {
  return request<number | "unknown" | "none">(
    bucket,
    ({ client, sdk }) => readAge(client, new sdk.HeadObjectCommand(target(bucket, key))),
    (error) => (statusOf(error) === 404 ? "none" : undefined),
  );
}

/** Writes or replaces; "busy" when something else went on in that place, such as, in VersityGW, the removal of a folder that had become empty. */
export function write(bucket: Bucket, key: string, bytes: Uint8Array): Promise<"written" | "busy"> {
  return request<"written" | "busy">(
    bucket,
    async ({ client, sdk }) => {
      await client.send(new sdk.PutObjectCommand({ ...target(bucket, key), Body: bytes }));
      return "written";
    },
    (error) => (statusOf(error) === 409 ? "busy" : undefined),
  );
}

/** Writes unless the key is taken; "busy" when another conditional write was in progress. */
export function writeIfAbsent(bucket: Bucket, key: string, bytes: Uint8Array): Promise<"written" | "taken" | "busy"> {
  return request<"written" | "taken" | "busy">(
    bucket,
    async ({ client, sdk }) => {
      await client.send(new sdk.PutObjectCommand({ ...target(bucket, key), Body: bytes, IfNoneMatch: "*" }));
      return "written";
    },
    (error) => (statusOf(error) === 412 ? "taken" : statusOf(error) === 409 ? "busy" : undefined),
  );
}

/** Removes, also what is not there. */
export async function remove(bucket: Bucket, key: string): Promise<void> {
  await request<unknown>(
    bucket,
    ({ client, sdk }) => client.send(new sdk.DeleteObjectCommand(target(bucket, key))),
    (error) => (nameOf(error) === "NoSuchKey" ? "removed" : undefined),
  );
}

/** One page of the names below a prefix; they need not be keys. */
export function page(bucket: Bucket, prefix: string, from: { after: string } | { next: string }): Promise<Page> {
  const start = "next" in from ? { ContinuationToken: from.next } : from.after === "" ? {} : { StartAfter: bucket.base + from.after };
  return request(bucket, async ({ client, sdk }) => {
    const answer = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket.options.bucket, Prefix: bucket.base + prefix, ...start }));
    const keys = (answer.Contents ?? []).map(({ Key = "" }) => Key.slice(bucket.base.length));
    return { keys, next: answer.IsTruncated ? answer.NextContinuationToken : undefined };
  });
}

function target(bucket: Bucket, key: string): { Bucket: string; Key: string } {
  return { Bucket: bucket.options.bucket, Key: bucket.base + key };
}

/** One request. Its failure becomes the store's own error, unless `expected` makes an answer of it. */
async function request<T>(
  bucket: Bucket,
  work: (connection: Connection) => Promise<T>,
  expected: (error: unknown) => T | undefined = () => undefined,
): Promise<T> {
  bucket.connection ??= connect(bucket.options);
  try {
    return await work(await bucket.connection);
  } catch (error) {
    const answer = expected(error);
    if (answer !== undefined) return answer;
    throw s3Failure(bucket.place, error);
  }
}

/** That a server lacks what the store needs, as PermanentError "store_unsupported". */
export function unsupported(place: string, why: string): PermanentError {
  return new PermanentError(
    "store_unsupported",
    `The bucket ${place} can't hold the store: ${why}. Use a server that does, such as AWS S3, MinIO, R2 or VersityGW.`,
  );
}

/** Loads the SDK, which is large, only once somebody needs a bucket. */
async function connect(options: S3StoreOptions): Promise<Connection> {
  const sdk = await import("@aws-sdk/client-s3");
  if (options.client) return { sdk, client: options.client };
  const { endpoint, credentials } = options;
  const region = options.region ?? (endpoint === undefined ? undefined : "us-east-1");
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  });
  return { sdk, client };
}

function foundOf(answer: sdkModule.GetObjectCommandOutput, place: string): Found {
  const body = answer.Body;
  if (!(body instanceof Readable)) throw unsupported(place, "its answer has no body");
  const stream = () => chunksOf(body, place);
  return {
    length: answer.ContentLength ?? Number.NaN,
    partial: answer.$metadata.httpStatusCode === 206,
    stream,
    bytes: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream()) chunks.push(chunk);
      return plain(Buffer.concat(chunks));
    },
    discard: () => {
      body.destroy();
    },
  };
}

async function* chunksOf(body: Readable, place: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield plain(chunk);
  } catch (error) {
    const message = `The bucket ${place} stopped in the middle of an object (${nameOf(error)}). Look at the network.`;
    throw new RetryableError("store_unavailable", message, { source: "s3", cause: causeOf(error) });
  }
}

/** The age by the server's clock alone: Last-Modified against the Date of the same answer. Both are whole seconds. */
async function readAge(client: sdkModule.S3Client, command: sdkModule.HeadObjectCommand): Promise<number | "unknown"> {
  let now = Number.NaN;
  command.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request);
      now = Date.parse(dateHeader(answer.response));
      return answer;
    },
    { step: "deserialize" },
  );
  const written = (await client.send(command)).LastModified?.getTime() ?? Number.NaN;
  return Number.isNaN(now - written) ? "unknown" : Math.max(0, now - written);
}

function dateHeader(response: unknown): string {
  if (typeof response !== "object" || response === null || !("headers" in response)) return "";
  const { headers } = response;
  return typeof headers === "object" && headers !== null && "date" in headers ? String(headers.date) : "";
}

function basePrefix(prefix: string): string {
  const parts = prefix.split("/").filter((part) => part !== "");
  if (parts.some((part) => part === "." || part === "..")) {
    throw new PermanentError("invalid_configuration", `The prefix ${JSON.stringify(prefix)} of the bucket has a part "." or "..". Leave it out.`);
  }
  return parts.length === 0 ? "" : `${parts.join("/")}/`;
}

function hostOf(endpoint: string): string {
  if (!URL.canParse(endpoint)) {
    throw new PermanentError("invalid_configuration", "The endpoint of the bucket is no URL. Write it like https://s3.example.com.");
  }
  return new URL(endpoint).host;
}
