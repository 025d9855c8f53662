/** The object store on a disk, and the default: one file per object, the key is its path below the root. */
import { randomUUID } from "node:crypto";
import * as nodeFileSystem from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PermanentError, RetryableError } from "../schema/errors.ts";
import { createSlots } from "../slots.ts";
import { checkKey, checkPrefix, checkRange, collect, plain } from "./body.ts";
import * as onDisk from "./fs-disk.ts";
import { fsFailure, systemCode } from "./fs-errors.ts";
import { walkKeys } from "./fs-list.ts";
import { isKey } from "./layout.ts";
import type { Body, ByteRange, Durability, ObjectStore } from "./object-store.ts";

/** Where the store is, and what stands under it. */
export interface FsStoreOptions {
  /** The store's folder. Made when it is missing. */
  root: string;
  /** The file system calls; node:fs/promises unless given. */
  fileSystem?: onDisk.FileSystem;
}

const STREAM_CHUNK = 256 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Each takes up to three open files, and some systems give a process 256. */
const MOST_AT_ONCE = 32;
const PROBE = ".probe-";
const MOST_LINK_ROUNDS = 20;
/** So much older than its name may a file be that shares its content with others. */
const TWIN_MS = 1_000;
const MOST_TWIN_BYTES = 64 * 1024;
/** Codes with which a link fails for want of room or a working disk, and not because the file system has no links. */
const LINK_UNAVAILABLE = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "ENOMEM", "ENOENT", "ESTALE"]);

/**
 * A store in a folder, for any number of processes of one machine at once. A write goes to a temporary file, is synced, then gets its name in one step:
 * by a hard link where the name must be new (only one of several writers can make it), by a rename where it may be taken.
 * No key may be the beginning of another key's path ("a/b" and "a/b/c"); the layout has no such keys.
 */
export function createFsStore(options: FsStoreOptions): ObjectStore {
  const folder = resolve(options.root);
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const disk: onDisk.Disk = { folder, temporaryFolder: join(folder, ".tmp"), fileSystem, durableFolders: new Set() };
  const twins: Twins = new Map();
  const slots = createSlots(MOST_AT_ONCE);
  // A stream may come out of this very store, so it must not hold a slot that its source waits for.
  const writing = <T>(body: Body, work: () => Promise<T>): Promise<T> => (body instanceof Uint8Array ? slots(work) : work());
  return {
    name: "fs",
    get: (key, range) => slots(async () => readObject(disk, pathOf(disk, key), range)),
    getStream: async (key) => openStream(disk, pathOf(disk, key)),
    putIfAbsent: (key, body, durability) =>
      writing(body, async () =>
        durability === "process-death" ? writeTwin(disk, twins, pathOf(disk, key), body) : writeNew(disk, pathOf(disk, key), body, durability),
      ),
    put: (key, body) => writing(body, async () => writeOver(disk, pathOf(disk, key), body)),
    async *list(prefix, after) {
      checkPrefix(prefix);
      yield* walkKeys((place) => slots(() => keyNames(disk, place)), prefix, after);
    },
    delete: (key) => slots(async () => remove(disk, pathOf(disk, key))),
    ageMs: (key) => slots(async () => age(disk, pathOf(disk, key))),
    async check() {
      await checkLinks(disk);
      const now = await onDisk.diskNow(disk);
      await removeLeftovers(disk, folder, now, (name) => name.startsWith(PROBE));
      await removeLeftovers(disk, disk.temporaryFolder, now, () => true);
    },
  };
}

function pathOf(disk: onDisk.Disk, key: string): string {
  checkKey(key);
  return join(disk.folder, ...key.split("/"));
}

async function readObject(disk: onDisk.Disk, path: string, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
  checkRange(range);
  const handle = await onDisk.attemptIfThere(disk, () => disk.fileSystem.open(path, "r"));
  if (!handle) return undefined;
  try {
    return await onDisk.attempt(disk, async () => (range ? onDisk.readRange(handle, range.start, range.end) : plain(await handle.readFile())));
  } finally {
    await handle.close();
  }
}

async function openStream(disk: onDisk.Disk, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const handle = await onDisk.attemptIfThere(disk, () => disk.fileSystem.open(path, "r"));
  return handle && streamOf(disk, handle);
}

async function* streamOf(disk: onDisk.Disk, handle: nodeFileSystem.FileHandle): AsyncGenerator<Uint8Array> {
  try {
    for (let position = 0; ; position += STREAM_CHUNK) {
      const chunk = await onDisk.attempt(disk, () => onDisk.readRange(handle, position, position + STREAM_CHUNK));
      if (chunk.length > 0) yield chunk;
      if (chunk.length < STREAM_CHUNK) return;
    }
  } finally {
    await handle.close();
  }
}

async function writeNew(disk: onDisk.Disk, path: string, body: Body, durability: Durability = "power-loss"): Promise<boolean> {
  const temporary = await temporaryFor(disk, path, body, durability);
  const linking = linkNew(disk, temporary, path, durability);
  const removing = linking.catch(() => undefined).then(() => onDisk.removeTemporary(disk, temporary));
  try {
    const won = await linking;
    // Also for a loser, who goes on with what the winner wrote.
    if (durability === "power-loss") await onDisk.syncFolder(disk, dirname(path));
    return won;
  } finally {
    await removing;
  }
}

/** Files that this process has just made to outlive processes, by their content. */
type Twins = Map<string, { path: string; since: number }>;

