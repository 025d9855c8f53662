import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../lib/store/open.ts";
import { createS3Store, type S3StoreOptions } from "../../lib/store/s3.ts";
import { decoded, keysOf, objectStoreConformance, text } from "../conformance/object-store.ts";
import { type Gateway, startGateway } from "../servers/versitygw.ts";

const BUCKET = "conformance";

let gateway: Gateway | undefined;
beforeAll(async () => {
  gateway = await startGateway(BUCKET);
});
afterAll(() => gateway?.stop());

function settings(changes: Partial<S3StoreOptions> = {}): S3StoreOptions {
  if (!gateway) throw new Error("The gateway is not running.");
  return { bucket: BUCKET, prefix: randomUUID(), endpoint: gateway.endpoint, credentials: gateway.credentials, ...changes };
}

objectStoreConformance({ name: "s3", setup: async () => createS3Store(settings()), teardown: async () => {} });

describe("a lost answer", () => {
  let proxy: Proxy | undefined;
  beforeAll(async () => {
    proxy = await startProxy(new URL(settings().endpoint ?? ""));
  });
  afterAll(() => proxy?.close());
  const lossy = (): { store: ReturnType<typeof createS3Store>; proxy: Proxy } => {
    if (!proxy) throw new Error("The proxy is not running.");
    return { proxy, store: createS3Store(settings({ endpoint: proxy.endpoint })) };
  };

  it("of a winning write counts as won", async () => {
    const { store, proxy } = lossy();
    for (const body of [text('{"nonce":"mine"}'), new Uint8Array(3_000_000).fill(7)]) {
      const key = `claims/${body.length}`;
      proxy.dropNext("PUT");
      expect(await store.putIfAbsent(key, body)).toBe(true);
      expect(proxy.dropped()).toBe(true);
      expect(await store.putIfAbsent(key, text('{"nonce":"other"}'))).toBe(false);
      expect((await store.get(key))?.length).toBe(body.length);
    }
  });

  it("of a losing write stays lost", async () => {
    const { store, proxy } = lossy();
    await store.put("claims/000001", text('{"nonce":"first"}'));
    proxy.dropNext("PUT");
    expect(await store.putIfAbsent("claims/000001", text('{"nonce":"later"}'))).toBe(false);
    expect(proxy.dropped()).toBe(true);
    expect(decoded(await store.get("claims/000001"))).toBe('{"nonce":"first"}');
  });

  it("of a put, a read, a listing and a delete is asked for again", async () => {
    const { store, proxy } = lossy();
    proxy.dropNext("PUT");
    await store.put("a/b", text("1"));
    proxy.dropNext("GET");
    expect(decoded(await store.get("a/b"))).toBe("1");
    proxy.dropNext("GET");
    expect(await keysOf(store, "a/")).toEqual(["a/b"]);
    proxy.dropNext("DELETE");
    await store.delete("a/b");
    expect(proxy.dropped()).toBe(true);
    expect(await store.get("a/b")).toBeUndefined();
  });
});

describe("a bucket", () => {
  it("holds several stores that don't see each other", async () => {
    const [one, two] = [createS3Store(settings({ prefix: "tenants/one" })), createS3Store(settings({ prefix: "/tenants//one-more/" }))];
    await one.put("a/b", text("1"));
    await two.put("a/c", text("2"));
    expect(await keysOf(one, "")).toEqual(["a/b"]);
    expect(await keysOf(two, "")).toEqual(["a/c"]);
    expect(await two.get("a/b")).toBeUndefined();
  });

  it("is reached by its location", async () => {
    const { endpoint, credentials } = settings();
    const store = await openStore(`s3://${BUCKET}/by/location`, { s3: { ...(endpoint && { endpoint }), ...(credentials && { credentials }) } });
    await store.check();
    await store.put("a/b", text("1"));
    expect(decoded(await createS3Store(settings({ prefix: "by/location" })).get("a/b"))).toBe("1");
  });

  it("that does not exist is named by check", async () => {
    const wanted = { name: "PermanentError", code: "store_unavailable", message: expect.stringMatching(/s3:\/\/missing\/.*no such bucket. Create it/) };
    await expect(createS3Store(settings({ bucket: "missing" })).check()).rejects.toMatchObject(wanted);
  });

  it.each([
    [{ secretAccessKey: "wrong" }, /secret key is wrong/],
    [{ accessKeyId: "nobody" }, /access key is unknown/],
  ])("refuses %o", async (changes, words) => {
    const credentials = { accessKeyId: "", secretAccessKey: "", ...settings().credentials, ...changes };
    const wanted = { name: "PermanentError", code: "store_unavailable", message: expect.stringMatching(words) };
    await expect(createS3Store(settings({ credentials })).check()).rejects.toMatchObject(wanted);
  });

  it("takes streams of 200 MB, and no longer ones than it is told", async () => {
    const megabyte = new Uint8Array(1 << 20).fill(3);
    const stream = async function* (count: number) {
      for (let index = 0; index < count; index++) yield megabyte;
    };
    const store = createS3Store(settings());
    await store.put("large", stream(200));
    let length = 0;
    for await (const chunk of (await store.getStream("large")) ?? []) length += chunk.length;
    expect(length).toBe(200 << 20);
    const small = createS3Store(settings({ maxStreamBytes: 2 << 20 }));
    await small.put("small", stream(2));
    await expect(small.put("large", stream(3))).rejects.toMatchObject({ name: "PermanentError", code: "limit_exceeded" });
  });
});

interface Proxy {
  endpoint: string;
  /** The next request of this method reaches the server, but its answer does not come back. */
  dropNext: (method: string) => void;
  /** Whether that has happened. */
  dropped: () => boolean;
  close: () => Promise<void>;
}

async function startProxy(target: URL): Promise<Proxy> {
  let method: string | undefined;
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const lose = incoming.method === method;
    if (lose) method = undefined;
    const upstream = request({ host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      if (!lose) {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      answer.resume();
      answer.on("end", () => incoming.socket.destroy());
    });
    upstream.on("error", () => incoming.socket.destroy());
    if (incoming.headers.expect === undefined) {
      incoming.pipe(upstream);
      return;
    }
    // The server may refuse before it has seen a large body, so the body waits for its word.
    upstream.on("continue", () => {
      outgoing.writeContinue();
      incoming.pipe(upstream);
    });
    upstream.flushHeaders();
  };
  const server: Server = createServer(forward).on("checkContinue", forward);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy has no port.");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    dropNext: (next) => {
      method = next;
    },
    dropped: () => method === undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
