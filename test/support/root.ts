/** Where the repository is, also for a test helper that was compiled to another folder because a script needs it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The nearest folder above with a package.json. */
export const REPOSITORY = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (dirname(folder) === folder) throw new Error("No folder above has a package.json.");
  return rootAbove(dirname(folder));
}
