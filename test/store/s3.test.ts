/** What a bucket may answer besides what a good one does: scripted answers over real HTTP. The conformance suite runs against a real server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { S3Client } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it } from "vitest";
import { createS3Store } from "../../lib/store/s3.ts";
import { decoded, keysOf, text } from "../conformance/object-store.ts";

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** End the connection instead of answering, or in the middle of the body. */
  cut?: "before" | "within";
}
interface Asked {
  method: string;
  path: string;
  conditional: boolean;
}
type Script = (asked: Asked, nth: number) => Answer;

const CREDENTIALS = { accessKeyId: "test-access", secretAccessKey: "test-secret", sessionToken: "test-session-token" };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A store whose server answers by the script. `asked` are the requests that came. */
async function scripted(script: Script) {
  const asked: Asked[] = [];
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    incoming.resume().on("end", () => {
      const request = { method: incoming.method ?? "", path: incoming.url ?? "", conditional: incoming.headers["if-none-match"] === "*" };
      asked.push(request);
      const { status, headers = {}, body = "", cut } = script(request, asked.length);
      if (cut === "before") return incoming.socket.destroy();
      if (headers.date === "none") {
        delete headers.date;
        outgoing.sendDate = false;
      }
      outgoing.writeHead(status, { "content-length": String(cut ? body.length + 10 : body.length), ...headers });
      if (cut) outgoing.write(body, () => incoming.socket.destroy());
      else outgoing.end(body);
    });
  };
  const listening = createServer(answer);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const address = listening.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return { asked, endpoint, store: createS3Store({ bucket: "bucket", prefix: "base", endpoint, credentials: CREDENTIALS }) };
}

const refusal = (status: number, name: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { "content-type": "application/xml", ...headers },
  body: `<?xml version="1.0"?><Error><Code>${name}</Code><Message>scripted</Message></Error>`,
});
const page = (keys: string[], next?: string): Answer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`}${keys
    .map((key) => `<Contents><Key>base/${key}</Key></Contents>`)
    .join("")}</ListBucketResult>`,
});
const retryable = (words: RegExp) => ({ name: "RetryableError", code: "store_unavailable", message: expect.stringMatching(words) });

