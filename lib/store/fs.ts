/** The object store on a disk, and the default: one file per object, the key is its path below the root. */
import { randomUUID } from "node:crypto";
import * as nodeFileSystem from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import { checkKey, checkPrefix, checkRange, plain } from "./body.ts";
import { createDisk, type Disk, type FileSystem, readRange } from "./fs-disk.ts";
import { fsFailure, systemCode } from "./fs-errors.ts";
import { walkKeys } from "./fs-list.ts";
import { isKey } from "./layout.ts";
import type { ObjectStore } from "./object-store.ts";

export interface FsStoreOptions {
  /** The store's folder. Made when it is missing. */
  root: string;
  /** The file system calls; node:fs/promises unless given. */
  fileSystem?: FileSystem;
}

const STREAM_CHUNK = 256 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
const PROBE = ".probe-";
const MOST_LINK_ROUNDS = 20;

/**
 * A store in a folder, for any number of processes of one machine at once. A write goes to a temporary file, is synced, then gets its name in one step:
 * by a hard link where the name must be new (only one of several writers can make it), by a rename where it may be taken.
 * No key may be the beginning of another key's path ("a/b" and "a/b/c"); the layout has no such keys.
 */
export function createFsStore(options: FsStoreOptions): ObjectStore {
  const folder = resolve(options.root);
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const temporaryFolder = join(folder, ".tmp");
  const disk = createDisk(folder, temporaryFolder, fileSystem);
  const pathOf = (key: string): string => {
    checkKey(key);
    return join(folder, ...key.split("/"));
  };
  const namesIn = (place: string): Promise<string[]> => keyNames(fileSystem, join(folder, place), folder);

  return {
    name: "fs",
    async get(key, range) {
      checkRange(range);
      const handle = await disk.openIfThere(pathOf(key));
      if (!handle) return undefined;
      try {
        return await disk.attempt(async () => (range ? readRange(handle, range.start, range.end) : plain(await handle.readFile())));
      } finally {
        await handle.close();
      }
    },
    async getStream(key) {
      const handle = await disk.openIfThere(pathOf(key));
      return handle && streamOf(handle, disk);
    },
    async putIfAbsent(key, body) {
      const path = pathOf(key);
      const temporary = await disk.writeTemporary(body);
      try {
        const won = await linkNew(fileSystem, disk, temporary, path);
        // Also for a loser, who goes on with what the winner wrote.
        await disk.syncFolder(dirname(path));
        return won;
      } finally {
        await disk.removeTemporary(temporary);
      }
    },
    async put(key, body) {
      const path = pathOf(key);
      const temporary = await disk.writeTemporary(body);
      try {
        await disk.inFolder(dirname(path), () => disk.replace(temporary, path));
      } catch (error) {
        await disk.removeTemporary(temporary);
        throw error;
      }
      await disk.syncFolder(dirname(path));
    },
    async *list(prefix, after) {
      checkPrefix(prefix);
      yield* walkKeys(namesIn, prefix, after);
    },
    async delete(key) {
      const path = pathOf(key);
      try {
        await fileSystem.unlink(path);
      } catch (error) {
        if (systemCode(error) === "ENOENT") return;
        throw fsFailure(folder, error);
      }
      await disk.syncFolder(dirname(path));
    },
    async ageMs(key) {
      const path = pathOf(key);
      try {
        const { mtimeMs } = await fileSystem.stat(path);
        return Math.max(0, (await disk.now()) - mtimeMs);
      } catch (error) {
        if (systemCode(error) === "ENOENT") return undefined;
        throw fsFailure(folder, error);
      }
    },
    async check() {
      await checkLinks(fileSystem, disk, folder);
      const now = await disk.now();
      await removeLeftovers(fileSystem, folder, now, (name) => name.startsWith(PROBE));
      await removeLeftovers(fileSystem, temporaryFolder, now, () => true);
    },
  };
}

