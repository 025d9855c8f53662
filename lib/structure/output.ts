/** The structure that an output asks for, if it asks for one. */
import type { Output } from "../schema/request.ts";
import { columnsStructure, readStructure, type StructureNode } from "../schema/structure.ts";

/** From its schema or its columns; undefined for an output of a single value or of free form. The request was validated before. */
export function structureOf({ schema, columns }: Pick<Output, "schema" | "columns">): StructureNode | undefined {
  if (columns !== undefined) return columnsStructure(columns);
  if (schema === undefined) return undefined;
  const read = readStructure(schema);
  if ("problem" in read) throw new TypeError(`The schema at ${read.problem.pointer} ${read.problem.message}.`);
  return read.node;
}
