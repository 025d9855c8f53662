import * as nodeFileSystem from "node:fs/promises";
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFsStore } from "../../lib/store/fs.ts";
import type { FileSystem } from "../../lib/store/fs-disk.ts";
import { decoded, keysOf, objectStoreConformance, text } from "../conformance/object-store.ts";

const HOUR_MS = 60 * 60 * 1000;

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "store-ä b-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

objectStoreConformance({ name: "fs", setup: async () => createFsStore({ root: join(root, "a", "store") }), teardown: async () => {} });

/** A failed file system call, as Node throws it. */
function systemError(code: string, path = root): Error {
  return Object.assign(new Error(`${code}: injected`), { code, path });
}

/** The real file system with some calls replaced. */
const faulty = (faults: Partial<FileSystem>): FileSystem => ({ ...nodeFileSystem, ...faults });

/** Opened files whose `method` fails. */
function failingHandles(method: "writeFile" | "sync" | "close", code: string): FileSystem {
  return faulty({
    open: async (path, flags) => {
      const handle = await nodeFileSystem.open(path, flags);
      const original = handle[method].bind(handle);
      return Object.assign(handle, {
        [method]: async () => {
          if (method === "close") await Promise.resolve(Reflect.apply(original, handle, []));
          throw systemError(code, String(path));
        },
      });
    },
  });
}

const unavailable = (words: RegExp) => ({ name: "RetryableError", code: "store_unavailable", message: expect.stringMatching(words) });
const temporaryFiles = (): Promise<string[]> => readdir(join(root, ".tmp"));

describe("files", () => {
  it("are the keys' paths, and nothing temporary stays", async () => {
    const store = createFsStore({ root });
    await store.put("t/default/value", text("1"));
    await store.putIfAbsent("t/default/value", text("2"));
    await store.ageMs("t/default/value");
    await expect(store.put("t/default/torn", brokenStream())).rejects.toThrow("broken");
    expect(await nodeFileSystem.readFile(join(root, "t", "default", "value"), "utf8")).toBe("1");
    expect(await readdir(join(root, "t", "default"))).toEqual(["value"]);
    expect(await temporaryFiles()).toEqual([]);
  });

  it("of other programs are passed over", async () => {
    const store = createFsStore({ root });
    await store.put("a/b", text("1"));
    await writeFile(join(root, "a", ".DS_Store"), "");
    await writeFile(join(root, "a", "Thumbs.db"), "");
    await mkdir(join(root, "a", "New Folder"));
    await symlink("nowhere", join(root, "a", "link"));
    expect(await keysOf(store, "")).toEqual(["a/b"]);
  });

  it("can be written again after somebody removed the whole folder", async () => {
    const store = createFsStore({ root });
    await store.put("a/b/c", text("1"));
    await rm(root, { recursive: true });
    expect(await store.putIfAbsent("a/b/c", text("2"))).toBe(true);
    await rm(join(root, "a"), { recursive: true });
    await store.put("a/b/c", text("3"));
    expect(decoded(await store.get("a/b/c"))).toBe("3");
  });

  it("are seen by a second store of the same folder", async () => {
    await createFsStore({ root }).put("a/b", text("1"));
    expect(decoded(await createFsStore({ root: `${root}/./` }).get("a/b"))).toBe("1");
  });
});

