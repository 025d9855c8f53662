/** What went wrong on a disk, in words, and what to do about it. */
import { relative } from "node:path";
import { RetryableError } from "../schema/errors.ts";

const NO_PERMISSION = ["this user may not write there", "Give it permission to the folder, or choose another store folder."] as const;
const TOO_MANY_FILES = ["too many files are open", "Raise the limit (ulimit -n), or run less at once."] as const;
const NEEDS_FOLDER = ["a file lies where a folder is needed", "Move it away, or choose another store folder."] as const;
const NEEDS_FILE = ["a folder lies where a file is needed", "Move it away, or choose another store folder."] as const;
const LOST_DISK = ["the disk does not answer as it should", "Look at the disk or the network share behind it."] as const;

const CAUSES: Readonly<Record<string, readonly [cause: string, remedy: string]>> = {
  ENOSPC: ["the disk is full", "Free some space."],
  EDQUOT: ["the disk quota is used up", "Free some space, or ask for more."],
  EROFS: ["the file system is read-only", "Mount it writable, or choose another store folder."],
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOTDIR: NEEDS_FOLDER,
  EEXIST: NEEDS_FOLDER,
  EISDIR: NEEDS_FILE,
  ENOTEMPTY: NEEDS_FILE,
  EIO: LOST_DISK,
  ENXIO: LOST_DISK,
  ENODEV: LOST_DISK,
  ESTALE: LOST_DISK,
  ETIMEDOUT: LOST_DISK,
  ENOENT: ["a folder can't be made there, or was removed while it was in use", "Choose another store folder, and leave it to this program."],
  ENAMETOOLONG: ["its path is too long", "Choose a store folder with a shorter path."],
  EXDEV: ["its parts lie on different file systems", "Choose a store folder that is on one file system."],
  EBUSY: ["another program holds a file of it", "Close that program (a virus scanner, a backup)."],
};

/** The system's code of a failed file operation ("ENOSPC"), or undefined when `error` is something else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^(?:E[A-Z0-9]+|UNKNOWN)$/.test(error.code) ? error.code : undefined;
}

/** A failed file operation as RetryableError "store_unavailable" that names the store folder, the cause and the remedy. Anything else stays as it is. */
export function fsFailure(folder: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const [cause, remedy] = CAUSES[code] ?? ["the operating system refused", "Look at the disk and its permissions."];
  const place = relative(folder, pathIn(error) ?? folder);
  const where = place === "" || place.startsWith("..") ? "" : ` at ${place}`;
  return new RetryableError("store_unavailable", `The store folder ${folder} can't be used: ${cause} (${code}${where}). ${remedy}`, {
    source: "fs",
    cause: error,
  });
}

/** The path that the system complained about; of a move or a link, where it should go. */
function pathIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("dest" in error && typeof error.dest === "string") return error.dest;
  return "path" in error && typeof error.path === "string" ? error.path : undefined;
}
