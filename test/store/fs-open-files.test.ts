import * as nodeFileSystem from "node:fs/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFsStore } from "../../lib/store/fs.ts";

describe("a store on a disk", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "slots-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("keeps few files open, however much is asked of it at once", async () => {
    let open = 0;
    let most = 0;
    const counting = {
      ...nodeFileSystem,
      async open(...args: Parameters<typeof nodeFileSystem.open>) {
        const handle = await nodeFileSystem.open(...args);
        most = Math.max(most, ++open);
        const close = handle.close.bind(handle);
        handle.close = () => {
          open--;
          return close();
        };
        return handle;
      },
    };
    const store = createFsStore({ root: folder, fileSystem: counting });
    const keys = Array.from({ length: 400 }, (_, index) => `t/a/runs/r${index}/end`);
    await Promise.all(keys.map((key) => store.putIfAbsent(key, Buffer.from(key))));
    const read = await Promise.all([
      ...keys.map((key) => store.get(key)),
      ...keys.map((key) => store.ageMs(key)),
      ...keys.map((key) => store.put(key, new Uint8Array(1))),
    ]);
    expect(read.filter((answer) => answer instanceof Uint8Array)).toHaveLength(400);
    expect(open).toBe(0);
    expect(most).toBeLessThanOrEqual(96);
  });

  it("lets a stream out of itself be written to itself, as often as there are slots", async () => {
    const store = createFsStore({ root: folder });
    await store.put("t/a/source", new Uint8Array(1_000_000));
    async function* copied() {
      for await (const part of (await store.getStream("t/a/source")) ?? []) {
        await store.get("t/a/source", { start: 0, end: 1 });
        yield part;
      }
    }
    await Promise.all(Array.from({ length: 70 }, (_, index) => store.put(`t/a/copies/${index}`, copied())));
    expect((await store.get("t/a/copies/69"))?.length).toBe(1_000_000);
  });
});
