/** Files that people asked for, written whole or not at all. The store writes its own objects in its own way. */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { PermanentError } from "./schema/errors.ts";
import { runStatusSchema } from "./schema/result.ts";

/** What tells a result from every other JSON file. */
const resultSchema = z.object({ run_id: z.string(), status: runStatusSchema });

/** Makes a folder and what is missing above it. Not by Node's own `recursive`, which never ends where the system refuses new folders with ENOENT, as under /proc. */
export async function makeFolder(path: string): Promise<void> {
  const isThere = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  if (isThere) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    // Another process may have made it just now; a file in its place is an error.
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
  });
}

/** Writes a whole file or none: a reader never sees a part, a failure leaves what was there. Throws the file system's own errors. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes a run's result to `path` (absolute) and makes the folders above it. Only an earlier result is written over: PermanentError "invalid_request" for any other file, and for a place in `storeFolder`, where it would pass for a record. */
export async function writeResultCopy(path: string, text: string, storeFolder?: string): Promise<void> {
  if (storeFolder !== undefined && isInside(path, storeFolder))
    throw new PermanentError("invalid_request", `output_file_path names ${path}, which is in the folder of the store; give a path outside it.`);
  await makeFolder(dirname(path));
  if (!(await isFreeOrResult(path))) {
    throw new PermanentError("invalid_request", `output_file_path names ${path}, which exists and is no earlier result; give the name of a new file.`);
  }
  await writeWhole(path, text);
}

function isInside(path: string, folder: string): boolean {
  const inner = relative(resolve(folder), path);
  return inner === "" || (!isAbsolute(inner) && inner !== ".." && !inner.startsWith(`..${sep}`));
}

/** A request may come from somebody who doesn't know what else lies in the folder, so a file counts as ours only by what it holds. */
async function isFreeOrResult(path: string): Promise<boolean> {
  const status = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (status === undefined) return true;
  // A link could lead anywhere, and reading a pipe would wait for its writer.
  return status.isFile() && holdsResult(await readFile(path, "utf8"));
}

/** A request may have a run_id too, but no status. */
function holdsResult(text: string): boolean {
  try {
    return resultSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
