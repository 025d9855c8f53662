/** Who is served, what every answer has, and what no log holds. */
import { Writable } from "node:stream";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { hashOf } from "../../lib/config/http.ts";
import { loadConfig } from "../../lib/config.ts";
import { type AppOptions, createApp } from "../../lib/http/app.ts";
import { isLoopback } from "../../lib/http/guard.ts";
import { createMemoryStudio } from "../cli/support/studio.ts";
import { formOf, jsonOf } from "./support.ts";

const KEYS = "acme:key-of-acme,globex:key-of-globex";

function open(env: Record<string, string> = { PROMPT_STUDIO_API_KEYS: KEYS }, more: Partial<AppOptions> = {}) {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const asked: string[] = [];
  const studio = createMemoryStudio();
  const app = createApp({
    config: loadConfig({ env, cwd: import.meta.dirname }),
    log: pino({ level: "debug" }, stream),
    keyless: "loopback",
    studio(tenant) {
      asked.push(tenant);
      return studio;
    },
    ...more,
  });
  return { app, lines, asked, studio };
}

const bearer = (key: string) => ({ headers: { authorization: key } });

describe("keys", () => {
  it.each([
    ["Bearer key-of-acme", "acme"],
    ["bearer  key-of-globex ", "globex"],
  ])("%j is %s", async (authorization, tenant) => {
    const { app, asked } = open();
    expect((await app.request("/v1/runs", bearer(authorization))).status).toBe(200);
    expect(asked).toEqual([tenant]);
  });

  it.each([
    undefined,
    "",
    "Bearer",
    "Bearer key-of-acm",
    "Bearer key-of-acmee",
    "Basic key-of-acme",
    "key-of-acme",
    `Bearer ${hashOf("key-of-acme")}`,
    "Bearer acme:key-of-acme",
  ])("%j is nobody's", async (authorization) => {
    const { app, asked } = open();
    const response = await app.request("/v1/runs", authorization === undefined ? {} : bearer(authorization));
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="prompt-studio"']);
    expect(await jsonOf(response)).toMatchObject({ code: "unauthorized", detail: expect.stringContaining("Authorization: Bearer KEY") });
    expect(asked).toEqual([]);
  });

  it("are wanted before a body is read, and also where nothing is", async () => {
    const { app } = open();
    const body = new ReadableStream({
      pull() {
        throw new Error("the body was read");
      },
    });
    const init = { method: "POST", body, duplex: "half" as const, headers: { "content-type": "application/json" } };
    expect((await app.request("/prompt-studio/process", init)).status).toBe(401);
    expect((await app.request("/anything")).status).toBe(401);
  });
});

describe("without keys", () => {
  const ask = (headers: Record<string, string>, remoteAddress?: string) => {
    const environment = remoteAddress === undefined ? {} : { incoming: { socket: { remoteAddress } } };
    return open({}).app.request("/v1/runs", { headers }, environment);
  };

  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ host: "localhost:3000" }, "127.0.0.1"],
    [{ host: "127.0.0.1:3000", origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-origin" }, "::ffff:127.0.0.1"],
    [{ host: "[::1]:3000" }, "::1"],
  ])("this machine is served: %j from %s", async (headers, remoteAddress) => {
    expect((await ask(headers, remoteAddress)).status).toBe(200);
  });

  it.each<[Record<string, string>, string | undefined, RegExp]>([
    [{ host: "localhost" }, "10.0.0.7", /from another one/],
    [{ host: "evil.example" }, "127.0.0.1", /names another host/],
    [{ host: "127.0.0.1.evil.example" }, "127.0.0.1", /names another host/],
    [{ host: "localhost", origin: "https://evil.example" }, "127.0.0.1", /page of another origin/],
    [{ host: "localhost:3000", origin: "http://localhost:8080" }, "127.0.0.1", /page of another origin/],
    [{ host: "localhost", origin: "null" }, "127.0.0.1", /page of another origin/],
    [{ host: "localhost", "sec-fetch-site": "cross-site" }, "127.0.0.1", /page of another origin/],
    [{ host: "localhost", "x-forwarded-for": "10.0.0.7" }, "127.0.0.1", /through a proxy/],
    [{ host: "localhost", forwarded: "for=10.0.0.7" }, "127.0.0.1", /through a proxy/],
  ])("others are not: %j from %s", async (headers, remoteAddress, why) => {
    const response = await ask(headers, remoteAddress);
    expect(response.status).toBe(403);
    expect(await jsonOf(response)).toMatchObject({ code: "forbidden", detail: expect.stringMatching(why) });
  });

  it("nobody is served where a server can't know who asks", async () => {
    const { app } = open({}, { keyless: "refused" });
    expect(await jsonOf(await app.request("/v1/runs"))).toMatchObject({ status: 401, detail: expect.stringContaining("PROMPT_STUDIO_API_KEYS") });
    expect((await app.request("/healthz")).status).toBe(200);
  });

  it.each([
    ["127.8.9.1", true],
    ["::ffff:127.0.0.1", true],
    ["LOCALHOST", true],
    ["0.0.0.0", false],
    ["::", false],
    ["128.0.0.1", false],
    ["127.0.0.1.example", false],
    ["", false],
  ])("loopback: %s is %s", (host, is) => {
    expect(isLoopback(host)).toBe(is);
  });
});

