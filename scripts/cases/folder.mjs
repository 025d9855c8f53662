// A folder of cases: DIR/FAMILY/CASE/ with an input and what is asked of it. Files with answers are in the same folders and are never opened.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

/** The cases of a family, by name; none where there is no such folder. */
export function caseIds(dir, family) {
  const folder = join(dir, family);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** One case: its folder, and readers of what may be in it. */
export function openCase(dir, family, id) {
  const folder = join(dir, family, id);
  const read = (name) => readFileSync(join(folder, name), "utf8");
  return {
    id,
    key: `${family}/${id}`,
    text: read,
    /** spec.json, or nothing asked where there is none. */
    spec: () => (existsSync(join(folder, "spec.json")) ? JSON.parse(read("spec.json")) : {}),
    /** A file with one JSON value a line; NAME.gz where there is no NAME. */
    lines(name) {
      const text = existsSync(join(folder, name)) ? read(name) : gunzipSync(readFileSync(join(folder, `${name}.gz`))).toString("utf8");
      return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line));
    },
    /** The document: the one that spec.json names, else the file called input. The name that the product sees says nothing but the kind. */
    document() {
      const named = this.spec().input;
      const name = named ?? readdirSync(folder).find((entry) => entry.startsWith("input."));
      if (name === undefined) throw new Error("there is no input file");
      return { path: join(folder, name), fileName: basename(name) };
    },
  };
}
