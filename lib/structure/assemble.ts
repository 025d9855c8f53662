/** The whole out of its parts. */
import type { Json } from "../schema/json.ts";
import { jsonPointer } from "../schema/problems.ts";
import type { StructureNode } from "../schema/structure.ts";

/**
 * The nested value of a structure from its parts' values by pointer. What no part found is left out where the schema lets it be, and null otherwise
 * (which is valid only where null is allowed: see validity.ts). Undefined where nothing was found at all.
 */
export function assemble(node: StructureNode, values: ReadonlyMap<string, Json>, path: readonly string[] = []): Json | undefined {
  if (node.is !== "object") return values.get(jsonPointer(path)) ?? undefined;
  let isEmpty = true;
  const properties: [string, Json][] = [];
  for (const { name, node: property, required } of node.properties) {
    const value = assemble(property, values, [...path, name]);
    if (value !== undefined) isEmpty = false;
    if (value !== undefined || required || property.nullable) properties.push([name, value ?? null]);
  }
  return isEmpty ? undefined : Object.fromEntries(properties);
}