describe("what passes", () => {
  it.each([
    [503, "SlowDown"],
    [500, "InternalError"],
  ])("HTTP %i is tried again", async (status, name) => {
    const { store, asked } = await scripted((_, nth) => (nth < 3 ? refusal(status, name) : { status: 200, body: "value" }));
    expect(decoded(await store.get("a/b"))).toBe("value");
    expect(asked).toHaveLength(3);
  });

  it.each([429, 500, 503, 504])("HTTP %i stays a RetryableError with its status and the wait that was asked for", async (status) => {
    const { endpoint } = await scripted(() => refusal(status, "SomeName", { "retry-after": "7" }));
    const client = new S3Client({ endpoint, region: "us-east-1", credentials: CREDENTIALS, forcePathStyle: true, maxAttempts: 1 });
    const wanted = { ...retryable(/SomeName, HTTP \d/), status, retryAfterMs: 7000, source: "s3" };
    await expect(createS3Store({ bucket: "bucket", client }).put("a/b", text("1"))).rejects.toMatchObject(wanted);
  });

  it("includes credentials that have run out", async () => {
    const { store } = await scripted(() => refusal(403, "ExpiredToken"));
    await expect(store.get("a/b")).rejects.toMatchObject(retryable(/ExpiredToken/));
  });

  it("includes a server that is not there, and one that hangs up", async () => {
    const gone = createS3Store({ bucket: "bucket", endpoint: "http://127.0.0.1:1", credentials: CREDENTIALS });
    await expect(gone.check()).rejects.toMatchObject(retryable(/can't be reached \(ECONNREFUSED\)/));
    const { store } = await scripted(() => ({ status: 200, cut: "before" }));
    await expect(store.get("a/b")).rejects.toMatchObject(retryable(/can't be reached/));
  });

  it("includes an object that breaks off once, and is read again", async () => {
    const { store } = await scripted((_, nth) => (nth === 1 ? { status: 200, body: "half", cut: "within" } : { status: 200, body: "half and half" }));
    expect(decoded(await store.get("a/b"))).toBe("half and half");
  });

  it("includes an object that keeps breaking off", async () => {
    const { store } = await scripted(() => ({ status: 200, body: "half", cut: "within" }));
    await expect(store.get("a/b")).rejects.toMatchObject(retryable(/middle of an object/));
    const stream = await store.getStream("a/b");
    await expect(
      (async () => {
        for await (const chunk of stream ?? []) expect(decoded(chunk)).toBe("half");
      })(),
    ).rejects.toMatchObject(retryable(/middle of an object/));
  });
});

describe("what stays refused", () => {
  it.each([
    [404, "NoSuchBucket", "store_unavailable", /no such bucket/],
    [403, "AccessDenied", "store_unavailable", /Allow s3:GetObject/],
    [403, "SomethingNew", "store_unavailable", /Allow s3:GetObject/],
    [301, "PermanentRedirect", "invalid_configuration", /region/],
    [501, "NotImplemented", "store_unsupported", /conditional writes/],
    [400, "SomethingNew", "store_unavailable", /refused/],
  ])("HTTP %i %s is permanent and says what to do", async (status, name, code, words) => {
    const { store } = await scripted(() => refusal(status, name));
    const wanted = { name: "PermanentError", code, message: expect.stringMatching(words) };
    await expect(store.put("a/b", text("1"))).rejects.toMatchObject(wanted);
    await expect(store.putIfAbsent("a/b", text("1"))).rejects.toMatchObject(wanted);
    await expect(store.get("a/b")).rejects.toMatchObject(wanted);
    await expect(keysOf(store, "")).rejects.toMatchObject(wanted);
  });

  it("never carries credentials or a signature", async () => {
    const { store } = await scripted(() => refusal(403, "SignatureDoesNotMatch"));
    const error = await store.get("a/b").catch((caught: unknown) => caught);
    const { inspect } = await import("node:util");
    const all = inspect(error, { depth: 20, showHidden: true });
    for (const secret of [...Object.values(CREDENTIALS), "AWS4-HMAC"]) expect(all).not.toContain(secret);
  });
});

describe("a write that replaces", () => {
  it("is tried again where the server was busy in that place, and given up after a while", async () => {
    const { store, asked } = await scripted((_, nth) => (nth < 3 ? refusal(409, "ExistingObjectIsDirectory") : { status: 200 }));
    await store.put("a/b", text("1"));
    expect(asked).toHaveLength(3);
    const { store: other } = await scripted(() => refusal(409, "ExistingObjectIsDirectory"));
    await expect(other.put("a/b", text("1"))).rejects.toMatchObject(retryable(/because of others/));
  });
});

describe("a conditional write", () => {
  it("that met another one in progress is tried again", async () => {
    const { store, asked } = await scripted((_, nth) => (nth < 3 ? refusal(409, "ConditionalRequestConflict") : { status: 200 }));
    expect(await store.putIfAbsent("a/b", text("1"))).toBe(true);
    expect(asked.every((request) => request.conditional && request.path.startsWith("/bucket/base/a/b"))).toBe(true);
  });

  it("is given up after a while of conflicts", async () => {
    const { store } = await scripted(() => refusal(409, "ConditionalRequestConflict"));
    await expect(store.putIfAbsent("a/b", text("1"))).rejects.toMatchObject(retryable(/because of others/));
  });

  it("without any answer is decided by what is there", async () => {
    const there =
      (content: string): Script =>
      (asked) =>
        asked.method === "PUT" ? { status: 200, cut: "before" } : { status: 200, body: content };
    expect(await (await scripted(there("mine"))).store.putIfAbsent("a/b", text("mine"))).toBe(true);
    expect(await (await scripted(there("else"))).store.putIfAbsent("a/b", text("mine"))).toBe(false);
    const { store } = await scripted((asked) => (asked.method === "PUT" ? { status: 200, cut: "before" } : refusal(404, "NoSuchKey")));
    await expect(store.putIfAbsent("a/b", text("mine"))).rejects.toMatchObject(retryable(/can't be reached/));
  });

  it("whose holder vanished is tried again", async () => {
    const answers = [refusal(412, "PreconditionFailed"), refusal(404, "NoSuchKey"), { status: 200 }];
    const { store } = await scripted((_, nth) => answers[nth - 1] ?? refusal(400, "Unexpected"));
    expect(await store.putIfAbsent("a/b", text("1"))).toBe(true);
  });
});

describe("a server that the store can't use", () => {
  it("ignores the condition", async () => {
    const { store, asked } = await scripted((request) => (request.method === "DELETE" ? { status: 204 } : { status: 200 }));
    const wanted = { name: "PermanentError", code: "store_unsupported", message: expect.stringMatching(/ignores If-None-Match.*Use a server/) };
    await expect(store.check()).rejects.toMatchObject(wanted);
    expect(asked.at(-1)?.method).toBe("DELETE");
  });

  it("lists out of order", async () => {
    const { store } = await scripted(() => page(["a/b", "a/a"]));
    await expect(keysOf(store, "")).rejects.toMatchObject({ code: "store_unsupported", message: expect.stringMatching(/out of order/) });
  });

  it("sends no date", async () => {
    const { store } = await scripted(() => ({ status: 200, headers: { date: "none", "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" } }));
    await expect(store.ageMs("a/b")).rejects.toMatchObject({ code: "store_unsupported", message: expect.stringMatching(/Date/) });
  });
});

describe("answers that differ between servers", () => {
  it("the age is Last-Modified against that answer's Date", async () => {
    const headers = { date: "Wed, 21 Oct 2015 07:30:05 GMT", "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" };
    const { store } = await scripted(() => ({ status: 200, headers }));
    expect(await store.ageMs("a/b")).toBe(125_000);
  });

  it("a server that ignores ranges sends everything", async () => {
    const { store } = await scripted(() => ({ status: 200, body: "0123456789" }));
    expect(decoded(await store.get("a/b", { start: 2, end: 4 }))).toBe("23");
  });

  it("pages are followed, and what is no key or not asked for is passed over", async () => {
    const { store, asked } = await scripted(({ path }) =>
      path.includes("continuation-token=next") ? page(["a/c", "a/d"]) : page(["a/", "a/A.pdf", "a/a", "a/b"], "next"),
    );
    expect(await keysOf(store, "a/", "a/a")).toEqual(["a/b", "a/c", "a/d"]);
    expect(asked[0]?.path).toContain("start-after=base%2Fa%2Fa");
    expect(asked[0]?.path).toContain("prefix=base%2Fa%2F");
  });
});

it("refuses settings that can't be right before asking anybody", () => {
  const wanted = expect.objectContaining({ code: "invalid_configuration" });
  expect(() => createS3Store({ bucket: "bucket", prefix: "a/../b" })).toThrow(wanted);
  expect(() => createS3Store({ bucket: "bucket", endpoint: "localhost" })).toThrow(wanted);
});