/** Gives a temporary file its name unless the name is taken. True when it has the name now, or when the name's holder has the same bytes. */
async function linkNew(fileSystem: FileSystem, disk: Disk, temporary: string, path: string): Promise<boolean> {
  for (let round = 0; round < MOST_LINK_ROUNDS; round++) {
    const linked = await disk.inFolder(dirname(path), () => link(fileSystem, temporary, path));
    if (linked) return true;
    // A network file system may have linked, lost its answer, and met its own link when it tried again.
    const same = await disk.sameBytes(temporary, path);
    // Undefined: the holder was deleted in between, so the name may be free.
    if (same !== undefined) return same;
  }
  throw new RetryableError("store_unavailable", `The name ${path} is taken, but there is no file to read. Remove what lies there.`, { source: "fs" });
}

/** False when the name is taken. */
async function link(fileSystem: FileSystem, from: string, to: string): Promise<boolean> {
  try {
    await fileSystem.link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function* streamOf(handle: nodeFileSystem.FileHandle, disk: Disk): AsyncGenerator<Uint8Array> {
  try {
    for (let position = 0; ; position += STREAM_CHUNK) {
      const chunk = await disk.attempt(() => readRange(handle, position, position + STREAM_CHUNK));
      if (chunk.length > 0) yield chunk;
      if (chunk.length < STREAM_CHUNK) return;
    }
  } finally {
    await handle.close();
  }
}

/** The names in a folder that can be part of a key; a folder's ends with "/". Other people's files and our own temporary ones are passed over. */
async function keyNames(fileSystem: FileSystem, path: string, folder: string): Promise<string[]> {
  try {
    const entries = await fileSystem.readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => isKey(entry.name) && (entry.isFile() || entry.isDirectory()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw fsFailure(folder, error);
  }
}

/** Codes with which a link fails for want of room or a working disk, and not because the file system has no links. */
const LINK_UNAVAILABLE = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "ENOMEM", "ENOENT", "ESTALE"]);

/** Proves that files can be written and removed, and that a second link to a taken name is refused. */
async function checkLinks(fileSystem: FileSystem, disk: Disk, folder: string): Promise<void> {
  const temporary = await disk.writeTemporary(new Uint8Array([1]));
  const second = `${temporary}-link`;
  const probe = join(folder, `${PROBE}${randomUUID()}`);
  try {
    // Beside the file that could just be written, so that a refusal speaks of links and not of permissions.
    const first = await link(fileSystem, temporary, second).catch((error: unknown) => {
      const code = systemCode(error);
      throw code === undefined || LINK_UNAVAILABLE.has(code) ? fsFailure(folder, error) : withoutLinks(folder, error);
    });
    if (!first || (await disk.attempt(() => link(fileSystem, temporary, second)))) throw withoutLinks(folder, undefined);
    await disk.attempt(() => disk.replace(temporary, probe));
    await disk.attempt(() => fileSystem.unlink(probe));
  } finally {
    for (const path of [temporary, second, probe]) await disk.removeTemporary(path);
  }
}

function withoutLinks(folder: string, cause: unknown): PermanentError {
  const why = "Without them a record could not appear whole and at once: a crash while it is written would leave half a record under its name for ever";
  const remedy = "Choose a store folder on a file system with hard links (ext4, xfs, btrfs, APFS, NTFS), or a bucket (s3://BUCKET/PREFIX).";
  return new PermanentError("store_unsupported", `The file system of the store folder ${folder} has no hard links. ${why}. ${remedy}`, { cause });
}

/** Removes what killed processes left behind more than a day ago. What can't be removed stays until the next check. */
async function removeLeftovers(fileSystem: FileSystem, place: string, now: number, isOurs: (name: string) => boolean): Promise<void> {
  const names = await fileSystem.readdir(place).catch(() => []);
  for (const name of names.filter(isOurs)) {
    const path = join(place, name);
    const found = await fileSystem.stat(path).catch(() => undefined);
    if (found?.isFile() && now - found.mtimeMs > DAY_MS) await fileSystem.unlink(path).catch(() => undefined);
  }
}