describe("durability", () => {
  /** What a write does to the disk, in order; folders by their path below the root. */
  function recorded(events: string[]): FileSystem {
    return faulty({
      open: async (path, flags) => {
        const handle = await nodeFileSystem.open(path, flags);
        const sync = handle.sync.bind(handle);
        const what = flags === "r" ? `folder ${relative(root, String(path)) || "."}` : "file";
        return Object.assign(handle, {
          sync: () => {
            events.push(`sync ${what}`);
            return sync();
          },
        });
      },
      link: (from, to) => {
        events.push("link");
        return nodeFileSystem.link(from, to);
      },
      rename: (from, to) => {
        events.push("rename");
        return nodeFileSystem.rename(from, to);
      },
    });
  }

  it.skipIf(process.platform === "win32")("a file is synced before it gets its name, its folder after, and new folders once", async () => {
    const events: string[] = [];
    const store = createFsStore({ root, fileSystem: recorded(events) });
    await store.putIfAbsent("a/b/c", text("1"));
    // The folders are made while the file is written, and both are there before the name is.
    expect(events.slice(-2)).toEqual(["link", "sync folder a/b"]);
    expect(new Set(events.slice(0, -2))).toEqual(new Set(["sync file", "sync folder a", "sync folder .", "sync folder .."]));
    events.length = 0;
    await store.put("a/b/d", text("2"));
    expect(events).toEqual(["sync file", "rename", "sync folder a/b"]);
    events.length = 0;
    expect(await store.putIfAbsent("a/b/c", text("3"))).toBe(false);
    expect(events).toEqual(["sync file", "link", "sync folder a/b"]);
  });

  it.skipIf(process.platform === "win32")("what may go with the power is whole, and not synced", async () => {
    const events: string[] = [];
    const store = createFsStore({ root, fileSystem: recorded(events) });
    expect(await store.putIfAbsent("a/b/1", text("1"), "process-death")).toBe(true);
    // But the folder for temporary files, once.
    expect(events).toEqual(["sync folder .", "sync folder ..", "link"]);
    events.length = 0;
    expect(await store.putIfAbsent("a/b/1", text("2"), "process-death")).toBe(false);
    expect(events).toEqual(["link"]);
    // The same content is there already, and needs only another name.
    expect(await store.putIfAbsent("a/b/3", text("1"), "process-death")).toBe(true);
    expect(await store.putIfAbsent("a/c/1", text("1"), "process-death")).toBe(true);
    expect(await store.putIfAbsent("a/b/3", text("1"), "process-death")).toBe(true);
    expect(decoded(await store.get("a/c/1"))).toBe("1");
    expect((await nodeFileSystem.stat(join(root, "a/b/3"))).ino).toBe((await nodeFileSystem.stat(join(root, "a/b/1"))).ino);
    events.length = 0;
    await store.putIfAbsent("a/b/2", text("2"));
    expect(events.slice(-2)).toEqual(["link", "sync folder a/b"]);
    expect(new Set(events.slice(0, -2))).toEqual(new Set(["sync file", "sync folder a", "sync folder ."]));
    // What shares a file is not changed by a write to one of its names.
    await store.put("a/b/3", text("3"));
    expect([decoded(await store.get("a/b/1")), decoded(await store.get("a/b/3"))]).toEqual(["1", "3"]);
  });
});