describe("every answer", () => {
  it("has the request's id, or one of its own when that is none", async () => {
    const { app } = open();
    const idOf = async (given?: string) =>
      (await app.request("/healthz", given === undefined ? {} : { headers: { "x-request-id": given } })).headers.get("x-request-id");
    expect(await idOf("abc-1")).toBe("abc-1");
    for (const given of [undefined, "a b", "x".repeat(129), "a\tb"]) expect(await idOf(given)).toMatch(/^[0-9a-f-]{36}$/);
    const response = await app.request("/nothing", { headers: { authorization: "Bearer key-of-acme", "x-request-id": "abc-2" } });
    expect(await jsonOf(response)).toMatchObject({ status: 404, code: "not_found", request_id: "abc-2", instance: "/nothing" });
  });

  it("is not kept by caches, nor taken for another type", async () => {
    const { headers } = await open().app.request("/v1/runs", bearer("Bearer key-of-acme"));
    expect([headers.get("cache-control"), headers.get("x-content-type-options")]).toEqual(["no-store", "nosniff"]);
  });

  it.each([
    ["DELETE", "/v1/runs", "GET"],
    ["POST", "/v1/runs/x", "GET"],
    ["PUT", "/v1/runs/x/result", "GET"],
    ["GET", "/v1/runs/x/cancel", "POST"],
    ["GET", "/prompt-studio/process", "POST"],
    ["POST", "/healthz", "GET"],
  ])("%s %s: only %s", async (method, path, allow) => {
    const response = await open().app.request(path, { method, ...bearer("Bearer key-of-acme") });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  });

  it.each(["0", "101", "-1", "1e1", "x", ""])("a limit of %j is refused", async (limit) => {
    const response = await open().app.request(`/v1/runs?limit=${limit}`, bearer("Bearer key-of-acme"));
    expect(response.status).toBe(422);
  });

  it.each(["..", "%2e%2e%2fglobex", "a%00b", "x".repeat(200), "%ff"])("the run %j doesn't exist", async (id) => {
    const response = await open().app.request(`/v1/runs/${id}/result`, bearer("Bearer key-of-acme"));
    expect(response.status).toBe(404);
  });
});

