/** The repository's own files, found without git, so that an unpacked archive is checked too. */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const NOT_OURS = new Set([".git", ".servers", ".tools", "node_modules", "dist", "coverage", ".prompt-studio"]);
const BINARY = /\.(pdf|png|jpg|jpeg|webp|gif|bin|gz|zip|docx|xlsx)$/i;

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = folder === "" ? entry.name : join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** Every file of ours that holds text, as a path from the root with "/" between. */
export function textFiles(): readonly string[] {
  return walk("")
    .filter((path) => !BINARY.test(path))
    .map((path) => path.split(sep).join("/"));
}

/** A file's text. `path` is from the root. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