describe("age", () => {
  it("is the file's time against the disk's clock, not this process's", async () => {
    const store = createFsStore({ root });
    await store.put("lease", text("1"));
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    try {
      expect(await store.ageMs("lease")).toBeLessThan(HOUR_MS);
      const past = ((await stat(join(root, "lease"))).mtimeMs - HOUR_MS) / 1000;
      await utimes(join(root, "lease"), past, past);
      expect(await store.ageMs("lease")).toBeGreaterThanOrEqual(HOUR_MS - 1);
      await store.put("lease", text("2"));
      expect(await store.ageMs("lease")).toBeLessThan(HOUR_MS);
      const future = (await stat(join(root, "lease"))).mtimeMs / 1000 + 3600;
      await utimes(join(root, "lease"), future, future);
      expect(await store.ageMs("lease")).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("check", () => {
  it("makes the folder and leaves only the one for temporary files", async () => {
    const deep = join(root, "not", "yet");
    await createFsStore({ root: deep }).check();
    expect(await readdir(deep)).toEqual([".tmp"]);
    expect(await readdir(join(deep, ".tmp"))).toEqual([]);
  });

  it.each(["EPERM", "ENOTSUP", "ENOSYS", "EACCES", "EISDIR", "UNKNOWN"])("refuses a file system whose answer to a link is %s, and says why", async (code) => {
    const store = createFsStore({ root, fileSystem: faulty({ link: () => Promise.reject(systemError(code)) }) });
    const wanted = { name: "PermanentError", code: "store_unsupported", message: expect.stringMatching(/no hard links.*half a record.*for ever.*Choose/) };
    await expect(store.check()).rejects.toMatchObject(wanted);
    expect(await temporaryFiles()).toEqual([]);
  });

  it("refuses a file system whose links replace", async () => {
    const store = createFsStore({ root, fileSystem: faulty({ link: async (from, to) => nodeFileSystem.copyFile(from, to) }) });
    await expect(store.check()).rejects.toMatchObject({ code: "store_unsupported" });
  });

  it("says that a link failed for want of room when that is why", async () => {
    const store = createFsStore({ root, fileSystem: faulty({ link: () => Promise.reject(systemError("ENOSPC")) }) });
    await expect(store.check()).rejects.toMatchObject(unavailable(/disk is full/));
  });

  it("refuses a file in the folder's place, and below a file", async () => {
    const file = join(root, "file");
    await writeFile(file, "mine");
    await expect(createFsStore({ root: file }).check()).rejects.toMatchObject(unavailable(/file lies where a folder is needed/));
    await expect(createFsStore({ root: join(file, "deep") }).check()).rejects.toMatchObject(unavailable(/file lies where a folder is needed/));
  });

  it("refuses a place where no folder can be made, instead of trying for ever", async () => {
    const mkdir = (): Promise<never> => Promise.reject(systemError("ENOENT"));
    const fileSystem = faulty({ mkdir });
    await expect(createFsStore({ root: join(root, "a", "b"), fileSystem }).check()).rejects.toMatchObject(unavailable(/can't be made there/));
  });

  it("refuses a folder in which nothing can be made beside the temporary files", async () => {
    const fileSystem = faulty({ rename: (_, to) => Promise.reject(systemError("EACCES", String(to))) });
    await expect(createFsStore({ root, fileSystem }).check()).rejects.toMatchObject(unavailable(/may not write/));
  });

  it("removes temporary files older than a day, and no younger ones", async () => {
    const store = createFsStore({ root });
    await store.check();
    const old = (await stat(root)).mtimeMs / 1000 - 25 * 3600;
    for (const name of [".tmp/old", ".probe-old", "kept", ".tmp/young"]) await writeFile(join(root, name), "");
    for (const name of [".tmp/old", ".probe-old", "kept"]) await utimes(join(root, name), old, old);
    await store.check();
    expect((await readdir(root)).sort()).toEqual([".tmp", "kept"]);
    expect(await temporaryFiles()).toEqual(["young"]);
  });
});

describe("faults", () => {
  const causes = [
    ["ENOSPC", /disk is full \(ENOSPC.*Free some space/],
    ["EDQUOT", /quota/],
    ["EROFS", /read-only/],
    ["EACCES", /may not write/],
    ["EMFILE", /too many files/],
    ["EIO", /disk does not answer/],
    ["EWEIRD", /refused \(EWEIRD/],
  ] as const;

  it.each(causes)("%s is told in words by every operation", async (code, words) => {
    await createFsStore({ root }).put("a/b", text("old"));
    const fail = (): Promise<never> => Promise.reject(systemError(code));
    const fileSystem = faulty({ mkdir: fail, open: fail, link: fail, rename: fail, unlink: fail, readdir: fail, stat: fail });
    const store = createFsStore({ root, fileSystem });
    const wanted = unavailable(words);
    await expect(store.get("a/b")).rejects.toMatchObject(wanted);
    await expect(store.getStream("a/b")).rejects.toMatchObject(wanted);
    await expect(store.put("a/b", text("new"))).rejects.toMatchObject(wanted);
    await expect(store.putIfAbsent("a/c", text("new"))).rejects.toMatchObject(wanted);
    await expect(store.delete("a/b")).rejects.toMatchObject(wanted);
    await expect(store.ageMs("a/b")).rejects.toMatchObject(wanted);
    await expect(keysOf(store, "")).rejects.toMatchObject(wanted);
    await expect(store.check()).rejects.toMatchObject(wanted);
    await expect(store.check()).rejects.toThrow(root);
    expect(decoded(await createFsStore({ root }).get("a/b"))).toBe("old");
  });

  it.each([
    ["writeFile", "ENOSPC"],
    ["sync", "EIO"],
    ["close", "EDQUOT"],
  ] as const)("a %s that fails leaves the old value and nothing else", async (method, code) => {
    await createFsStore({ root }).put("a/b", text("old"));
    const store = createFsStore({ root, fileSystem: failingHandles(method, code) });
    await expect(store.put("a/b", text("new"))).rejects.toMatchObject({ code: "store_unavailable" });
    await expect(store.putIfAbsent("a/c", text("new"))).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await temporaryFiles()).toEqual([]);
    expect(await keysOf(createFsStore({ root }), "")).toEqual(["a/b"]);
    expect(decoded(await createFsStore({ root }).get("a/b"))).toBe("old");
  });

  it("a folder that can't be synced is no fault, a disk that fails to is", async () => {
    const syncing = (code: string): FileSystem =>
      faulty({
        open: async (path, flags) => {
          const handle = await nodeFileSystem.open(path, flags);
          return flags === "r" ? Object.assign(handle, { sync: () => Promise.reject(systemError(code)) }) : handle;
        },
      });
    await createFsStore({ root, fileSystem: syncing("EINVAL") }).put("a/b", text("1"));
    await expect(createFsStore({ root, fileSystem: syncing("EIO") }).put("a/b", text("2"))).rejects.toMatchObject(unavailable(/disk/));
  });

  it("a file where a folder is needed, and a folder where a file is needed, are named", async () => {
    const store = createFsStore({ root });
    await writeFile(join(root, "active"), "a file");
    await expect(store.put("active/default/run", text("1"))).rejects.toMatchObject(unavailable(/file lies where a folder is needed.*active/));
    await expect(store.putIfAbsent("active/default/run", text("1"))).rejects.toMatchObject(unavailable(/file lies where a folder is needed/));
    await expect(store.get("active/default/run")).rejects.toMatchObject(unavailable(/file lies where a folder is needed/));
    await expect(keysOf(store, "active/")).rejects.toMatchObject(unavailable(/file lies where a folder is needed/));
    await mkdir(join(root, "outbox", "default"), { recursive: true });
    await expect(store.put("outbox/default", text("1"))).rejects.toMatchObject(unavailable(/folder lies where a file is needed/));
    await expect(store.get("outbox/default")).rejects.toMatchObject(unavailable(/folder lies where a file is needed/));
    expect(await temporaryFiles()).toEqual([]);
  });

  it("a lost answer of a link that was made counts as won", async () => {
    const fileSystem = faulty({
      link: async (from, to) => {
        await nodeFileSystem.link(from, to);
        throw systemError("EEXIST", String(to));
      },
    });
    const store = createFsStore({ root, fileSystem });
    expect(await store.putIfAbsent("claims/000001", text('{"nonce":"mine"}'))).toBe(true);
    expect(await store.putIfAbsent("claims/000001", text('{"nonce":"other"}'))).toBe(false);
  });

  it("a name that is freed between link and look is tried again", async () => {
    const plain = createFsStore({ root });
    let refusals = 0;
    const fileSystem = faulty({
      link: async (from, to) => {
        if (refusals++ > 0) return nodeFileSystem.link(from, to);
        // Somebody had it, and removed it.
        throw systemError("EEXIST", String(to));
      },
    });
    expect(await createFsStore({ root, fileSystem }).putIfAbsent("a/b", text("new"))).toBe(true);
    expect(decoded(await plain.get("a/b"))).toBe("new");
  });

  it("a name that holds no readable file is an error and not an endless loop", async () => {
    await mkdir(join(root, "a"));
    await symlink("nowhere", join(root, "a", "b"));
    await expect(createFsStore({ root }).putIfAbsent("a/b", text("1"))).rejects.toMatchObject(unavailable(/taken/));
  });

  it("an error of the body's own source is not taken for one of the store", async () => {
    const source = systemError("EIO", "/the/document");
    const body = (async function* () {
      yield text("half");
      throw source;
    })();
    await expect(createFsStore({ root }).put("a/b", body)).rejects.toBe(source);
  });
});

async function* brokenStream(): AsyncGenerator<Uint8Array> {
  yield text("half");
  throw new Error("broken");
}
