// How much of nested answers was found, and how much of them could be: a result follows its schema, and some answers don't.

/** The single values of a value, as "PATH=VALUE", list positions left out: texts by their letters and digits, numbers to four decimals. Nothing for null and "". */
export function leavesOf(value, path = "") {
  if (Array.isArray(value)) return value.flatMap((entry) => leavesOf(entry, `${path}[]`));
  if (value !== null && typeof value === "object") return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, `${path}.${name}`));
  if (value === null || value === undefined || value === "") return [];
  return [`${path}=${typeof value === "number" ? Math.round(value * 1e4) / 1e4 : squash(value)}`];
}

const squash = (value) =>
  String(value)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");

/**
 * The single values that have a place in the structure (lib/schema/structure), and how many don't, by the first name on the way to them that the structure doesn't have.
 * Of several forms the one that holds most.
 */
export function leavesByPlace(node, value, path = "") {
  if (node?.is === "either") {
    const trials = node.forms.map((form) => leavesByPlace(form, value, path));
    return trials.reduce((best, trial) => (trial.within.length > best.within.length ? trial : best), trials[0]);
  }
  const result = { within: [], outside: new Map() };
  const add = ({ within, outside }) => {
    result.within.push(...within);
    for (const [name, count] of outside) result.outside.set(name, (result.outside.get(name) ?? 0) + count);
  };
  if (Array.isArray(value) && node?.is === "list") for (const entry of value) add(leavesByPlace(node.item, entry, `${path}[]`));
  else if (isObject(value) && (node?.is === "object" || node?.is === "map")) {
    const childOf = (name) => (node.is === "map" ? node.value : node.properties.find((property) => property.name === name)?.node);
    for (const [name, inner] of Object.entries(value)) add(leavesByPlace(childOf(name), inner, `${path}.${name}`));
  } else {
    const leaves = leavesOf(value, path);
    if (node?.is === "leaf" && !Array.isArray(value) && !isObject(value)) result.within.push(...leaves);
    else if (leaves.length > 0) result.outside.set(path.slice(1), leaves.length);
  }
  return result;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** How many of the wanted are among the found, each found one counted once. */
export function countFound(wanted, found) {
  const left = new Map();
  for (const leaf of found) left.set(leaf, (left.get(leaf) ?? 0) + 1);
  return wanted.filter((leaf) => {
    const count = left.get(leaf) ?? 0;
    left.set(leaf, count - 1);
    return count > 0;
  }).length;
}

/** A case: how many single values it has and how many of them the schema has a place for, how many of either were found, and the names outside with how many are under them. */
export function compareLeaves(node, gold, prediction) {
  const all = leavesOf(gold);
  const { within, outside } = leavesByPlace(node, gold);
  const found = leavesOf(prediction ?? null);
  return { all: all.length, within: within.length, found: countFound(all, found), foundWithin: countFound(within, found), outside };
}

/** The comparison as a table: recall over all values, and over those that the schema has a place for; the means of the cases and all values together. */
export function leavesReport(cases) {
  const share = (part, whole) => (whole === 0 ? "" : (part / whole).toFixed(4));
  const mean = (shares) => (shares.reduce((sum, each) => sum + each, 0) / Math.max(1, shares.length)).toFixed(4);
  const total = (key) => cases.reduce((sum, one) => sum + one[key], 0);
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const rows = cases.map(({ id, all, within, found, foundWithin, outside }) => {
    const names = [...outside].map(([path, count]) => `${path} ${count}`).join(", ");
    return row([id, all, share(found, all), within, share(foundWithin, within), names]);
  });
  const withSchema = cases.filter(({ within }) => within > 0);
  return [
    row(["case", "values", "recall", "within the schema", "recall of these", "outside of the schema"]),
    "|---|---|---|---|---|---|",
    ...rows,
    row([
      "mean of the cases",
      "",
      mean(cases.map(({ found, all }) => found / all)),
      "",
      mean(withSchema.map(({ foundWithin, within }) => foundWithin / within)),
      "",
    ]),
    row(["all values", total("all"), share(total("found"), total("all")), total("within"), share(total("foundWithin"), total("within")), ""]),
  ].join("\n");
}
