import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../lib/store/open.ts";
import { text } from "../conformance/object-store.ts";

it("opens the store that the location names", async () => {
  expect((await openStore("memory:")).name).toBe("memory");
  expect((await openStore("s3://bucket/some/prefix")).name).toBe("s3");
  expect((await openStore("s3://bucket")).name).toBe("s3");
  expect((await openStore("relative/folder")).name).toBe("fs");
  expect((await openStore("C:\\store")).name).toBe("fs");
});

it("keeps files below a path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "open-"));
  try {
    await (await openStore(join(folder, "store"))).put("a/b", text("1"));
    expect(await readdir(join(folder, "store", "a"))).toEqual(["b"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("hands the clock to memory", async () => {
  let now = 5;
  const store = await openStore("memory:", { now: () => now });
  await store.put("a", text("1"));
  now = 12;
  expect(await store.ageMs("a")).toBe(7);
});

it.each(["", "  ", "gs://bucket", "file:///tmp", "memory:x", "s3:bucket", "s3://", "https://example.com"])("refuses %j", async (location) => {
  await expect(openStore(location)).rejects.toMatchObject({
    name: "PermanentError",
    code: "invalid_configuration",
    message: expect.stringMatching(/Give a folder/),
  });
});
