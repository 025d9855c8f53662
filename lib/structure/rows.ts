/** An object of a list as a row of a table, and back: what is nested becomes a column, lists inside are left out. */
import type { Json } from "../schema/json.ts";
import { isJsonObject, type StructureNode } from "../schema/structure.ts";
import { inWords } from "./parts.ts";

/** A column: where its value goes in the object, and what a table might call it. Labels differ. */
export interface RowColumn {
  path: readonly string[];
  label: string;
}

/** The columns that a list's entry has as a row; none where it is no object. */
export function rowColumns(node: StructureNode): RowColumn[] {
  const used = new Set<string>();
  return pathsOf(node, []).map((path) => {
    // Commas would part the label from itself where labels are listed.
    const own = inWords(path.at(-1) ?? "").replaceAll(",", " ");
    const label = used.has(own) ? path.map(inWords).join(" ").replaceAll(",", " ") : own;
    used.add(label);
    return { path, label };
  });
}

function pathsOf(node: StructureNode, path: readonly string[]): string[][] {
  if (node.is === "leaf") return path.length === 0 ? [] : [[...path]];
  if (node.is !== "object") return [];
  return node.properties.flatMap((property) => pathsOf(property.node, [...path, property.name]));
}

/** A row with labels as keys, as an object in the list's form. */
export function fromRow(row: Json, columns: readonly RowColumn[]): Json {
  if (!isJsonObject(row)) return null;
  const whole: { [key: string]: Json } = {};
  for (const { path, label } of columns) {
    if (!Object.hasOwn(row, label)) continue;
    let place = whole;
    for (const name of path.slice(0, -1)) {
      const next = place[name];
      const inner: { [key: string]: Json } = isJsonObject(next) ? { ...next } : {};
      place[name] = inner;
      place = inner;
    }
    place[path.at(-1) ?? ""] = row[label] ?? null;
  }
  return whole;
}