/** A file of such content gets another name, which is a tenth of making a new one: many small records say the same. A name's age is then that of the first. */
async function writeTwin(disk: onDisk.Disk, twins: Twins, path: string, body: Body): Promise<boolean> {
  const bytes = await collect(body, MOST_TWIN_BYTES);
  const content = Buffer.from(bytes).toString("latin1");
  const now = performance.now();
  for (const [other, { since }] of twins) if (now - since >= TWIN_MS) twins.delete(other);
  const twin = twins.get(content);
  // Whatever is in the way, such as a folder that isn't there yet, the long way finds out.
  const linked = twin && (await link(disk, twin.path, path).catch(() => undefined));
  if (linked) return true;
  const won = await writeNew(disk, path, bytes, "process-death");
  if (won) twins.set(content, { path, since: now });
  return won;
}

/** The body in a temporary file. The folder where it goes is made meanwhile: a new one takes as long as the file. */
async function temporaryFor(disk: onDisk.Disk, path: string, body: Body, durability: Durability): Promise<string> {
  const [writing, making] = await Promise.allSettled([onDisk.writeTemporary(disk, body, durability), onDisk.ensureFolder(disk, dirname(path), durability)]);
  if (writing.status === "rejected") throw writing.reason;
  if (making.status === "fulfilled") return writing.value;
  await onDisk.removeTemporary(disk, writing.value);
  throw making.reason;
}

/** Gives a temporary file its name unless the name is taken. True when it has the name now, or when the name's holder has the same bytes. */
async function linkNew(disk: onDisk.Disk, temporary: string, path: string, durability: Durability): Promise<boolean> {
  for (let round = 0; round < MOST_LINK_ROUNDS; round++) {
    const linked = await onDisk.inFolder(disk, dirname(path), () => link(disk, temporary, path), durability);
    if (linked) return true;
    // A network file system may have linked, lost its answer, and met its own link when it tried again.
    const same = await onDisk.sameBytes(disk, temporary, path);
    // Undefined: the holder was deleted in between, so the name may be free.
    if (same !== undefined) return same;
  }
  throw new RetryableError("store_unavailable", `The name ${path} is taken, but there is no file to read. Remove what lies there.`, { source: "fs" });
}

/** False when the name is taken. */
async function link(disk: onDisk.Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.fileSystem.link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function writeOver(disk: onDisk.Disk, path: string, body: Body): Promise<void> {
  const temporary = await onDisk.writeTemporary(disk, body);
  try {
    await onDisk.inFolder(disk, dirname(path), () => onDisk.replace(disk, temporary, path));
  } catch (error) {
    await onDisk.removeTemporary(disk, temporary);
    throw error;
  }
  await onDisk.syncFolder(disk, dirname(path));
}

async function remove(disk: onDisk.Disk, path: string): Promise<void> {
  const removed = await onDisk.attemptIfThere(disk, async () => {
    await disk.fileSystem.unlink(path);
    return true;
  });
  if (removed) await onDisk.syncFolder(disk, dirname(path));
}

async function age(disk: onDisk.Disk, path: string): Promise<number | undefined> {
  const found = await onDisk.attemptIfThere(disk, () => disk.fileSystem.stat(path));
  return found && Math.max(0, (await onDisk.diskNow(disk)) - found.mtimeMs);
}

/** The names in a folder that can be part of a key; a folder's ends with "/". Other people's files and our own temporary ones are passed over. */
async function keyNames(disk: onDisk.Disk, place: string): Promise<string[]> {
  const entries = (await onDisk.attemptIfThere(disk, () => disk.fileSystem.readdir(join(disk.folder, place), { withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => isKey(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
}

/** Proves that files can be written and removed, and that a second link to a taken name is refused. */
async function checkLinks(disk: onDisk.Disk): Promise<void> {
  const temporary = await onDisk.writeTemporary(disk, new Uint8Array([1]));
  const second = `${temporary}-link`;
  const probe = join(disk.folder, `${PROBE}${randomUUID()}`);
  try {
    // Beside the file that could just be written, so that a refusal speaks of links and not of permissions.
    const first = await link(disk, temporary, second).catch((error: unknown) => {
      const code = systemCode(error);
      throw code === undefined || LINK_UNAVAILABLE.has(code) ? fsFailure(disk.folder, error) : withoutLinks(disk.folder, error);
    });
    if (!first || (await onDisk.attempt(disk, () => link(disk, temporary, second)))) throw withoutLinks(disk.folder, undefined);
    await onDisk.attempt(disk, () => onDisk.replace(disk, temporary, probe));
    await onDisk.attempt(disk, () => disk.fileSystem.unlink(probe));
  } finally {
    for (const path of [temporary, second, probe]) await onDisk.removeTemporary(disk, path);
  }
}

function withoutLinks(folder: string, cause: unknown): PermanentError {
  const why = "Without them a record could not appear whole and at once: a crash while it is written would leave half a record under its name for ever";
  const remedy = "Choose a store folder on a file system with hard links (ext4, xfs, btrfs, APFS, NTFS), or a bucket (s3://BUCKET/PREFIX).";
  return new PermanentError("store_unsupported", `The file system of the store folder ${folder} has no hard links. ${why}. ${remedy}`, { cause });
}

/** Removes what killed processes left behind more than a day ago. What can't be removed stays until the next check. */
async function removeLeftovers(disk: onDisk.Disk, place: string, now: number, isOurs: (name: string) => boolean): Promise<void> {
  const names = await disk.fileSystem.readdir(place).catch(() => []);
  for (const name of names.filter(isOurs)) {
    const path = join(place, name);
    const found = await disk.fileSystem.stat(path).catch(() => undefined);
    if (found?.isFile() && now - found.mtimeMs > DAY_MS) await onDisk.removeTemporary(disk, path);
  }
}
