/** Files that a request names: only what lies in the configured folder, wherever links point. */
import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { PermanentError } from "../schema/errors.ts";

/** Throws PermanentError "invalid_request" at a key of the request. */
export function refuseAt(pointer: string, message: string): never {
  throw new PermanentError("invalid_request", `The request is not valid: ${pointer} ${message}`, { problems: [{ pointer, message }] });
}

function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== "" && !isAbsolute(inside) && inside !== ".." && !inside.startsWith(`..${sep}`);
}

/** The path, without looking at the disk: relative ones lie in the folder, absolute ones must. */
function within(folder: string | undefined, path: string, pointer: string): { folder: string; path: string } {
  if (folder === undefined)
    refuseAt(pointer, "names a file, and this server touches none: set PROMPT_STUDIO_FILES, or upload the document as multipart/form-data");
  const target = resolve(folder, path);
  if (path.includes("\0") || !isInside(resolve(folder), target)) refuseAt(pointer, "leads out of the folder that this server reads from (PROMPT_STUDIO_FILES)");
  return { folder: resolve(folder), path: target };
}

/** A document in the folder. Throws PermanentError with the pointer /file_path when it isn't there, leads out, or is no file; "document_too_large" beyond `limit` bytes. */
export async function readNamedFile(folder: string | undefined, path: string, limit: number): Promise<{ bytes: Uint8Array; fileName: string }> {
  const named = within(folder, path, "/file_path");
  const missing = () => refuseAt("/file_path", "names no file that this server can read");
  const root = await realpath(named.folder).catch(missing);
  const real = await realpath(named.path).catch(missing);
  if (!isInside(root, real)) refuseAt("/file_path", "leads out of the folder that this server reads from (PROMPT_STUDIO_FILES)");
  // Without O_NONBLOCK opening a named pipe would wait for its writer; a link that appeared just now is not followed.
  const file = await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)).catch(missing);
  try {
    const status = await file.stat();
    if (!status.isFile()) missing();
    if (status.size > limit) throw new PermanentError("document_too_large", `The document has ${status.size} bytes, more than the limit of ${limit}.`);
    return { bytes: await file.readFile(), fileName: basename(real) };
  } finally {
    await file.close();
  }
}

/** Where a result may be written: absolute, in the folder, also where links lead. The folder it lies in must exist. */
export async function outputPath(folder: string | undefined, path: string): Promise<string> {
  const pointer = "/output_file_path";
  const named = within(folder, path, pointer);
  const missing = () => refuseAt(pointer, "lies in a folder that doesn't exist");
  const root = await realpath(named.folder).catch(missing);
  const parent = await realpath(dirname(named.path)).catch(missing);
  const target = join(parent, basename(named.path));
  if (!isInside(root, target)) refuseAt(pointer, "leads out of the folder that this server writes to (PROMPT_STUDIO_FILES)");
  return target;
}
