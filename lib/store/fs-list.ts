/** The keys of a tree of folders, in the order of a flat list of keys. */

/** The names in one folder, in any order; a folder's name ends with "/". `folder` is "" or ends with "/". A folder that is not there has no names. */
export type ReadFolder = (folder: string) => Promise<string[]>;

/**
 * Keys that begin with `prefix`, ascending by code unit, only those greater than `after`. Folders in which no key can be wanted are not read.
 * Sorting each folder by names alone would be wrong: "a-b" comes before "a/b", because "-" sorts before "/". With the slash kept on it,
 * a folder's name is the beginning of no other name, so the order of the names is the order of everything below them.
 */
export async function* walkKeys(readFolder: ReadFolder, prefix: string, after = ""): AsyncGenerator<string> {
  const cut = prefix.lastIndexOf("/") + 1;
  const open = [{ folder: prefix.slice(0, cut), names: await namesIn(readFolder, prefix.slice(0, cut), prefix.slice(cut)) }];
  for (let level = open.at(-1); level; level = open.at(-1)) {
    const name = level.names.pop();
    if (name === undefined) {
      open.pop();
      continue;
    }
    const key = level.folder + name;
    if (!name.endsWith("/")) {
      if (key > after) yield key;
    } else if (key > after || after.startsWith(key)) {
      open.push({ folder: key, names: await namesIn(readFolder, key, "") });
    }
  }
}

/** Last first, so that the next one is popped. */
async function namesIn(readFolder: ReadFolder, folder: string, beginning: string): Promise<string[]> {
  const names = await readFolder(folder);
  return names
    .filter((name) => name.startsWith(beginning))
    .sort()
    .reverse();
}