describe("a body", () => {
  const post = (app: ReturnType<typeof open>["app"], body: ReadableStream) =>
    app.request("/prompt-studio/process", {
      method: "POST",
      body,
      duplex: "half",
      headers: { ...bearer("Bearer key-of-acme").headers, "content-type": "application/json" },
    } as RequestInit);
  const times = { wholeMs: 200, idleMs: 60 };

  it("that stops coming ends with 408, and nothing was accepted", async () => {
    const { app, studio } = open(undefined, { bodyTimes: times });
    const stalled = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"outputs"')) });
    expect(await jsonOf(await post(app, stalled))).toMatchObject({ status: 408, code: "request_too_slow" });
    expect(studio.submissions).toEqual([]);
  });

  it("that comes drop by drop ends with 408", async () => {
    const { app } = open(undefined, { bodyTimes: times });
    const drops = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.enqueue(Buffer.from(" "));
      },
    });
    expect((await post(app, drops)).status).toBe(408);
  });

  it("that never ends is refused at its limit", async () => {
    const { app } = open({ PROMPT_STUDIO_API_KEYS: KEYS, PROMPT_STUDIO_MAX_REQUEST_BYTES: "100 KB" });
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 10_000;
        controller.enqueue(Buffer.alloc(10_000, " "));
      },
    });
    expect((await post(app, endless)).status).toBe(413);
    expect(sent).toBeLessThan(200_000);
  });

  it("whose sender goes away ends with 400", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    expect(await jsonOf(await post(open().app, broken))).toMatchObject({ status: 400, code: "malformed_request" });
  });
});

describe("the engine's own address", () => {
  it("is handed to the engine that has one, without a key", async () => {
    const seen: string[] = [];
    const engine = {
      async fetch(request: Request) {
        seen.push(`${request.method} ${new URL(request.url).search} ${request.headers.get("x-inngest-signature")} ${await request.text()}`);
        return new Response("done", { status: 206 });
      },
    };
    const { app } = open(undefined, { engine });
    const response = await app.request("/api/inngest?fnId=x", { method: "POST", body: "{}", headers: { "x-inngest-signature": "s=1" } });
    expect([response.status, await response.text()]).toEqual([206, "done"]);
    await app.request("/api/inngest", { method: "PUT" });
    expect(seen).toEqual(["POST ?fnId=x s=1 {}", "PUT  null "]);
    expect((await app.request("/api/inngest", { method: "DELETE" })).status).toBe(405);
  });

  it("is nothing when no engine has one", async () => {
    expect((await open().app.request("/api/inngest", { method: "PUT", ...bearer("Bearer key-of-acme") })).status).toBe(404);
  });
});

describe("what goes wrong here", () => {
  it("is told to the caller by the request's id only, and to the log with its reason", async () => {
    const { app, lines } = open(undefined, {
      studio() {
        throw new Error("the disk at a secret place is full");
      },
    });
    const response = await app.request("/v1/runs", bearer("Bearer key-of-acme"));
    const problem = await jsonOf(response);
    expect([response.status, problem.code]).toEqual([500, "internal"]);
    expect(JSON.stringify(problem)).not.toContain("secret place");
    expect(lines.find((line) => line.includes("secret place"))).toContain(String(problem.request_id));
  });

  it("makes /healthz fail without telling why", async () => {
    const { app, lines } = open(undefined, { health: () => Promise.reject(new Error("no store")) });
    const response = await app.request("/healthz");
    expect([response.status, await jsonOf(response)]).toEqual([503, { status: "failing" }]);
    expect(lines.join("")).toContain("no store");
  });
});

it("logs hold neither keys, documents, prompts nor names of files", async () => {
  const { app, lines, studio } = open();
  const post = (body: FormData) => app.request("/prompt-studio/process?token=query-secret", { method: "POST", body, ...bearer("Bearer key-of-acme") });
  const request = { outputs: [{ name: "total", prompt: "prompt-secret" }] };
  expect((await post(formOf("document-secret", request, "name-secret.txt"))).status).toBe(202);
  expect((await post(formOf("document-secret", { outputs: [{ name: "prompt-secret" }] }))).status).toBe(422);
  expect((await post(formOf("%PDF- document-secret", request, "name-secret.txt"))).status).toBe(415);
  expect((await app.request("/v1/runs", bearer("Bearer wrong-secret"))).status).toBe(401);
  expect(studio.submissions).toHaveLength(1);
  expect(lines.length).toBeGreaterThanOrEqual(4);
  expect(lines.join("")).not.toMatch(/secret|key-of/);
  expect(lines.join("")).toContain('"tenant":"acme"');
});
