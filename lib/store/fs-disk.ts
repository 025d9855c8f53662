/** Durable writing in one folder: temporary files, folders made on demand, and the syncs that let both survive a crash of the machine. */
import { randomUUID } from "node:crypto";
import type * as nodeFileSystem from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chunksOf } from "./body.ts";
import { fsFailure, systemCode } from "./fs-errors.ts";
import type { Body, Durability } from "./object-store.ts";

/** The file system calls that the store makes: node:fs/promises, or the same with faults in a test. */
export type FileSystem = Pick<typeof nodeFileSystem, "link" | "mkdir" | "open" | "readdir" | "rename" | "stat" | "unlink">;

/** A folder to write in. The temporary folder is on the same file system; `durableFolders` are those that need no syncing any more. */
export interface Disk {
  folder: string;
  temporaryFolder: string;
  fileSystem: FileSystem;
  durableFolders: Set<string>;
}

const WINDOWS = process.platform === "win32";
/** Answers of file systems that can't sync a folder. They keep the order of changes in another way, or promise nothing. */
const NO_FOLDER_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR", "EBADF"]);
/** What Windows answers for as long as somebody has the file open. */
const HELD = new Set(["EPERM", "EACCES", "EBUSY"]);
const MOST_REPLACE_ROUNDS = 20;
const MOST_FOLDER_ROUNDS = 4;
const MOST_REMEMBERED_FOLDERS = 20_000;
const COMPARED_AT_ONCE = 1 << 20;

/** Runs file system calls; their failures become the store's own error. */
export async function attempt<T>(disk: Disk, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fsFailure(disk.folder, error);
  }
}

/** The same, for calls about a file that may be missing: undefined when it is. */
export async function attemptIfThere<T>(disk: Disk, work: () => Promise<T>): Promise<T | undefined> {
  return attempt(disk, () =>
    work().catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }),
  );
}

/** Makes the names in a folder survive a crash, where the system can do that. */
export async function syncFolder(disk: Disk, path: string): Promise<void> {
  if (WINDOWS) return;
  await attempt(disk, async () => {
    const handle = await disk.fileSystem.open(path, "r");
    try {
      await handle.sync();
    } catch (error) {
      if (!NO_FOLDER_SYNC.has(systemCode(error) ?? "")) throw error;
    } finally {
      await handle.close();
    }
  });
}

/** Makes the folder and those above it, and makes them durable, once per process, where they must be. */
export async function ensureFolder(disk: Disk, path: string, durability: Durability): Promise<void> {
  const { durableFolders, fileSystem, folder } = disk;
  if (durableFolders.has(path)) return;
  await attempt(disk, () => makeFolders(fileSystem, path));
  if (durability === "process-death") return;
  // Another process may have made a folder without having synced it yet, so all levels are synced, not only the ones made here.
  const levels: string[] = [];
  for (let level = path; level !== folder && !durableFolders.has(level); level = dirname(level)) {
    await syncFolder(disk, dirname(level));
    levels.push(level);
  }
  if (!durableFolders.has(folder)) {
    // What lies above the store is not ours: it may be unreadable.
    await syncFolder(disk, dirname(folder)).catch(() => undefined);
    levels.push(folder);
  }
  if (durableFolders.size > MOST_REMEMBERED_FOLDERS) durableFolders.clear();
  for (const level of levels) durableFolders.add(level);
}

/** Node's own recursive form never ends where a folder can't be made in an existing one (below /proc). */
async function makeFolders(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await makeFolder(fileSystem, path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolders(fileSystem, dirname(path));
    await makeFolder(fileSystem, path);
  }
}

async function makeFolder(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.mkdir(path);
  } catch (error) {
    const found = systemCode(error) === "ENOENT" ? undefined : await fileSystem.stat(path).catch(() => undefined);
    if (!found?.isDirectory()) throw error;
  }
}

/** Does what needs a folder, and makes that, which must be durable before, where it is missing. Starts again when somebody removed it meanwhile. */
export async function inFolder<T>(disk: Disk, path: string, work: () => Promise<T>, durability: Durability = "power-loss"): Promise<T> {
  for (let round = 1; ; round++) {
    if (durability === "power-loss" || round > 1) await ensureFolder(disk, path, durability);
    try {
      return await work();
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || round === MOST_FOLDER_ROUNDS) throw fsFailure(disk.folder, error);
      disk.durableFolders.clear();
    }
  }
}

function newTemporary(disk: Disk): Promise<{ path: string; handle: FileHandle }> {
  return inFolder(disk, disk.temporaryFolder, async () => {
    const path = join(disk.temporaryFolder, randomUUID());
    return { path, handle: await disk.fileSystem.open(path, "wx") };
  });
}

/** Removes a file of ours. What can't be removed is left to the next check. */
export async function removeTemporary(disk: Disk, path: string): Promise<void> {
  await disk.fileSystem.unlink(path).catch(() => undefined);
}

/** The whole body in a temporary file, which survives a loss of power where it must. When the body throws, its error is passed on and nothing stays. */
export async function writeTemporary(disk: Disk, body: Body, durability: Durability = "power-loss"): Promise<string> {
  const { path, handle } = await newTemporary(disk);
  try {
    try {
      for await (const chunk of chunksOf(body)) await attempt(disk, () => handle.writeFile(chunk));
      if (durability === "power-loss") await attempt(disk, () => handle.sync());
    } finally {
      await attempt(disk, () => handle.close());
    }
    return path;
  } catch (error) {
    await removeTemporary(disk, path);
    throw error;
  }
}

/** The time now by the disk's own clock (mtime of a new file), milliseconds. */
export async function diskNow(disk: Disk): Promise<number> {
  const { path, handle } = await newTemporary(disk);
  try {
    return (await attempt(disk, () => handle.stat())).mtimeMs;
  } finally {
    await attempt(disk, () => handle.close());
    await removeTemporary(disk, path);
  }
}

/** Moves a file over another one. Throws the system's own error. */
export async function replace(disk: Disk, from: string, to: string): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      return await disk.fileSystem.rename(from, to);
    } catch (error) {
      if (!WINDOWS || !HELD.has(systemCode(error) ?? "") || round === MOST_REPLACE_ROUNDS) throw error;
      await sleep(10 * round);
    }
  }
}

/** Whether two files hold the same bytes; undefined when the second one is not there. */
export async function sameBytes(disk: Disk, own: string, other: string): Promise<boolean | undefined> {
  const left = await attempt(disk, () => disk.fileSystem.open(own, "r"));
  try {
    const right = await attemptIfThere(disk, () => disk.fileSystem.open(other, "r"));
    if (!right) return undefined;
    try {
      return await attempt(disk, () => sameContent(left, right));
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
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

/** Bytes `start` up to `end` of an open file; fewer when the file ends before. Throws the system's own error. */
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
