/** Durable writing in one folder: temporary files, folders made on demand, and the syncs that let both survive a crash of the machine. */
import { randomUUID } from "node:crypto";
import type * as nodeFileSystem from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chunksOf } from "./body.ts";
import { fsFailure, systemCode } from "./fs-errors.ts";
import type { Body } from "./object-store.ts";

/** The file system calls that the store makes: node:fs/promises, or the same with faults in a test. */
export type FileSystem = Pick<typeof nodeFileSystem, "link" | "mkdir" | "open" | "readdir" | "readFile" | "rename" | "stat" | "unlink">;

const WINDOWS = process.platform === "win32";
/** Answers of file systems that can't sync a folder. They keep the order of changes in another way, or promise nothing. */
const NO_FOLDER_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR", "EBADF"]);
const MOST_REMEMBERED_FOLDERS = 20_000;
const COMPARED_AT_ONCE = 1 << 20;

export type Disk = ReturnType<typeof createDisk>;

/** Writing below `folder`, with temporary files in `temporaryFolder` (which is on the same file system). */
export function createDisk(folder: string, temporaryFolder: string, fileSystem: FileSystem) {
  const durableFolders = new Set<string>();

  /** Runs file system calls; their failures become the store's own error. */
  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fsFailure(folder, error);
    }
  }

  async function syncFolder(path: string): Promise<void> {
    if (WINDOWS) return;
    await attempt(async () => {
      const handle = await fileSystem.open(path, "r");
      try {
        await handle.sync();
      } catch (error) {
        if (!NO_FOLDER_SYNC.has(systemCode(error) ?? "")) throw error;
      } finally {
        await handle.close();
      }
    });
  }

  /** Makes the folder and those above it, and makes them durable, once per process. */
  async function ensureFolder(path: string): Promise<void> {
    if (durableFolders.has(path)) return;
    await attempt(() => fileSystem.mkdir(path, { recursive: true }));
    const levels: string[] = [];
    for (let level = path; !durableFolders.has(level); level = dirname(level)) {
      levels.push(level);
      // Another process may have made a folder without having synced it yet, so all levels are synced, not only the ones made here.
      // What lies above the store is not ours: it may be unreadable.
      if (level === folder) {
        await syncFolder(dirname(level)).catch(() => undefined);
        break;
      }
      await syncFolder(dirname(level));
    }
    if (durableFolders.size > MOST_REMEMBERED_FOLDERS) durableFolders.clear();
    for (const level of levels) durableFolders.add(level);
  }

  /** Makes the folder, then does what needs it. Starts again when somebody removed the folder meanwhile. */
  async function inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
    for (let round = 0; ; round++) {
      await ensureFolder(path);
      try {
        return await work();
      } catch (error) {
        if (systemCode(error) !== "ENOENT" || round === 3) throw fsFailure(folder, error);
        durableFolders.clear();
      }
    }
  }

  function newTemporary(): Promise<{ path: string; handle: FileHandle }> {
    return inFolder(temporaryFolder, async () => {
      const path = join(temporaryFolder, randomUUID());
      return { path, handle: await fileSystem.open(path, "wx") };
    });
  }

  const removeTemporary = (path: string): Promise<void> => fileSystem.unlink(path).catch(() => undefined);

  /** The whole body in a temporary file that survives a crash. When the body throws, its error is passed on and nothing stays. */
  async function writeTemporary(body: Body): Promise<string> {
    const { path, handle } = await newTemporary();
    try {
      try {
        for await (const chunk of chunksOf(body)) await attempt(() => handle.writeFile(chunk));
        await attempt(() => handle.sync());
      } finally {
        await attempt(() => handle.close());
      }
      return path;
    } catch (error) {
      await removeTemporary(path);
      throw error;
    }
  }

  /** The time now by the disk's own clock (mtime of a new file), milliseconds. */
  async function now(): Promise<number> {
    const { path, handle } = await newTemporary();
    try {
      return (await attempt(() => handle.stat())).mtimeMs;
    } finally {
      await attempt(() => handle.close());
      await removeTemporary(path);
    }
  }

  /** Moves a file over another one. */
  async function replace(from: string, to: string): Promise<void> {
    for (let round = 0; ; round++) {
      try {
        return await fileSystem.rename(from, to);
      } catch (error) {
        // Windows refuses for as long as somebody has the old file open.
        const held = WINDOWS && ["EPERM", "EACCES", "EBUSY"].includes(systemCode(error) ?? "");
        if (!held || round === 20) throw error;
        await sleep(10 * (round + 1));
      }
    }
  }

  /** Whether two files hold the same bytes; undefined when the second one is not there. */
  async function sameBytes(own: string, other: string): Promise<boolean | undefined> {
    const left = await attempt(() => fileSystem.open(own, "r"));
    try {
      const right = await openIfThere(other);
      if (!right) return undefined;
      try {
        return await attempt(() => sameContent(left, right));
      } finally {
        await right.close();
      }
    } finally {
      await left.close();
    }
  }

  /** An open file, or undefined when there is none. */
  async function openIfThere(path: string): Promise<FileHandle | undefined> {
    try {
      return await fileSystem.open(path, "r");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw fsFailure(folder, error);
    }
  }

  return { attempt, inFolder, now, openIfThere, removeTemporary, replace, sameBytes, syncFolder, writeTemporary };
}

/** Bytes `start` up to `end` of an open file; fewer when the file ends before. */
export async function readRange(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, Math.min(end, (await handle.stat()).size) - start));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) return bytes.slice(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

async function sameContent(left: FileHandle, right: FileHandle): Promise<boolean> {
  const { size } = await left.stat();
  if (size !== (await right.stat()).size) return false;
  for (let start = 0; start < size; start += COMPARED_AT_ONCE) {
    const ours = await readRange(left, start, start + COMPARED_AT_ONCE);
    const theirs = await readRange(right, start, start + COMPARED_AT_ONCE);
    if (Buffer.compare(ours, theirs) !== 0) return false;
  }
  return true;
}
