import { getEventListeners } from "node:events";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { askedOf, askJson, boundedFetch, type Service } from "../../lib/adapters/http.ts";
import { loadPackage } from "../../lib/adapters/package.ts";
import { type Reply, startService, type TestService } from "../support/service.ts";

let server: TestService | undefined;
afterEach(() => server?.close());

async function serve(reply: Reply): Promise<Service> {
  server = await startService(() => reply);
  return { source: "one", baseUrl: `${server.url}/v1/`, headers: { "x-key": "the-secret" }, secret: "the-secret", keyHint: "ONE_KEY" };
}
const schema = z.object({ value: z.number() });
const get = { method: "GET", path: "/thing" } as const;
const calm = () => new AbortController().signal;

it("asks below the address of the settings, and leaves nothing on the signal", async () => {
  const service = await serve({ json: { value: 3 } });
  const signal = calm();
  expect(await askJson(service, { ...get, query: { a: "b&c" }, signal }, schema)).toEqual({ value: 3 });
  expect([server?.requests[0]?.path, server?.requests[0]?.query.get("a"), server?.requests[0]?.headers["x-key"]]).toEqual(["/v1/thing", "b&c", "the-secret"]);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

it("a service that takes too long is worth another try", async () => {
  const service = await serve(() => undefined);
  const failure = askJson(service, { ...get, signal: calm(), timeoutMs: 50 }, schema);
  await expect(failure).rejects.toMatchObject({
    name: "RetryableError",
    code: "adapter_unreachable",
    message: expect.stringContaining("took longer than 0.05 s"),
  });
});

it("a service that goes silent in the middle is, too", async () => {
  const service = await serve((response) => void response.writeHead(200).write('{"value":'));
  const failure = askJson(service, { ...get, signal: calm(), timeoutMs: 100 }, schema);
  await expect(failure).rejects.toMatchObject({ name: "RetryableError", message: expect.stringContaining("took longer") });
});

it("a service's words are bounded, on one line, and without the key", async () => {
  const service = await serve({ status: 400, json: { error: { message: `bad\nkey the-secret ${"x".repeat(5_000)}` } } });
  const failure = await askJson(service, { ...get, signal: calm() }, schema).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: "PermanentError",
    code: "adapter_failed",
    message: expect.stringMatching(/^400 from one at 127\.0\.0\.1:\d+: bad key \[key\] x+…\.$/),
  });
  expect(String(failure).length).toBeLessThan(500);
});

it.each([
  [{ detail: [{ loc: ["body"], msg: "field required" }] }, "field required"],
  [{ status: { error: "Not found: Collection" } }, "Not found: Collection"],
  [{ error: "NotFoundError", message: "no such thing" }, "no such thing"],
  [{ detail: "API key is malformed" }, "API key is malformed"],
])("the words are found in %j", async (json, words) => {
  const service = await serve({ status: 422, json });
  await expect(askJson(service, { ...get, signal: calm() }, schema)).rejects.toThrow(words);
});

it("an account without credit says so", async () => {
  const service = await serve({ status: 402, json: { message: "no credit" } });
  await expect(askJson(service, { ...get, signal: calm() }, schema)).rejects.toMatchObject({
    code: "adapter_refused",
    message: expect.stringContaining("Add credit"),
  });
});

it.each(["ftp://host", "nonsense", "http://user:password@host"])("%s is no address", (baseUrl) => {
  expect(() => askedOf({ source: "one", baseUrl, keyHint: "" })).toThrow(/must be an http or https URL/);
});

it("an SDK's requests have the same bounds", async () => {
  const service = await serve({ text: "x".repeat(100) });
  await expect(boundedFetch(service, 10)(`${service.baseUrl}/`).then((response) => response.text())).rejects.toThrow("more than 10 bytes");
});

it("a package that isn't installed is named", async () => {
  const missing = "prompt-studio-package-that-is-not-there";
  await expect(loadPackage("pg", "The vector database table", () => import(missing))).rejects.toMatchObject({
    code: "invalid_configuration",
    message: "The vector database table needs the package pg, which isn't installed. Add it: npm install pg",
  });
});
